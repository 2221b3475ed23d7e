/* Which web pages may talk to us: the setting cors_origins, and the headers that tell browsers. */
#ifndef CORS_H
#define CORS_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"
#include "connector/proto/http_head.h"

struct cors;

/*
 * list: origins separated by commas; "*" among them stands for any; empty: no CORS at all.
 * credentials: pages may send cookies and the like. Clients of engine.io 3 always ask for that, and
 * then browsers do not take "*" for an answer: the origin is echoed. Without it "*" is enough.
 */
struct cors *cors_new(const char *list, bool credentials);
void cors_free(struct cors *c);

bool cors_allows(const struct cors *c, struct lp_str origin);
/*
 * Appends the header lines of an answer to that request; none when it has no Origin or one that
 * is not allowed. True when they are only for that origin (Vary).
 */
bool cors_headers(const struct cors *c, const struct http_head *h, struct lp_buf *out);
/*
 * True when the request is a preflight that is to be granted; appends what its answer has beside
 * cors_headers().
 */
bool cors_preflight(const struct cors *c, const struct http_head *h, struct lp_buf *out);
/*
 * True unless a page that is not allowed wants a websocket, which browsers do not hold back by
 * themselves. Without a list all may; a page of our own host always may.
 */
bool cors_websocket(const struct cors *c, const struct http_head *h);

#endif
