/*
 * Stands in for connector/core when the store is tested: notes what the store hands over, in
 * order, one line each.
 */
#ifndef FAKE_CORE_H
#define FAKE_CORE_H

#include "common/lp_buf.h"
#include "connector/core/ports.h"

/* What core_rejoin() registers anew. */
struct fake_client {
	struct store_client who;
	struct store_room rooms[4];
	size_t room_count;
};

struct core {
	struct lp_buf log;
	struct store *store;
	unsigned rejoins;
	unsigned connectors;
	struct fake_client clients[8];
	size_t client_count;
};

/* The text so far, and empties it. */
const char *fake_core_take(struct core *c);
void fake_core_free(struct core *c);

#endif
