#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/async/loop.h"
#include "common/async/probe.h"
#include "common/async/redis_conn.h"
#include "common/async/state.h"
#include "common/cli.h"
#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/metrics.h"
#include "common/store/script.h"
#include "worker/jobs.h"
#include "worker/worker.h"

#define JOBS_MAX 8
/* A link that gives no answer for so many times redis_timeout is broken. */
#define STALL_FACTOR 5
#define STOP_MS      5000 /* for what is under way at the end */
#define PASS_MS      1000

struct worker {
	struct settings *settings;
	struct loop *loop;
	struct redis_link *link;
	void *jobs[JOBS_MAX]; /* as in the table of jobs */
	bool stopping;
	uint64_t stop_until;
	uint64_t started; /* ms since 1970 */
	struct histogram latency;
	struct state *state;
	struct probe *probe; /* NULL: metrics_port is 0 */
};

/* --- the loop's calls --- */

static unsigned pass(void *arg, uint64_t now)
{
	struct worker *w = arg;
	bool idle = state_idle(w->state);

	if (!w->stopping)
		return PASS_MS;
	for (size_t i = 0; jobs[i]; i++)
		idle = idle && jobs[i]->idle(w->jobs[i]);
	if (idle || now >= w->stop_until)
		loop_exit(w->loop, 0);
	return 10;
}

static void stop(void *arg)
{
	struct worker *w = arg;

	lp_info("worker", "stopping");
	w->stopping = true;
	state_forget(w->state);
	w->stop_until = loop_now(w->loop) + STOP_MS;
	for (size_t i = 0; jobs[i]; i++)
		jobs[i]->stop(w->jobs[i]);
}

static void reload(void *arg)
{
	struct worker *w = arg;

	cli_reload(w->settings);
}

static void report(void *arg)
{
	struct worker *w = arg;
	struct lp_buf text = {0};

	for (size_t i = 0; jobs[i]; i++)
		jobs[i]->report(w->jobs[i], &text);
	lp_info("worker", "counters%.*s", LP_FMT(lp_buf_str(&text)));
	lp_buf_clear(&text);
}

/* --- the operator's port --- */

static void metrics(void *arg, struct lp_buf *out)
{
	const struct worker *w = arg;

	metrics_process(out, "worker", w->started);
	metrics_head(out, "redis_up", METRIC_GAUGE, "1 while Redis answers.");
	metrics_value(out, "redis_up", NULL, redis_link_up(w->link));
	for (size_t i = 0; jobs[i]; i++) {
		if (jobs[i]->metrics)
			jobs[i]->metrics(w->jobs[i], out);
	}
	metrics_histogram(out, "redis_latency_seconds",
			  "From a command to its answer, of one command at a time.", &w->latency,
			  REDIS_CONN_UNIT_US);
}

static const char *unready(void *arg)
{
	const struct worker *w = arg;

	if (w->stopping)
		return "stopping";
	return redis_link_up(w->link) ? NULL : "redis is away";
}

static void add_state(void *arg, struct redis_args *args)
{
	const struct worker *w = arg;

	redis_args_addz(args, "state");
	redis_args_addz(args, "serving");
	for (size_t i = 0; jobs[i]; i++) {
		if (jobs[i]->state)
			jobs[i]->state(w->jobs[i], args);
	}
}

/* --- the link's --- */

static void on_up(void *arg)
{
	struct worker *w = arg;

	if (w->stopping)
		return;
	for (size_t i = 0; jobs[i]; i++)
		jobs[i]->up(w->jobs[i]);
}

static void on_down(void *arg)
{
	struct worker *w = arg;

	for (size_t i = 0; jobs[i]; i++)
		jobs[i]->down(w->jobs[i]);
}

/* --- from outside --- */

/* The tables' keys come from clients. */
static void seed_hash(void)
{
	uint8_t key[16];

	while (getrandom(key, sizeof(key), 0) != (ssize_t)sizeof(key)) {
		if (errno != EINTR)
			abort();
	}
	lp_hash_seed(key);
}

static bool start_jobs(struct worker *w)
{
	struct job_tools tools = {loop_base(w->loop), w->settings, w->link};

	for (size_t i = 0; jobs[i]; i++) {
		w->jobs[i] = jobs[i]->start(&tools);
		if (!w->jobs[i])
			return false;
	}
	return true;
}

struct worker *worker_new(struct settings *settings)
{
	static const struct loop_ops loop_ops = {pass, stop, reload, report};
	static const struct redis_link_ops link_ops = {on_up, on_down};
	static const struct probe_ops probe_ops = {metrics, unready};
	struct worker *w = lp_xcalloc(1, sizeof(*w));

	seed_hash();
	scripts_init();
	w->settings = settings;
	w->started = lp_wall_ms();
	w->loop = loop_new(&loop_ops, w);
	if (!w->loop)
		goto fail;
	w->link = redis_link_new(loop_base(w->loop), settings, "commands",
				 (unsigned)settings->redis_timeout * STALL_FACTOR, job_scripts,
				 &link_ops, w);
	redis_link_measure(w->link, &w->latency);
	if (!start_jobs(w))
		goto fail;
	if (settings->metrics_port &&
	    !(w->probe = probe_new(loop_base(w->loop), settings, &probe_ops, w)))
		goto fail;
	return w;
fail:
	worker_free(w);
	return NULL;
}

int worker_run(struct worker *w)
{
	redis_link_start(w->link);
	w->state = state_new(loop_base(w->loop), w->settings, "worker", w->started, add_state, w);
	lp_info("worker", "working as %s", w->settings->node_id);
	return loop_run(w->loop);
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	probe_free(w->probe);
	state_free(w->state);
	for (size_t i = 0; jobs[i]; i++) {
		if (w->jobs[i])
			jobs[i]->free(w->jobs[i]);
	}
	redis_link_free(w->link);
	loop_free(w->loop);
	free(w);
}
