/*
 * One accepted connection: an HTTP connection that serves one request after the other, and may
 * become a websocket. Private to connector/io/.
 *
 *     +-------------------------- answered -----------------------+
 *     v                                                           |
 *   HEAD --head--> WAIT <--whole body-- BODY                      |
 *                   |  \____ engine wants it ___^                 |
 *                   +---------------------------------------------+
 *                   +--101--> OPEN --end()--> CLOSING
 *
 * From each of them to OVER: the connection is being finished or is closed, and the engine does
 * not know it any more.
 */
#ifndef PEER_H
#define PEER_H

#include "connector/engine/engine.h"
#include "connector/io/conn.h"
#include "connector/io/http_server.h"
#include "common/async/loop.h"
#include "connector/proto/http_head.h"
#include "connector/proto/ws_deflate.h"
#include "connector/proto/ws_msg.h"

struct cors;
struct gzip;

#define SERVER_MOUNTS_MAX 4

struct http_server {
	struct http_server_conf conf;
	struct http_server_stats stats;
	struct conn_set conns;
	struct cors *cors;
	struct gzip *gzip;          /* NULL: no compression of answers */
	struct ws_deflate *deflate; /* of all websockets; NULL: no compression */
	struct deadline_queue heads;
	struct deadline_queue bodies;
	struct deadline_queue idles; /* between two requests, and while an answer is taken */
	struct lp_buf text;          /* answers are built here */
	struct {
		char *path; /* without the trailing slash */
		struct engine *engine;
	} mounts[SERVER_MOUNTS_MAX];
	size_t mount_count;
	bool draining; /* no request after the present one */
};

enum peer_state {
	PEER_HEAD = 0, /* waits for a request, or reads its head */
	PEER_BODY,     /* reads the body */
	PEER_WAIT,     /* the request is with the engine */
	PEER_OPEN,     /* websocket */
	PEER_CLOSING,  /* websocket; our CLOSE is sent, the peer's is not here yet */
	PEER_OVER,
};

/* The request in hand. */
struct http_request {
	bool keep_alive;
	bool minor_0;       /* HTTP/1.0 */
	bool head_only;     /* HEAD: no body in the answer */
	bool gzip;          /* the client takes that */
	bool unread;        /* a body follows that nobody will read */
	struct lp_buf cors; /* header lines for the answer */
	unsigned vary;      /* enum http_out_vary */
	struct lp_buf content_type;
	struct lp_buf body;
	uint64_t left; /* bytes of the body to come, unless chunked */
	bool is_chunked;
	struct http_chunked chunked;
};

struct peer {
	struct conn conn;
	struct link link;             /* what the engine knows */
	struct engine *engine;        /* of the present request, or of the websocket */
	struct http_request *request; /* PEER_BODY and PEER_WAIT */
	struct ws_msg message;        /* PEER_OPEN; its deflate is the server's, or NULL */
	uint32_t unsent;              /* when it was looked at last, see peer.c */
	uint8_t state;                /* enum peer_state */
};

static inline struct http_server *peer_server(const struct peer *p)
{
	return (struct http_server *)((char *)p->conn.set - offsetof(struct http_server, conns));
}

static inline struct peer *peer_of_conn(struct conn *c)
{
	return (struct peer *)((char *)c - offsetof(struct peer, conn));
}

static inline struct peer *peer_of_link(struct link *l)
{
	return (struct peer *)((char *)l - offsetof(struct peer, link));
}

static inline uint64_t peer_now(const struct peer *p)
{
	return loop_now(p->conn.set->loop);
}

/* Adopts an accepted socket. */
void peer_new(struct http_server *s, int fd);
/* The one place where the state changes. */
void peer_set_state(struct peer *p, enum peer_state state);
/* Tells the engine that the connection is of no use any more. What follows is the caller's. */
void peer_detach(struct peer *p, enum close_reason reason);
/* A deadline of one of the server's queues has come. */
void peer_head_overdue(struct peer *p);
void peer_body_overdue(struct peer *p);
void peer_idle_overdue(struct peer *p);

/* http_request.c: works on what arrived in HEAD, BODY and WAIT; returns the bytes used. */
size_t http_request_input(struct peer *p, char *data, size_t len, size_t fresh);
/* Answers the request in hand, or bytes that are none, and frees it. */
void http_request_answer(struct peer *p, const struct http_answer *a);
/* Answers with an error of the given status and closes. */
void http_request_refuse(struct peer *p, int status);
void http_request_free(struct http_request *r);

/* ws_peer.c: works on what arrived in OPEN and CLOSING; returns the bytes used. */
size_t ws_peer_input(struct peer *p, char *data, size_t len);
/* Sends a data frame, compressed if that was agreed on. */
void ws_peer_send(struct peer *p, struct lp_blob *frame);
/* Sends CLOSE with the code (0: none) and waits for the peer's. */
void ws_peer_end(struct peer *p, uint16_t code);

#endif
