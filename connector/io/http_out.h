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

/* What of the request the answer depends on, for caches. */
enum http_out_vary {
	HTTP_OUT_VARY_ORIGIN = 1,
	HTTP_OUT_VARY_ENCODING = 2,
};

struct http_out {
	enum http_out_mode mode;
	const char *encoding; /* of the body; NULL: as it is */
	unsigned vary;        /* enum http_out_vary, added up */
	struct lp_str extra;  /* further header lines, each with its CRLF */
};

/* "Not Found" for 404. */
const char *http_out_reason(int status);

/* Appends the line for that; nothing for 0. */
void http_out_vary(struct lp_buf *out, unsigned vary);
/* Appends the head of an answer, up to the empty line; the body is the caller's to send. */
void http_out_head(struct lp_buf *out, const struct http_answer *a, const struct http_out *how);

#endif
