/*
 * Time-outs of a constant length each, in O(1): what was set last ends last, so a queue per length
 * is always sorted, and a hundred thousand waiting connections need no timer of their own.
 */
#ifndef DEADLINE_H
#define DEADLINE_H

#include <stdint.h>
#include <sys/queue.h>

struct deadline_queue;

/* Embedded in what waits; zero-initialised is "not set". */
struct deadline {
	TAILQ_ENTRY(deadline) link;
	struct deadline_queue *queue; /* NULL: not set */
	uint64_t at;
};

struct deadline_queue {
	TAILQ_HEAD(deadline_list, deadline) list;
	unsigned ms;
};

void deadline_queue_init(struct deadline_queue *q, unsigned ms);
/* Takes d out of the queue it is in, and puts it into this one, to end q->ms after now. */
void deadline_set(struct deadline *d, struct deadline_queue *q, uint64_t now);
void deadline_clear(struct deadline *d);
/* The next one that is over, taken out; NULL when there is none. */
struct deadline *deadline_take(struct deadline_queue *q, uint64_t now);
/* The ms until the first one ends, at most limit. */
unsigned deadline_wait(const struct deadline_queue *q, uint64_t now, unsigned limit);

#endif
