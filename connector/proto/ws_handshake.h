/* The WebSocket upgrade, RFC 6455 section 4. */
#ifndef WS_HANDSHAKE_H
#define WS_HANDSHAKE_H

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "connector/proto/http_head.h"

/*
 * Checks method GET, version 13 and the key. LP_OK; LP_EINVAL when the version is not 13 (answer
 * 400 with Sec-WebSocket-Version: 13); LP_EPROTO for the rest (answer 400).
 */
int ws_handshake_check(const struct http_head *h) LP_MUSTCHECK;

/*
 * Appends the whole 101 answer. The first offered subprotocol is returned. extra: further
 * header lines, among them that of an extension, each with its CRLF, or empty.
 */
void ws_handshake_answer(struct lp_buf *out, const struct http_head *h, struct lp_str extra);

/* The Sec-WebSocket-Accept value for a key; 28 characters and a NUL. */
void ws_accept_key(struct lp_str key, char out[29]);

#endif
