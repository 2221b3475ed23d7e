/*
 * Acknowledgements. A connector remembers the recent messages of each namespace: which room they
 * went to, and how many clients they were addressed to. An ack counts when the message was
 * addressed to that client; those of one message are collected for some ms and written together.
 * Redis keeps a set per message, so an ack that comes twice counts once.
 */
#ifndef ACK_H
#define ACK_H

#include "connector/core/core_int.h"

struct member;

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
	char *except;                         /* as in struct pushed, NULL: for all */
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

/*
 * Rooms that a client was in a moment ago: what it was given there it may acknowledge still. The
 * store could only say that it was in the room once, and after a transfer not even that.
 */
#define LEFT_MAX 16
struct left_rooms {
	uint32_t next; /* to be overwritten */
	struct left_room {
		uint64_t serial;     /* of the room, 0: none */
		uint64_t since, got; /* of the membership */
	} rooms[LEFT_MAX];
};

/* The member is about to leave its room, but stays connected. */
void ack_left(const struct member *k);

/* The client says that it has the message. */
void ack_received(struct client *c, uint64_t id);

/* Writes what was collected. */
void ack_write(struct core *core);
/* Writes, then forgets all messages of a namespace that has no clients left. */
void ack_forget_all(struct nsp *nsp);

#endif
