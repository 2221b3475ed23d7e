/*
 * Engine.io and socket.io for many sessions, without any I/O: requests and websocket messages come
 * in from io/, answers and frames leave through struct link, and what clients say reaches the
 * application through struct app_ops. Time is an argument.
 *
 *      io/ ----- engine_request(), engine_message() ... ----> engine ----- app_ops ----> core/
 *      io/ <---- link_ops: send, respond, end, drop ---------- engine <---- socket_*() --- core/
 *
 * Once per pass of the event loop io/ calls engine_flush(), which answers the polls that have
 * something to take and frees closed sessions, and engine_tick() when a time-out is due.
 */
#ifndef ENGINE_H
#define ENGINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "connector/engine/link.h"
#include "connector/proto/http_head.h"

struct engine;
struct app_ops;

struct engine_conf {
	char tag[9];  /* in front of every session id, see proto/session_id.h */
	bool polling; /* transports served */
	bool websocket;
	bool eio3; /* protocols spoken */
	bool eio4;
	bool eio_missing_is_3;    /* a handshake without EIO means 3; else it is refused */
	uint32_t ping_interval;   /* ms */
	uint32_t ping_timeout;    /* ms */
	uint32_t upgrade_timeout; /* ms from the probe to the end of the upgrade */
	uint32_t connect_timeout; /* ms in which protocol 5 must join a namespace */
	size_t max_payload;       /* bytes of one message and of one POST body */
	size_t send_queue_max;    /* bytes waiting for a poll */
	unsigned max_namespaces;  /* sockets of one session, and refusals */
	unsigned max_packets;     /* packets in one payload */
	size_t max_sessions;
	unsigned sessions_per_address; /* 0: any number */
	char cookie[33]; /* name of a cookie with the session id, for load balancers; "": none */
};

enum close_reason {
	CLOSE_CLIENT,          /* the client said so */
	CLOSE_SERVER,          /* the application did */
	CLOSE_TRANSPORT,       /* the connection went away */
	CLOSE_PING_TIMEOUT,    /* heartbeat missed */
	CLOSE_CONNECT_TIMEOUT, /* no namespace joined in time */
	CLOSE_PROTOCOL,        /* it sent what can not be read */
	CLOSE_PACKET,          /* the same, in socket.io */
	CLOSE_OVERLAP,         /* two polls or two posts at once */
	CLOSE_SLOW,            /* its queue was full */
	CLOSE_SHUTDOWN,        /* this connector stops */
	CLOSE_REASON_COUNT,
};
const char *close_reason_name(enum close_reason r);

/* Counted since the start. */
struct engine_stats {
	uint64_t sessions_opened;
	uint64_t sessions_refused;   /* max_sessions reached */
	uint64_t addresses_refused;  /* sessions_per_address reached */
	uint64_t namespaces_refused; /* sessions closed at max_namespaces */
	uint64_t payloads_refused;   /* at max_packets */
	uint64_t sessions_closed[CLOSE_REASON_COUNT];
	uint64_t upgrades;
	uint64_t packets_in;
	uint64_t packets_out;
};

/* random: fills a buffer with bytes nobody can guess. conf is copied. app_data is the app's own. */
struct engine *engine_new(const struct engine_conf *conf, const struct app_ops *app, void *app_data,
			  void (*random)(void *buf, size_t len));
/* Closes what is still open. */
void engine_free(struct engine *e);
void *engine_app(struct engine *e);
size_t engine_sessions(const struct engine *e);
const struct engine_stats *engine_stats(const struct engine *e);
/* The time of the call in hand, or of the last one. */
uint64_t engine_now(const struct engine *e);

/* --- called by io/ --- */

enum engine_verdict {
	ENGINE_DONE,      /* it was answered, or waits for packets (role LINK_POLL) */
	ENGINE_WANT_BODY, /* read the body (at most max_payload), then engine_body() */
	ENGINE_UPGRADE,   /* answer 101, then engine_opened() */
};

/* A request for the engine's path whose head is complete. now: monotonic ms. */
enum engine_verdict engine_request(struct engine *e, struct link *l, const struct http_head *h,
				   uint64_t now);
/* The body of a request that wanted one. */
void engine_body(struct engine *e, struct link *l, struct lp_str content_type, struct lp_str body,
		 uint64_t now);
/* The websocket is open: the session may talk. */
void engine_opened(struct engine *e, struct link *l, uint64_t now);
/* A whole websocket message. */
void engine_message(struct engine *e, struct link *l, bool binary, struct lp_str data,
		    uint64_t now);
/*
 * The connection is gone or about to be: the peer closed it, broke the protocol, or is too slow.
 * A link that belongs to no session is fine.
 */
void engine_link_lost(struct engine *e, struct link *l, enum close_reason reason, uint64_t now);

/* Runs what is due; returns the ms until it wants to be called again (at most 1000). */
unsigned engine_tick(struct engine *e, uint64_t now);
/* Answers polls and frees closed sessions. Every pass of the loop. */
void engine_flush(struct engine *e);

/* Closes every session. */
void engine_close_all(struct engine *e, enum close_reason reason);

#endif
