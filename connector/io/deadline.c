#include "config.h"

#include <stddef.h>

#include "connector/io/deadline.h"

void deadline_queue_init(struct deadline_queue *q, unsigned ms)
{
	TAILQ_INIT(&q->list);
	q->ms = ms;
}

void deadline_set(struct deadline *d, struct deadline_queue *q, uint64_t now)
{
	deadline_clear(d);
	d->queue = q;
	d->at = now + q->ms;
	TAILQ_INSERT_TAIL(&q->list, d, link);
}

void deadline_clear(struct deadline *d)
{
	if (!d->queue)
		return;
	TAILQ_REMOVE(&d->queue->list, d, link);
	d->queue = NULL;
}

struct deadline *deadline_take(struct deadline_queue *q, uint64_t now)
{
	struct deadline *d = TAILQ_FIRST(&q->list);

	if (!d || d->at > now)
		return NULL;
	deadline_clear(d);
	return d;
}

unsigned deadline_wait(const struct deadline_queue *q, uint64_t now, unsigned limit)
{
	const struct deadline *d = TAILQ_FIRST(&q->list);

	if (!d || d->at >= now + limit)
		return limit;
	return d->at > now ? (unsigned)(d->at - now) : 0;
}
