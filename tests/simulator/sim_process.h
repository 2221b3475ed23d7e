/*
 * One process of the simulator with its share of the clients: number `number` of `processes` has
 * every processes-th.
 */
#ifndef SIM_PROCESS_H
#define SIM_PROCESS_H

#include "tests/simulator/sim_client.h"

/*
 * Runs until the phase is SIM_CLOSING and all is compared. push_log: where its pushes are written;
 * sealed: the log of all, there by then. Returns the exit status of the process.
 */
int sim_process_run(const struct sim_plan *plan, struct sim_shared *shared, unsigned number,
		    int push_log, int sealed);

/* CPU that this process has had, µs. */
uint64_t sim_process_cpu(void);

#endif
