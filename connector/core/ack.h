/*
 * Acknowledgements. A connector remembers the recent messages of each namespace: which room they
 * went to, and how many clients they were addressed to. An ack counts when the message was
 * addressed to that client; those of one message are collected for some ms and written together.
 * Redis keeps a set per message, so an ack that comes twice counts once.
 */
#ifndef ACK_H
#define ACK_H

#include "connector/core/core_int.h"

struct message {
	UT_hash_handle hh; /* in nsp.messages, by id */
	uint64_t id;
	struct nsp *nsp;
	uint64_t room_serial;    /* of the room, or the first of its rooms here */
	uint64_t *other_serials; /* of further ones */
	uint32_t other_count;
	uint64_t sequence;
	uint64_t sent;                        /* monotonic ms at which it was accepted */
	uint64_t position;                    /* in the log; another one, another message */
	uint64_t delivered[PLATFORM_COUNT];   /* clients it was handed to, so far */
	uint64_t delivered_written;           /* how many of them the store was told of */
	unsigned deliveries;                  /* under way: it must not be forgotten */
	char *except;                         /* client id, NULL: none */
	struct client **acks[PLATFORM_COUNT]; /* references, not written yet */
	uint32_t ack_count[PLATFORM_COUNT];
	uint32_t ack_space[PLATFORM_COUNT];
	bool dirty;
	struct message *next_dirty;
	struct message *older, *newer;
};

/* Notes a message that is about to be delivered; ack_delivered() must follow. */
struct message *ack_remember(struct room *room, const struct pushed *p, uint64_t sequence);
void ack_delivered(struct message *m);
/* It is delivered to one more room. ack_delivered() must follow as often. */
void ack_remember_room(struct message *m, struct room *room);

/* The client says that it has the message. */
void ack_received(struct client *c, uint64_t id);

/* Writes what was collected. */
void ack_write(struct core *core);
/* Writes, then forgets all messages of a namespace that has no clients left. */
void ack_forget_all(struct nsp *nsp);

#endif
