/*
 * Requests to one server over one HTTP/2 connection: TLS by OpenSSL, frames by nghttp2, on
 * libevent. What is started here is under way: queues and shares are channel.h's.
 *
 * libcurl, which speaks HTTP/2 too, can not do this: it sends a request again by itself that the
 * server may have served already, does not say which ones a GOAWAY left unserved, and in the
 * version of Debian 12 ends every stream with a RST_STREAM, for which servers end the connection.
 *
 * A connection is opened when there is something to send, and kept. After GOAWAY what the server
 * has begun to serve is waited for on the old one, and the rest goes on a new one.
 */
#ifndef H2_H
#define H2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/lp_str.h"

struct h2;
struct dialer;
struct event_base;

#define H2_ANSWER_MAX  ((size_t)16 * 1024)
#define H2_HEADERS_MAX 16u

/* Borrowed for as long as it lives, but for cert and key. */
struct h2_conf {
	struct event_base *base;
	struct dialer *dialer;
	const char *origin;  /* https://host:port; copied */
	const char *ca_file; /* PEM; "": the system's */
	const char *cert;    /* PEM of a client certificate and its key; NULL: none */
	const char *key;
	unsigned timeout_ms; /* of one request, its wait for the connection included */
	bool public_only;    /* connects to public addresses only: see public_address.h */
};

/* A POST. */
struct h2_request {
	struct lp_buf path;    /* with the query; taken over */
	struct lp_buf headers; /* by h2_header(); taken over */
	struct lp_blob *body;  /* held */
};

/* Lives as long as the call of the function that gets it. */
struct h2_answer {
	int status;         /* 0: none came */
	struct lp_str body; /* at most H2_ANSWER_MAX bytes, the rest is dropped */
	uint64_t retry_ms;  /* what a Retry-After asks for; 0: there was none */
	const char *why;    /* of status 0: one line */
	bool late;          /* of status 0: it ran out of time on a connection that was up */
	bool sent;          /* of status 0: the server may have served the request */
};

/* Comes once, from the loop. */
typedef void (*h2_cb)(void *arg, const struct h2_answer *answer);

struct h2 *h2_new(const struct h2_conf *conf);
/* Closes the connection; calls still under way are called off: no function is called for them. */
void h2_free(struct h2 *h);
void h2_start(struct h2 *h, struct h2_request *request, h2_cb cb, void *arg);
/* Ends every call under way as not answered, and the connection. Not from inside a cb. */
void h2_break(struct h2 *h, const char *why);

/* Adds a header, its name in small letters; false, with nothing added, when the value can not be
 * one, or there are too many. */
bool h2_header(struct lp_buf *headers, const char *name, struct lp_str value);

#endif
