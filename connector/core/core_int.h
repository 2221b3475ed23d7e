/* The core's insides, for connector/core/ only. */
#ifndef CORE_INT_H
#define CORE_INT_H

#include "common/lp_buf.h"
#include "common/lp_hash.h"
#include "common/lp_pool.h"
#include "connector/core/core.h"

struct client;
struct delivery_head;
struct expulsion;
struct key_cache;
struct message;
struct pace;
struct room;
struct transfer;
struct wheel;

/* A tenant, while this connector has clients of it or something to write for it. */
struct nsp {
	UT_hash_handle hh; /* in core.nsps, by name */
	struct core *core;
	struct client *clients;         /* table by client id: those that the store holds */
	struct client *registering;     /* table by serial: those the store has not answered */
	struct room *rooms;             /* table by name */
	struct message *messages;       /* table by id: the recent ones */
	struct message *oldest_message; /* list in order of arrival, for forgetting */
	struct message *newest_message;
	uint64_t seen;   /* position of the last push that the inbox brought, 0: none yet */
	uint64_t caught; /* position of the last one that the log brought in the last catch-up */
	size_t users;    /* clients in any state that point here; freed at 0 by nsp_release() */
	size_t offline_total; /* clients when it was set offline, registering ones too; 0: it was not */
	size_t offline_done;
	uint64_t offline_since; /* ms */
	bool wants_query;       /* the store wants the handshake's query with each client */
	uint64_t limits_rev;    /* of the settings that the limits are from; 0: none known */
	uint64_t limit_rooms;   /* of one client, beside its own; 0: none */
	struct pace *pace;      /* limit_bytes_per_second; NULL: none */
	uint64_t next_push;     /* ms: the limit of pushes allows none before */
	char name[];
};

/* See catchup.h. */
struct catchup {
	bool on;           /* the inbox is held */
	bool asked;        /* a page is on its way */
	unsigned stale;    /* pages on their way that are not wanted any more */
	uint64_t from;     /* ms: all that was accepted before is known */
	struct nsp **nsps; /* held, those to do, the last one first */
	size_t count;
	uint64_t after;    /* of that one: the position to go on behind */
	bool first;        /* nothing of it was read yet */
	uint64_t messages; /* so far */
	uint64_t until;    /* of the last one: positions below may have waited in the inbox */
	uint64_t ended;    /* core.sequence at the end of the last one */
};

struct core {
	struct core_conf conf;
	const struct store_ops *ops;
	void *store;
	const struct callback_ops *callbacks; /* NULL: none can be reached */
	void *caller;
	struct nsp *nsps;        /* table by name */
	struct room *busy_rooms; /* with deliveries under way, in turn */
	struct room *last_busy_room;
	struct delivery_head *heads; /* see deliver.c: space for a client's rooms */
	uint32_t heads_space;
	struct message *dirty_messages; /* with acks or counts to write */
	struct transfer *transfers;     /* under way, in order: see transfer.c */
	struct transfer *last_transfer;
	struct expulsion *expulsions; /* under way, in order: see expel.c */
	struct expulsion *last_expulsion;
	size_t transfer_left;  /* clients that may still be looked at in this turn */
	uint32_t deliver_left; /* members of small rooms that may still be served in this turn */
	uint64_t now;          /* monotonic ms, of the last call that brought it */
	uint64_t wall;         /* see core_set_wall() */
	uint64_t next_write;   /* when acks and counts are written next */
	uint64_t last_serial;  /* of connections and of rooms */
	uint64_t sequence;     /* of messages delivered here, all namespaces */
	uint64_t generation;   /* goes up each time the store forgot us */
	struct catchup catchup;
	size_t offline_nsps;
	struct pace *paces;          /* of namespaces that have one */
	unsigned connectors;         /* alive, this one too; 0: not known yet */
	struct wheel *expiry;        /* of tokens, see token.c; NULL until there is one */
	struct key_cache *key_cache; /* of token.c, the same */
	struct core_stats stats;
	struct lp_pool members; /* of rooms: the object there are most of */
	struct lp_buf scratch;
};

struct nsp *nsp_find(struct core *core, struct lp_str name);
/* Found or made, with one more user. */
struct nsp *nsp_hold(struct core *core, struct lp_str name);
void nsp_release(struct nsp *nsp);
/* Limits by the settings of that revision, unless newer ones are known. */
void nsp_limits(struct nsp *nsp, uint64_t rev, uint64_t rooms, uint64_t bytes);
/* Most rooms of one client, its user's own too. */
size_t nsp_max_rooms(const struct nsp *nsp);

#endif
