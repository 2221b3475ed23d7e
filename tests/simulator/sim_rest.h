/*
 * Pushes through the REST API at a given rate, by a process of its own: so many lanes, each a
 * connection with one push under way, so that what one lane sends to a room has an order.
 */
#ifndef SIM_REST_H
#define SIM_REST_H

#include "tests/simulator/sim_counts.h"
#include "tests/simulator/sim_plan.h"

/*
 * Waits for the phase SIM_RUNNING and pushes until it is over, or until rest_count are made; idle in
 * counts tells of either. push_log: where the pushes are written. Returns the exit status.
 */
int sim_rest_run(const struct sim_plan *plan, struct sim_shared *shared, struct sim_counts *counts,
		 int push_log);

#endif
