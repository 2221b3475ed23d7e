/*
 * An application that does everything at the worst time: accepts late or never, disconnects its
 * clients and others from inside its callbacks, sends from everywhere. What it does depends on the
 * namespace asked for and on the name of the event, see rude_app.c.
 */
#ifndef RUDE_APP_H
#define RUDE_APP_H

#include "connector/engine/engine.h"
#include "connector/engine/socket.h"

#define RUDE_SOCKETS 256

enum rude_root { RUDE_ROOT_ACCEPT, RUDE_ROOT_LATER, RUDE_ROOT_REFUSE };

struct rude_app {
	enum rude_root root; /* what becomes of "/" */
	struct socket *sockets[RUDE_SOCKETS];
	bool joined[RUDE_SOCKETS]; /* else it waits for a decision */
	unsigned count;
	uint64_t connects, refusals, closings; /* count == connects - refusals - closings */
};

/* With a struct rude_app as app_data. */
extern const struct app_ops rude_app_ops;

/* What it does by itself, to its i-th socket, if there is one (counted from 0, around and around).
 * what: one of "adDeEknN", see there. */
void rude_app_act(struct rude_app *app, char what, unsigned i);

#endif
