/*
 * Calls of HTTP servers that belong to somebody else and may be slow, dead or hostile, on libcurl's
 * multi interface and libevent. Connections are kept for the next call. Certificates are verified,
 * redirects are not followed, no proxy of the environment is used.
 *
 * Every call belongs to a group, such as a namespace. A group has so many calls under way and so
 * many that wait; a server that does not answer a group is left alone for a while (http_circuit.h).
 * So one group never waits for another one's server.
 */
#ifndef HTTP_CALLER_H
#define HTTP_CALLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"

struct http_caller;
struct http_call;
struct event_base;

struct http_caller_conf {
	unsigned concurrency; /* calls of one group under way */
	unsigned queue;       /* calls of one group that wait */
	unsigned timeout_ms;  /* longest wait for a place, and again longest call */
	unsigned failures;    /* in a row, until a server is left alone */
	unsigned pause_ms;    /* for so long */
	const char *hosts;    /* names with commas between, "" for any; borrowed */
};

/* Counted since the start. */
struct http_caller_stats {
	size_t running;
	size_t waiting;
	uint64_t answered;
	uint64_t failed;  /* no answer, or none that could be used */
	uint64_t refused; /* not called at all: URL, queue, or the server left alone */
};

enum http_outcome {
	HTTP_ANSWERED,
	HTTP_FAILED,  /* not reached, timed out, certificate, answer broken or too large */
	HTTP_PAUSED,  /* not called: the server did not answer lately */
	HTTP_BUSY,    /* not called: too many calls of the group wait, or it waited too long */
	HTTP_INVALID, /* not called: URL, host or a header is not acceptable */
};

struct http_result {
	enum http_outcome outcome;
	int status;         /* of HTTP_ANSWERED */
	struct lp_str body; /* of HTTP_ANSWERED, at most HTTP_BODY_MAX bytes */
	const char *why;    /* else: one line for a log or an operator */
};

/* Lives as long as the call of the function that gets it. */
typedef void (*http_cb)(void *arg, const struct http_result *result);

#define HTTP_BODY_MAX ((size_t)64 * 1024)

struct call_header {
	const char *name;
	struct lp_str value; /* empty: the header is left out */
};

/* Everything is copied. */
struct http_request {
	struct lp_str group;
	struct lp_str url;
	struct lp_str query; /* still encoded, put behind the URL's own; may be empty */
	const struct call_header *headers;
	size_t header_count;
	bool post;
	struct lp_str body; /* of a POST */
	/* Not empty: the call is signed with it (http_signature.h), of a POST the body, else the
	 * whole query, that of the URL before the one given here. */
	struct lp_str secret;
};

/* conf is copied. NULL when libcurl can not be started. */
struct http_caller *http_caller_new(struct event_base *base, const struct http_caller_conf *conf);
/* Calls still under way are called off: their functions are not called. */
void http_caller_free(struct http_caller *c);
const struct http_caller_stats *http_caller_stats(const struct http_caller *c);

/*
 * cb(arg, result) comes exactly once, later (never from inside this call), unless the call is
 * called off before.
 */
struct http_call *http_caller_call(struct http_caller *c, const struct http_request *req,
				   http_cb cb, void *arg);
/* Not from inside its own cb, after which the call is gone anyway. */
void http_call_cancel(struct http_call *call);

#endif
