/*
 * Socket.io packets, protocols 4 (engine.io 3) and 5 (engine.io 4), inside engine messages:
 *
 *     type [ attachments "-" ] [ namespace "," ] [ ack id ] [ json ]
 */
#ifndef SIO_PACKET_H
#define SIO_PACKET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

enum sio_type {
	SIO_CONNECT,
	SIO_DISCONNECT,
	SIO_EVENT,
	SIO_ACK,
	SIO_ERROR, /* CONNECT_ERROR in protocol 5 */
	SIO_BINARY_EVENT,
	SIO_BINARY_ACK,
};

#define SIO_JSON_DEPTH      64
#define SIO_NSP_MAX         256  /* bytes of a namespace */
#define SIO_QUERY_MAX       4096 /* bytes of the query behind it in protocol 4 */
#define SIO_ACK_DIGITS      15
#define SIO_ATTACHMENTS_MAX 10

/* All strings point into the decoded text. */
struct sio_packet {
	enum sio_type type;
	unsigned attachments; /* binary messages that follow */
	struct lp_str nsp;    /* "/" when none was written */
	struct lp_str query;  /* protocol 4 CONNECT: what followed '?' in the namespace, encoded */
	struct lp_str ack;    /* the digits; n == 0 when no ack is wanted */
	struct lp_str json;   /* n == 0 when there is none */
};

/*
 * What a client sends; text is valid UTF-8. protocol: 4 or 5. LP_OK, or LP_EPROTO for what must
 * close the session. LP_ENOENT: to be ignored (an event or ack without data, an ack without id, in
 * protocol 4 an ERROR). The JSON is checked: an array whose first element is a string or number
 * for events, an array for acks, an object for CONNECT in protocol 5. A binary type that announces
 * no attachments comes out as SIO_EVENT or SIO_ACK. Event names reserved by socket.io are the
 * caller's to refuse.
 */
int sio_packet_decode(int protocol, struct lp_str text, struct sio_packet *out) LP_MUSTCHECK;

/*
 * Appends the packet. nsp "/" is left out, an empty one counts as "/"; attachments are written for
 * the binary types, the query never.
 */
void sio_packet_encode(struct lp_buf *out, const struct sio_packet *p);

#endif
