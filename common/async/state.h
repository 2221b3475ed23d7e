/*
 * Tells the operator that this program lives and what it does: every STATE_MS its numbers go to
 * Redis, where they are forgotten a minute after the last time. On a link of its own, so that a
 * queue of other work does not delay it. See P:states in docs/REDIS.md.
 */
#ifndef STATE_H
#define STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"
#include "common/store/redis_args.h"

struct state;
struct event_base;

#define STATE_MS 2000

/*
 * program: connector, worker. fields(arg, args) appends names and values, in addition to program,
 * id, host, pid, version, started. The other pointers are borrowed.
 */
struct state *state_new(struct event_base *base, const struct settings *settings,
			const char *program, uint64_t started,
			void (*fields)(void *arg, struct redis_args *args), void *arg);
/* Writes at once: something of interest has changed. */
void state_write(struct state *s);
/* The program ends in order: nobody is to wait for it. */
void state_forget(struct state *s);
/* Redis has answered what was written last, or is not there. */
bool state_idle(const struct state *s);
/* NULL is fine. */
void state_free(struct state *s);

/* Appends a name and a number. */
void state_add(struct redis_args *args, const char *name, uint64_t value);

#endif
