/*
 * Counts of durations in classes 1/32 wide, 1 µs to about an hour: percentiles with an error of 3 %
 * at most, whatever the number of values.
 */
#ifndef LP_BENCH_HIST_H
#define LP_BENCH_HIST_H

#define HIST_CLASSES 1024

struct hist {
	unsigned long count;
	unsigned long max; /* µs */
	unsigned long classes[HIST_CLASSES];
};

void hist_add(struct hist *h, unsigned long us);

/* The duration (µs) that the given share (0 to 1) of all does not exceed; 0 when there is none. */
unsigned long hist_quantile(const struct hist *h, double share);

/* " n=.. p50=.. p90=.. p99=.. max=..", durations in µs, to standard output. */
void hist_print(const struct hist *h);

#endif
