#include "config.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "fcgi-api/rate_memory.h"

#define SECOND     1000000 /* us: what a bucket takes to fill */
#define ASKS_LEAST 10      /* questions in a second that are always allowed */

struct bucket {
	UT_hash_handle hh; /* in rate_memory.buckets, in the order in which they were empty first */
	int64_t limit;
	uint64_t full_at;      /* us */
	uint64_t asked;        /* us: when all questions are allowed again */
	char rev[API_REV_LEN]; /* of the settings */
	char name[];
};

struct rate_memory {
	pthread_mutex_t lock;
	struct bucket *buckets; /* by name */
	size_t max;
};

struct rate_memory *rate_memory_new(size_t max)
{
	struct rate_memory *m = lp_xcalloc(1, sizeof(*m));

	pthread_mutex_init(&m->lock, NULL);
	m->max = max;
	return m;
}

static void drop(struct rate_memory *m, struct bucket *b)
{
	HASH_DEL(m->buckets, b);
	free(b);
}

void rate_memory_free(struct rate_memory *m)
{
	if (!m)
		return;
	while (m->buckets)
		drop(m, m->buckets);
	pthread_mutex_destroy(&m->lock);
	free(m);
}

static struct bucket *find(struct rate_memory *m, struct lp_str nsp)
{
	struct bucket *b;

	HASH_FIND(hh, m->buckets, nsp.p, nsp.n, b);
	return b;
}

static struct bucket *add(struct rate_memory *m, struct lp_str nsp)
{
	struct bucket *b = lp_xcalloc(1, sizeof(*b) + nsp.n);

	if (HASH_COUNT(m->buckets) >= m->max)
		drop(m, m->buckets);
	memcpy(b->name, nsp.p, nsp.n);
	HASH_ADD_KEYPTR(hh, m->buckets, b->name, nsp.n, b);
	return b;
}

static bool same(const struct bucket *b, const char *rev)
{
	return strcmp(b->rev, rev) == 0;
}

void rate_memory_note(struct rate_memory *m, struct lp_str nsp, const char *rev,
		      const struct api_rate *rate, uint64_t asked)
{
	uint64_t full_at = asked + (uint64_t)rate->full_us;
	struct bucket *b;

	pthread_mutex_lock(&m->lock);
	b = find(m, nsp);
	if (!b && !rate->left)
		b = add(m, nsp);
	/* Answers may overtake each other; the later time is of the later one. */
	if (b && !(same(b, rev) && b->limit == rate->limit && b->full_at > full_at)) {
		b->limit = rate->limit;
		b->full_at = full_at;
		snprintf(b->rev, sizeof(b->rev), "%s", rev);
	}
	pthread_mutex_unlock(&m->lock);
}

/* What it takes for one more, us. */
static int64_t step_of(const struct bucket *b)
{
	return (SECOND + b->limit - 1) / b->limit;
}

/* As lib/allow.lua. The bucket is not full. */
static void read_bucket(const struct bucket *b, uint64_t now, struct api_rate *rate)
{
	int64_t full = (int64_t)(b->full_at - now), filled = full < SECOND ? SECOND - full : 0;

	*rate = (struct api_rate){
		.limit = b->limit,
		.left = filled * b->limit / SECOND,
		.full_us = full,
	};
	if (!rate->left)
		rate->more_us = full + step_of(b) - SECOND;
}

bool rate_memory_look(struct rate_memory *m, struct lp_str nsp, const char *rev, uint64_t now,
		      struct api_rate *rate)
{
	struct bucket *b;
	bool known;

	pthread_mutex_lock(&m->lock);
	b = find(m, nsp);
	if (b && b->full_at <= now) {
		drop(m, b);
		b = NULL;
	}
	known = b && same(b, rev);
	if (known)
		read_bucket(b, now, rate);
	pthread_mutex_unlock(&m->lock);
	return known;
}

bool rate_memory_ask(struct rate_memory *m, struct lp_str nsp, uint64_t now)
{
	struct bucket *b;
	bool allowed = true;
	int64_t step;

	pthread_mutex_lock(&m->lock);
	b = find(m, nsp);
	if (b) {
		step = b->limit > ASKS_LEAST ? step_of(b) : SECOND / ASKS_LEAST;
		if (b->asked < now)
			b->asked = now;
		allowed = b->asked + (uint64_t)step <= now + SECOND;
		if (allowed)
			b->asked += (uint64_t)step;
	}
	pthread_mutex_unlock(&m->lock);
	return allowed;
}
