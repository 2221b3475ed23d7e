#include "config.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/archive/feed.h"

#define IDLE_MS  100 /* between two looks when there was nothing, or Redis did not answer */
#define CLAIM_MS 5000

struct archive_feed {
	pthread_t thread;
	struct archive_source src;
	size_t most;
	int64_t claim_rank;
	uint64_t claim_due;           /* lp_mono_ms() */
	struct archive_batch ready;   /* the thread's; the keeper's once is_ready */
	struct archive_batch written; /* the keeper's; the thread's once is_written */

	pthread_mutex_t lock; /* of what follows */
	pthread_cond_t wake;  /* any of it has changed */
	bool is_ready, is_written;
	bool taking;
	bool stopping; /* take nothing */
	bool ending;   /* and nothing will be written */
};

static void move(struct archive_batch *to, struct archive_batch *from)
{
	*to = *from;
	*from = (struct archive_batch){.taken = 0};
}

/* Waits for a change. False when there was none until then. The lock is held, as in the next two. */
static bool await(struct archive_feed *f, const struct timespec *until)
{
	return pthread_cond_timedwait(&f->wake, &f->lock, until) != ETIMEDOUT;
}

static struct timespec in_ms(unsigned ms)
{
	struct timespec until;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += ms / 1000;
	until.tv_nsec += (long)(ms % 1000) * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	return until;
}

/* --- the thread --- */

/* What others have left comes before what is new. Whether there was something. */
static bool take(struct archive_feed *f)
{
	struct archive_batch *b = &f->ready;

	if (lp_mono_ms() >= f->claim_due) {
		if (archive_batch_claim(b, &f->src, &f->claim_rank) != LP_OK || !f->claim_rank)
			f->claim_due = lp_mono_ms() + CLAIM_MS;
		if (!archive_batch_empty(b))
			return true;
		archive_batch_clear(b);
	}
	if (archive_batch_take(b, &f->src, f->most) == LP_OK && !archive_batch_empty(b))
		return true;
	archive_batch_clear(b);
	return false;
}

/*
 * Tells and takes, with the lock given up meanwhile. False when Redis had nothing or did not answer.
 * What it could not be told of is told later: nothing is in the tables twice.
 */
static bool work(struct archive_feed *f)
{
	bool tells = f->is_written, told, took;

	f->taking = !f->is_ready && !f->stopping;
	pthread_mutex_unlock(&f->lock);
	told = tells && archive_batch_done(&f->written, &f->src) == LP_OK;
	took = f->taking && take(f);
	pthread_mutex_lock(&f->lock);
	f->is_written = f->is_written && !told;
	f->is_ready = f->is_ready || took;
	took = took || !f->taking;
	f->taking = false;
	pthread_cond_broadcast(&f->wake);
	return took && (told || !tells);
}

static void *feed(void *arg)
{
	struct archive_feed *f = arg;

	pthread_mutex_lock(&f->lock);
	while (!f->ending || f->is_written) {
		struct timespec until;

		if (!f->is_written && (f->is_ready || f->stopping)) {
			pthread_cond_wait(&f->wake, &f->lock);
			continue;
		}
		if (work(f))
			continue;
		if (f->ending)
			break;
		until = in_ms(IDLE_MS);
		await(f, &until);
	}
	pthread_mutex_unlock(&f->lock);
	return NULL;
}

/* --- the keeper's side --- */

struct archive_feed *archive_feed_new(const struct archive_source *src, struct redis_shared *shared,
				      size_t most)
{
	struct archive_feed *f = lp_xcalloc(1, sizeof(*f));
	pthread_condattr_t attr;

	f->src = *src;
	f->src.redis = redis_new(shared);
	f->most = most;
	pthread_mutex_init(&f->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&f->wake, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&f->thread, NULL, feed, f) != 0)
		abort();
	return f;
}

void archive_feed_stop(struct archive_feed *f)
{
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_cond_broadcast(&f->wake);
	while (f->taking)
		pthread_cond_wait(&f->wake, &f->lock);
	pthread_mutex_unlock(&f->lock);
}

void archive_feed_free(struct archive_feed *f)
{
	if (!f)
		return;
	pthread_mutex_lock(&f->lock);
	f->stopping = f->ending = true;
	pthread_cond_broadcast(&f->wake);
	pthread_mutex_unlock(&f->lock);
	pthread_join(f->thread, NULL);
	archive_batch_clear(&f->ready);
	archive_batch_clear(&f->written);
	redis_free(f->src.redis);
	pthread_cond_destroy(&f->wake);
	pthread_mutex_destroy(&f->lock);
	free(f);
}

bool archive_feed_next(struct archive_feed *f, struct archive_batch *b, unsigned ms)
{
	struct timespec until = in_ms(ms);
	bool any;

	pthread_mutex_lock(&f->lock);
	while (!f->is_ready && ms && await(f, &until))
		;
	any = f->is_ready;
	if (any) {
		move(b, &f->ready);
		f->is_ready = false;
		pthread_cond_broadcast(&f->wake);
	}
	pthread_mutex_unlock(&f->lock);
	return any;
}

bool archive_feed_written(struct archive_feed *f, struct archive_batch *b, unsigned ms)
{
	struct timespec until = in_ms(ms);
	bool done;

	pthread_mutex_lock(&f->lock);
	while (f->is_written && await(f, &until))
		;
	done = !f->is_written;
	if (done) {
		move(&f->written, b);
		f->is_written = true;
		pthread_cond_broadcast(&f->wake);
	}
	pthread_mutex_unlock(&f->lock);
	return done;
}
