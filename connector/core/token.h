/*
 * The token (JWT) of a client, in namespaces with connect_auth = jwt: who it is, and until when. When
 * it expires the client is told with the event `tokenExpired`, and disconnected `token_leeway` later
 * unless it has sent a fresh one with `refreshToken`. One timer per client on a wheel of the core.
 */
#ifndef TOKEN_H
#define TOKEN_H

#include "connector/core/client.h"
#include "connector/core/identity.h"
#include "connector/core/roomlist.h"
#include "connector/engine/wheel.h"

/* What a client with a token keeps of it. */
struct token {
	struct timer timer;
	struct client *client; /* not a reference: it owns the token */
	uint64_t ends;         /* monotonic ms: closed then; UINT64_MAX: never */
	bool told;             /* that it has expired */
	bool has_uuid;
	struct lp_buf sub;
};

/* What the store says is needed to look at a token; see client_on in ports.h. */
struct token_keys {
	struct lp_str keys; /* JSON text */
	struct lp_str rev;  /* of the settings they are from */
	struct lp_str now;  /* ms since 1970, decimal */
};

/*
 * Verifies the token of c's handshake. NULL, with who the client is in *who and the rooms it is to be
 * put into; or the message to refuse it with. On success the client keeps its token in any case;
 * *who and *rooms are always to be cleared.
 */
const char *token_check(struct client *c, const struct token_keys *k, struct identity *who,
			struct roomlist *rooms);
/* Its client is another one now, of the same socket. */
void token_move(struct client *from, struct client *to);
/* It is online: the time runs. NULL is fine for a client without one. */
void token_start(struct client *c);
/* With its client. NULL is fine. */
void token_free(struct token *t);

/* `refreshToken` of a client. */
void token_event(struct client *c, const struct socket_event *ev);

/* Tells and closes those whose time has come; returns the ms until there may be more to do. */
unsigned token_tick(struct core *core, uint64_t now);

/* The keys that tokens were verified with lately. */
struct key_cache;
void token_cache_free(struct core *core);

#endif
