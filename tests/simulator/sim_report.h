/*
 * What a run tells: a line of progress while it is under way, and its result.
 */
#ifndef SIM_REPORT_H
#define SIM_REPORT_H

#include <stdio.h>

#include "tests/simulator/sim_counts.h"
#include "tests/simulator/sim_options.h"

struct sim_result {
	const struct sim_options *options;
	const struct sim_counts *sum;
	double seconds; /* that pushes were made */
	bool broken;    /* a process of the simulator ended early */
};

/* On standard error: a line that is written over on a terminal, else one line after the other. */
void sim_report_progress(const struct sim_counts *sum, const struct sim_counts *before,
			 double since, enum sim_phase phase, bool terminal);
void sim_report_table(const struct sim_result *result, FILE *out);
/* One object, one line. */
void sim_report_json(const struct sim_result *result, FILE *out);
/* Whether all is as it must be. */
bool sim_report_good(const struct sim_result *result);

#endif
