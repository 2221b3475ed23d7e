/*
 * The pace of a namespace with limit_bytes_per_second. Each connector hands its clients at most an
 * equal share of the limit: the limit divided by the connectors that are alive. What is beyond waits
 * in its rooms, in order, and nobody else waits for it; a namespace without the limit has no pace and
 * never comes here.
 *
 *     room has something to deliver --> on core.busy_rooms <--- pace_tick(): there are bytes again
 *                                          |                          |
 *                                          +--- no bytes left -> on pace.rooms
 */
#ifndef PACE_H
#define PACE_H

#include "connector/core/room.h"

struct pace {
	struct nsp *nsp;
	struct pace *next; /* on core.paces */
	uint64_t limit;    /* bytes per second, of all connectors */
	int64_t left;      /* bytes that may go out now; below 0 after the last one that might */
	uint64_t filled;   /* ms: left is right for that time */
	uint64_t sent;     /* bytes not reported yet */
	uint64_t report;   /* ms, when that is due */
	size_t queued; /* deliveries that wait or are under way, and the bytes of their frames */
	size_t queued_bytes;
	struct room *rooms; /* that wait for bytes, in turn, over next_busy */
	struct room *last_room;
};

/* 0: no limit. Rooms that waited go on. */
void pace_set(struct nsp *nsp, uint64_t bytes_per_second);
/* With the namespace; no room waits any more. */
void pace_free(struct nsp *nsp);

/* So much waits that one more message is not taken. */
bool pace_full(const struct nsp *nsp);
/* A delivery begins to wait, and is done with. */
void pace_queue(struct pace *p, struct delivery *d);
void pace_done(struct pace *p, const struct delivery *d);
void pace_spend(struct pace *p, size_t bytes);

/* The room, which is busy but on no list, waits for bytes; and it waits no more. */
void pace_wait(struct room *room);
void pace_leave(struct room *room);

/* Lets go on who may, reports; returns the ms until there is more to do, at most 1000. */
unsigned pace_tick(struct core *core, uint64_t now);

#endif
