#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "tests/simulator/sim_timer.h"

void sim_timers_add(struct sim_timers *timers, const struct sim_timer *timer)
{
	size_t at = timers->count++;

	if (timers->count > timers->cap) {
		timers->cap = timers->cap ? timers->cap * 2 : 1024;
		timers->heap = lp_xrealloc(timers->heap, timers->cap * sizeof(*timers->heap));
	}
	while (at) {
		size_t parent = (at - 1) / 2;

		if (timers->heap[parent].due <= timer->due)
			break;
		timers->heap[at] = timers->heap[parent];
		at = parent;
	}
	timers->heap[at] = *timer;
}

bool sim_timers_take(struct sim_timers *timers, uint64_t now, struct sim_timer *timer)
{
	struct sim_timer *heap = timers->heap;
	struct sim_timer last;
	size_t at = 0, child;

	if (!timers->count || heap[0].due > now)
		return false;
	*timer = heap[0];
	last = heap[--timers->count];
	while ((child = 2 * at + 1) < timers->count) {
		if (child + 1 < timers->count && heap[child + 1].due < heap[child].due)
			child++;
		if (last.due <= heap[child].due)
			break;
		heap[at] = heap[child];
		at = child;
	}
	heap[at] = last;
	return true;
}

uint64_t sim_timers_next(const struct sim_timers *timers)
{
	return timers->count ? timers->heap[0].due : UINT64_MAX;
}

void sim_timers_clear(struct sim_timers *timers)
{
	free(timers->heap);
	*timers = (struct sim_timers){0};
}
