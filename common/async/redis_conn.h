/*
 * One connection to Redis that is made again when it breaks. It authenticates and chooses the
 * database, then tells its owner it is up. A request is sent once; what was not answered when the
 * link went down is the owner's to send again.
 *
 *     waiting --timer--> connecting --> (AUTH, SELECT) --> up --+
 *        ^                    |               |                 |
 *        +--------- 50 ms, doubling to 1 s, with jitter --------+
 *
 * hiredis 0.14 may free its context itself after an error, and must not be asked to free it from
 * inside its connect callback; so a context given up is freed from a timer, unless hiredis was
 * faster.
 */
#ifndef REDIS_CONN_H
#define REDIS_CONN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/histogram.h"
#include "common/settings.h"

#define REDIS_CONN_UNIT_US 125

struct redis_conn;
struct redisReply;
struct event_base;

struct redis_conn_ops {
	/* Requests can be sent now. */
	void (*up)(void *arg);
	/* The link broke, or could not be made (was_up false); nothing sent will be answered any
	 * more. It is made again unless redis_conn_stop() is called. */
	void (*down)(void *arg, bool was_up);
	/* The answer to a request; the reply is freed afterwards. */
	void (*reply)(void *arg, void *request, const struct redisReply *reply);
};

/*
 * name: for the log. stall_ms: a link that has requests waiting and brings no answer for that long
 * is given up (after at most half as much again). settings and ops are borrowed.
 */
struct redis_conn *redis_conn_new(struct event_base *base, const struct settings *settings,
				  const char *name, unsigned stall_ms,
				  const struct redis_conn_ops *ops, void *arg);
/*
 * Connects; never calls back from inside this call. The name of a host is looked up in the course,
 * which blocks: an address is better in redis_address.
 */
void redis_conn_start(struct redis_conn *c);
/* Gives the link up, without a call of down(). */
void redis_conn_stop(struct redis_conn *c);
/* Only while up. bytes: one whole command, copied. request: given back with its answer. */
void redis_conn_send(struct redis_conn *c, const void *bytes, size_t len, void *request);
/*
 * Counts in h (borrowed, in REDIS_CONN_UNIT_US) how long answers take. One request at a time is timed,
 * so that the clock is read twice per answer at most.
 */
void redis_conn_measure(struct redis_conn *c, struct histogram *h);
/* The server answers as it should: the next break begins with the shortest pause. */
void redis_conn_settled(struct redis_conn *c);
/* Gives the link up and connects anew after a pause. down() is called. */
void redis_conn_break(struct redis_conn *c, const char *why);
/* The same, but at once, without a call of down() and without a line in the log. */
void redis_conn_renew(struct redis_conn *c);
bool redis_conn_up(const struct redis_conn *c);
/* Not from inside one of its callbacks. NULL is fine. */
void redis_conn_free(struct redis_conn *c);

/*
 * True for an error reply that speaks of the server's state rather than of the request: the
 * request can be carried out later, by a server that has finished loading, or by another one.
 */
bool redis_conn_passing(const struct redisReply *reply);

#endif
