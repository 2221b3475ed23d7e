#include "config.h"

#include <math.h>

#include "tests/simulator/sim_histogram.h"

/* Buckets 0 to 127 are 1 µs wide, the next 64 are 2 µs wide, and so on. */
static unsigned bucket_of(uint64_t us)
{
	unsigned power;

	if (us < 2 * SIM_HISTOGRAM_PART)
		return (unsigned)us;
	power = 63 - (unsigned)__builtin_clzll(us / SIM_HISTOGRAM_PART); /* 1 and up */
	if (power >= SIM_HISTOGRAM_POWERS)
		return SIM_HISTOGRAM_BUCKETS - 1;
	return power * SIM_HISTOGRAM_PART + (unsigned)(us >> power);
}

/* The largest value that falls into a bucket. */
static uint64_t end_of(unsigned bucket)
{
	unsigned power = bucket / SIM_HISTOGRAM_PART;

	if (power < 2)
		return bucket;
	power--;
	return ((bucket - (uint64_t)power * SIM_HISTOGRAM_PART + 1) << power) - 1;
}

void sim_histogram_add(struct sim_histogram *h, uint64_t us)
{
	h->bucket[bucket_of(us)]++;
	h->count++;
	h->sum += us;
	if (us > h->max)
		h->max = us;
}

void sim_histogram_merge(struct sim_histogram *to, const struct sim_histogram *from)
{
	for (unsigned i = 0; i < SIM_HISTOGRAM_BUCKETS; i++)
		to->bucket[i] += from->bucket[i];
	to->count += from->count;
	to->sum += from->sum;
	if (from->max > to->max)
		to->max = from->max;
}

uint64_t sim_histogram_at(const struct sim_histogram *h, double share)
{
	uint64_t wanted = (uint64_t)ceil(share * (double)h->count), seen = 0;

	if (!h->count)
		return 0;
	for (unsigned i = 0; i < SIM_HISTOGRAM_BUCKETS - 1; i++) {
		seen += h->bucket[i];
		if (seen && seen >= wanted)
			return end_of(i) < h->max ? end_of(i) : h->max;
	}
	return h->max;
}
