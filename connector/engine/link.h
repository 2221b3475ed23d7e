/*
 * One transport connection as the engine sees it: an HTTP request in hand, or a websocket. io/
 * embeds this in its own connection and fills in the operations; tests put a recorder there.
 *
 * An operation never calls back into the engine before it returned: losses (a peer that went away,
 * a queue that overflowed) are told later with engine_link_lost().
 */
#ifndef LINK_H
#define LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_mem.h"
#include "common/lp_str.h"

struct http_head;
struct session;
struct link;

enum link_role {
	LINK_NONE,  /* belongs to no session at the moment */
	LINK_POLL,  /* a GET that waits for packets */
	LINK_POST,  /* a POST whose body is being read or worked on */
	LINK_WS,    /* the websocket a session talks on */
	LINK_PROBE, /* a websocket that may replace polling */
};

/* An HTTP answer; io/ adds length, connection and CORS headers. */
struct http_answer {
	int status;
	const char *content_type; /* NULL: none */
	struct lp_str body;
	const char *cookie; /* value of a Set-Cookie header; NULL: none */
	bool no_store;      /* Cache-Control: no-store */
	bool close;         /* end the connection after it */
};

/* IPv6, or IPv4 as ::ffff:a.b.c.d; network byte order. */
struct link_address {
	uint8_t bytes[16];
};

struct link_ops {
	/* Queues one whole websocket frame; keeps a reference of its own. */
	void (*send)(struct link *l, struct lp_blob *frame);
	/* Answers the request in hand. */
	void (*respond)(struct link *l, const struct http_answer *a);
	/*
	 * Ends a websocket: a CLOSE frame (without a code when code is 0) after what is queued, a
	 * short wait for the peer's, then the TCP connection. Nothing is reported for it any more.
	 */
	void (*end)(struct link *l, uint16_t code);
	/* Drops the TCP connection at once, unanswered. Nothing is reported for it any more. */
	void (*drop)(struct link *l);
	/* Where the request in hand comes from; asked for only to count sessions per address. */
	void (*address)(struct link *l, const struct http_head *h, struct link_address *a);
};

struct link {
	const struct link_ops *ops;
	struct session *session; /* owned by the engine; NULL with LINK_NONE */
	enum link_role role;     /* owned by the engine */
	bool base64;             /* the peer can not take binary frames on this one */
};

#endif
