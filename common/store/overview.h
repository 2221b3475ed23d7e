/*
 * The platform at a glance, from what its programs and Redis tell: for the operator's tools. See
 * GET /api/admin/overview in docs/API.md for the shape. Times are ms.
 */
#ifndef OVERVIEW_H
#define OVERVIEW_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/settings.h"
#include "common/store/redis.h"

/* A program that did not write its state for longer is shown as stale. */
#define OVERVIEW_STALE_MS 10000

/*
 * LP_OK and *out, the caller's; or LP_ESTORE. users: also counts users, rooms and clients of all
 * namespaces, which takes three short commands for each.
 */
int overview_read(struct redis *redis, const struct settings *settings, bool users,
		  struct json_object **out) LP_MUSTCHECK;

/* The value of a field in the text that INFO gives; empty when there is none. */
struct lp_str overview_info(struct lp_str info, const char *field);

/* What Redis keeps on its disk by that text and the reply to CONFIG GET save: "aof", "rdb",
 * "aof+rdb", "none", or "unknown" where the latter is NULL. */
const char *overview_persistence(struct lp_str info, const struct redisReply *save);

#endif
