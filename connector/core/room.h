/*
 * Rooms of a namespace and their members on this connector. A room exists while it has members.
 * Deliveries that take several turns of the loop walk the member array with a cursor that
 * survives joins and leaves: whoever was a member when a message arrived, and still is when its
 * turn comes, gets it once.
 */
#ifndef ROOM_H
#define ROOM_H

#include "connector/core/core_int.h"

/* A client in a room; owned by the room, on a list of the client. */
struct member {
	struct client *client;
	struct room *room;
	struct member *next; /* of the same client */
	uint32_t index;      /* in room.members */
	uint64_t since;      /* core.sequence when it joined: later messages are addressed to it */
	uint64_t got;        /* sequence up to which it has been given everything */
	uint64_t asked;      /* when it asked to join, by the clock of the store (ms) */
};

/* A message on its way to the members. */
struct delivery {
	struct lp_blob *frame;   /* owned reference */
	struct message *message; /* recent, borrowed, see ack.h; NULL: not counted */
	uint64_t sequence;
	const struct client *named; /* compared only, never followed; NULL: none */
	bool only;                  /* it is for that one; else for all but it */
	bool shared;                /* the message is on its way to other rooms too, ... */
	uint16_t place;             /* ... among which this one is that far behind */
	/* For those who had asked to join when it was accepted (ms), and joined after that
	 * sequence; UINT64_MAX and 0: for all. */
	uint64_t accepted, joined;
	struct delivery *next;
	bool paced; /* counted by the pace of its namespace */
};

/* What waits for a member, see deliver.c. */
struct delivery_head {
	struct delivery *d;
	const struct member *member;
};

struct room {
	UT_hash_handle hh; /* in nsp.rooms, by name */
	struct nsp *nsp;
	struct member **members; /* array; while there is one at most, only */
	struct member *only;     /* most rooms are one user's own */
	uint32_t count;
	uint32_t space;
	uint64_t last;   /* position in the log of the last push given to it, 0: none yet */
	uint64_t serial; /* a room made again under this name is another one */
	bool routed;     /* the store confirmed that pushes for it come here */
	bool busy;       /* on core.busy_rooms, or paused */
	bool paused;     /* on pace.rooms, see pace.h */
	uint32_t asked;  /* times the store was asked for that, refused registrations taken off */

	struct delivery *deliveries; /* under way, in order */
	struct delivery *last_delivery;
	uint32_t shared; /* of these those whose message goes to other rooms too */
	uint32_t cursor; /* members before it have been served in this round */
	uint64_t round;  /* sequence of the last message that was there when the round began */
	struct room *next_busy;
	char name[];
};

struct room *room_find(struct nsp *nsp, struct lp_str name);
/* The client's membership, or NULL. */
struct member *room_member(const struct client *c, struct lp_str name);
/* Puts the client into the room, made when missing. It must not be in it. */
struct member *room_join(struct client *c, struct lp_str name);
/*
 * Takes the client out; frees the room with its last member. Returns true when that was the last
 * one here, so that the route has to go.
 */
bool room_leave(struct member *m);

/* The store confirmed a join: pushes for the room come here from now on. */
void room_routed(struct nsp *nsp, struct lp_str name, uint64_t serial);

#endif
