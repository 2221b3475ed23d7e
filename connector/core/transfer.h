/*
 * A business system moves everybody in some rooms into another one, or out of it. A connector
 * moves the clients it holds: a slice in each turn of the loop, one transfer after the other. What
 * is written to the store goes there for many clients at a time; each is told when its own is done.
 */
#ifndef TRANSFER_H
#define TRANSFER_H

#include "connector/core/core_int.h"

/* Clients looked at in one turn of the loop. */
#define TRANSFER_SLICE 1000

/* As core_transfer(); begins at once when the turn has time for it. */
bool transfer_add(struct core *core, struct lp_str nsp, struct lp_str target, bool join,
		  struct lp_str sources);
/* Goes on by one slice; true when there is more to do. */
bool transfer_turn(struct core *core);
void transfer_cancel_all(struct core *core);

#endif
