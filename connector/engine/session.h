/*
 * One engine.io session: heartbeat, transports, upgrade, closing. Private to connector/engine/.
 *
 *              2probe              5
 *   POLLING ----------> PROBING ------> WEBSOCKET
 *      ^ |                 |                |
 *      | +---- probe lost -+                |
 *      |                                    |
 *      +--> ENDING (closed; the next poll takes what is left) --> CLOSED
 */
#ifndef SESSION_H
#define SESSION_H

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "connector/engine/engine.h"
#include "connector/engine/link.h"
#include "connector/engine/wheel.h"
#include "connector/proto/eio_packet.h"
#include "connector/proto/session_id.h"

struct assembly;
struct held;
struct socket;

enum session_state {
	SESSION_POLLING = 0,
	SESSION_PROBING, /* polling, while a websocket has said 2probe */
	SESSION_WEBSOCKET,
	SESSION_ENDING, /* over for the application; the client may fetch the rest for a while */
	SESSION_CLOSED, /* freed by the next engine_flush() */
};

struct session {
	UT_hash_handle hh; /* in engine.sessions, by id, until CLOSED */
	struct engine *engine;
	char id[SESSION_ID_MAX + 1];
	uint8_t version; /* 3 or 4 */
	uint8_t state;   /* enum session_state */
	uint8_t proof;   /* heartbeats until the client has proved what it received; 0: not asked */
	bool base64;     /* polls can not take binary */
	bool ping_sent;  /* version 4: a ping waits for its pong */
	bool dirty;      /* on the engine's list of those to see to at the end of this pass */
	bool closing;    /* its sockets are being told that it is over */
	bool overflow;   /* its queue was too long: closed at the end of this pass */
	bool greeted;    /* the first answer was given */
	unsigned socket_count;
	unsigned refused;          /* sockets, so far; or left before that */
	struct socket *sockets;    /* list, owned */
	struct held *held;         /* connects that wait for "/", owned; see sockets.c */
	struct assembly *assembly; /* a packet whose attachments are coming, owned */

	struct link *ws;    /* WEBSOCKET */
	struct link *probe; /* a websocket that has not taken over yet */
	struct link *poll;  /* the GET that waits */
	struct link *post;  /* the POST being read */

	struct lp_blob **queue; /* frames waiting for a poll, owned references */
	unsigned queued;
	unsigned queue_room;
	size_t queue_bytes;

	struct address_count *address; /* NULL: not counted */

	struct timer timer;     /* the earliest of the four */
	uint64_t heartbeat_due; /* next ping, or the end of the wait for the peer's sign of life */
	uint64_t connect_due;   /* 0: none */
	uint64_t probe_due;     /* 0: none */
	uint64_t assembly_due;  /* 0: none */

	struct session *next_dirty;
	struct session *next_closed;
	char *cookie; /* of the handshake, owned, until the first sign of life; may be NULL */
	char *jsonp;  /* digits of the handshake's j, owned; NULL: not JSONP */
	char query[]; /* of the handshake URL */
};

/* Makes a session and enters it into the engine's table. */
struct session *session_new(struct engine *e, int version, struct lp_str query,
			    struct lp_str cookie);
void session_free(struct session *s);

/* Opens it: the open packet, and the implicit connect to "/" of protocol 4. */
void session_start(struct session *s);
/*
 * Queues a frame on the websocket or for the next poll; keeps a reference of its own. Never closes
 * the session at once: whoever sends to many may go on.
 */
void session_send(struct session *s, struct lp_blob *frame);
/* Takes what a transport brought. Returns false when that ended the session. */
bool session_packet(struct session *s, const struct eio_packet *p);
/* engine_flush() will look at it. */
void session_mark_dirty(struct session *s);
/* Answers the waiting poll with everything queued; with noop when nothing is. */
void session_answer_poll(struct session *s);
/* The value of a Set-Cookie header for an answer, valid until the next call; NULL: none. */
const char *session_cookie(struct session *s, bool handshake);
/* A GET or POST came for it; the link has its role already. */
void session_poll(struct session *s, struct link *l);
/* Says on the waiting or next poll, or on the websocket, that it is over, and tells the sockets. */
void session_close(struct session *s, enum close_reason reason);
/* Messages of the websocket that wants to take over. */
void session_probe_message(struct session *s, bool binary, struct lp_str data);
/* Runs what is due and sets the timer again. */
void session_due(struct session *s);
/* No namespace has to be joined in time any more. */
void session_connected(struct session *s);

/* Still there for its client and the application. */
static inline bool session_open(const struct session *s)
{
	return s->state <= SESSION_WEBSOCKET;
}

/* What it waits for from now on: the attachments of a packet, owned, or NULL for none. */
void session_assemble(struct session *s, struct assembly *a);

/* sockets_proved() is called after a heartbeat that began after now. */
void session_prove(struct session *s);

/* In sockets.c: the socket.io layer of a session. */
bool sockets_text(struct session *s, struct lp_str text);
bool sockets_binary(struct session *s, struct lp_str bytes);
void sockets_join_root(struct session *s);
/* Goes on with what waited for the application's decision about "/". */
void sockets_go_on(struct session *s);
void sockets_proved(struct session *s);
void sockets_closed(struct session *s, enum close_reason reason);

#endif
