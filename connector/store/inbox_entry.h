/* One entry of a connector's inbox stream, as XREAD brings it. See docs/REDIS.md. Pure. */
#ifndef INBOX_ENTRY_H
#define INBOX_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"

struct redisReply;

enum inbox_kind {
	INBOX_HELLO,
	INBOX_PUSH,
	INBOX_EMIT,
	INBOX_TRANSFER,
	INBOX_KICK,
	INBOX_EXPEL,
	INBOX_UNREAD,
	INBOX_OFFLINE,
	INBOX_MADE,
	INBOX_LIMITS,
};

/* The strings point into the reply; those that are not of the kind are empty. */
struct inbox_entry {
	uint64_t
		position; /* in the stream: the number in front of the id's dash, 0 if there is none */
	enum inbox_kind kind;
	struct lp_str nsp;     /* of all but hello */
	struct lp_str room;    /* push, emit; transfer: the target */
	struct lp_str others;  /* push: further rooms as a JSON array, or empty */
	struct lp_str except;  /* push, emit: push_msg_for() */
	struct lp_str event;   /* push, emit, expel: JSON text */
	struct lp_str client;  /* kick, unread */
	struct lp_str clients; /* expel: a JSON array of client ids and serials, in turn */
	struct lp_str sources; /* transfer: a JSON array of rooms */
	bool join;             /* transfer: into the target, not out of it */
	/* push: id of the message; kick, unread: serial of the connection; limits: revision */
	uint64_t number;
	uint64_t log_position; /* push: see common/model/log_position.h; 0: not said */
	uint64_t rooms, bytes; /* limits: per client, per second; 0: none */
};

/*
 * entry: [id, [name, value, ...]], or anything else. owner: whose inbox it is. LP_OK, or LP_EPROTO
 * when it can not be acted on; position is set in any case.
 */
int inbox_entry_decode(struct inbox_entry *e, const struct redisReply *entry,
		       struct lp_str owner) LP_MUSTCHECK;

#endif
