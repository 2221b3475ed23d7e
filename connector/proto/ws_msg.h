/*
 * Messages out of WebSocket frames of a client: fragments put together, control frames between
 * them, close codes, UTF-8 and sizes checked.
 */
#ifndef WS_MSG_H
#define WS_MSG_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

enum ws_event {
	WS_EV_MORE, /* feed more bytes */
	WS_EV_TEXT, /* a whole message in data */
	WS_EV_BINARY,
	WS_EV_PING, /* answer with PONG and the same data */
	WS_EV_PONG,
	WS_EV_CLOSE, /* code: the peer's, 0 when it gave none; answer with the same */
	WS_EV_ERROR, /* code: 1002, 1007 or 1009: send CLOSE with it, end the connection */
};

struct ws_deflate;

/* Zero-initialise. Free with ws_msg_clear(). */
struct ws_msg {
	struct ws_deflate *deflate; /* borrowed; NULL: the extension was not agreed on */
	struct lp_buf parts;        /* the fragments so far; empty while none is open */
	uint8_t opcode;             /* of the open fragmented message, 0 when none is */
	bool compressed;            /* the open message is */
	unsigned fragments;         /* of the open message */
};

struct ws_result {
	enum ws_event event;
	uint16_t code;
	size_t used;        /* bytes of the input this event consumed */
	struct lp_str data; /* into the input, m->parts or m->deflate; valid until the next call */
};

/*
 * Looks at data[0..len) (unmasks in place) for the next event. With WS_EV_MORE nothing was
 * consumed or unmasked except whole fragments (used may be > 0 with WS_EV_MORE when a fragment was
 * taken in): the caller keeps the rest and calls again with more behind it. max: longest message,
 * both as it comes and, when it was compressed, as it is given. A frame longer than that is an error
 * from its header on, before its data is waited for. At most fragments_max fragments make one message.
 */
void ws_msg_next(struct ws_msg *m, void *data, size_t len, size_t max, unsigned fragments_max,
		 struct ws_result *out);
/* Gives the memory back; what deflate is stays. */
void ws_msg_clear(struct ws_msg *m);

#endif
