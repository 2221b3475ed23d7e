/*
 * application/x-www-form-urlencoded text: the query of a URL, the query inside a socket.io CONNECT
 * packet, a form body.
 */
#ifndef URL_QUERY_H
#define URL_QUERY_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/*
 * Takes the next name=value off *rest; false at the end. Empty pieces ("&&") are skipped. The
 * parts are still encoded.
 */
bool url_query_next(struct lp_str *rest, struct lp_str *name, struct lp_str *value);

/* Appends the decoded text: %XX and '+'. A malformed escape is kept as it is. */
void url_decode(struct lp_buf *out, struct lp_str encoded);

/* Appends text so that url_decode() gives it back. */
void url_encode(struct lp_buf *out, struct lp_str text);

/* The LAST value of that name, decoded and appended to out (unchanged when absent). */
bool url_query_get(struct lp_str query, const char *name, struct lp_buf *out);

#endif
