/*
 * The connector without its outside: the real engine and core on a fake clock, the store in memory,
 * and clients ("peers") whose connections are recorders behind connector/engine/link.h.
 */
#ifndef WORLD_H
#define WORLD_H

#include "common/lp_buf.h"
#include "connector/core/core.h"
#include "connector/engine/engine.h"
#include "connector/engine/link.h"
#include "tests/scenario/callback_mem.h"
#include "tests/scenario/store_mem.h"

struct peer;

struct world {
	struct engine_conf engine_conf;
	struct core_conf core_conf;
	struct ident_rules *rules;
	struct engine *engine;
	struct core *core;
	struct store_mem *store;
	struct callback_mem callbacks;
	uint64_t now;
	bool manual_turns; /* world_settle() leaves core_turn() to the test */
	struct peer *peers;
};

/* A connection of a peer: a request in hand, or a websocket. */
struct wire {
	struct link link; /* first */
	struct peer *peer;
	bool waits;   /* the engine has not answered yet */
	bool open;    /* a websocket */
	bool ended;   /* the engine closed this websocket */
	bool dropped; /* the engine dropped the connection */
};

struct peer {
	struct peer *next;
	struct world *world;
	char name[16];
	int version;     /* how it reads and writes payloads */
	char query[512]; /* of all its requests: EIO and its own */
	char sid[64];
	struct lp_buf open; /* the open packet it got */
	struct wire ws, poll, post;
	int status;         /* of the last answer, 0: none since it was looked at */
	struct lp_buf body; /* of the last answer */
	struct lp_buf head; /* its content type */
	bool jsonp;
	void *data;
	/* Every packet but the open packet, as text; must not call the engine. */
	void (*heard)(struct peer *p, struct lp_str packet, bool ws);
};

/* Fills in defaults; the caller may change the settings before world_start(). */
void world_init(struct world *w);
void world_start(struct world *w);
/* Closes and frees everything, peers too. */
void world_free(struct world *w);

/* Hands over what waits in the inbox, unless that is held. */
void world_hear(struct world *w);
/* What a pass of the event loop does after the sockets: store, deliveries, polls. */
void world_settle(struct world *w);
/* Lets time pass, waking the engine and the core when they asked for it. */
void world_advance(struct world *w, uint64_t ms);

struct peer *peer_new(struct world *w, const char *name);
struct peer *peer_find(struct world *w, struct lp_str name);
/* Handshake; query: what follows the transport in the URL. false when it was refused. */
bool peer_open(struct peer *p, bool websocket, const char *query);
/* A request of any kind on the wire; `upgrade`: with the websocket headers. */
enum engine_verdict peer_request(struct peer *p, struct wire *wire, const char *method,
				 const char *query, bool upgrade);
/* A request of the session's own: &transport=... and sid are added. */
enum engine_verdict peer_session_request(struct peer *p, struct wire *wire, const char *method,
					 const char *transport);
/* One packet, on the websocket or as a POST. */
void peer_send(struct peer *p, struct lp_str packet);
void peer_post(struct peer *p, struct lp_str type, struct lp_str body);
/* Opens a websocket beside the polling. */
void peer_probe(struct peer *p);
/* The engine answered none of this: the TCP connection goes away. */
void peer_lose(struct peer *p, struct wire *wire, enum close_reason reason);
/* Whether it talks on its websocket. */
bool peer_on_websocket(const struct peer *p);

#endif
