/*
 * From a message to the connections of a room's members. The frame is encoded once; small rooms
 * are served at once, big ones in slices, one slice per turn of the loop, so that heartbeats,
 * joins and other rooms go on meanwhile. Messages that pile up for a big room go out together:
 * each slice of members gets all of them, and io/ writes them in one call per connection.
 */
#ifndef DELIVER_H
#define DELIVER_H

#include "connector/core/room.h"

/* Members served in one turn of the loop. */
#define DELIVER_SLICE 1000

void deliver_push(struct nsp *nsp, struct lp_str room, uint64_t id, struct lp_str except,
		  struct lp_str event);
/* Serves one slice; true when there is more to do. */
bool deliver_turn(struct core *core);
/* The room is going: what is under way ends. */
void deliver_cancel(struct room *room);

#endif
