/*
 * The header by which a business system sees that a call is ours and new: HMAC-SHA256, with a secret
 * that both know, of the time and what the call says. docs/CALLBACKS.md shows how it is verified.
 */
#ifndef HTTP_SIGNATURE_H
#define HTTP_SIGNATURE_H

#include <stdint.h>

#include "common/lp_buf.h"

#define HTTP_SIGNATURE_HEADER "X-Light-Push-Signature"

/* Appends "t=<seconds>,v1=<hex of HMAC-SHA256(secret, "<seconds>.<body>")>"; seconds since 1970. */
void http_signature(struct lp_buf *out, struct lp_str secret, uint64_t seconds, struct lp_str body);

#endif
