/*
 * Disconnect callbacks: the stream P:callbacks brings an entry per client that has gone, and the
 * namespace's server is told of it. What does not succeed goes back to Redis, to be tried again or
 * given up (callback_failed.lua), so that here only those under way are held.
 *
 *     entry --> LOOKUP --url--> CALLING --2xx--> DONE ----- out of the stream --> gone
 *                 |                |                                               ^
 *                 +---- no url ----)-----------> DONE                              |
 *                                  +-----------> FAILED --- back to Redis ---------+
 *
 * At least once: an entry stays this worker's until Redis took the last step. One that dies leaves
 * its entries to the others, which claim them after a while.
 */
#include "config.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/log_gate.h"
#include "common/http/http_caller.h"
#include "common/lp_hash.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/metrics.h"
#include "common/model/query_json.h"
#include "common/store/keys.h"
#include "worker/group_claim.h"
#include "worker/group_reader.h"
#include "worker/jobs.h"

#define HELD_MAX 5000u
/* How often those due for another try are looked for, and when that failed. */
#define DUE_MS       500
#define DUE_AGAIN_MS 2000
#define DUE_MAX      200
/* Entries of a consumer that did nothing with them for longer than a call can take are claimed. */
#define CLAIM_MARGIN_MS 10000
#define CLAIM_MAX       100
#define REASON_MAX      200

enum work_state { WORK_LOOKUP, WORK_CALLING, WORK_DONE, WORK_FAILED };

#define GROUP "worker"

/* One entry. The strings lie behind it. */
struct work {
	UT_hash_handle hh; /* in held, by id */
	struct callbacks *job;
	enum work_state state;
	bool sent; /* the command of this state is under way */
	bool user_offline;
	struct lp_str id, nsp, client, query, event;
	char reason[REASON_MAX]; /* FAILED; "": not tried */
	char bytes[];
};

struct callbacks {
	struct job_tools tools;
	struct group_reader *reader;
	struct group_claim *claim;
	struct http_caller *caller;
	struct event *due_timer;
	struct work *held;
	bool stopped;
	uint64_t done, failed, dead; /* tries that succeeded, that did not, events given up */
	uint64_t lost;               /* never queued, by any program */
	struct log_gate dead_gate;
	struct log_gate error_gate;
};

static void advance(struct work *w);

static void start_timer(struct event *timer, unsigned ms)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(timer, &tv);
}

/* --- one entry --- */

static struct lp_str keep(struct work *w, size_t *at, struct lp_str s)
{
	struct lp_str kept = lp_str(w->bytes + *at, s.n);

	if (s.n)
		memcpy(w->bytes + *at, s.p, s.n);
	*at += s.n;
	return kept;
}

/* fields: see lib/callback.lua. */
static struct work *work_new(struct callbacks *job, struct lp_str id, const redisReply *fields)
{
	struct lp_str nsp = group_reader_field(fields, 'n');
	struct lp_str client = group_reader_field(fields, 'c');
	struct lp_str query = group_reader_field(fields, 'q');
	struct lp_str event = group_reader_field(fields, 'e');
	struct work *w;
	size_t at = 0;

	if (!event.n)
		event = id; /* its first try */
	w = lp_xcalloc(1, sizeof(*w) + id.n + nsp.n + client.n + query.n + event.n);
	w->job = job;
	w->user_offline = group_reader_field(fields, 'u').n > 0;
	w->id = keep(w, &at, id);
	w->nsp = keep(w, &at, nsp);
	w->client = keep(w, &at, client);
	w->query = keep(w, &at, query);
	w->event = keep(w, &at, event);
	HASH_ADD_KEYPTR(hh, job->held, w->id.p, w->id.n, w);
	return w;
}

static void work_free(struct work *w)
{
	struct callbacks *job = w->job;

	HASH_DEL(job->held, w);
	free(w);
}

static void work_end(struct work *w)
{
	struct callbacks *job = w->job;

	work_free(w);
	group_reader_go(job->reader);
}

/* True for an error reply, which is logged; such an error would come again. */
static bool refused(struct callbacks *job, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	if (log_gate_open(&job->error_gate))
		lp_error("callback", "Redis refused: %s", reply->str);
	return true;
}

static void on_result(void *arg, const struct http_result *result)
{
	struct work *w = arg;

	w->state = WORK_FAILED;
	if (result->outcome == HTTP_ANSWERED && result->status / 100 == 2)
		w->state = WORK_DONE;
	else if (result->outcome == HTTP_ANSWERED)
		snprintf(w->reason, sizeof(w->reason), "status %d", result->status);
	else if (result->outcome != HTTP_BUSY)
		snprintf(w->reason, sizeof(w->reason), "%s", result->why);
	advance(w);
}

static void call_server(struct work *w, struct lp_str url, struct lp_str auth, struct lp_str secret)
{
	struct call_header headers[] = {{"Content-Type", LP_STR("application/json")},
					{"authorization", auth},
					{"namespace", w->nsp}};
	struct lp_buf body = {0};
	struct http_request req = {.group = w->nsp,
				   .url = url,
				   .headers = headers,
				   .header_count = sizeof(headers) / sizeof(headers[0]),
				   .post = true,
				   .secret = secret};

	lp_buf_addz(&body, "{\"query\":");
	query_json(&body, w->query);
	lp_buf_addf(&body, ",\"userOffline\":%s,\"eventId\":", w->user_offline ? "true" : "false");
	lp_json_quote(&body, w->event);
	lp_buf_addc(&body, '}');
	req.body = lp_buf_str(&body);
	w->state = WORK_CALLING;
	http_caller_call(w->job->caller, &req, on_result, w);
	lp_buf_clear(&body);
}

static struct lp_str text_at(const redisReply *reply, size_t i)
{
	const redisReply *r = i < reply->elements ? reply->element[i] : NULL;

	return r && r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len)
						  : lp_str(NULL, 0);
}

static void on_conf(void *arg, const redisReply *reply)
{
	struct work *w = arg;
	struct lp_str url;

	w->sent = false;
	if (!reply)
		return;
	if (refused(w->job, reply)) {
		w->state = WORK_FAILED;
		snprintf(w->reason, sizeof(w->reason), "%s", reply->str);
		advance(w);
		return;
	}
	url = text_at(reply, 0);
	if (url.n) {
		call_server(w, url, text_at(reply, 1), text_at(reply, 2));
	} else {
		/* The namespace does not want to hear of it any more. */
		w->state = WORK_DONE;
		advance(w);
	}
}

static bool send_lookup(struct work *w)
{
	struct job_tools *tools = &w->job->tools;
	struct redis_args args = {0};
	bool sent;

	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, tools->settings->redis_prefix, w->nsp, "conf");
	redis_args_end(&args);
	redis_args_addz(&args, "disconnect_callback");
	redis_args_addz(&args, "callback_auth");
	redis_args_addz(&args, "callback_secret");
	sent = redis_link_command(tools->link, &args, on_conf, w);
	redis_args_clear(&args);
	return sent;
}

static void add_stream(struct redis_args *args, const struct callbacks *job)
{
	key_of_platform(&args->text, job->tools.settings->redis_prefix, "callbacks");
	redis_args_end(args);
}

static void ignore(void *arg, const redisReply *reply)
{
}

/*
 * Deleted first: an entry that is deleted and still given to a consumer is cleared up when it is
 * read again, one that is given to nobody and still there would stay.
 */
static bool send_done(struct callbacks *job, struct lp_str id, redis_link_cb cb, void *arg)
{
	struct redis_args args = {0};
	bool sent;

	redis_args_addz(&args, "XDEL");
	add_stream(&args, job);
	redis_args_add(&args, id);
	redis_link_command(job->tools.link, &args, ignore, NULL);
	redis_args_reset(&args);
	redis_args_addz(&args, "XACK");
	add_stream(&args, job);
	redis_args_addz(&args, GROUP);
	redis_args_add(&args, id);
	sent = redis_link_command(job->tools.link, &args, cb, arg);
	redis_args_clear(&args);
	return sent;
}

static void on_done(void *arg, const redisReply *reply)
{
	struct work *w = arg;

	w->sent = false;
	if (!reply)
		return;
	w->job->done += !refused(w->job, reply);
	work_end(w);
}

static void on_failed(void *arg, const redisReply *reply)
{
	struct work *w = arg;
	struct callbacks *job = w->job;

	w->sent = false;
	if (!reply)
		return;
	if (refused(job, reply)) {
		/* An entry that makes no sense must not come back for ever. */
		w->state = WORK_DONE;
		advance(w);
		return;
	}
	job->failed++;
	if (reply->integer == 0) {
		job->dead++;
		if (log_gate_open(&job->dead_gate))
			lp_warn("callback", "given up namespace=%.*s event=%.*s reason=\"%s\"",
				LP_FMT(w->nsp), LP_FMT(w->event), w->reason);
	}
	work_end(w);
}

static bool send_failed(struct work *w)
{
	struct job_tools *tools = &w->job->tools;
	struct redis_args args = {0};
	bool sent;

	add_stream(&args, w->job);
	redis_args_addz(&args, tools->settings->redis_prefix);
	redis_args_add(&args, w->id);
	redis_args_addi(&args, tools->settings->callback_retry);
	redis_args_addz(&args, w->reason);
	sent = redis_link_script(tools->link, "callback_failed", &args, on_failed, w);
	redis_args_clear(&args);
	return sent;
}

/* Sends what the state wants; without a link it waits for one. */
static void advance(struct work *w)
{
	if (w->sent)
		return;
	switch (w->state) {
	case WORK_LOOKUP:
		w->sent = send_lookup(w);
		break;
	case WORK_CALLING:
		break;
	case WORK_DONE:
		w->sent = send_done(w->job, w->id, on_done, w);
		break;
	case WORK_FAILED:
		w->sent = send_failed(w);
		break;
	}
}

/* --- the stream --- */

static size_t room(void *arg)
{
	struct callbacks *job = arg;
	size_t held = HASH_COUNT(job->held);

	return held < HELD_MAX ? HELD_MAX - held : 0;
}

static void on_entry(void *arg, struct lp_str id, const redisReply *fields)
{
	struct callbacks *job = arg;
	struct work *w;

	HASH_FIND(hh, job->held, id.p, id.n, w);
	if (!w && !job->stopped)
		advance(work_new(job, id, fields));
}

static void on_deleted(void *arg, struct lp_str id)
{
	send_done(arg, id, ignore, NULL);
}

/* { how many were put back, how many were ever lost } */
static void on_due(void *arg, const redisReply *reply)
{
	struct callbacks *job = arg;
	uint64_t lost;

	if (!reply || job->stopped)
		return;
	if (refused(job, reply) || reply->elements != 2) {
		start_timer(job->due_timer, DUE_AGAIN_MS);
		return;
	}
	lost = (uint64_t)reply->element[1]->integer;
	if (lost > job->lost)
		lp_warn("callback", "too many waited, not queued=%" PRIu64, lost - job->lost);
	job->lost = lost;
	start_timer(job->due_timer, reply->element[0]->integer < DUE_MAX ? DUE_MS : 0);
}

static void on_due_timer(evutil_socket_t fd, short what, void *arg)
{
	struct callbacks *job = arg;
	const char *prefix = job->tools.settings->redis_prefix;
	struct redis_args args = {0};

	key_of_platform(&args.text, prefix, "callbacks-later");
	redis_args_end(&args);
	redis_args_addz(&args, prefix);
	redis_args_addi(&args, DUE_MAX);
	redis_link_script(job->tools.link, "callback_due", &args, on_due, job);
	redis_args_clear(&args);
}

/* --- the job --- */

static void callback_free(void *arg)
{
	struct callbacks *job = arg;
	struct work *w, *next;

	group_claim_free(job->claim);
	group_reader_free(job->reader);
	http_caller_free(job->caller);
	HASH_ITER(hh, job->held, w, next)
	work_free(w);
	event_free(job->due_timer);
	free(job);
}

static void *callback_start(const struct job_tools *tools)
{
	static const struct group_reader_ops ops = {"callbacks", GROUP, room, on_entry, on_deleted};
	const struct settings *s = tools->settings;
	struct http_caller_conf conf = {
		.concurrency = (unsigned)s->callback_concurrency,
		.queue = (unsigned)s->callback_queue,
		.timeout_ms = (unsigned)s->callback_timeout,
		.failures = (unsigned)s->callback_failures,
		.pause_ms = (unsigned)s->callback_pause,
		.hosts = s->callback_hosts,
	};
	struct callbacks *job = lp_xcalloc(1, sizeof(*job));

	job->tools = *tools;
	job->due_timer = evtimer_new(tools->base, on_due_timer, job);
	job->reader = group_reader_new(tools->base, s, &ops, job);
	job->claim = group_claim_new(&job->tools, &ops, job->reader,
				     2 * s->callback_timeout + CLAIM_MARGIN_MS, CLAIM_MAX);
	job->caller = http_caller_new(tools->base, &conf);
	if (job->caller)
		return job;
	lp_error("callback", "libcurl can not be used");
	callback_free(job);
	return NULL;
}

static void callback_up(void *arg)
{
	struct callbacks *job = arg;
	struct work *w, *next;

	group_reader_start(job->reader);
	HASH_ITER(hh, job->held, w, next)
	advance(w);
	start_timer(job->due_timer, DUE_MS);
	group_claim_start(job->claim);
}

static void callback_down(void *arg)
{
	struct callbacks *job = arg;

	event_del(job->due_timer);
	group_claim_stop(job->claim);
}

static void callback_stop(void *arg)
{
	struct callbacks *job = arg;

	job->stopped = true;
	callback_down(job);
	group_reader_stop(job->reader);
}

static bool callback_idle(const void *arg)
{
	const struct callbacks *job = arg;

	return HASH_COUNT(job->held) == 0;
}

/* clang-format off */
#define ROW(SOURCE, STRUCT, FIELD, NAME, METRIC, LABELS, TYPE, HELP)                               \
	{METRIC_AT(SOURCE, STRUCT, FIELD), "callbacks_" NAME, METRIC, LABELS, HELP, METRIC_##TYPE}
static const struct metric_row rows[] = {
	ROW(1, http_caller_stats, running, "calling", "callbacks_running", NULL, GAUGE,
	    "Callbacks under way."),
	ROW(1, http_caller_stats, waiting, "waiting", "callbacks_waiting", NULL, GAUGE,
	    "Callbacks that wait for their turn."),
	ROW(0, callbacks, done, "done", "callbacks_total", "result=\"done\"", COUNTER,
	    "Tries of callbacks by what became of them."),
	ROW(0, callbacks, failed, "failed", "callbacks_total", "result=\"failed\"", COUNTER, NULL),
	ROW(0, callbacks, dead, "dead", "callbacks_dead_total", NULL, COUNTER,
	    "Disconnect callbacks given up after callback_retry."),
	ROW(0, callbacks, lost, "lost", "callbacks_lost_total", NULL, COUNTER,
	    "Disconnect callbacks never queued, because too many waited."),
};
/* clang-format on */

static void each_counter(const struct callbacks *job, struct lp_buf *out,
			 void (*add)(struct lp_buf *out, const struct metric_row *rows,
				     size_t count, const void *const *sources))
{
	const void *sources[] = {job, http_caller_stats(job->caller)};

	add(out, rows, sizeof(rows) / sizeof(rows[0]), sources);
}

static void callback_report(const void *arg, struct lp_buf *out)
{
	const struct callbacks *job = arg;

	lp_buf_addf(out, " callbacks_held=%u", HASH_COUNT(job->held));
	each_counter(job, out, metrics_log);
}

static void callback_metrics(const void *arg, struct lp_buf *out)
{
	const struct callbacks *job = arg;

	metrics_head(out, "callbacks_held", METRIC_GAUGE,
		     "Disconnect callbacks this worker holds.");
	metrics_value(out, "callbacks_held", NULL, HASH_COUNT(job->held));
	each_counter(job, out, metrics_add);
}

const struct job_ops job_callback = {
	.name = "callback",
	.start = callback_start,
	.up = callback_up,
	.down = callback_down,
	.stop = callback_stop,
	.idle = callback_idle,
	.report = callback_report,
	.metrics = callback_metrics,
	.free = callback_free,
};
