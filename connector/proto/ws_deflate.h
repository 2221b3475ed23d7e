/*
 * The WebSocket extension permessage-deflate, RFC 7692, always without context takeover: every
 * message is compressed by itself, so one codec serves all connections, and a message for many is
 * compressed once.
 */
#ifndef WS_DEFLATE_H
#define WS_DEFLATE_H

#include <stddef.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"

struct ws_deflate;

/* Takes about 300 KB. */
struct ws_deflate *ws_deflate_new(void);
void ws_deflate_free(struct ws_deflate *d);

/*
 * The value of Sec-WebSocket-Extensions that accepts one of the offers (the request's value of the
 * same header); NULL when there is none that can be accepted: another extension, a parameter that
 * is unknown, wrong or given twice, or a window smaller than the full one asked of us.
 */
const char *ws_deflate_answer(struct lp_str offers);

/* One message as the payload of frames that have RSV1 set. Valid until the next call. */
struct lp_str ws_deflate_compress(struct ws_deflate *d, struct lp_str message);

/*
 * The way back: *message is valid until the next call. LP_ETOOBIG when it is longer than max, of
 * which never more than one byte is kept; LP_EPROTO when it is not the end of a deflate stream.
 */
int ws_deflate_inflate(struct ws_deflate *d, struct lp_str payload, size_t max,
		       struct lp_str *message) LP_MUSTCHECK;

#endif
