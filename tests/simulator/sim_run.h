/*
 * A run: starts the processes, leads them through the phases and adds up what they counted.
 */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "tests/simulator/sim_plan.h"

/*
 * Prints the result to standard output. Returns the exit status: 0 all is as it must be, 1
 * something is missing or wrong, 2 it can not run.
 */
int sim_run(const struct sim_plan *plan);

#endif
