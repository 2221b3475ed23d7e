/*
 * Engine.io packets, protocols 3 and 4: one packet to and from a websocket message or a payload
 * entry.
 */
#ifndef EIO_PACKET_H
#define EIO_PACKET_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

enum eio_type { EIO_OPEN, EIO_CLOSE, EIO_PING, EIO_PONG, EIO_MESSAGE, EIO_UPGRADE, EIO_NOOP };

struct eio_packet {
	enum eio_type type;
	bool binary;
	struct lp_str data; /* without the type */
};

/*
 * A text frame or text payload entry, of either version ("4hello", "b4AQID", "bAQID"). Base64 data
 * is decoded into scratch (which is reset first), and data points there. LP_EPROTO for anything
 * else, an empty one too.
 */
int eio_packet_decode_text(int version, struct lp_str text, struct lp_buf *scratch,
			   struct eio_packet *out) LP_MUSTCHECK;
/*
 * A binary frame or entry. Version 3: the raw type byte, then data; an unknown type byte or an
 * empty one gives LP_ENOENT (to be ignored). Version 4: always a binary message.
 */
int eio_packet_decode_binary(int version, struct lp_str bytes, struct eio_packet *out) LP_MUSTCHECK;

/* Appends the text form; a binary packet becomes base64 ("b4..." in version 3, "b..." in 4). */
void eio_packet_encode_text(struct lp_buf *out, int version, const struct eio_packet *p);
/* Appends the binary form of a binary packet. */
void eio_packet_encode_binary(struct lp_buf *out, int version, const struct eio_packet *p);

#endif
