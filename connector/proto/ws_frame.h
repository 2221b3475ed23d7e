/* WebSocket frames, RFC 6455 section 5: header codec and masking. For messages see ws_msg.h. */
#ifndef WS_FRAME_H
#define WS_FRAME_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/lp_rc.h"

enum ws_opcode { WS_CONT = 0, WS_TEXT = 1, WS_BINARY = 2, WS_CLOSE = 8, WS_PING = 9, WS_PONG = 10 };

#define WS_HEAD_MAX 14 /* longest header a client sends; a server's is 10 */

struct ws_frame {
	bool fin;
	bool masked;
	uint8_t rsv; /* the three bits */
	uint8_t opcode;
	uint8_t mask[4];
	uint64_t len;
};

/* Length of the header (> 0), or 0 when more is needed. Any bit pattern decodes. */
size_t ws_frame_decode(struct ws_frame *f, const void *data, size_t len);

/* Writes an unmasked FIN header, returns its length (2, 4 or 10). */
size_t ws_frame_head(uint8_t out[10], enum ws_opcode opcode, uint64_t len);

/* XORs data with the key; offset: how many bytes of the payload came before. */
void ws_mask(void *data, size_t len, const uint8_t key[4], uint64_t offset);

#endif
