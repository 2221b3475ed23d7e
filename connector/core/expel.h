/*
 * A business system sends clients away, perhaps everybody in a big room: each gets an event that
 * says why, then the disconnect. What the inbox brings waits here, and a slice of it is done in
 * each turn of the loop, since taking leave costs more than a message does.
 */
#ifndef EXPEL_H
#define EXPEL_H

#include "connector/core/core_int.h"

/* Clients disconnected in one turn of the loop. */
#define EXPEL_SLICE 100

/* As core_expel(). */
bool expel_add(struct core *core, struct lp_str nsp, struct lp_str clients, struct lp_str event);
/* Goes on by one slice; true when there is more to do. */
bool expel_turn(struct core *core);
void expel_cancel_all(struct core *core);

#endif
