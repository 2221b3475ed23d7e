/*
 * Reads a stream of the platform as one consumer, node_id, of a consumer group, on a connection of
 * its own. First, and after each break of the link, come the entries that this consumer was given
 * before and has not finished; whoever gets them skips those he has.
 */
#ifndef GROUP_READER_H
#define GROUP_READER_H

#include <stdbool.h>
#include <stddef.h>

#include "common/lp_str.h"
#include "common/settings.h"

struct group_reader;
struct redisReply;
struct event_base;

/* Strings and replies live as long as the call. */
struct group_reader_ops {
	const char *stream; /* its key behind the prefix; also the link's name in the log */
	const char *group;
	/* How many entries can be taken now; none are read while it is 0. */
	size_t (*room)(void *arg);
	/* fields: a list of names and values; see group_reader_field(). */
	void (*entry)(void *arg, struct lp_str id, const struct redisReply *fields);
	/* An entry that was given to this consumer and has been deleted. */
	void (*deleted)(void *arg, struct lp_str id);
};

/* settings and ops are borrowed. */
struct group_reader *group_reader_new(struct event_base *base, const struct settings *settings,
				      const struct group_reader_ops *ops, void *arg);
void group_reader_start(struct group_reader *r);
/* How many entries its owner can take now. */
size_t group_reader_room(const struct group_reader *r);
/* There is room again. */
void group_reader_go(struct group_reader *r);
/* Hands over what is on its way, reads no more. */
void group_reader_stop(struct group_reader *r);
void group_reader_free(struct group_reader *r);

/* Calls ops for each of the entries in a reply: a list of [id, [name, value, ...] or nil]. */
void group_reader_take(struct group_reader *r, const struct redisReply *entries);

/* The value of the field with that name of one letter; empty when there is none. */
struct lp_str group_reader_field(const struct redisReply *fields, char name);

#endif
