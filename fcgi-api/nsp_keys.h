/*
 * All keys of a namespace, found with SCAN: a step looks at some of the keys of the whole server,
 * so that Redis serves others in between.
 */
#ifndef NSP_KEYS_H
#define NSP_KEYS_H

#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/store/redis.h"

#define NSP_KEYS_STEP 1000 /* most keys given at a time */

/*
 * Calls take(arg, keys, count) for some keys at a time, those whose name behind "B:" is wanted.
 * A key can come twice; one made meanwhile may not come. Ends early when take returns another
 * code than LP_OK, and returns it; LP_ESTORE when Redis is away.
 */
int nsp_keys_each(struct redis *redis, const char *prefix, struct lp_str nsp,
		  bool (*wanted)(struct lp_str name),
		  int (*take)(void *arg, const struct lp_str *keys, size_t count),
		  void *arg) LP_MUSTCHECK;

#endif
