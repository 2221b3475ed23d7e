/*
 * The door to the store, as core/ sees it: what must be written to Redis, and what comes from
 * there. connector/store/ implements it; tests put a table in memory there.
 *
 * Operations are carried out in the order they were asked for. They never fail while the connector
 * lives: with Redis away they wait and are sent again, which every one of them bears, since each
 * sets a state rather than adding to it. A callback comes exactly once, later (never from inside
 * the call), unless it is NULL.
 */
#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "common/model/ident.h"

/* The client an operation is about; strings are copied by the store. */
struct store_client {
	struct lp_str nsp;
	struct lp_str id; /* <namespace>#<userid>#<platform>-<uuid> */
	struct lp_str userid;
	enum platform platform;
	uint64_t serial; /* of the connection, unique in this connector */
};

struct store_room {
	struct lp_str name;
	/* Joining: the route of this connector may not be written yet. Leaving: the last member
	 * here is going, the route must be removed. */
	bool edge;
};

enum store_answer {
	STORE_DONE,
	STORE_UNKNOWN_NAMESPACE,
	STORE_OFFLINE_NAMESPACE,
	STORE_BUSY, /* too much is waiting already: not carried out; never said to a leave */
};
typedef void (*store_cb)(void *arg, enum store_answer answer);

struct store_ops {
	/*
	 * Registers the client and puts it into rooms (its own user room among them). A connection
	 * that held the same client id, here or elsewhere, is replaced; elsewhere it is told.
	 * again: it was accepted before; write it anew after the store forgot us (never refused).
	 */
	void (*client_on)(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, bool again, store_cb cb, void *arg);
	/* Takes the client out of everything, unless another connection holds it by now; rooms:
	 * all it was in, for the edges. */
	void (*client_off)(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count);
	void (*room_join)(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, store_cb cb, void *arg);
	void (*room_leave)(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, store_cb cb, void *arg);
	/* Clients that acknowledged a message, collected over some ms. */
	void (*acks)(void *store, struct lp_str nsp, uint64_t id, enum platform platform,
		     const struct lp_str *clients, size_t count);
	/* An ack of a message this connector does not remember: counted if it was addressed to the
	 * client. Dropped when too much is waiting. */
	void (*ack_late)(void *store, const struct store_client *c, uint64_t id);
	/* This connector addressed count clients with the message. */
	void (*delivered)(void *store, struct lp_str nsp, uint64_t id, uint64_t count);
};

#endif
