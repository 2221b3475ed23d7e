/*
 * Counts of durations in log-linear buckets, as HdrHistogram has them: values below 128 µs are
 * exact, larger ones fall into one of 64 equal parts of their power of two, an error of 1.6 % at
 * most. Fixed size without pointers, so that it may lie in shared memory; those of several
 * processes are merged by addition.
 */
#ifndef SIM_HISTOGRAM_H
#define SIM_HISTOGRAM_H

#include <stdint.h>

#define SIM_HISTOGRAM_PART    64 /* buckets in a power of two */
#define SIM_HISTOGRAM_POWERS  31 /* the last one ends at 2^37 µs, 38 hours */
#define SIM_HISTOGRAM_BUCKETS (SIM_HISTOGRAM_PART * (SIM_HISTOGRAM_POWERS + 1))

struct sim_histogram {
	uint64_t bucket[SIM_HISTOGRAM_BUCKETS];
	uint64_t count;
	uint64_t sum; /* µs */
	uint64_t max; /* µs */
};

void sim_histogram_add(struct sim_histogram *h, uint64_t us);
void sim_histogram_merge(struct sim_histogram *to, const struct sim_histogram *from);
/*
 * The duration in µs that `share` (0 to 1) of the values do not exceed: the upper end of a bucket, but
 * never more than the largest value. 0 when there is none.
 */
uint64_t sim_histogram_at(const struct sim_histogram *h, double share);

#endif
