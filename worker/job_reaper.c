/*
 * Clears up after connectors that died: looks for leases that ran out, and takes the clients of
 * their owners out of presence, some at a time. The scripts queue the disconnect callbacks.
 */
#include "config.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/metrics.h"
#include "common/store/keys.h"
#include "worker/jobs.h"

#define LOOK_MS 1000
/* Owners of one look, and clients that one call of node_reap takes: some ms of Redis' time. */
#define OWNERS_MAX   16
#define REAP_CLIENTS 100

struct reaper {
	struct job_tools tools;
	struct event *timer;
	char *owners[OWNERS_MAX];
	size_t count;
	bool busy; /* a call is under way */
	bool stopped;
	uint64_t up_since; /* lp_mono_ms() */
	uint64_t reaped;   /* owners */
};

static void reap(struct reaper *r);

static void call(struct reaper *r, const char *script, const char *owner, redis_link_cb cb)
{
	const char *prefix = r->tools.settings->redis_prefix;
	struct redis_args args = {0};

	key_of_platform(&args.text, prefix, "nodes");
	redis_args_end(&args);
	if (owner) {
		redis_args_addz(&args, prefix);
		redis_args_addz(&args, owner);
		redis_args_addi(&args, REAP_CLIENTS);
		redis_args_addz(&args, ""); /* only without a valid lease */
		redis_args_addi(&args, r->tools.settings->inbox_max_length);
		redis_args_addi(&args, r->tools.settings->callback_queue_max);
	} else {
		redis_args_addi(&args, OWNERS_MAX);
	}
	r->busy = redis_link_script(r->tools.link, script, &args, cb, r);
	redis_args_clear(&args);
}

static void look_later(struct reaper *r)
{
	static const struct timeval tv = {LOOK_MS / 1000, LOOK_MS % 1000 * 1000};

	event_add(r->timer, &tv);
}

static void drop_first(struct reaper *r)
{
	free(r->owners[0]);
	r->count--;
	for (size_t i = 0; i < r->count; i++)
		r->owners[i] = r->owners[i + 1];
}

static void on_reaped(void *arg, const redisReply *reply)
{
	struct reaper *r = arg;

	r->busy = false;
	if (!reply)
		return;
	if (reply->type != REDIS_REPLY_INTEGER) {
		lp_error("reaper", "node_reap failed owner=%s error=\"%s\"", r->owners[0],
			 reply->type == REDIS_REPLY_ERROR ? reply->str : "unexpected answer");
		drop_first(r);
	} else if (reply->integer == 0) {
		lp_info("reaper", "cleared up after a dead connector owner=%s", r->owners[0]);
		r->reaped++;
		drop_first(r);
	}
	reap(r);
}

static void reap(struct reaper *r)
{
	if (r->stopped)
		return;
	if (r->count)
		call(r, "node_reap", r->owners[0], on_reaped);
	else
		look_later(r);
}

static void on_expired(void *arg, const redisReply *reply)
{
	struct reaper *r = arg;

	r->busy = false;
	if (!reply)
		return;
	for (size_t i = 0; i < reply->elements && r->count < OWNERS_MAX; i++)
		r->owners[r->count++] = lp_xstrdup(reply->element[i]->str);
	reap(r);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct reaper *r = arg;

	/* When Redis itself was away all leases are over: connectors get time to renew theirs. */
	if (lp_mono_ms() - r->up_since < (uint64_t)r->tools.settings->lease_time)
		look_later(r);
	else
		call(r, "nodes_expired", NULL, on_expired);
}

static void *reaper_start(const struct job_tools *tools)
{
	struct reaper *r = lp_xcalloc(1, sizeof(*r));

	r->tools = *tools;
	r->timer = evtimer_new(tools->base, on_timer, r);
	return r;
}

static void reaper_up(void *job)
{
	struct reaper *r = job;

	r->up_since = lp_mono_ms();
	look_later(r);
}

/* What is on the list is looked for anew. */
static void reaper_down(void *job)
{
	struct reaper *r = job;

	event_del(r->timer);
	while (r->count)
		drop_first(r);
}

static void reaper_stop(void *job)
{
	struct reaper *r = job;

	event_del(r->timer);
	r->stopped = true;
}

static bool reaper_idle(const void *job)
{
	const struct reaper *r = job;

	return !r->busy;
}

static const struct metric_row rows[] = {
	{METRIC_AT(0, reaper, reaped), "reaped", "reaped_connectors_total", NULL,
	 "Connectors cleared up after.", METRIC_COUNTER},
};

static void reaper_report(const void *job, struct lp_buf *out)
{
	metrics_log(out, rows, sizeof(rows) / sizeof(rows[0]), &job);
}

static void reaper_metrics(const void *job, struct lp_buf *out)
{
	metrics_add(out, rows, sizeof(rows) / sizeof(rows[0]), &job);
}

static void reaper_free(void *job)
{
	struct reaper *r = job;

	while (r->count)
		drop_first(r);
	event_free(r->timer);
	free(r);
}

const struct job_ops job_reaper = {
	.name = "reaper",
	.start = reaper_start,
	.up = reaper_up,
	.down = reaper_down,
	.stop = reaper_stop,
	.idle = reaper_idle,
	.report = reaper_report,
	.metrics = reaper_metrics,
	.free = reaper_free,
};
