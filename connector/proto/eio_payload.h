/*
 * The body of a long-polling request or answer: many engine.io packets in one text.
 *
 *     version 4            4hello\x1ebAQID
 *     version 3, text      6:4hello6:b4AQID          lengths in UTF-16 code units
 *     version 3, binary    00 06 ff "4hello" 01 04 ff 04 01 02 03
 *     JSONP                ___eio[0]("...");         and a form field d= on the way in
 */
#ifndef EIO_PAYLOAD_H
#define EIO_PAYLOAD_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "connector/proto/eio_packet.h"

/* Walks over a received body, which must stay as it is meanwhile. */
struct eio_payload_in {
	int version;
	bool binary;        /* version 3, content type application/octet-stream */
	struct lp_str rest; /* what has not been read yet */
	bool started;
	struct lp_buf scratch; /* decoded base64 and 1.x texts; clear at the end */
};

void eio_payload_open(struct eio_payload_in *in, int version, bool binary, struct lp_str body);
/*
 * 1 and the next packet (its data valid until the next call), 0 at the end, LP_EPROTO on a bad
 * entry; the packets before it are good. An empty body is LP_EPROTO, and so is text that is not
 * UTF-8, before any packet of it. Version 3 binary entries with an unknown type byte are skipped.
 */
int eio_payload_next(struct eio_payload_in *in, struct eio_packet *out) LP_MUSTCHECK;
void eio_payload_close(struct eio_payload_in *in);

/*
 * The payload of a JSONP POST: the form field d, decoded, with the client's doubled escapes of
 * line feeds undone. false when there is no d.
 */
bool eio_payload_from_form(struct lp_buf *out, struct lp_str form);

/*
 * Appends one packet to an answer. Text forms; first: nothing is in this payload yet.
 * json_ascii (version 3): escape non-ASCII characters of text packets as JSON \uXXXX, which both
 * dialects of version 3 read alike; only for packets whose text is JSON.
 */
void eio_payload_add_text(struct lp_buf *out, int version, bool first, bool json_ascii,
			  const struct eio_packet *p);
/* Appends one packet in the binary framing of version 3. */
void eio_payload_add_binary(struct lp_buf *out, const struct eio_packet *p);
/* Wraps a text payload for JSONP: ___eio[index]("..."); with U+2028 and U+2029 escaped. */
void eio_payload_jsonp(struct lp_buf *out, struct lp_str index, struct lp_str payload);

#endif
