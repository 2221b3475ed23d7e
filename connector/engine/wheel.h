/*
 * Time-outs for very many sessions: a ring of slots, one per WHEEL_TICK ms, each a list of the
 * timers whose time falls on it. Setting, moving and cancelling cost O(1); a timer further away
 * than one turn of the ring is looked at once per turn.
 */
#ifndef WHEEL_H
#define WHEEL_H

#include <stddef.h>
#include <stdint.h>

#define WHEEL_TICK  4    /* ms */
#define WHEEL_SLOTS 4096 /* one turn is 16 s */

struct timer {
	struct timer *prev; /* NULL while not set */
	struct timer *next;
	uint64_t due; /* monotonic ms */
};

struct wheel {
	struct timer slots[WHEEL_SLOTS]; /* heads of rings of timers */
	uint64_t tick;                   /* the last one whose slot was worked on */
	size_t count;
};

void wheel_init(struct wheel *w, uint64_t now);
/* Sets or moves the timer. A time already past fires with the next wheel_run(). */
void wheel_set(struct wheel *w, struct timer *t, uint64_t due);
void wheel_cancel(struct wheel *w, struct timer *t);
/* Calls fire for each timer that is due, after taking it off; it may set and cancel any timer. */
void wheel_run(struct wheel *w, uint64_t now, void (*fire)(struct timer *t, void *arg), void *arg);
/* Ms from now until wheel_run() may have something to do, at most limit. */
unsigned wheel_wait(const struct wheel *w, uint64_t now, unsigned limit);

#endif
