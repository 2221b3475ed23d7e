/*
 * One device of one user, connected here.
 *
 *     socket asks      store answered    what waited for it is here     socket closed
 *   ------------> REGISTERING ----> ENTERED ----------------> ONLINE -----------------> GONE
 *                   |  ^  |            |                                                 ^
 *                   |  |  +------------+---------- refused, or closed meanwhile ---------+
 *                   v  |
 *     its token is verified, the connect callback is asked, if the namespace wants that; then it
 *     registers again
 *
 * The socket holds one reference until it is closed, each operation under way in the store and
 * each ack not yet written holds another. client.c has what a client is and how it ends,
 * client_admit.c its way to ONLINE, client_rooms.c the rooms that it asks for.
 */
#ifndef CLIENT_H
#define CLIENT_H

#include "connector/core/core_int.h"
#include "connector/core/handshake.h"
#include "connector/core/room.h"

enum client_state {
	CLIENT_REGISTERING = 0,
	CLIENT_ENTERED, /* the store holds it, its socket was not told yet */
	CLIENT_ONLINE,
	CLIENT_GONE,
};

struct client {
	UT_hash_handle hh; /* in nsp.registering, from ENTERED on in nsp.clients, until GONE */
	struct nsp *nsp;
	struct socket *socket;       /* NULL once GONE */
	struct member *members;      /* list over its rooms */
	struct unread *unread;       /* messages that waited for it, see unread.c; mostly NULL */
	struct left_rooms *left;     /* see ack.h; NULL: it has left none */
	struct handshake *handshake; /* once ONLINE only if the store wants the query again */
	struct token *token;         /* once verified, until GONE; NULL: it has none */
	uint64_t serial;             /* of this connection */
	uint64_t since;              /* when it entered, by the clock of the store (ms) */
	uint64_t last_ack;      /* the message acknowledged last; a repeat is dropped at once */
	uint64_t next_push;     /* ms: until then it may not send another push */
	uint64_t next_discover; /* ms */
	uint32_t refs;
	uint32_t room_count;
	uint32_t pending;     /* operations under way that the client asked for */
	uint32_t late_second; /* see ack.c */
	uint32_t late_count;
	uint16_t id_len;
	uint16_t userid_len;
	uint8_t state;    /* enum client_state */
	uint8_t platform; /* enum platform */
	bool announced;   /* the others in its rooms are told when it joins and leaves */
	bool expelled;    /* sent away by the business system */
	bool expired;     /* sent away since its token has expired */
	char id[];        /* <namespace>#<userid>#<platform>-<uuid> */
};

struct client *client_ref(struct client *c);
void client_unref(struct client *c);
struct lp_str client_id(const struct client *c);
struct lp_str client_userid(const struct client *c);
struct lp_str client_uuid(const struct client *c);
struct store_client client_for_store(const struct client *c);

/* app_ops: a socket wants in; the socket of a client was closed. */
void client_connect(struct socket *s, const struct socket_request *req);
void client_closed(struct socket *s, enum close_reason reason);

/* The client asks to be in, or not to be in, the rooms of a JSON string or array of strings. */
void client_join(struct client *c, struct lp_str rooms, struct lp_str ack);
void client_leave(struct client *c, struct lp_str rooms, struct lp_str ack);

/* What waited for one that has ENTERED is here, or can not be brought. */
void client_accept(struct client *c);

/* Whether the room is its user's own, which it can not leave. */
bool client_owns(const struct client *c, struct lp_str room);

/* Ends its socket, and the session with the last one. */
void client_disconnect(struct client *c);

/* Gives it the frame, whose reference the caller keeps, and then as above; a client that is not
 * ONLINE yet when it is. */
void client_expel(struct client *c, struct lp_blob *frame);

/* Writes it anew under this connector's new registration. */
void client_rejoin(struct client *c);

#endif
