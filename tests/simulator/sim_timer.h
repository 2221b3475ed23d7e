/*
 * What is to be done later, by time: a binary heap. A process has some thousand clients with a few
 * entries each. No clock: time comes in as an argument.
 */
#ifndef SIM_TIMER_H
#define SIM_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_timer {
	uint64_t due; /* µs */
	uint64_t argument;
	uint32_t client;
	uint32_t life; /* of the client: one of an earlier life means nothing any more */
	int what;
};

struct sim_timers {
	struct sim_timer *heap;
	size_t count, cap;
};

void sim_timers_add(struct sim_timers *timers, const struct sim_timer *timer);
/* Takes out the earliest one if it is due at `now`. */
bool sim_timers_take(struct sim_timers *timers, uint64_t now, struct sim_timer *timer);
/* When the next one is due; UINT64_MAX without any. */
uint64_t sim_timers_next(const struct sim_timers *timers);
void sim_timers_clear(struct sim_timers *timers);

#endif
