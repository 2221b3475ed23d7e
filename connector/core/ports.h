/*
 * The doors of core/: to the store, that is what must be written to Redis, and what comes from
 * there; and, at the end, to the business systems.
 *
 * The store: connector/store/ implements it; tests put a table in memory there.
 *
 * Operations are carried out in the order they were asked for. They never fail while the connector
 * lives: with Redis away they wait and are sent again, which every one of them bears, since each
 * sets a state rather than adding to it; only push() is another matter. A callback comes exactly
 * once, later (never from inside the call), unless it is NULL.
 */
#ifndef PORTS_H
#define PORTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "common/model/ident.h"
#include "common/model/push_msg.h"

/* The client an operation is about; strings are copied by the store. */
struct store_client {
	struct lp_str nsp;
	struct lp_str id; /* <namespace>#<userid>#<platform>-<uuid> */
	struct lp_str userid;
	enum platform platform;
	uint64_t serial; /* of the connection, unique in this connector */
	bool announced;  /* the others in its rooms are told when it joins and leaves */
	uint64_t since;  /* when it was accepted, by clock(); 0: it was not yet */
	/* Of client_on: the connect callback has been asked; its token has been verified; who it is
	 * only its token says; the handshake's query, for the disconnect callback, empty when it is
	 * not known to be wanted. */
	bool asked;
	bool verified;
	bool provisional;
	struct lp_str query;
};

struct store_room {
	struct lp_str name;
	/* Joining: the route of this connector may not be written yet. Leaving: the last member
	 * here is going, the route must be removed. */
	bool edge;
};

/* One client of many in an operation. */
struct store_moved {
	struct lp_str id;
	uint64_t serial;
};

/* A number that the store gave as text; 0 when it is none. */
static inline uint64_t store_number(struct lp_str text)
{
	uint64_t n = 0;

	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] < '0' || text.p[i] > '9' || n > (UINT64_MAX - 9) / 10)
			return 0;
		n = n * 10 + (uint64_t)(text.p[i] - '0');
	}
	return n;
}

enum store_answer {
	STORE_DONE,
	STORE_UNKNOWN_NAMESPACE,
	STORE_OFFLINE_NAMESPACE,
	STORE_UNREAD,   /* to client_on: done, and messages wait for the client, see unread() */
	STORE_CONFLICT, /* to client_on: another connection holds the client id, as that says */
	STORE_FULL,     /* to apns: no more rooms; to info: no more tokens */
	STORE_BUSY,     /* too much is waiting already: not carried out; never said to a leave */
	STORE_ANSWERS,
};

/* What was asked for, as each operation says; the texts live as long as the call. */
struct store_texts {
	const struct lp_str *items;
	size_t count;
};
typedef void (*store_cb)(void *arg, enum store_answer answer, const struct store_texts *got);

/* A field of a client's record; an empty value takes it away. */
struct store_field {
	const char *name;
	struct lp_str value;
};

/* Of apns(). */
struct store_quiet {
	const struct lp_str *add, *remove;
	size_t add_count, remove_count;
	size_t max; /* rooms afterwards */
};

/* Of discover(). */
struct store_place {
	bool known; /* else the caller's own, by its record */
	double longitude, latitude;
	double radius_km;
	unsigned count; /* at most so many */
};

/* What client_on needs first; empty: not that. */
enum store_need {
	NEED_CALLBACK, /* URL of the connect callback to ask */
	NEED_AUTH,     /* its authorization */
	NEED_QUERY,    /* "1": the handshake's query */
	NEED_SECRET,   /* of the callback */
	NEED_KEYS,     /* to verify the token with: JSON text, see common/jwt/jwt_keys.h */
	NEED_REV,      /* of the settings with the keys */
	NEED_NOW,      /* ms since 1970 */
	STORE_NEEDS
};

/* What client_on got in a namespace with limits: STORE_DONE, not registered anew. */
enum store_limit {
	LIMIT_ANSWER, /* "DONE" or "UNREAD" */
	LIMIT_REV,    /* of the settings, decimal */
	LIMIT_ROOMS,  /* per client, "0": none */
	LIMIT_BYTES,  /* per second, the same */
	STORE_LIMITS
};

struct store_ops {
	/*
	 * Registers the client and puts it into rooms (its own user room among them). A connection
	 * that held the same client id, here or elsewhere, is replaced; elsewhere it is told. By
	 * the setting duplicate_client the answer may be STORE_CONFLICT instead.
	 * again: it was accepted before; write it anew after the store forgot us. Never refused,
	 * but STORE_OFFLINE_NAMESPACE says that it was written and must go, STORE_CONFLICT that the
	 * client has a newer connection elsewhere, which keeps it.
	 * Got: nothing; or, when STORE_DONE means that it was not registered yet, what is needed
	 * first, as enum store_need says; or one text: why it is refused, in words for the client.
	 */
	void (*client_on)(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, bool again, store_cb cb, void *arg);
	/* Takes the client out of everything, unless another connection holds it by now; rooms:
	 * all it was in, for the edges; reason: for its record. */
	void (*client_off)(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, const char *reason);
	void (*room_join)(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, store_cb cb, void *arg);
	void (*room_leave)(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, store_cb cb, void *arg);
	/* Puts many clients of a namespace into a room, or takes them out. Out, with edge set, the
	 * route of this connector goes too, even with count 0. Never refused. */
	void (*room_move)(void *store, struct lp_str nsp, const struct store_room *room, bool in,
			  const struct store_moved *clients, size_t count, store_cb cb, void *arg);
	/* Clients that acknowledged a message, collected over some ms. */
	void (*acks)(void *store, struct lp_str nsp, uint64_t id, enum platform platform,
		     const struct lp_str *clients, size_t count);
	/* An ack of a message this connector does not remember: counted if it was addressed to the
	 * client. Dropped when too much is waiting. */
	void (*ack_late)(void *store, const struct store_client *c, uint64_t id);
	/* This connector addressed so many clients with the message, all in all. */
	void (*delivered)(void *store, struct lp_str nsp, uint64_t id,
			  const uint64_t counts[PLATFORM_COUNT]);

	/*
	 * Messages that waited for the client while it was away. Got: the argument of the event
	 * offlineMessage, a JSON array; their ids with blanks between; "1" when more wait.
	 */
	void (*unread)(void *store, const struct store_client *c, store_cb cb, void *arg);
	/* The client has received those. Got: "1" when others wait. */
	void (*unread_done)(void *store, const struct store_client *c, struct lp_str ids,
			    store_cb cb, void *arg);

	/*
	 * Accepts a push; m is only read in the call. Got: its id, or "0" when the namespace's
	 * limit does not allow it, "-1" when too many wait for offline delivery; what follows is
	 * of no use here. STORE_BUSY while Redis is away:
	 * then it is not stored, unless the connection broke right after it was sent.
	 */
	void (*push)(void *store, struct lp_str nsp, const struct push_msg *m, store_cb cb,
		     void *arg);
	/* Changes the client's record, or with count 0 asks for it. Got: names and values. */
	void (*info)(void *store, const struct store_client *c, const struct store_field *fields,
		     size_t count, store_cb cb, void *arg);
	/* Rooms that send the client nothing while it is offline: changes them, or
	 * asks for them when there is nothing to change. Got: rooms. */
	void (*apns)(void *store, const struct store_client *c, const struct store_quiet *change,
		     store_cb cb, void *arg);
	/* What a fresh token of the client is verified with. Got: keys, revision and time as of
	 * NEED_KEYS; nothing when the namespace wants no tokens. */
	void (*token_keys)(void *store, const struct store_client *c, store_cb cb, void *arg);
	/*
	 * The store's clock, in ms, as close as is known: it may be behind by some ms, not ahead.
	 */
	uint64_t (*clock)(void *store);
	/*
	 * Hands nothing of the inbox over until inbox_resume(); entries wait. Returns a time:
	 * whatever was accepted before that has been handed over, or caught up with.
	 */
	uint64_t (*inbox_hold)(void *store);
	void (*inbox_resume)(void *store);
	/*
	 * Reads on in a namespace's log behind a position (common/model/log_position.h); it knows
	 * of all that was accepted before the operations asked for earlier were carried out.
	 * first: say what was trimmed. Never refused. Got: the position to go on behind, as in the
	 * stream, empty at the end; the number of messages behind the given one that are not there
	 * any more; then of each message to a room with members here: its position, its id, room,
	 * further rooms, except, event, as struct pushed.
	 */
	void (*log_read)(void *store, struct lp_str nsp, uint64_t after, bool first, store_cb cb,
			 void *arg);
	/* The namespace's clients here were sent so many bytes since this was told last. */
	void (*bytes)(void *store, struct lp_str nsp, uint64_t count);
	/* Got, for each client found: client id, user id, km, the number of its record's fields,
	 * and these, names and values. */
	void (*discover)(void *store, const struct store_client *c, const struct store_place *where,
			 store_cb cb, void *arg);
};

/* --- the business systems --- */

/* What to ask a namespace's connect callback; strings are copied. */
struct callback_question {
	struct lp_str nsp;
	struct lp_str url;
	struct lp_str auth;   /* callback_auth, may be empty */
	struct lp_str secret; /* callback_secret, may be empty */
	struct lp_str query;  /* of the handshake, encoded */
	struct lp_str cookie; /* of the handshake, may be empty */
};

struct callback_answer {
	int status;         /* of HTTP; 0: it could not be reached, or not in time */
	struct lp_str body; /* lives as long as the call */
};
typedef void (*callback_cb)(void *arg, const struct callback_answer *answer);

/* connector/callback.c implements it. */
struct callback_ops {
	/* cb comes exactly once, later, unless the question is called off. Returns a handle for
	 * that, good until cb is called. */
	void *(*ask)(void *caller, const struct callback_question *q, callback_cb cb, void *arg);
	void (*call_off)(void *caller, void *question);
};

#endif
