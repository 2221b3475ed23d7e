#include "config.h"

#include "tests/simulator/sim_counts.h"

const char *const sim_count_names[SIM_COUNTS] = {
	[SIM_CONNECTS] = "connects",
	[SIM_RECONNECTS] = "reconnects",
	[SIM_CONNECT_FAILED] = "connect_failed",
	[SIM_REFUSED] = "refused",
	[SIM_LOST] = "lost",
	[SIM_SLOW_CLOSED] = "slow_closed",
	[SIM_PUSHES] = "pushes",
	[SIM_PUSHES_REFUSED] = "pushes_refused",
	[SIM_PUSHES_UNKNOWN] = "pushes_unknown",
	[SIM_DELIVERIES] = "deliveries",
	[SIM_ACKS] = "acks",
	[SIM_EXPECTED] = "expected",
	[SIM_MISSING] = "missing",
	[SIM_IN_DOUBT] = "in_doubt",
	[SIM_DUPLICATED] = "duplicated",
	[SIM_OUT_OF_ORDER] = "out_of_order",
	[SIM_STRAY] = "stray",
	[SIM_FOREIGN] = "foreign",
};

const char *const sim_duration_names[SIM_DURATIONS] = {
	[SIM_LATENCY] = "latency",
	[SIM_CONNECT_TIME] = "connect",
	[SIM_PUSH_TIME] = "push",
};

void sim_counts_merge(struct sim_counts *sum, const struct sim_shared *shared, unsigned n)
{
	*sum = (struct sim_counts){0};
	for (unsigned i = 0; i < n; i++) {
		const struct sim_counts *one = &shared->process[i];

		for (int k = 0; k < SIM_COUNTS; k++)
			sum->count[k] += one->count[k];
		for (int k = 0; k < SIM_DURATIONS; k++)
			sim_histogram_merge(&sum->duration[k], &one->duration[k]);
		sum->online += one->online;
		sum->joined += one->joined;
		sum->cpu += one->cpu;
		if (one->last > sum->last)
			sum->last = one->last;
	}
}
