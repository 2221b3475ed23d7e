/*
 * From a message to the connections of a room's members. The frame is encoded once; small rooms
 * are served at once, big ones in rounds over the members, a slice per turn of the loop and one room
 * after the other, so that heartbeats, joins and other rooms go on meanwhile. A member whose turn comes gets everything it
 * has not got yet, which io/ writes in one call; so a message that comes in the middle of a round
 * goes to the rest of it together with those before it, and to the first ones in the next round.
 * What was there when a round began is done when it ends.
 *
 * A message to several rooms is in the queue of each, with the same sequence. Members of a room with
 * such a one get, when their turn comes, what waits for them in all their rooms, in order: so they
 * get it once, behind what came before it and before what came after it, in each of the rooms.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include "connector/core/room.h"

/*
 * Members served in one turn of the loop. What belongs to so many is still in the cache when their
 * connections are written to at the end of the turn; and what comes meanwhile goes to more of the
 * others together with what is under way.
 */
#define DELIVER_SLICE 100
/* Members served at once in one turn, of small rooms; behind them others wait as if they were big... */
#define DELIVER_AT_ONCE 400
/* ... but for rooms with so many members at most: a device, a user, a handful of people. */
#define DELIVER_FEW 4

void deliver_push(struct nsp *nsp, const struct pushed *p);
/* One that a log brought: to those of its rooms that had it not, for those who were members then. */
void deliver_missed(struct nsp *nsp, const struct pushed *p);
/* The same without a message to remember: no acks, no counts. */
void deliver_emit(struct nsp *nsp, struct lp_str room, struct lp_str except, struct lp_str event);
/* Serves one slice; true when there is more to do. */
bool deliver_turn(struct core *core);
/* A room that was paused (pace.h) goes on with the next turn. */
void deliver_resume(struct room *room);
/* The room is going: what is under way ends. */
void deliver_cancel(struct room *room);

#endif
