/*
 * Placeholders of binary data in the JSON of socket.io's binary packets: each
 * {"_placeholder":true,"num":N} stands for the N-th binary message that follows. The two may come in
 * any order; an object with an array or another object in front of them is no placeholder.
 */
#ifndef SIO_BINARY_H
#define SIO_BINARY_H

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "connector/proto/sio_packet.h"

/*
 * Appends json (well-formed, as sio_packet_decode() leaves it) to out with its placeholders
 * numbered 0, 1, ... in the order they stand in the text; order[i] is the number the i-th had. One
 * attachment may be used several times or never. Returns how many placeholders there are, or
 * LP_EPROTO when one names no attachment, or there are more than SIO_ATTACHMENTS_MAX.
 */
int sio_binary_renumber(struct lp_buf *out, struct lp_str json, unsigned attachments,
			unsigned order[SIO_ATTACHMENTS_MAX]) LP_MUSTCHECK;

#endif
