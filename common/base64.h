/*
 * Base64, lenient the way socket.io clients and HTTP callers need it; and base64url, strict the way
 * signatures need it.
 */
#ifndef BASE64_H
#define BASE64_H

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

void base64_encode(struct lp_buf *out, struct lp_str bytes);
/* base64url without padding, for identifiers. */
void base64url_encode(struct lp_buf *out, struct lp_str bytes);
/*
 * White space is skipped and padding may be missing; any other byte is LP_EPROTO, with nothing
 * appended.
 */
int base64_decode(struct lp_buf *out, struct lp_str text) LP_MUSTCHECK;
/*
 * Strict: the one way to write the bytes, as base64url_encode() does; anything else is LP_EPROTO,
 * with nothing appended.
 */
int base64url_decode(struct lp_buf *out, struct lp_str text) LP_MUSTCHECK;

#endif
