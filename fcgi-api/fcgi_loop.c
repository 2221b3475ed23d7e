#include "config.h"

#include <errno.h>
#include <fcgiapp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <utlist.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "fcgi-api/archive_read.h"
#include "fcgi-api/fcgi_listen.h"
#include "fcgi-api/fcgi_loop.h"
#include "fcgi-api/fcgi_req.h"

#define FINISH_S 5  /* for requests in hand when told to stop */
#define STALL_S  30 /* a web server that stops in the middle of a request */

/*
 * One connection of the web server. libfcgi would accept connections itself, and keep a thread
 * on each; so its ipcFd and keepConnection (below the line "don't use" of fcgiapp.h, the same
 * since 2.4.0) are set and looked at here.
 */
struct conn {
	/*
	 * Held by the thread that serves it. Another one gets it only by the set, after that: the mutex
	 * is for the order of what both write, nobody ever waits for it.
	 */
	pthread_mutex_t busy;
	FCGX_Request fcgi;
	struct conn *prev, *next; /* in loop.conns */
};

struct loop {
	const struct api_app *app;
	int listen_fd;
	int stop_fd; /* an eventfd, readable for good once told to stop */
	int epoll_fd;
	pthread_mutex_t lock; /* of conns */
	struct conn *conns;
};

/* Puts an event source into the set; what: the conn, or one of the two fds' own addresses. */
static bool watch(const struct loop *loop, int op, int fd, uint32_t events, void *what)
{
	struct epoll_event event = {.events = events, .data.ptr = what};

	return epoll_ctl(loop->epoll_fd, op, fd, &event) == 0;
}

static struct conn *conn_new(struct loop *loop, int fd)
{
	struct conn *c = lp_xcalloc(1, sizeof(*c));

	pthread_mutex_init(&c->busy, NULL);
	FCGX_InitRequest(&c->fcgi, -1, 0);
	c->fcgi.ipcFd = fd;
	c->fcgi.keepConnection = 1; /* until the first request says; or accepting would close it */
	pthread_mutex_lock(&loop->lock);
	DL_APPEND(loop->conns, c);
	pthread_mutex_unlock(&loop->lock);
	return c;
}

static void conn_close(struct loop *loop, struct conn *c)
{
	if (c->fcgi.ipcFd >= 0)
		close(c->fcgi.ipcFd);
	pthread_mutex_lock(&loop->lock);
	DL_DELETE(loop->conns, c);
	pthread_mutex_unlock(&loop->lock);
	pthread_mutex_destroy(&c->busy);
	free(c);
}

static void accept_conn(struct loop *loop)
{
	const struct timeval stall = {.tv_sec = STALL_S};
	struct conn *c;
	int fd = accept4(loop->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0) {
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS) {
			lp_warn("api", "can not accept reason=\"%s\"", strerror(errno));
			nanosleep(&(struct timespec){.tv_nsec = 100000000}, NULL);
		}
		return; /* or another thread was faster */
	}
	if (fd >= FD_SETSIZE) { /* libfcgi closes with select() */
		lp_warn("api", "too many connections of the web server");
		close(fd);
		return;
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &stall, sizeof(stall));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &stall, sizeof(stall));
	c = conn_new(loop, fd);
	if (!watch(loop, EPOLL_CTL_ADD, fd, EPOLLIN | EPOLLONESHOT, c))
		conn_close(loop, c);
}

/* A request, or the end, has come in on the connection. */
static void serve_conn(struct loop *loop, struct api_ctx *ctx, struct conn *c)
{
	int fd;

	pthread_mutex_lock(&c->busy);
	/* When the connection has ended libfcgi goes on to accept one, on the socket -1. */
	if (FCGX_Accept_r(&c->fcgi) == 0) {
		if (!fcgi_req_serve(ctx, &c->fcgi))
			c->fcgi.keepConnection = 0;
		FCGX_Finish_r(&c->fcgi);
	}
	fd = c->fcgi.ipcFd;
	pthread_mutex_unlock(&c->busy);
	/*
	 * Another thread may close the descriptor before this call has returned, but not before the
	 * kernel has found it; the thread sanitizer can not know that.
	 */
	if (fd < 0 || !watch(loop, EPOLL_CTL_MOD, fd, EPOLLIN | EPOLLONESHOT, c))
		conn_close(loop, c); /* else it is another thread's by now */
}

static void *thread_main(void *arg)
{
	struct loop *loop = arg;
	struct api_ctx ctx = {
		.app = loop->app,
		.redis = redis_new(loop->app->redis),
		.archive = archive_reader_new(loop->app->settings),
	};

	for (;;) {
		struct epoll_event event;
		int n = epoll_wait(loop->epoll_fd, &event, 1, -1);

		if (n < 0 && errno != EINTR)
			abort(); /* no other error can be */
		if (n <= 0)
			continue;
		if (event.data.ptr == &loop->stop_fd)
			break;
		if (event.data.ptr == &loop->listen_fd)
			accept_conn(loop);
		else
			serve_conn(loop, &ctx, event.data.ptr);
	}
	archive_reader_free(ctx.archive);
	redis_free(ctx.redis);
	return NULL;
}

/* Returns at SIGTERM or SIGINT. */
static void wait_for_stop(const sigset_t *signals)
{
	int sig;

	do {
		sigwait(signals, &sig);
		if (sig == SIGHUP)
			lp_log_reopen();
	} while (sig == SIGHUP);
	lp_info("api", "stopping signal=%d", sig);
}

/* True when all threads have ended in time. */
static bool join_all(const pthread_t *threads, size_t count)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FINISH_S;
	for (size_t i = 0; i < count; i++) {
		if (pthread_timedjoin_np(threads[i], NULL, &until) != 0)
			return false;
	}
	return true;
}

static bool open_set(struct loop *loop)
{
	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	loop->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (loop->epoll_fd < 0 || loop->stop_fd < 0 ||
	    !watch(loop, EPOLL_CTL_ADD, loop->stop_fd, EPOLLIN, &loop->stop_fd) ||
	    !watch(loop, EPOLL_CTL_ADD, loop->listen_fd, EPOLLIN, &loop->listen_fd)) {
		lp_error("api", "can not wait for requests reason=\"%s\"", strerror(errno));
		return false;
	}
	return true;
}

int fcgi_loop_run(const struct api_app *app, const char *address)
{
	struct loop loop = {.app = app,
			    .listen_fd = fcgi_listen_open(address),
			    .lock = PTHREAD_MUTEX_INITIALIZER};
	size_t count = (size_t)app->settings->api_threads, started = 0;
	pthread_t *threads;
	sigset_t signals;
	bool in_time;

	if (loop.listen_fd < 0)
		return 1;
	FCGX_Init();
	if (!open_set(&loop))
		return 1;
	signal(SIGPIPE, SIG_IGN);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, &signals, NULL); /* the threads inherit this */
	threads = lp_xcalloc(count, sizeof(*threads));
	while (started < count && pthread_create(&threads[started], NULL, thread_main, &loop) == 0)
		started++;
	if (!started) {
		lp_error("api", "can not start a thread");
		return 1;
	}
	lp_info("api", "ready listen=%s threads=%zu", *address ? address : "stdin", started);
	wait_for_stop(&signals);
	if (eventfd_write(loop.stop_fd, 1) < 0)
		abort();
	epoll_ctl(loop.epoll_fd, EPOLL_CTL_DEL, loop.listen_fd, NULL);
	in_time = join_all(threads, started);
	fcgi_listen_close(loop.listen_fd, address);
	if (!in_time) {
		lp_warn("api", "requests cut off after %d s", FINISH_S);
		_exit(0); /* threads still use what would be freed */
	}
	while (loop.conns)
		conn_close(&loop, loop.conns);
	close(loop.epoll_fd);
	close(loop.stop_fd);
	free(threads);
	return 0;
}
