/*
 * The archive: threads that write what was pushed, and what became of it, into the database of the
 * setting archive (archive/keeper.c). The loop of the worker only starts and counts them.
 */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/archive/sql_url.h"
#include "common/async/state.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/metrics.h"
#include "worker/archive/keeper.h"
#include "worker/jobs.h"

/* SQLite has one writer at a time; PostgreSQL has a process per connection. */
#define KEEPERS_MAX 2

struct archive {
	struct redis_shared *shared;
	struct archive_status status;
	struct archive_keeper *keepers[KEEPERS_MAX];
};

static void start_keepers(struct archive *a, const struct settings *s)
{
	unsigned count = sql_url_dialect(s->archive) == SQL_SQLITE ? 1 : KEEPERS_MAX;
	struct lp_buf name = {0};

	sql_url_show(&name, s->archive);
	lp_info("archive", "kept in %.*s", LP_FMT(lp_buf_str(&name)));
	for (unsigned i = 0; i < count; i++) {
		lp_buf_reset(&name);
		lp_buf_addf(&name, "%s.%" PRIu64 ".%u", s->node_id, lp_wall_ms(), i);
		a->keepers[i] = archive_keeper_new(s, a->shared, &a->status, name.data, i == 0);
	}
	lp_buf_clear(&name);
}

static void *archive_start(const struct job_tools *tools)
{
	struct archive *a = lp_xcalloc(1, sizeof(*a));

	archive_status_init(&a->status);
	if (sql_url_off(tools->settings->archive))
		return a;
	a->shared = redis_shared_new(tools->settings);
	if (a->shared)
		start_keepers(a, tools->settings);
	return a;
}

/* The keepers have connections of their own. */
static void archive_link(void *job)
{
}

static void archive_stop(void *job)
{
	struct archive *a = job;

	archive_status_stop(&a->status);
}

static struct archive_status copy_status(const void *job)
{
	struct archive *a = (struct archive *)(uintptr_t)job;
	struct archive_status copy;

	pthread_mutex_lock(&a->status.lock);
	copy = a->status;
	pthread_mutex_unlock(&a->status.lock);
	return copy;
}

static bool archive_idle(const void *job)
{
	return copy_status(job).running == 0;
}

static const struct metric_row rows[] = {
	{METRIC_AT(0, archive_status, messages), "archived", "archive_messages_total", NULL,
	 "Messages written to the archive.", METRIC_COUNTER},
	{METRIC_AT(0, archive_status, counts), "archive_counts", "archive_counts_total", NULL,
	 "Messages whose counts were written to the archive.", METRIC_COUNTER},
	{METRIC_AT(0, archive_status, refused), "archive_refused", "archive_refused_total", NULL,
	 "Messages that the archive's database refused.", METRIC_COUNTER},
	{METRIC_AT(0, archive_status, failures), "archive_failures", "archive_failures_total", NULL,
	 "Writes to the archive that failed and were tried again.", METRIC_COUNTER},
	{METRIC_AT(0, archive_status, lost), "archive_lost", "archive_lost_total", NULL,
	 "Messages lost to the archive, beyond archive_backlog_max; by all workers, as Redis has "
	 "it.",
	 METRIC_COUNTER},
	{METRIC_AT(0, archive_status, away), "archive_away", "archive_away", NULL,
	 "Not 0 while the archive's database is away or full.", METRIC_GAUGE},
	{METRIC_AT(0, archive_status, waiting), "archive_waiting", "archive_waiting_namespaces",
	 NULL, "Namespaces with messages that the archive does not have yet.", METRIC_GAUGE},
	{METRIC_AT(0, archive_status, changed), "archive_changed", "archive_changed_messages", NULL,
	 "Messages whose counts have changed since they were written.", METRIC_GAUGE},
};

static void archive_report(const void *job, struct lp_buf *out)
{
	struct archive_status status = copy_status(job);
	const void *source = &status;

	metrics_log(out, rows, sizeof(rows) / sizeof(rows[0]), &source);
	lp_buf_addf(out, " archive_lag=%" PRIu64, status.lag);
}

static void archive_metrics(const void *job, struct lp_buf *out)
{
	struct archive_status status = copy_status(job);
	const void *source = &status;

	metrics_add(out, rows, sizeof(rows) / sizeof(rows[0]), &source);
	metrics_head(out, "archive_lag_seconds", METRIC_GAUGE,
		     "For how long the first message that the archive does not have has waited.");
	metrics_value(out, "archive_lag_seconds", NULL, (status.lag + 999) / 1000);
}

/* What the operator's overview shows of this worker's part. */
static void archive_tell(const void *job, struct redis_args *args)
{
	const struct archive *a = job;
	struct archive_status status = copy_status(job);

	if (!a->keepers[0])
		return;
	state_add(args, "archived", status.messages);
	state_add(args, "archive_away", status.away);
}

static void archive_free(void *job)
{
	struct archive *a = job;

	archive_status_stop(&a->status);
	for (unsigned i = 0; i < KEEPERS_MAX; i++)
		archive_keeper_free(a->keepers[i]);
	if (a->shared)
		redis_shared_free(a->shared);
	archive_status_clear(&a->status);
	free(a);
}

const struct job_ops job_archive = {
	.name = "archive",
	.start = archive_start,
	.up = archive_link,
	.down = archive_link,
	.stop = archive_stop,
	.idle = archive_idle,
	.report = archive_report,
	.metrics = archive_metrics,
	.state = archive_tell,
	.free = archive_free,
};
