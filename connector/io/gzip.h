/* Content-Encoding: gzip for answers that are whole in memory. */
#ifndef GZIP_H
#define GZIP_H

#include <stdbool.h>

#include "common/lp_str.h"

struct gzip;

/* Takes about 270 KB. */
struct gzip *gzip_new(void);
void gzip_free(struct gzip *g);

/* Whether a request with this value of Accept-Encoding may be answered so. */
bool gzip_accepted(struct lp_str accept);

/* Valid until the next call. */
struct lp_str gzip_compress(struct gzip *g, struct lp_str body);

#endif
