#include "config.h"

#include <event2/event.h>
#include <event2/util.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/redis_addr.h"
#include "common/store/redis_error.h"
#include "common/async/redis_conn.h"

#define PAUSE_MIN_MS 50u
#define PAUSE_MAX_MS 1000u
/* A stall is looked for in steps of half the limit. */
#define STALL_STEPS 2u

enum conn_state { CONN_IDLE, CONN_WAITING, CONN_CONNECTING, CONN_UP };

struct redis_conn {
	struct event_base *base;
	const struct settings *settings;
	const char *name;
	unsigned stall_ms;
	const struct redis_conn_ops *ops;
	void *arg;

	enum conn_state state;
	redisAsyncContext *ac;       /* the link, NULL while idle or waiting */
	redisAsyncContext *given_up; /* to be freed by the reaper timer */
	struct event *timer;         /* waiting: connect; connecting: limit; up: look for a stall */
	struct event *reaper;
	size_t unanswered;
	unsigned stalled; /* steps without an answer while some were due */
	unsigned pause_ms;
	unsigned greetings; /* answers to AUTH and SELECT still to come */
	bool outage;        /* the break was logged already */
	struct histogram *latency;
	size_t timed; /* answers still to come up to that of the request being timed; 0: none is */
	uint64_t timed_since; /* lp_mono_us() */
};

static void conn_timer(struct redis_conn *c, unsigned ms)
{
	struct timeval tv = {ms / 1000, (ms % 1000) * 1000};

	event_add(c->timer, &tv);
}

static void conn_reap(struct redis_conn *c)
{
	redisAsyncContext *ac = c->given_up;

	c->given_up = NULL;
	if (ac)
		redisAsyncFree(ac);
}

static void conn_on_reaper(evutil_socket_t fd, short what, void *arg)
{
	conn_reap(arg);
}

/* A random share of the pause, so that connectors do not come back all at once. */
static unsigned conn_jitter(unsigned ms)
{
	unsigned r;

	evutil_secure_rng_get_bytes(&r, sizeof(r));
	return ms / 2 + r % (ms / 2 + 1);
}

/* The link is gone already, or on the list of those to be freed. */
static void conn_down(struct redis_conn *c, const char *why)
{
	bool was_up = c->state == CONN_UP;

	if (!c->outage)
		lp_warn("redis", "%s link=%s address=%s reason=\"%s\"",
			was_up ? "link lost" : "can not connect", c->name,
			c->settings->redis_address, why);
	c->outage = true;
	c->ac = NULL;
	c->state = CONN_WAITING;
	c->unanswered = 0;
	c->timed = 0;
	conn_timer(c, conn_jitter(c->pause_ms));
	c->pause_ms = c->pause_ms * 2 > PAUSE_MAX_MS ? PAUSE_MAX_MS : c->pause_ms * 2;
	c->ops->down(c->arg, was_up);
}

static void conn_give_up(struct redis_conn *c)
{
	static const struct timeval now = {0, 0};

	if (!c->ac)
		return;
	/* One place is enough: it is free again before the next context is made. */
	c->given_up = c->ac;
	c->ac = NULL;
	event_add(c->reaper, &now);
}

void redis_conn_break(struct redis_conn *c, const char *why)
{
	if (!c->ac)
		return;
	conn_give_up(c);
	conn_down(c, why);
}

void redis_conn_renew(struct redis_conn *c)
{
	conn_give_up(c);
	c->state = CONN_WAITING;
	c->unanswered = 0;
	c->timed = 0;
	conn_timer(c, 0);
}

void redis_conn_stop(struct redis_conn *c)
{
	conn_give_up(c);
	event_del(c->timer);
	c->state = CONN_IDLE;
	c->unanswered = 0;
	c->timed = 0;
}

static void conn_up(struct redis_conn *c)
{
	c->state = CONN_UP;
	c->stalled = 0;
	conn_timer(c, c->stall_ms / STALL_STEPS);
	c->ops->up(c->arg);
}

/* Answers to what the connection itself sends before it is up; its request is the connection. */
static void conn_greeted(struct redis_conn *c, const redisReply *reply)
{
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_conn_break(c, reply->str);
		return;
	}
	if (--c->greetings == 0)
		conn_up(c);
}

static void conn_on_reply(redisAsyncContext *ac, void *r, void *request)
{
	struct redis_conn *c = ac->data;

	/* Without a reply the link is being torn down; conn_on_disconnect() follows. */
	if (c->ac != ac || !r)
		return;
	c->unanswered--;
	c->stalled = 0;
	if (c->timed && --c->timed == 0)
		histogram_add(c->latency, (lp_mono_us() - c->timed_since + REDIS_CONN_UNIT_US - 1) /
						  REDIS_CONN_UNIT_US);
	if (request == c)
		conn_greeted(c, r);
	else
		c->ops->reply(c->arg, request, r);
}

static void conn_on_disconnect(const redisAsyncContext *ac, int status)
{
	struct redis_conn *c = ac->data;

	if (c->given_up == ac)
		c->given_up = NULL; /* freed by hiredis after this call */
	if (c->ac == ac)
		conn_down(c, ac->c.err ? ac->c.errstr : "closed by the server");
}

static void conn_greet(struct redis_conn *c, const char *command, const char *arg)
{
	const char *argv[] = {command, arg};

	c->greetings++;
	c->unanswered++;
	redisAsyncCommandArgv(c->ac, conn_on_reply, c, 2, argv, NULL);
}

static void conn_on_connect(const redisAsyncContext *ac, int status)
{
	struct redis_conn *c = ac->data;
	char db[24];

	if (status != REDIS_OK) {
		conn_on_disconnect(ac, status);
		return;
	}
	if (c->ac != ac)
		return;
	c->greetings = 0;
	if (c->settings->redis_password[0])
		conn_greet(c, "AUTH", c->settings->redis_password);
	if (c->settings->redis_db) {
		snprintf(db, sizeof(db), "%lld", (long long)c->settings->redis_db);
		conn_greet(c, "SELECT", db);
	}
	if (c->greetings == 0)
		conn_up(c);
}

static void conn_connect(struct redis_conn *c)
{
	struct redis_addr addr;

	conn_reap(c);
	c->state = CONN_CONNECTING;
	if (redis_addr_parse(c->settings->redis_address, &addr) != LP_OK) {
		conn_down(c, "redis_address is not host:port or unix:/path");
		return;
	}
	c->ac = addr.path[0] ? redisAsyncConnectUnix(addr.path)
			     : redisAsyncConnect(addr.host, addr.port);
	if (!c->ac) {
		conn_down(c, "out of memory");
		return;
	}
	c->ac->data = c;
	if (c->ac->err) {
		redis_conn_break(c, c->ac->errstr);
		return;
	}
	redisLibeventAttach(c->ac, c->base);
	redisAsyncSetConnectCallback(c->ac, conn_on_connect);
	redisAsyncSetDisconnectCallback(c->ac, conn_on_disconnect);
	conn_timer(c, (unsigned)c->settings->redis_timeout);
}

static void conn_on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct redis_conn *c = arg;

	switch (c->state) {
	case CONN_IDLE:
		break;
	case CONN_WAITING:
		conn_connect(c);
		break;
	case CONN_CONNECTING:
		redis_conn_break(c, "timed out while connecting");
		break;
	case CONN_UP:
		c->stalled = c->unanswered ? c->stalled + 1 : 0;
		if (c->stalled > STALL_STEPS)
			redis_conn_break(c, "no answer in time");
		else
			conn_timer(c, c->stall_ms / STALL_STEPS);
		break;
	}
}

struct redis_conn *redis_conn_new(struct event_base *base, const struct settings *settings,
				  const char *name, unsigned stall_ms,
				  const struct redis_conn_ops *ops, void *arg)
{
	struct redis_conn *c = lp_xcalloc(1, sizeof(*c));

	c->base = base;
	c->settings = settings;
	c->name = name;
	c->stall_ms = stall_ms;
	c->ops = ops;
	c->arg = arg;
	c->pause_ms = PAUSE_MIN_MS;
	c->timer = evtimer_new(base, conn_on_timer, c);
	c->reaper = evtimer_new(base, conn_on_reaper, c);
	return c;
}

void redis_conn_start(struct redis_conn *c)
{
	if (c->state != CONN_IDLE)
		return;
	c->state = CONN_WAITING;
	conn_timer(c, 0);
}

void redis_conn_send(struct redis_conn *c, const void *bytes, size_t len, void *request)
{
	if (c->unanswered++ == 0)
		c->stalled = 0;
	if (c->latency && !c->timed) {
		c->timed = c->unanswered;
		c->timed_since = lp_mono_us();
	}
	redisAsyncFormattedCommand(c->ac, conn_on_reply, request, bytes, len);
}

void redis_conn_measure(struct redis_conn *c, struct histogram *h)
{
	c->latency = h;
}

void redis_conn_settled(struct redis_conn *c)
{
	c->pause_ms = PAUSE_MIN_MS;
	if (c->outage)
		lp_info("redis", "link restored link=%s", c->name);
	c->outage = false;
}

bool redis_conn_up(const struct redis_conn *c)
{
	return c->state == CONN_UP;
}

void redis_conn_free(struct redis_conn *c)
{
	redisAsyncContext *ac;

	if (!c)
		return;
	conn_reap(c);
	/* Its pending callbacks run now; they see that it is not the link any more. */
	ac = c->ac;
	c->ac = NULL;
	if (ac)
		redisAsyncFree(ac);
	event_free(c->timer);
	event_free(c->reaper);
	free(c);
}

bool redis_conn_passing(const struct redisReply *reply)
{
	static const char *const codes[] = {"LOADING", "READONLY",    "MASTERDOWN", "BUSY",
					    "OOM",     "TRYAGAIN",    "MISCONF",    "NOSCRIPT",
					    "NOAUTH",  "CLUSTERDOWN", "NOREPLICAS", NULL};

	return reply->type == REDIS_REPLY_ERROR && redis_error_is(reply->str, codes);
}
