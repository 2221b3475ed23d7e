#include "config.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "worker/provider/dialer.h"
#include "worker/provider/public_address.h"

/* How long an idle connection is left in peace before TCP asks whether the other side is there, s. */
#define KEEPALIVE 60

struct dial {
	LIST_ENTRY(dial) entry;
	struct dialer *dialer;
	CURL *easy;
	struct lp_buf url;
	dial_cb cb;
	void *arg;
	char error[CURL_ERROR_SIZE];
};

struct dialer {
	struct event_base *base;
	CURLM *multi;
	struct event *timer;
	LIST_HEAD(, dial) dials;
};

static curl_socket_t on_open(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
	if (!public_address(&a->addr))
		return CURL_SOCKET_BAD;
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

void dial_cancel(struct dial *dial)
{
	curl_multi_remove_handle(dial->dialer->multi, dial->easy);
	curl_easy_cleanup(dial->easy);
	LIST_REMOVE(dial, entry);
	lp_buf_clear(&dial->url);
	free(dial);
}

static void set_socket(int fd)
{
	int on = 1, idle = KEEPALIVE;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
}

static void ended(struct dial *dial, CURLcode code)
{
	curl_socket_t theirs = CURL_SOCKET_BAD;
	dial_cb cb = dial->cb;
	void *arg = dial->arg;
	char error[CURL_ERROR_SIZE];
	int fd = -1;

	/* libcurl closes its own descriptor. */
	if (code == CURLE_OK &&
	    curl_easy_getinfo(dial->easy, CURLINFO_ACTIVESOCKET, &theirs) == CURLE_OK)
		fd = fcntl(theirs, F_DUPFD_CLOEXEC, 0);
	if (fd >= 0)
		set_socket(fd);
	memcpy(error, dial->error, sizeof(error));
	dial_cancel(dial);
	cb(arg, fd, error[0] ? error : curl_easy_strerror(code ? code : CURLE_COULDNT_CONNECT));
}

static void collect(struct dialer *d)
{
	struct dial *dial;
	CURLMsg *msg;
	int left;

	while ((msg = curl_multi_info_read(d->multi, &left))) {
		if (msg->msg == CURLMSG_DONE &&
		    curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &dial) == CURLE_OK)
			ended(dial, msg->data.result);
	}
}

static void on_socket_event(evutil_socket_t fd, short what, void *arg)
{
	struct dialer *d = arg;
	int flags =
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	curl_multi_socket_action(d->multi, fd, flags, &running);
	collect(d);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct dialer *d = arg;
	int running;

	curl_multi_socket_action(d->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	collect(d);
}

/* libcurl wants to know about another, or no, readiness of a socket; ours is its event. */
static int on_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *ours)
{
	struct dialer *d = arg;
	struct event *event = ours;
	short flags = EV_PERSIST;

	if (event)
		event_free(event);
	event = NULL;
	if (what != CURL_POLL_REMOVE) {
		flags |= what & CURL_POLL_IN ? EV_READ : 0;
		flags |= what & CURL_POLL_OUT ? EV_WRITE : 0;
		event = event_new(d->base, fd, flags, on_socket_event, d);
		event_add(event, NULL);
	}
	curl_multi_assign(d->multi, fd, event);
	return 0;
}

static int on_wait(CURLM *multi, long ms, void *arg)
{
	struct dialer *d = arg;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	if (ms < 0)
		event_del(d->timer);
	else
		event_add(d->timer, &tv);
	return 0;
}

struct dial *dial_start(struct dialer *d, const char *origin, bool public_only, unsigned timeout_ms,
			dial_cb cb, void *arg)
{
	struct dial *dial = lp_xcalloc(1, sizeof(*dial));
	CURL *easy = curl_easy_init();

	if (!easy)
		abort(); /* out of memory */
	dial->dialer = d;
	dial->easy = easy;
	dial->cb = cb;
	dial->arg = arg;
	/* TLS is not libcurl's: to it this is a plain connection that nothing is said on. */
	lp_buf_addf(&dial->url, "http%s", origin + strlen("https"));
	curl_easy_setopt(easy, CURLOPT_URL, dial->url.data);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_PRIVATE, dial);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)timeout_ms);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, dial->error);
	if (public_only)
		curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is still being looked up when the time is over: do not wait for it. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	LIST_INSERT_HEAD(&d->dials, dial, entry);
	curl_multi_add_handle(d->multi, easy);
	return dial;
}

struct dialer *dialer_new(struct event_base *base)
{
	struct dialer *d;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
		return NULL;
	d = lp_xcalloc(1, sizeof(*d));
	d->base = base;
	d->multi = curl_multi_init();
	if (!d->multi)
		abort(); /* out of memory */
	d->timer = evtimer_new(base, on_timer, d);
	LIST_INIT(&d->dials);
	curl_multi_setopt(d->multi, CURLMOPT_SOCKETFUNCTION, on_socket);
	curl_multi_setopt(d->multi, CURLMOPT_SOCKETDATA, d);
	curl_multi_setopt(d->multi, CURLMOPT_TIMERFUNCTION, on_wait);
	curl_multi_setopt(d->multi, CURLMOPT_TIMERDATA, d);
	return d;
}

void dialer_free(struct dialer *d)
{
	if (!d)
		return;
	while (!LIST_EMPTY(&d->dials))
		dial_cancel(LIST_FIRST(&d->dials));
	curl_multi_cleanup(d->multi);
	event_free(d->timer);
	free(d);
	curl_global_cleanup();
}
