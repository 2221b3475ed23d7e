#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "common/async/probe.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"

#define VISITS_MAX 16   /* connections at a time; more are closed at once */
#define HEAD_MAX   4096 /* bytes of a request */
#define LIMIT_S    5    /* for the request and the answer together */
#define BACKLOG    128

/* One connection. */
struct visit {
	struct probe *probe;
	struct bufferevent *bev;
	struct event *limit;
	bool answered;
	LIST_ENTRY(visit) link;
};

struct probe {
	const struct probe_ops *ops;
	void *arg;
	struct evconnlistener *listener;
	LIST_HEAD(, visit) visits;
	unsigned count;
};

static void visit_end(struct visit *v)
{
	LIST_REMOVE(v, link);
	v->probe->count--;
	bufferevent_free(v->bev);
	event_free(v->limit);
	free(v);
}

/* --- the answer --- */

struct answer {
	const char *status;
	const char *type;
	struct lp_buf body;
};

static void answer_path(struct probe *p, struct lp_str path, struct answer *a)
{
	const char *why;

	if (lp_str_eq(path, LP_STR("/metrics"))) {
		a->type = "text/plain; version=0.0.4; charset=utf-8";
		p->ops->metrics(p->arg, &a->body);
	} else if (lp_str_eq(path, LP_STR("/healthz"))) {
		lp_buf_addz(&a->body, "alive\n");
	} else if (lp_str_eq(path, LP_STR("/readyz"))) {
		why = p->ops->unready(p->arg);
		a->status = why ? "503 Service Unavailable" : a->status;
		lp_buf_addf(&a->body, "%s\n", why ? why : "ready");
	} else {
		a->status = "404 Not Found";
		lp_buf_addz(&a->body, "/metrics, /healthz or /readyz\n");
	}
}

/* head: method, blank, target, blank, and so on. *bodiless: the answer to HEAD. */
static void answer_head(struct probe *p, struct lp_str head, struct answer *a, bool *bodiless)
{
	size_t blank = lp_str_find(head, ' ');
	struct lp_str method = lp_str(head.p, blank), path = lp_str_from(head, blank + 1);

	path.n = lp_str_find(path, ' ');
	path.n = lp_str_find(path, '?');
	*bodiless = lp_str_eq(method, LP_STR("HEAD"));
	if (!*bodiless && !lp_str_eq(method, LP_STR("GET"))) {
		a->status = "405 Method Not Allowed";
		lp_buf_addz(&a->body, "GET or HEAD\n");
	} else {
		answer_path(p, path, a);
	}
}

static void give_answer(struct visit *v, struct lp_str head)
{
	struct answer a = {.status = "200 OK", .type = "text/plain; charset=utf-8"};
	struct lp_buf text = {0};
	bool bodiless = false;

	answer_head(v->probe, head, &a, &bodiless);
	lp_buf_addf(&text,
		    "HTTP/1.1 %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n"
		    "Cache-Control: no-store\r\nConnection: close\r\n%s\r\n",
		    a.status, a.type, a.body.len,
		    lp_str_starts(lp_cstr(a.status), LP_STR("405")) ? "Allow: GET, HEAD\r\n" : "");
	if (!bodiless)
		lp_buf_adds(&text, lp_buf_str(&a.body));
	v->answered = true;
	bufferevent_disable(v->bev, EV_READ);
	bufferevent_write(v->bev, text.data, text.len);
	lp_buf_clear(&a.body);
	lp_buf_clear(&text);
}

/* --- the connection --- */

static void on_read(struct bufferevent *bev, void *arg)
{
	struct visit *v = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	size_t n = evbuffer_get_length(in);
	char head[HEAD_MAX];

	if (v->answered)
		return;
	n = n > sizeof(head) ? sizeof(head) : n;
	evbuffer_copyout(in, head, n);
	if (memmem(head, n, "\r\n\r\n", 4))
		give_answer(v, lp_str(head, n));
	else if (n == sizeof(head))
		visit_end(v);
}

static void on_written(struct bufferevent *bev, void *arg)
{
	struct visit *v = arg;

	if (v->answered)
		visit_end(v);
}

static void on_event(struct bufferevent *bev, short what, void *arg)
{
	visit_end(arg);
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	visit_end(arg);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *peer,
		      int len, void *arg)
{
	static const struct timeval limit = {LIMIT_S, 0};
	struct probe *p = arg;
	struct bufferevent *bev = NULL;
	struct visit *v;

	if (p->count < VISITS_MAX)
		bev = bufferevent_socket_new(evconnlistener_get_base(listener), fd,
					     BEV_OPT_CLOSE_ON_FREE);
	if (!bev) {
		close(fd);
		return;
	}
	v = lp_xcalloc(1, sizeof(*v));
	v->probe = p;
	v->bev = bev;
	LIST_INSERT_HEAD(&p->visits, v, link);
	p->count++;
	bufferevent_setcb(bev, on_read, on_written, on_event, v);
	bufferevent_setwatermark(bev, EV_READ, 0, HEAD_MAX);
	v->limit = evtimer_new(evconnlistener_get_base(listener), on_limit, v);
	event_add(v->limit, &limit);
	bufferevent_enable(bev, EV_READ | EV_WRITE);
}

/* --- from outside --- */

static int make_address(const struct settings *s, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	in_port_t port = htons((uint16_t)s->metrics_port);

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, s->metrics_ip, &in->sin_addr) == 1) {
		in->sin_family = AF_INET;
		in->sin_port = port;
		return sizeof(*in);
	}
	if (inet_pton(AF_INET6, s->metrics_ip, &in6->sin6_addr) != 1)
		return 0;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = port;
	return sizeof(*in6);
}

struct probe *probe_new(struct event_base *base, const struct settings *settings,
			const struct probe_ops *ops, void *arg)
{
	struct probe *p = lp_xcalloc(1, sizeof(*p));
	struct sockaddr_storage address;
	int len = make_address(settings, &address);

	p->ops = ops;
	p->arg = arg;
	LIST_INIT(&p->visits);
	if (len)
		p->listener = evconnlistener_new_bind(
			base, on_accept, p,
			LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC | LEV_OPT_REUSEABLE, BACKLOG,
			(struct sockaddr *)&address, len);
	if (p->listener)
		return p;
	lp_error("probe", "can not listen on metrics_ip %s, metrics_port %" PRId64 ": %s",
		 settings->metrics_ip, settings->metrics_port, strerror(errno));
	free(p);
	return NULL;
}

void probe_free(struct probe *p)
{
	if (!p)
		return;
	while (!LIST_EMPTY(&p->visits))
		visit_end(LIST_FIRST(&p->visits));
	evconnlistener_free(p->listener);
	free(p);
}
