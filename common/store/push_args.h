/* The arguments of push.lua: first what concerns all messages of a call, then each of them. Pure. */
#ifndef PUSH_ARGS_H
#define PUSH_ARGS_H

#include "common/model/push_msg.h"
#include "common/settings.h"
#include "common/store/redis_args.h"

/* What makes a request known when it comes again. */
struct push_key {
	struct lp_str text; /* the idempotency key; empty for none */
	char hash[33];      /* of the request */
};

/*
 * Appends KEYS[1] and what comes before the messages. rev: of the namespace's settings as the
 * caller knows them, "" when it need not know them; key: NULL for none.
 */
void push_args(struct redis_args *args, const struct settings *s, struct lp_str nsp,
	       const char *rev, const struct push_key *key);
/* Appends a message; place: in its request, where there are several. */
void push_args_add(struct redis_args *args, const struct settings *s, struct lp_str nsp,
		   const struct push_msg *m, size_t place);

#endif
