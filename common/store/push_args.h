/* The arguments of push.lua. Pure. */
#ifndef PUSH_ARGS_H
#define PUSH_ARGS_H

#include "common/model/push_msg.h"
#include "common/settings.h"
#include "common/store/redis_args.h"

/*
 * Appends KEYS[1] and ARGV. rev: of the namespace's settings as the caller knows them, "" when it
 * need not know them; now: ms since 1970, for the statistics.
 */
void push_args(struct redis_args *args, const struct settings *s, struct lp_str nsp,
	       const char *rev, uint64_t now, const struct push_msg *m);

#endif
