/*
 * Counts of durations in buckets that double: bucket i holds those of more than 2^(i-1) and at most
 * 2^i units, the last one those longer than all. One addition and no division per value, so that
 * it may stand on a path that is taken often. No clock.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 18

struct histogram {
	uint64_t count[HISTOGRAM_BUCKETS];
	uint64_t sum; /* units */
};

static inline void histogram_add(struct histogram *h, uint64_t units)
{
	unsigned bucket = units <= 1 ? 0 : 64 - (unsigned)__builtin_clzll(units - 1);

	h->count[bucket < HISTOGRAM_BUCKETS ? bucket : HISTOGRAM_BUCKETS - 1]++;
	h->sum += units;
}

#endif
