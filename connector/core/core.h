/*
 * The push application on top of the engine: who is connected in which namespace, who is in which
 * room, what must be delivered to whom, and which acknowledgements came back. No I/O, no clock.
 *
 * connector/store/ calls core_push(), core_emit(), core_transfer(), core_kick(), core_expel() and
 * core_namespace_offline() for what the inbox brings, core_catch_up() when it lost something, and
 * core_rejoin() after Redis forgot this connector; the loop calls core_turn() once per pass and core_tick() when its time has come.
 */
#ifndef CORE_H
#define CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/lp_str.h"
#include "common/model/ident.h"
#include "connector/core/ports.h"
#include "connector/engine/socket.h"

struct core;

struct core_conf {
	const struct ident_rules *rules; /* borrowed */
	size_t max_rooms;                /* of one client */
	size_t ack_window;               /* recent messages remembered per namespace */
	unsigned ack_interval;           /* ms between two writes of acks and counts */
	unsigned push_interval;          /* ms between two pushes of one client */
	struct push_limits push_limits;  /* of what a client pushes */
	size_t pace_queue;               /* messages of a namespace that may wait, see pace.h */
	unsigned token_leeway;           /* ms that clocks may differ, see token.h */
	bool announce;                   /* tell the others in a room of those who want it */
	char system[16];                 /* told to clients in `ok` */
	int port;
};

struct core_stats {
	size_t clients;      /* accepted, now */
	size_t rooms;        /* now */
	uint64_t pushes;     /* messages taken from the inbox, or the logs */
	uint64_t deliveries; /* handed to a client's connection */
	uint64_t acks;
	struct histogram delay;     /* ms from the acceptance of a push to this connector */
	struct histogram ack_time;  /* ms from there to the acknowledgement by a client */
	uint64_t acks_refused;      /* not addressed to that client, or malformed */
	uint64_t replaced;          /* connections replaced by a newer one of the same client */
	uint64_t expelled;          /* clients sent away by the business system */
	uint64_t callbacks;         /* connect callbacks answered, or not reached */
	uint64_t callbacks_refused; /* clients refused by those */
	uint64_t tokens_refused;    /* clients without a good token */
	uint64_t expired;           /* clients disconnected since their token expired */
	uint64_t catchups;          /* times it caught up with the logs */
	uint64_t missed;            /* messages that were trimmed from these before */
	uint64_t unpaced;           /* messages not taken since too many of the namespace waited */
};

/* A push, as the inbox or a log tells of it. */
struct pushed {
	struct lp_str room;
	struct lp_str others; /* further rooms as a JSON array, or empty */
	uint64_t id;
	uint64_t position;    /* in the log of the namespace; 0 when not known */
	struct lp_str except; /* for whom in the room it is: push_msg_for() */
	struct lp_str event;  /* JSON array text, as push_msg_event() begins it for the room */
};

/* store_ops/store: the door to the store, borrowed. */
struct core *core_new(const struct core_conf *conf, const struct store_ops *ops, void *store);
/* The door to the business systems, borrowed, before the first client comes. */
void core_set_callbacks(struct core *c, const struct callback_ops *ops, void *caller);
void core_free(struct core *c);
const struct core_stats *core_stats(const struct core *c);
/* What must be added to the monotonic ms of the calls to have ms since 1970; for the stats only. */
void core_set_wall(struct core *c, uint64_t offset);
/* Calls one(arg, namespace, its online clients) for each namespace that has any. */
void core_each_namespace(const struct core *c,
			 void (*one)(void *arg, struct lp_str nsp, size_t clients), void *arg);
/* What to give engine_new(), with the core as app_data. */
const struct app_ops *core_app(void);

void core_push(struct core *c, struct lp_str nsp, const struct pushed *p);
/* An event for a room that is neither acknowledged nor counted; in one order with the pushes. */
void core_emit(struct core *c, struct lp_str nsp, struct lp_str room, struct lp_str except,
	       struct lp_str event);
/*
 * Everybody here in one of the sources (a JSON array of rooms) joins or leaves the target and is
 * told so, some in each turn. Returns false when the sources are no such array.
 */
bool core_transfer(struct core *c, struct lp_str nsp, struct lp_str target, bool join,
		   struct lp_str sources);
/* Another connector holds this client now: close our connection of it, if it has that serial. */
void core_kick(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial);
/*
 * Clients that the business system sends away: each gets the event and is disconnected, some in
 * each turn. clients: a JSON array of client ids and serials of their connections, in turn; a
 * newer connection stays. Returns false when it is no such array.
 */
bool core_expel(struct core *c, struct lp_str nsp, struct lp_str clients, struct lp_str event);
/* Messages wait for this client: they are brought if our connection of it has that serial. */
void core_unread(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial);
/* Limits of the namespace, 0: none, by the settings of that revision. */
void core_limits(struct core *c, struct lp_str nsp, uint64_t rev, uint64_t rooms, uint64_t bytes);
/* How many connectors are alive, this one too: they share what a namespace may have. */
void core_connectors(struct core *c, unsigned count);
/* The namespace was set offline: its clients are disconnected, spread over some time. */
void core_namespace_offline(struct core *c, struct lp_str nsp);
/* A namespace was made: its clients that are here already, since before all was lost, are
 * registered anew. */
void core_namespace_made(struct core *c, struct lp_str nsp);
/*
 * The inbox has lost something: registers every client anew, which tells those that must go, and
 * reads in the logs what was pushed. The inbox is held until that is done.
 */
void core_catch_up(struct core *c);
/* The same when the store forgot us: registrations under way are asked for again as well. */
void core_rejoin(struct core *c);

/*
 * Goes on with deliveries to big rooms, with transfers, and with clients sent away. Returns true when there is more to do
 * at once: the loop must come back after looking at its sockets.
 */
bool core_turn(struct core *c, uint64_t now);
/* Writes collected acks and counts, runs what is due; returns the ms until it wants to be called
 * again (at most 1000). */
unsigned core_tick(struct core *c, uint64_t now);

#endif
