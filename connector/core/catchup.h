/*
 * Makes up for what the inbox did not bring: this connector stood still for longer than its lease,
 * was cut off from Redis, Redis was emptied, or entries were trimmed before they were read. The
 * inbox is held; then the log of each namespace is read from where all was known, page by page,
 * and given to the members of its rooms here; then the inbox goes on.
 *
 * Each push comes to a member once, whatever happens meanwhile, because
 *  - a room knows the position of the last push given to it: the log brings only later ones;
 *  - the log is read to its end after the routes were written, so that whatever it did not bring
 *    comes by the inbox;
 *  - what comes by the inbox too was given to all members but those who came after the end;
 *  - a member gets nothing from the log that was accepted before it asked to join.
 */
#ifndef CATCHUP_H
#define CATCHUP_H

#include "connector/core/core_int.h"

/* Begins, or begins again. */
void catchup_begin(struct core *core);
/* Goes on, once per turn of the loop and behind the deliveries under way. */
void catchup_turn(struct core *core);
/* The end of the core. */
void catchup_cancel(struct core *core);

#endif
