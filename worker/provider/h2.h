/*
 * Requests to one server over one HTTP/2 connection, on libcurl's multi interface and libevent.
 * Certificates are verified, redirects are not followed, no proxy of the environment is used.
 * What is started here is under way: queues and shares are channel.h's.
 */
#ifndef H2_H
#define H2_H

#include <curl/curl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/lp_str.h"

struct h2;
struct h2_call;
struct event_base;

#define H2_ANSWER_MAX ((size_t)16 * 1024)

/* Borrowed, but for what is said to be copied. */
struct h2_conf {
	const char *ca_file; /* PEM; "": the system's */
	const char *cert;    /* PEM of a client certificate and its key, copied; NULL: none */
	const char *key;
	unsigned streams;    /* requests at a time that the connection is used for */
	unsigned timeout_ms; /* of one request, its wait for the connection included */
	bool public_only;    /* connects to public addresses only: see public_address.h */
};

/* A POST. The body is held. */
struct h2_request {
	struct lp_buf url;          /* https; taken over */
	struct curl_slist *headers; /* taken over */
	struct lp_blob *body;
};

/* Lives as long as the call of the function that gets it. */
struct h2_answer {
	int status;         /* 0: none came */
	struct lp_str body; /* at most H2_ANSWER_MAX bytes, the rest is dropped */
	uint64_t retry_ms;  /* what a Retry-After asks for; 0: there was none */
	const char *why;    /* of status 0: one line */
	bool late;          /* of status 0: it ran out of time */
	bool sent;          /* of status 0: the server may have the request */
};

/* Comes once, from the loop. */
typedef void (*h2_cb)(void *arg, const struct h2_answer *answer);

/* conf is copied. */
struct h2 *h2_new(struct event_base *base, const struct h2_conf *conf);
/* Closes the connection; calls still under way are called off: no function is called for them. */
void h2_free(struct h2 *h);
void h2_start(struct h2 *h, const struct h2_request *request, h2_cb cb, void *arg);
/* Ends every call under way as not answered, and the connection. Not from inside a cb. */
void h2_break(struct h2 *h, const char *why);

/* Appends "name: value"; false, with nothing added, when the value could end the line. */
bool h2_header(struct curl_slist **headers, const char *name, struct lp_str value);

#endif
