/*
 * The head of one HTTP/1.0 or 1.1 request: request line and headers. A small strict parser that
 * accepts only what the connector serves: no folded lines, no absolute-form target, no control
 * bytes, no space before the colon, one Content-Length at most and never beside
 * Transfer-Encoding.
 */
#ifndef HTTP_HEAD_H
#define HTTP_HEAD_H

#include <stdint.h>
#include <sys/types.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"

#define HTTP_HEADERS_MAX 64

struct http_header {
	struct lp_str name;
	struct lp_str value; /* white space around it removed */
};

/* All strings point into the parsed bytes. */
struct http_head {
	struct lp_str method;
	struct lp_str target;   /* as sent, from '/' on; no fragment */
	struct lp_str path;     /* target up to '?', still percent-encoded */
	struct lp_str query;    /* what follows '?', still percent-encoded */
	int minor;              /* HTTP/1.minor */
	int64_t content_length; /* -1: none */
	bool chunked;
	bool keep_alive;        /* by version and Connection */
	bool upgrade_websocket; /* Connection: upgrade and Upgrade: websocket */
	size_t header_count;
	struct http_header headers[HTTP_HEADERS_MAX];
};

/*
 * Parses data[0..len); one empty line before the head is passed over. Returns the length of the
 * head (> 0), 0 when more is needed (the caller bounds how much it waits for), or < 0: LP_EPROTO
 * (answer 400), LP_ETOOBIG (too many headers, answer 431).
 */
ssize_t http_head_parse(struct http_head *h, const char *data, size_t len) LP_MUSTCHECK;

/* The value of the first header of that name (any case); p == NULL when there is none. */
struct lp_str http_head_get(const struct http_head *h, const char *name);

/* True when the comma-separated header contains the token (any case). */
bool http_head_has_token(const struct http_head *h, const char *name, const char *token);

/*
 * A chunked body. Zero-initialise; feed what arrives; content is appended to *out while out->len
 * stays <= max.
 */
struct lp_buf;
struct http_chunked {
	int state; /* private to http_head.c */
	uint64_t left;
	unsigned line; /* bytes of the present size line, or of the trailer so far */
};
/*
 * Returns 1 when the body is complete, 0 when more is needed, LP_EPROTO or LP_ETOOBIG; *used says
 * how many bytes of data belong to the body.
 */
int http_chunked_feed(struct http_chunked *c, const char *data, size_t len, struct lp_buf *out,
		      size_t max, size_t *used) LP_MUSTCHECK;

#endif
