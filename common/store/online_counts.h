/* How many are online in namespaces: the four counters that reports and lists show. */
#ifndef ONLINE_COUNTS_H
#define ONLINE_COUNTS_H

#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/store/redis.h"

struct online_counts {
	int64_t rooms;
	int64_t users;
	int64_t clients;
	int64_t ever; /* clients ever online */
};

/* Fills out[0 .. count-1] for the namespaces nsps; LP_ESTORE when Redis is away. */
int online_counts_read(struct redis *redis, const char *prefix, const struct lp_str *nsps,
		       size_t count, struct online_counts *out) LP_MUSTCHECK;

/* Appends the members "roomCount":n,... */
void online_counts_json(struct lp_buf *out, const struct online_counts *counts);

#endif
