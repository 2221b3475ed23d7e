/*
 * Commands and scripts on one connection to Redis that is made again when it breaks; each with a
 * function that gets its reply. For callers that keep what they must do again themselves: with the
 * link down nothing is queued.
 */
#ifndef REDIS_LINK_H
#define REDIS_LINK_H

#include <stdbool.h>

#include "common/histogram.h"
#include "common/settings.h"
#include "common/store/redis_args.h"

struct redis_link;
struct redisReply;
struct event_base;

struct redis_link_ops {
	/* The scripts are loaded: commands can be sent. */
	void (*up)(void *arg);
	/* It broke; the functions of all commands under way have been called. */
	void (*down)(void *arg);
};

/* reply: NULL when the link broke first, and nobody knows whether it was carried out; it may be an
 * error reply. Freed afterwards. */
typedef void (*redis_link_cb)(void *arg, const struct redisReply *reply);

/*
 * names: of scripts in common/store/lua, NULL at the end. name, stall_ms: as in redis_conn_new(). All
 * pointers are borrowed.
 */
struct redis_link *redis_link_new(struct event_base *base, const struct settings *settings,
				  const char *name, unsigned stall_ms, const char *const *names,
				  const struct redis_link_ops *ops, void *arg);
/* Connects; never calls back from inside this call. */
void redis_link_start(struct redis_link *l);
/* See redis_conn.h. */
void redis_link_measure(struct redis_link *l, struct histogram *h);
bool redis_link_up(const struct redis_link *l);
/* Gives the link up and connects anew after a pause. */
void redis_link_break(struct redis_link *l, const char *why);

/* False, and cb is not called, when the link is down. */
bool redis_link_command(struct redis_link *l, const struct redis_args *args, redis_link_cb cb,
			void *arg);
/* The first argument is KEYS[1], the others ARGV. */
bool redis_link_script(struct redis_link *l, const char *script, const struct redis_args *args,
		       redis_link_cb cb, void *arg);

/* Nothing is called any more. Not from inside one of its functions. NULL is fine. */
void redis_link_free(struct redis_link *l);

#endif
