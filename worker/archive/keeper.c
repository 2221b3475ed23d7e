#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <time.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/keys.h"
#include "worker/archive/chores.h"
#include "worker/archive/feed.h"
#include "worker/archive/keeper.h"

#define IDLE_MS      100 /* between two looks at what is to do when there is nothing */
#define TOLD_MS      1000
#define PAUSE_MIN_MS 200
#define PAUSE_MAX_MS 10000
/* How often each is looked at. */
#define COUNTS_MS 250
#define STATE_MS  1000
#define STATS_MS  15000
#define FLUSH_MS  1000
#define OLD_MS    600000

enum chore { COUNTS, CLIENTS, STATE, STATS, FLUSH, OLD, CHORES };

struct archive_keeper {
	pthread_t thread;
	struct archive_status *status;
	struct archive_source src;
	char *name;
	bool first;
	struct archive_write *db; /* NULL: not open */
	struct archive_feed *feed;
	struct archive_batch batch;
	bool written; /* the batch is in the database */
	struct archive_days *days;
	int64_t old_nsp;
	uint64_t due[CHORES]; /* lp_mono_ms() */
	unsigned pause;       /* ms; 0: all is well */
	uint64_t away_since;
};

/* --- the shared part --- */

void archive_status_init(struct archive_status *s)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_condattr_destroy(&attr);
}

void archive_status_clear(struct archive_status *s)
{
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
}

void archive_status_stop(struct archive_status *s)
{
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	pthread_cond_broadcast(&s->wake);
	pthread_mutex_unlock(&s->lock);
}

static void count(struct archive_keeper *k, uint64_t *counter, uint64_t n)
{
	pthread_mutex_lock(&k->status->lock);
	*counter += n;
	pthread_mutex_unlock(&k->status->lock);
}

/* Returns whether to go on. */
static bool sleep_ms(struct archive_keeper *k, unsigned ms)
{
	struct archive_status *s = k->status;
	struct timespec until;
	bool go;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->stopping && ms &&
	       pthread_cond_timedwait(&s->wake, &s->lock, &until) != ETIMEDOUT)
		;
	go = !s->stopping;
	pthread_mutex_unlock(&s->lock);
	return go;
}

/* --- the database, and when it is away --- */

static void set_away(struct archive_keeper *k, bool away)
{
	pthread_mutex_lock(&k->status->lock);
	k->status->away += away ? 1 : -1u;
	pthread_mutex_unlock(&k->status->lock);
}

static void failed(struct archive_keeper *k, int rc, const char *why)
{
	const char *what = rc == LP_ETOOBIG ? "its disk is full"
			   : rc == LP_EBUSY ? "others hold it"
					    : "it is away";

	if (!k->pause) {
		lp_error("archive", "%s, what is pushed waits in Redis: %s", what, why);
		k->away_since = lp_mono_ms();
		set_away(k, true);
	}
	k->pause = k->pause ? k->pause * 2 : PAUSE_MIN_MS;
	if (k->pause > PAUSE_MAX_MS)
		k->pause = PAUSE_MAX_MS;
	count(k, &k->status->failures, 1);
}

static void succeeded(struct archive_keeper *k)
{
	if (!k->pause)
		return;
	lp_info("archive", "it is back after %" PRIu64 " s", (lp_mono_ms() - k->away_since) / 1000);
	k->pause = 0;
	set_away(k, false);
}

static void close_db(struct archive_keeper *k)
{
	archive_write_free(k->db);
	k->db = NULL;
}

static bool open_db(struct archive_keeper *k)
{
	struct lp_buf why = {0};

	if (k->db)
		return true;
	k->db = archive_write_new(k->src.settings->archive, &why);
	if (!k->db)
		failed(k, LP_ESTORE, why.len ? why.data : "");
	lp_buf_clear(&why);
	return k->db;
}

/* What a write said. Returns whether it is in the database. */
static bool wrote(struct archive_keeper *k, int rc)
{
	if (rc == LP_OK) {
		succeeded(k);
		return true;
	}
	/* Redis: its client waits and logs by itself. */
	if (rc == ARCHIVE_NO_REDIS)
		return false;
	failed(k, rc, sql_error(archive_write_db(k->db)));
	if (sql_lost(archive_write_db(k->db)))
		close_db(k);
	return false;
}

/* --- messages --- */

/* Messages that the database refuses are looked for by halves, and left out. */
static int write_part(struct archive_keeper *k, struct archive_message *const *m, size_t n)
{
	int rc = n ? archive_write_messages(k->db, m, n) : LP_OK;

	if (rc != LP_EINVAL)
		return rc;
	if (n == 1) {
		lp_warn("archive", "a message is refused id=%" PRId64 ": %s", m[0]->id,
			sql_error(archive_write_db(k->db)));
		count(k, &k->status->refused, 1);
		return LP_OK;
	}
	rc = write_part(k, m, n / 2);
	return rc == LP_OK ? write_part(k, m + n / 2, n - n / 2) : rc;
}

static void note_days(struct archive_keeper *k)
{
	const struct archive_batch *b = &k->batch;
	int64_t nsp = 0, day = 0;

	for (size_t i = 0; i < b->count; i++) {
		const struct archive_message *m = b->messages[i];

		if (m->nsp == nsp && m->sent / 86400000 == day)
			continue;
		nsp = m->nsp;
		day = m->sent / 86400000;
		archive_days_add(&k->days, m->nsp_name, nsp, m->sent);
	}
}

/* Whether there was something to write, and it went well. */
static bool write_batch(struct archive_keeper *k)
{
	struct archive_batch *b = &k->batch;
	int rc = LP_OK;

	if (!b->taken)
		return false;
	if (!k->written) {
		rc = archive_batch_number(b, k->db);
		if (rc == LP_OK)
			rc = write_part(k, b->messages, b->count);
		if (!wrote(k, rc))
			return false;
		k->written = true;
		note_days(k);
		count(k, &k->status->messages, b->count);
		count(k, &k->status->refused, b->refused);
		b->refused = 0;
	}
	if (!archive_feed_written(k->feed, b, TOLD_MS))
		return false;
	k->written = false;
	return true;
}

/* --- what else there is --- */

static void write_state(struct archive_keeper *k)
{
	struct archive_status *s = k->status;
	struct redis_args args = {0};
	struct redisReply *reply;

	key_of_platform(&args.text, k->src.settings->redis_prefix, "archive");
	redis_args_end(&args);
	redis_args_addz(&args, k->src.settings->redis_prefix);
	redis_args_addz(&args, k->src.settings->archive_clients ? "1" : "");
	if (redis_script(k->src.redis, "archive_state", &args, &reply) == LP_OK) {
		pthread_mutex_lock(&s->lock);
		s->lost = (uint64_t)redis_reply_int(redis_reply_at(reply, 0));
		s->waiting = (uint64_t)redis_reply_int(redis_reply_at(reply, 1));
		s->lag = (uint64_t)redis_reply_int(redis_reply_at(reply, 2));
		s->changed = (uint64_t)redis_reply_int(redis_reply_at(reply, 3));
		pthread_mutex_unlock(&s->lock);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* A part of a chore. Returns its pause (ms): 0 when there is more at once. */
static unsigned do_chore(struct archive_keeper *k, enum chore chore)
{
	static const unsigned pauses[CHORES] = {
		[COUNTS] = COUNTS_MS, [CLIENTS] = COUNTS_MS, [STATE] = STATE_MS,
		[STATS] = STATS_MS,   [FLUSH] = FLUSH_MS,    [OLD] = OLD_MS,
	};
	uint64_t n = 0;
	bool more = false;
	int rc = LP_OK;

	switch (chore) {
	case COUNTS:
		rc = archive_chores_counts(k->db, &k->src, &k->days, &n, &more);
		count(k, &k->status->counts, n);
		break;
	case CLIENTS:
		rc = archive_chores_clients(k->db, &k->src, &more);
		break;
	case STATS:
		rc = archive_chores_stats(k->db, &k->src, &k->days);
		break;
	case FLUSH:
		rc = archive_chores_flushed(k->db, &k->src, &more);
		break;
	case OLD:
		rc = archive_chores_old(k->db, &k->src, &k->old_nsp, &more);
		break;
	case STATE:
	case CHORES:
		break;
	}
	return wrote(k, rc) && more ? 0 : pauses[chore];
}

/* Some of what is due. Returns whether there is more at once. */
static bool do_chores(struct archive_keeper *k)
{
	bool more = false;

	for (enum chore c = 0; c < CHORES && k->db; c++) {
		unsigned pause;

		if (c == STATE || lp_mono_ms() < k->due[c] || (c > STATS && !k->first))
			continue;
		pause = do_chore(k, c);
		k->due[c] = lp_mono_ms() + pause;
		more = more || !pause;
	}
	return more && !k->pause;
}

/* Waits for a batch for ms. Returns whether there is more to do at once. */
static bool round_of(struct archive_keeper *k, unsigned ms)
{
	bool more = false;

	if (!k->batch.taken)
		archive_feed_next(k->feed, &k->batch, ms);
	more = write_batch(k);
	if (k->db && !k->pause && !k->batch.taken)
		more = do_chores(k) || more;
	return more;
}

/* Writes what was taken, unless the database is away. */
static void end(struct archive_keeper *k)
{
	archive_feed_stop(k->feed);
	while (k->db && !k->pause) {
		if (!k->batch.taken && !archive_feed_next(k->feed, &k->batch, 0))
			break;
		if (!write_batch(k))
			break;
	}
	archive_feed_free(k->feed);
}

static void *keep(void *arg)
{
	struct archive_keeper *k = arg;
	bool more = false;

	while (sleep_ms(k, k->pause)) {
		if (k->first && lp_mono_ms() >= k->due[STATE]) {
			write_state(k);
			k->due[STATE] = lp_mono_ms() + STATE_MS;
		}
		more = open_db(k) && round_of(k, more ? 0 : IDLE_MS);
	}
	end(k);
	close_db(k);
	pthread_mutex_lock(&k->status->lock);
	k->status->running--;
	pthread_mutex_unlock(&k->status->lock);
	return NULL;
}

struct archive_keeper *archive_keeper_new(const struct settings *settings,
					  struct redis_shared *shared,
					  struct archive_status *status, const char *name,
					  bool first)
{
	struct archive_keeper *k = lp_xcalloc(1, sizeof(*k));

	k->status = status;
	k->name = lp_xstrdup(name);
	k->src = (struct archive_source){redis_new(shared), settings, k->name};
	/* Longer transactions cost SQLite less a message; a statement of PostgreSQL has a time limit. */
	k->feed = archive_feed_new(&k->src, shared,
				   sql_url_dialect(settings->archive) == SQL_SQLITE
					   ? ARCHIVE_BATCH_MAX
					   : ARCHIVE_TAKE_MAX);
	k->first = first;
	pthread_mutex_lock(&status->lock);
	status->running++;
	pthread_mutex_unlock(&status->lock);
	if (pthread_create(&k->thread, NULL, keep, k) != 0)
		abort();
	return k;
}

void archive_keeper_free(struct archive_keeper *k)
{
	if (!k)
		return;
	pthread_join(k->thread, NULL);
	archive_batch_clear(&k->batch);
	archive_days_clear(&k->days);
	redis_free(k->src.redis);
	free(k->name);
	free(k);
}
