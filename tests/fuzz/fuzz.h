/* What the fuzz targets share. Each is one LLVMFuzzerTestOneInput(); a lie ends in abort(). */
#ifndef FUZZ_H
#define FUZZ_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

#define MUST(condition)                                                                            \
	do {                                                                                       \
		if (!(condition)) {                                                                \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__, __LINE__, #condition);  \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* s lies within the whole, or is empty. */
static inline bool inside(struct lp_str s, const void *whole, size_t size)
{
	const char *from = whole;

	return !s.n || (s.p >= from && s.p + s.n <= from + size);
}

#endif
