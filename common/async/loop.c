#include "config.h"

#include <event2/event.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/async/loop.h"

#define SIGNAL_COUNT 4
#define PRIORITIES   (LOOP_PRIORITY_CROWD + 1) /* events have the middle one by default */

struct loop {
	const struct loop_ops *ops;
	void *arg;
	struct event_base *base;
	struct event *signals[SIGNAL_COUNT];
	struct event *timer;
	uint64_t timer_at;    /* when the pending timer fires */
	uint64_t now;         /* 0: not read yet in this pass */
	uint64_t crowd_us;    /* see loop_bound_crowd() */
	uint64_t crowd_since; /* when the first of them was handled in this pass; 0: none was */
	unsigned wait;        /* ms the next pass may wait for events */
	bool stopping;        /* the first SIGTERM or SIGINT came */
	bool exiting;
	int status;
};

static void log_cb(int severity, const char *text)
{
	static const enum lp_log_level levels[] = {
		[EVENT_LOG_DEBUG] = LP_LOG_DEBUG,
		[EVENT_LOG_MSG] = LP_LOG_INFO,
		[EVENT_LOG_WARN] = LP_LOG_WARN,
		[EVENT_LOG_ERR] = LP_LOG_ERROR,
	};
	bool known = severity >= EVENT_LOG_DEBUG && severity <= EVENT_LOG_ERR;

	lp_log(known ? levels[severity] : LP_LOG_WARN, "libevent", NULL, "%s", text);
}

static void signal_cb(evutil_socket_t number, short what, void *arg)
{
	struct loop *l = arg;

	switch (number) {
	case SIGHUP:
		l->ops->reload(l->arg);
		break;
	case SIGUSR1:
		l->ops->report(l->arg);
		break;
	default:
		if (l->stopping) {
			lp_warn("loop", "second signal, leaving at once");
			_exit(1);
		}
		l->stopping = true;
		l->ops->stop(l->arg);
	}
}

/* Its only purpose is to end the wait. */
static void timer_cb(evutil_socket_t fd, short what, void *arg)
{
}

static struct event_base *base_new(void)
{
	struct event_config *config = event_config_new();
	struct event_base *base = NULL;

	event_set_log_callback(log_cb);
	if (config) {
		event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);
		base = event_base_new_with_config(config);
		event_config_free(config);
	}
	if (base)
		event_base_priority_init(base, PRIORITIES);
	return base;
}

struct loop *loop_new(const struct loop_ops *ops, void *arg)
{
	static const int numbers[SIGNAL_COUNT] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	struct event_base *base = base_new();
	struct loop *l;

	if (!base) {
		lp_error("loop", "no event loop: libevent found no method to wait for events");
		return NULL;
	}
	l = lp_xcalloc(1, sizeof(*l));
	l->ops = ops;
	l->arg = arg;
	l->base = base;
	signal(SIGPIPE, SIG_IGN);
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		l->signals[i] = evsignal_new(base, numbers[i], signal_cb, l);
		if (!l->signals[i] || event_add(l->signals[i], NULL))
			lp_warn("loop", "signal %d is not handled", numbers[i]);
	}
	l->timer = evtimer_new(base, timer_cb, l);
	return l;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	for (size_t i = 0; i < SIGNAL_COUNT; i++) {
		if (l->signals[i])
			event_free(l->signals[i]);
	}
	event_free(l->timer);
	event_base_free(l->base);
	free(l);
}

struct event_base *loop_base(struct loop *l)
{
	return l->base;
}

uint64_t loop_now(struct loop *l)
{
	if (!l->now)
		l->now = lp_mono_ms();
	return l->now;
}

void loop_bound_crowd(struct loop *l, uint64_t us)
{
	l->crowd_us = us;
}

void loop_share(struct loop *l, uint64_t left_us)
{
	uint64_t now;

	if (!l->crowd_us)
		return;
	now = lp_mono_us();
	if (!l->crowd_since)
		l->crowd_since = now;
	if (now - l->crowd_since + left_us >= l->crowd_us)
		event_base_loopbreak(l->base); /* what is ready stays so */
}

static void timer_set(struct loop *l, unsigned wait)
{
	struct timeval tv = {wait / 1000, (wait % 1000) * 1000};
	uint64_t at = l->now + wait;

	if (event_pending(l->timer, EV_TIMEOUT, NULL) && l->timer_at <= at)
		return; /* it wakes us early enough */
	event_add(l->timer, &tv);
	l->timer_at = at;
}

void loop_pass(struct loop *l)
{
	l->now = 0;
	l->crowd_since = 0;
	event_base_loop(l->base, EVLOOP_ONCE | (l->wait ? 0 : EVLOOP_NONBLOCK));
	l->wait = l->ops->pass(l->arg, loop_now(l));
	if (l->wait)
		timer_set(l, l->wait);
}

int loop_run(struct loop *l)
{
	while (!l->exiting)
		loop_pass(l);
	return l->status;
}

void loop_exit(struct loop *l, int status)
{
	l->exiting = true;
	l->status = status;
}
