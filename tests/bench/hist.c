#include "config.h"

#include "tests/bench/hist.h"

#include <stdio.h>

/* Values below 64 have a class each; from there on 32 classes to each power of two. */
static unsigned class_of(unsigned long us)
{
	unsigned shift = 0, class;

	while (us >> shift >= 64)
		shift++;
	class = shift * 32 + (unsigned)(us >> shift);
	return class < HIST_CLASSES ? class : HIST_CLASSES - 1;
}

static unsigned long middle_of(unsigned class)
{
	unsigned shift = class < 64 ? 0 : class / 32 - 1;
	unsigned long low = (unsigned long)(class - shift * 32) << shift;

	return low + (1UL << shift) / 2;
}

void hist_add(struct hist *h, unsigned long us)
{
	h->count++;
	h->classes[class_of(us)]++;
	if (us > h->max)
		h->max = us;
}

unsigned long hist_quantile(const struct hist *h, double share)
{
	unsigned long wanted = (unsigned long)(share * (double)h->count), seen = 0;

	for (unsigned i = 0; i < HIST_CLASSES; i++) {
		seen += h->classes[i];
		if (h->classes[i] && seen >= wanted)
			return middle_of(i) < h->max ? middle_of(i) : h->max;
	}
	return h->max;
}

void hist_print(const struct hist *h)
{
	printf(" n=%lu p50=%lu p90=%lu p99=%lu max=%lu", h->count, hist_quantile(h, 0.5),
	       hist_quantile(h, 0.9), hist_quantile(h, 0.99), h->max);
}
