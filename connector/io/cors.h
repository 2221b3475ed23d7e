/* Which web pages may talk to us: the setting cors_origins, and the headers that tell browsers. */
#ifndef CORS_H
#define CORS_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"
#include "connector/proto/http_head.h"

struct cors;

/* list: origins separated by commas; "*" among them stands for any; empty: no CORS at all. */
struct cors *cors_new(const char *list);
void cors_free(struct cors *c);

bool cors_allows(const struct cors *c, struct lp_str origin);
/*
 * Appends the header lines of an answer to that request: the origin is echoed, also where any is
 * allowed, because clients that send credentials do not accept "*". Nothing when the request has
 * no Origin or one that is not allowed.
 */
void cors_headers(const struct cors *c, const struct http_head *h, struct lp_buf *out);
/* True when the request is a preflight that is to be granted; appends the header lines for it. */
bool cors_preflight(const struct cors *c, const struct http_head *h, struct lp_buf *out);
/*
 * True unless a page that is not allowed wants a websocket, which browsers do not hold back by
 * themselves. Without a list all may; a page of our own host always may.
 */
bool cors_websocket(const struct cors *c, const struct http_head *h);

#endif
