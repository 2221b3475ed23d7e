/*
 * The little of engine.io 3 and 4 and of socket.io that a client needs which only pushes, joins and
 * listens, over websocket text frames. Written for the simulator, apart from the server's, so that
 * one is a check of the other.
 */
#ifndef SIM_PACKET_H
#define SIM_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"

enum sim_packet_type {
	SIM_PACKET_OPEN,  /* of the session; body: the server's JSON object */
	SIM_PACKET_CLOSE, /* of the session */
	SIM_PACKET_PING,  /* engine.io 4: from the server; 3: from the client */
	SIM_PACKET_PONG,
	SIM_PACKET_NOOP,
	SIM_PACKET_CONNECT,    /* the namespace is connected */
	SIM_PACKET_DISCONNECT, /* the namespace is no longer */
	SIM_PACKET_EVENT,      /* body: ["name",...] */
	SIM_PACKET_ACK,        /* the answer to the event with this id; body: [...] */
	SIM_PACKET_ERROR,      /* the namespace is refused; body: why */
	SIM_PACKET_WRONG,      /* nothing that may come in a text frame */
};

struct sim_packet {
	enum sim_packet_type type;
	struct lp_str namespace; /* "/" when none is written */
	uint64_t id;             /* of an answer, or of an event that wants one */
	bool has_id;
	struct lp_str body; /* points into the frame */
};

/* Reads the text of one frame. */
struct sim_packet sim_packet_read(struct lp_str frame);
/* Whether it is the event of that name. */
bool sim_packet_is_event(const struct sim_packet *packet, struct lp_str name);
/* A whole number in a JSON object of one level: the value behind "name":. */
bool sim_packet_number(struct lp_str body, const char *name, uint64_t *value);

/* Appends what asks for a namespace. */
void sim_packet_connect(struct lp_buf *out, struct lp_str namespace);
/* Appends what goes in front of the body of an event; id < 0: without an answer. */
void sim_packet_event(struct lp_buf *out, struct lp_str namespace, int64_t id);

/*
 * Appends the path and query of a handshake. engine is 3 or 4; `more` is appended to the query if it is
 * not empty. The values are escaped.
 */
struct sim_handshake {
	const char *path; /* ends with / */
	unsigned engine;
	struct lp_str uuid, userid;
	const char *platform;
	const char *more;
};
void sim_packet_handshake(struct lp_buf *out, const struct sim_handshake *h);

#endif
