/*
 * The blocking Redis client of the multi-threaded programs: one connection per thread, and what
 * the threads share: where the server is, and whether it is known to be down.
 *
 * Nobody waits for a server that is down. After a failure every call answers LP_ESTORE at once;
 * after 50 ms, doubling up to 500 ms, one thread at a time looks whether the server is back. A
 * call never takes longer than the setting redis_timeout, connecting included; only looking up a name
 * in redis_address may.
 *
 * A command is never sent twice: when the connection breaks in the middle nobody knows whether it
 * was executed, and the caller gets LP_ESTORE. (A connection that the server closed while it was
 * idle is noticed before anything is sent, and opened anew.)
 */
#ifndef REDIS_H
#define REDIS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/settings.h"
#include "common/store/redis_args.h"

struct redis_shared; /* what the threads share */
struct redis;        /* of one thread */
struct redisReply;   /* hiredis's own */

/*
 * Keeps pointers into s, which must stay as it is. Returns NULL when redis_address is not one;
 * does not connect.
 */
struct redis_shared *redis_shared_new(const struct settings *s);
void redis_shared_free(struct redis_shared *shared);

struct redis *redis_new(struct redis_shared *shared);
void redis_free(struct redis *r);

/* LP_OK when the server answers now; the reason otherwise is in the log. */
int redis_ping(struct redis *r) LP_MUSTCHECK;

/*
 * Sends one command. LP_OK and *reply (the caller frees it with redis_reply_free), or LP_ESTORE:
 * not reachable, or an error reply (logged, once in ten seconds), and *reply is NULL.
 */
int redis_command(struct redis *r, const struct redis_args *args,
		  struct redisReply **reply) LP_MUSTCHECK;

/* The same, but an error reply gives LP_EINVAL with *reply set, and is not logged. */
int redis_try(struct redis *r, const struct redis_args *args,
	      struct redisReply **reply) LP_MUSTCHECK;

/*
 * Calls a script of common/store/lua by name; the first argument is KEYS[1], the others ARGV.
 * As redis_command(), but an error of the script's own, one word such as STALE, gives LP_EINVAL
 * with *reply set: ask redis_reply_error().
 */
int redis_script(struct redis *r, const char *name, const struct redis_args *args,
		 struct redisReply **reply) LP_MUSTCHECK;

/*
 * Calls a script count times in one go, in order; Redis serves others in between. LP_OK, and each of
 * replies[0 .. count-1] is a reply, an error of the script's own, or NULL for one that the server
 * refused (logged), all to be freed. Or LP_ESTORE and none: nobody knows then which calls were made.
 */
int redis_scripts(struct redis *r, const char *name, const struct redis_args *calls, size_t count,
		  struct redisReply **replies) LP_MUSTCHECK;

/*
 * Sends count commands in one go. LP_OK and replies[0 .. count-1], all to be freed, or LP_ESTORE
 * and none. A few hundred at a time: they are all in memory.
 */
int redis_pipeline(struct redis *r, const struct redis_args *commands, size_t count,
		   struct redisReply **replies) LP_MUSTCHECK;

/* What is in a reply. A value of another type reads as empty, 0 or NULL; reply may be NULL. */
struct lp_str redis_reply_str(const struct redisReply *reply);
bool redis_reply_nil(const struct redisReply *reply);
int64_t redis_reply_int(const struct redisReply *reply); /* also from decimal text */
size_t redis_reply_count(const struct redisReply *reply);
const struct redisReply *redis_reply_at(const struct redisReply *reply, size_t i);
/* The text of an error reply without a leading "ERR ". */
struct lp_str redis_reply_error(const struct redisReply *reply);
void redis_reply_free(struct redisReply *reply);

#endif
