#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "connector/io/listener.h"
#include "common/async/loop.h"

#define ACCEPT_MAX      64   /* connections per wake-up, so that others get their turn */
#define BACKLOG         4096 /* the kernel lowers it to net.core.somaxconn */
#define REST_S          1
#define USER_TIMEOUT_MS 30000 /* unacknowledged data for so long: the peer is gone */

struct listener {
	struct loop *loop;
	listener_cb *cb;
	void *arg;
	struct event *event; /* NULL: not listening yet */
	struct event *rest;
	bool resting; /* said in the log already, until accepting works again */
	int fd;
	int port;
	char name[80]; /* for the log */
};

static void rest_cb(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	event_add(l->event, NULL);
}

static void rest(struct listener *l, const char *why)
{
	struct timeval tv = {REST_S, 0};

	if (!l->resting)
		lp_warn("listen", "%s: not accepting for a while: %s", l->name, why);
	l->resting = true;
	event_del(l->event);
	event_add(l->rest, &tv);
}

static void accept_cb(evutil_socket_t fd, short what, void *arg)
{
	struct listener *l = arg;

	for (int i = 0; i < ACCEPT_MAX; i++) {
		int got = accept4(l->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (got >= 0 && !l->cb(l->arg, got)) {
			rest(l, "too many connections");
			return;
		}
		if (got >= 0) {
			l->resting = false;
			continue;
		}
		if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
			rest(l, strerror(errno));
		else if (errno == EINTR || errno == ECONNABORTED)
			continue;
		return;
	}
	loop_share(l->loop, 0);
}

static int socket_bind(const struct addrinfo *ai)
{
	int on = 1, user_timeout = USER_TIMEOUT_MS;
	int fd = socket(ai->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	/* On Linux accepted sockets inherit these two, which saves two calls for each. */
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &user_timeout, sizeof(user_timeout));
	if (bind(fd, ai->ai_addr, ai->ai_addrlen)) {
		int saved = errno;

		close(fd);
		errno = saved;
		return -1;
	}
	return fd;
}

static int bound_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len))
		return 0;
	if (ss.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)&ss)->sin6_port);
	return ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

static const char *bind_error(void)
{
	return errno == EADDRINUSE ? "the port is in use" : strerror(errno);
}

struct listener *listener_new(struct loop *loop, const char *ip, int port, listener_cb *cb,
			      void *arg)
{
	const struct addrinfo hints = {
		.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
		.ai_socktype = SOCK_STREAM,
	};
	bool all = !*ip || strcmp(ip, "*") == 0;
	struct listener *l = lp_xcalloc(1, sizeof(*l));
	struct addrinfo *ai = NULL;
	char service[8];
	int rc;

	l->loop = loop;
	l->cb = cb;
	l->arg = arg;
	l->fd = -1;
	snprintf(service, sizeof(service), "%d", port);
	snprintf(l->name, sizeof(l->name), strchr(ip, ':') ? "[%s]:%d" : "%s:%d", all ? "*" : ip,
		 port);
	rc = getaddrinfo(all ? NULL : ip, service, &hints, &ai);
	if (!rc) {
		l->fd = socket_bind(ai);
		freeaddrinfo(ai);
	}
	if (l->fd < 0) {
		lp_error("listen", "%s: can not listen: %s", l->name,
			 rc ? gai_strerror(rc) : bind_error());
		listener_free(l);
		return NULL;
	}
	l->port = bound_port(l->fd);
	return l;
}

bool listener_start(struct listener *l)
{
	struct event_base *base = loop_base(l->loop);

	if (listen(l->fd, BACKLOG)) {
		lp_error("listen", "%s: can not listen: %s", l->name, bind_error());
		return false;
	}
	l->event = event_new(base, l->fd, EV_READ | EV_PERSIST, accept_cb, l);
	l->rest = evtimer_new(base, rest_cb, l);
	/* Who comes does not go before those that are here. */
	return l->event && l->rest && event_priority_set(l->event, LOOP_PRIORITY_CROWD) == 0 &&
	       event_add(l->event, NULL) == 0;
}

void listener_free(struct listener *l)
{
	if (!l)
		return;
	if (l->event)
		event_free(l->event);
	if (l->rest)
		event_free(l->rest);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
}

int listener_port(const struct listener *l)
{
	return l->port;
}

uint64_t listener_raise_files(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	limit.rlim_cur = limit.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit))
		getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur;
}
