/*
 * Reads the stream of disconnect callbacks, P:callbacks, as one consumer of the group `worker`, on
 * a connection of its own. First, and after each break of the link, come the entries that this
 * consumer was given before and has not finished; whoever gets them skips those he has.
 */
#ifndef CALLBACK_READER_H
#define CALLBACK_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/lp_str.h"
#include "common/settings.h"

#define CALLBACK_GROUP "worker"

struct callback_reader;
struct redisReply;
struct event_base;

/* Strings live as long as the call. */
struct callback_entry {
	struct lp_str id; /* of the entry */
	struct lp_str nsp;
	struct lp_str client;
	struct lp_str query; /* of the handshake, still encoded */
	struct lp_str event; /* id of the event, the same in every try */
	bool user_offline;   /* it was the user's last client */
};

struct callback_reader_ops {
	/* How many entries can be taken now; none are read while it is 0. */
	size_t (*room)(void *arg);
	void (*entry)(void *arg, const struct callback_entry *e);
	/* An entry that was given to this consumer and has been deleted. */
	void (*deleted)(void *arg, struct lp_str id);
};

/* settings and ops are borrowed. */
struct callback_reader *callback_reader_new(struct event_base *base,
					    const struct settings *settings,
					    const struct callback_reader_ops *ops, void *arg);
void callback_reader_start(struct callback_reader *r);
/* There is room again. */
void callback_reader_go(struct callback_reader *r);
/* Hands over what is on its way, reads no more. */
void callback_reader_stop(struct callback_reader *r);
void callback_reader_free(struct callback_reader *r);

/* Calls ops for each of the entries in a reply: a list of [id, [name, value, ...] or nil]. */
void callback_reader_take(struct callback_reader *r, const struct redisReply *entries);

#endif
