/* The text of HTTP answers. Pure. */
#ifndef HTTP_OUT_H
#define HTTP_OUT_H

#include "common/lp_buf.h"
#include "connector/engine/link.h"

/* What the answer says about the connection. */
enum http_out_mode {
	HTTP_OUT_KEEP,    /* nothing: HTTP/1.1 keeps it open */
	HTTP_OUT_KEEP_10, /* HTTP/1.0 must be told that it stays open */
	HTTP_OUT_CLOSE,
};

/* "Not Found" for 404. */
const char *http_out_reason(int status);

/*
 * Appends the head of an answer, up to the empty line; the body is the caller's to send. extra:
 * further header lines, each with its CRLF, or empty.
 */
void http_out_head(struct lp_buf *out, const struct http_answer *a, enum http_out_mode mode,
		   struct lp_str extra);

#endif
