/*
 * Offline delivery: the stream P:offline brings an entry per push with leaveMessage, and
 * worker_message_timeout later the devices that have not acknowledged it are seen to
 * (offline/walk.c).
 *
 *     entry --> WAITING --due--> READY, in its namespace's line --> WALKING --> gone
 *
 * Walks are started a namespace at a time in turn, some of each, so a large one delays no other.
 * What is to be tried later comes back as a new entry (P:offline-later). A worker that dies leaves
 * its entries to the others, which claim them, and what it had claimed among the devices as soon
 * as its lease ends.
 */
#include "config.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/log_gate.h"
#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/metrics.h"
#include "common/store/keys.h"
#include "worker/group_claim.h"
#include "worker/group_reader.h"
#include "worker/jobs.h"
#include "worker/offline/walk.h"

#define GROUP "worker"
/* Entries held, each about 200 bytes: those that wait for their time, and those that are ready. */
#define WAITING_MAX 50000u
#define READY_MAX   2000u
/* Walks at a time, of all and of one namespace. */
#define WALKING_MAX        64u
#define WALKING_TENANT_MAX 16u

#define LEASE_MS 10000
#define RENEW_MS 2000u
#define TICK_MS  20u
/* How often those put aside are looked for. */
#define DUE_MS  500
#define DUE_MAX 500
/* Entries of a consumer that did nothing with them for so much longer than they wait are claimed. */
#define CLAIM_MARGIN_MS 15000
#define CLAIM_MAX       500
#define REFRESH_MS      5000u

/* A namespace with entries that are ready or walking. */
struct tenant {
	UT_hash_handle hh;          /* by name */
	struct tenant *prev, *next; /* in offline.ring, while a walk can be started */
	struct item *ready;
	unsigned walking;
	bool in_ring;
	char name[];
};

enum item_state { ITEM_WAITING, ITEM_READY, ITEM_WALKING };

/* An entry. The strings lie behind it. */
struct item {
	UT_hash_handle hh;        /* in held, by entry */
	struct item *prev, *next; /* in waiting, or its tenant's ready ones */
	struct offline *job;
	struct tenant *tenant; /* READY, WALKING */
	enum item_state state;
	uint64_t due; /* ms by the clock of Redis */
	struct lp_str entry, nsp, id;
	char bytes[];
};

struct offline {
	struct job_tools tools;
	char *life;
	struct group_reader *reader;
	struct group_claim *claim;
	struct offline_sets *sets;
	struct providers *providers;
	struct walks *walks;
	struct event *tick, *renew, *due;
	struct item *held;
	struct item *waiting; /* in the order of their time */
	struct tenant *tenants, *ring;
	size_t ready, walking;
	int64_t clock; /* what to add to lp_mono_ms() for the clock of Redis */
	bool clocked;
	bool stopped;
	uint64_t refreshed; /* lp_mono_ms() */
	uint64_t malformed;
	struct log_gate gate;
};

static void start_timer(struct event *timer, unsigned ms)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(timer, &tv);
}

static uint64_t redis_now(const struct offline *job)
{
	return (uint64_t)((int64_t)lp_mono_ms() + job->clock);
}

/* --- namespaces in turn --- */

static void ring_update(struct offline *job, struct tenant *t)
{
	bool wanted = t->ready && t->walking < WALKING_TENANT_MAX;

	if (wanted && !t->in_ring)
		DL_APPEND(job->ring, t);
	else if (!wanted && t->in_ring)
		DL_DELETE(job->ring, t);
	t->in_ring = wanted;
	if (!t->ready && !t->walking) {
		HASH_DEL(job->tenants, t);
		free(t);
	}
}

static struct tenant *tenant_hold(struct offline *job, struct lp_str name)
{
	struct tenant *t;

	HASH_FIND(hh, job->tenants, name.p, name.n, t);
	if (!t) {
		t = lp_xcalloc(1, sizeof(*t) + name.n);
		memcpy(t->name, name.p, name.n);
		HASH_ADD_KEYPTR(hh, job->tenants, t->name, name.n, t);
	}
	return t;
}

static void walk_next(struct offline *job)
{
	struct tenant *t = job->ring;
	struct item *i = t->ready;

	DL_DELETE(t->ready, i);
	DL_DELETE(job->ring, t); /* to the end */
	t->in_ring = false;
	t->walking++;
	ring_update(job, t);
	i->state = ITEM_WALKING;
	job->ready--;
	job->walking++;
	walk_start(job->walks, i->entry, i->nsp, i->id, i);
}

static void walk_more(struct offline *job)
{
	while (!job->stopped && job->ring && job->walking < WALKING_MAX)
		walk_next(job);
}

/* --- entries --- */

static void item_free(struct item *i)
{
	HASH_DEL(i->job->held, i);
	free(i);
}

static void on_ended(void *arg)
{
	struct item *i = arg;
	struct offline *job = i->job;
	struct tenant *t = i->tenant;

	job->walking--;
	t->walking--;
	item_free(i);
	ring_update(job, t);
	walk_more(job);
	group_reader_go(job->reader);
}

static struct lp_str keep(char **at, struct lp_str s)
{
	struct lp_str kept = lp_str(*at, s.n);

	memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

static void get_ready(struct item *i)
{
	struct offline *job = i->job;

	i->tenant = tenant_hold(job, i->nsp);
	i->state = ITEM_READY;
	DL_APPEND(i->tenant->ready, i);
	job->ready++;
	ring_update(job, i->tenant);
}

static size_t room(void *arg)
{
	struct offline *job = arg;
	size_t waiting = HASH_COUNT(job->held) - job->ready - job->walking;

	if (!job->clocked || job->ready + job->walking >= READY_MAX || waiting >= WAITING_MAX)
		return 0;
	return WAITING_MAX - waiting;
}

static void ignore(void *arg, const redisReply *reply)
{
}

static void add_stream(struct redis_args *args, const struct offline *job)
{
	key_of_platform(&args->text, job->tools.settings->redis_prefix, "offline");
	redis_args_end(args);
}

/* Takes an entry out that nothing can be done with. */
static void drop(struct offline *job, struct lp_str entry)
{
	static const char *const commands[] = {"XDEL", "XACK"};
	struct redis_args args = {0};

	for (size_t i = 0; i < 2; i++) {
		redis_args_reset(&args);
		redis_args_addz(&args, commands[i]);
		add_stream(&args, job);
		if (i == 1)
			redis_args_addz(&args, GROUP);
		redis_args_add(&args, entry);
		redis_link_command(job->tools.link, &args, ignore, NULL);
	}
	redis_args_clear(&args);
}

static bool digits(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
	}
	return s.n > 0 && s.n < 19;
}

static void on_entry(void *arg, struct lp_str entry, const redisReply *fields)
{
	struct offline *job = arg;
	struct lp_str nsp = group_reader_field(fields, 'n');
	struct lp_str id = group_reader_field(fields, 'i');
	struct item *i;
	char *at;

	HASH_FIND(hh, job->held, entry.p, entry.n, i);
	if (i || job->stopped)
		return;
	if (!nsp.n || !digits(id)) {
		job->malformed++;
		if (log_gate_open(&job->gate))
			lp_error("offline", "entry makes no sense, dropped entry=%.*s",
				 LP_FMT(entry));
		drop(job, entry);
		return;
	}
	i = lp_xcalloc(1, sizeof(*i) + entry.n + nsp.n + id.n);
	at = i->bytes;
	i->job = job;
	i->entry = keep(&at, entry);
	i->nsp = keep(&at, nsp);
	i->id = keep(&at, id);
	HASH_ADD_KEYPTR(hh, job->held, i->entry.p, i->entry.n, i);
	/* The number in front of the dash is the time it was written. */
	i->due = strtoull(i->entry.p, NULL, 10);
	if (!group_reader_field(fields, 'd').n)
		i->due += (uint64_t)job->tools.settings->worker_message_timeout;
	if (i->due <= redis_now(job))
		get_ready(i);
	else
		DL_APPEND(job->waiting, i);
}

static void on_deleted(void *arg, struct lp_str entry)
{
	drop(arg, entry);
}

/* Those that come back at once may stand in front of some that have waited: no more than a tick's
 * delay. */
static void on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct offline *job = arg;
	uint64_t now = redis_now(job);
	struct item *i;

	while ((i = job->waiting) && i->due <= now) {
		DL_DELETE(job->waiting, i);
		get_ready(i);
	}
	walk_more(job);
	walks_tick(job->walks);
	group_reader_go(job->reader);
	start_timer(job->tick, TICK_MS);
}

/* --- the lease --- */

/* Who works on an entry for long says so, or it would be taken for lost. */
static void refresh(struct offline *job)
{
	uint64_t now = lp_mono_ms();
	struct redis_args args = {0};
	struct item *i, *next;
	size_t count = 0;

	if (now - job->refreshed < REFRESH_MS)
		return;
	job->refreshed = now;
	redis_args_addz(&args, "XCLAIM");
	add_stream(&args, job);
	redis_args_addz(&args, GROUP);
	redis_args_addz(&args, job->tools.settings->node_id);
	redis_args_addz(&args, "0");
	HASH_ITER(hh, job->held, i, next)
	{
		if (i->state != ITEM_WAITING && count < READY_MAX) {
			redis_args_add(&args, i->entry);
			count++;
		}
	}
	redis_args_addz(&args, "JUSTID");
	if (count)
		redis_link_command(job->tools.link, &args, ignore, NULL);
	redis_args_clear(&args);
}

static void on_renewed(void *arg, const redisReply *reply)
{
	struct offline *job = arg;

	if (!reply || reply->type != REDIS_REPLY_INTEGER)
		return;
	job->clock = reply->integer - (int64_t)lp_mono_ms();
	job->clocked = true;
	group_reader_go(job->reader);
}

static void renew(struct offline *job)
{
	struct redis_args args = {0};

	key_of_platform(&args.text, job->tools.settings->redis_prefix, "workers");
	redis_args_end(&args);
	redis_args_addz(&args, job->life);
	redis_args_addi(&args, LEASE_MS);
	redis_link_script(job->tools.link, "worker_renew", &args, on_renewed, job);
	redis_args_clear(&args);
}

static void on_renew(evutil_socket_t fd, short what, void *arg)
{
	struct offline *job = arg;

	renew(job);
	refresh(job);
	start_timer(job->renew, RENEW_MS);
}

/* --- what comes back --- */

static void on_due(void *arg, const redisReply *reply)
{
	struct offline *job = arg;

	if (reply && !job->stopped)
		start_timer(job->due, reply->integer < DUE_MAX ? DUE_MS : 0);
}

static void on_due_timer(evutil_socket_t fd, short what, void *arg)
{
	struct offline *job = arg;
	const char *prefix = job->tools.settings->redis_prefix;
	struct redis_args args = {0};

	key_of_platform(&args.text, prefix, "offline-later");
	redis_args_end(&args);
	redis_args_addz(&args, prefix);
	redis_args_addi(&args, DUE_MAX);
	redis_link_script(job->tools.link, "offline_due", &args, on_due, job);
	redis_args_clear(&args);
}

/* --- the job --- */

static void offline_free(void *arg)
{
	struct offline *job = arg;
	struct event *const timers[] = {job->tick, job->renew, job->due};
	struct item *i, *next_item;
	struct tenant *t, *next_tenant;

	group_claim_free(job->claim);
	group_reader_free(job->reader);
	providers_free(job->providers);
	walks_free(job->walks);
	offline_sets_free(job->sets);
	HASH_ITER(hh, job->held, i, next_item)
	item_free(i);
	HASH_ITER(hh, job->tenants, t, next_tenant)
	{
		HASH_DEL(job->tenants, t);
		free(t);
	}
	for (size_t k = 0; k < sizeof(timers) / sizeof(timers[0]); k++)
		event_free(timers[k]);
	free(job->life);
	free(job);
}

static char *life_name(const struct settings *s)
{
	struct lp_buf name = {0};
	char *life;

	lp_buf_addf(&name, "%s.%" PRIu64, s->node_id, lp_wall_ms());
	life = lp_xstrndup(lp_buf_str(&name));
	lp_buf_clear(&name);
	return life;
}

static void *offline_start(const struct job_tools *tools)
{
	static const struct group_reader_ops ops = {"offline", GROUP, room, on_entry, on_deleted};
	struct offline *job = lp_xcalloc(1, sizeof(*job));

	job->tools = *tools;
	job->life = life_name(tools->settings);
	job->tick = evtimer_new(tools->base, on_tick, job);
	job->renew = evtimer_new(tools->base, on_renew, job);
	job->due = evtimer_new(tools->base, on_due_timer, job);
	job->reader = group_reader_new(tools->base, tools->settings, &ops, job);
	job->claim = group_claim_new(&job->tools, &ops, job->reader,
				     tools->settings->worker_message_timeout + CLAIM_MARGIN_MS,
				     CLAIM_MAX);
	job->providers = providers_new(tools->base, tools->settings);
	job->sets = offline_sets_new(&job->tools, job->providers);
	job->walks = walks_new(&(struct walks_conf){.tools = &job->tools,
						    .life = job->life,
						    .sets = job->sets,
						    .providers = job->providers,
						    .ended = on_ended});
	if (job->providers)
		return job;
	offline_free(job);
	return NULL;
}

static void offline_up(void *arg)
{
	struct offline *job = arg;

	renew(job); /* before anything is claimed */
	walks_up(job->walks);
	group_reader_start(job->reader);
	start_timer(job->tick, TICK_MS);
	start_timer(job->renew, RENEW_MS);
	start_timer(job->due, DUE_MS);
	group_claim_start(job->claim);
}

static void offline_down(void *arg)
{
	struct offline *job = arg;

	event_del(job->tick);
	event_del(job->renew);
	event_del(job->due);
	group_claim_stop(job->claim);
}

static void offline_stop(void *arg)
{
	struct offline *job = arg;

	job->stopped = true;
	group_reader_stop(job->reader);
	event_del(job->due);
	group_claim_stop(job->claim);
}

static bool offline_idle(const void *arg)
{
	const struct offline *job = arg;

	return job->walking == 0;
}

enum { SOURCE_JOB, SOURCE_WALKS, SOURCE_APNS, SOURCE_FCM, SOURCE_WEBPUSH };

/* clang-format off */
#define ROW(SOURCE, STRUCT, FIELD, NAME, METRIC, LABELS, TYPE, HELP)                               \
	{METRIC_AT(SOURCE, STRUCT, FIELD), "offline_" NAME, METRIC, LABELS, HELP, METRIC_##TYPE}
#define PROVIDER_ROWS(SOURCE, TYPE, METRIC, FIELD, SUFFIX, LABEL, KIND, HELP)                      \
	ROW(SOURCE, provider_stats, FIELD, TYPE SUFFIX, METRIC, "type=\"" TYPE "\"" LABEL, KIND, HELP)
#define EACH_PROVIDER(METRIC, FIELD, SUFFIX, LABEL, KIND, HELP)                                    \
	PROVIDER_ROWS(SOURCE_APNS, "apns", METRIC, FIELD, SUFFIX, LABEL, KIND, HELP),              \
	PROVIDER_ROWS(SOURCE_FCM, "fcm", METRIC, FIELD, SUFFIX, LABEL, KIND, NULL),                \
	PROVIDER_ROWS(SOURCE_WEBPUSH, "webpush", METRIC, FIELD, SUFFIX, LABEL, KIND, NULL)
static const struct metric_row rows[] = {
	ROW(SOURCE_JOB, offline, ready, "ready", "offline_ready", NULL, GAUGE,
	    "Messages whose offline delivery is due and has not begun."),
	ROW(SOURCE_WALKS, walks_stats, running, "running", "offline_running", NULL, GAUGE,
	    "Messages in offline delivery."),
	ROW(SOURCE_WALKS, walks_stats, messages, "messages", "offline_messages_total", NULL, COUNTER,
	    "Messages whose offline delivery has ended or was put aside."),
	ROW(SOURCE_WALKS, walks_stats, put_aside, "put_aside", "offline_put_aside_total", NULL,
	    COUNTER, "Messages put aside until something of them is due again."),
	ROW(SOURCE_WALKS, walks_stats, expired, "expired", "offline_expired_total", NULL, COUNTER,
	    "Messages that expired first."),
	ROW(SOURCE_WALKS, walks_stats, dead, "dead", "offline_dead_total", NULL, COUNTER,
	    "Messages given up because they could not be worked on."),
	ROW(SOURCE_JOB, offline, malformed, "malformed", "offline_malformed_total", NULL, COUNTER,
	    "Entries dropped because they made no sense."),
	ROW(SOURCE_WALKS, walks_stats, stored, "stored", "offline_stored_total", NULL, COUNTER,
	    "Messages put on the unread list of a device."),
	EACH_PROVIDER("provider_held", held, "_held", "", GAUGE,
		      "Devices whose push provider has not said anything yet."),
	EACH_PROVIDER("provider_results_total", results[PROVIDER_DELIVERED], "_delivered",
		      ",result=\"delivered\"", COUNTER, "Devices by what their provider said."),
	EACH_PROVIDER("provider_results_total", results[PROVIDER_RETRY], "_retry",
		      ",result=\"retry\"", COUNTER, NULL),
	EACH_PROVIDER("provider_results_total", results[PROVIDER_GONE], "_gone",
		      ",result=\"gone\"", COUNTER, NULL),
	EACH_PROVIDER("provider_results_total", results[PROVIDER_REFUSED], "_refused",
		      ",result=\"refused\"", COUNTER, NULL),
	EACH_PROVIDER("provider_requests_total", requests, "_requests", "", COUNTER,
		      "Requests sent to push providers."),
	EACH_PROVIDER("provider_failures_total", failed, "_failed", "", COUNTER,
		      "Requests that got no answer."),
};
/* clang-format on */

static void each_counter(const struct offline *job, struct lp_buf *out,
			 void (*add)(struct lp_buf *out, const struct metric_row *rows,
				     size_t count, const void *const *sources))
{
	const void *sources[] = {
		job,
		walks_stats(job->walks),
		providers_stats(job->providers, PROVIDER_APNS),
		providers_stats(job->providers, PROVIDER_FCM),
		providers_stats(job->providers, PROVIDER_WEBPUSH),
	};

	add(out, rows, sizeof(rows) / sizeof(rows[0]), sources);
}

static void offline_report(const void *arg, struct lp_buf *out)
{
	each_counter(arg, out, metrics_log);
}

static void offline_metrics(const void *arg, struct lp_buf *out)
{
	each_counter(arg, out, metrics_add);
}

const struct job_ops job_offline = {
	.name = "offline",
	.start = offline_start,
	.up = offline_up,
	.down = offline_down,
	.stop = offline_stop,
	.idle = offline_idle,
	.report = offline_report,
	.metrics = offline_metrics,
	.free = offline_free,
};
