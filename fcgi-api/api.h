/*
 * What a request, an answer and a program are to the handlers. No handler sees FastCGI or hiredis:
 *
 *     fcgi_loop -> fcgi_req -> route -> auth -> api_*.c -> common/store/redis.h
 */
#ifndef API_H
#define API_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"
#include "common/model/ident.h"
#include "common/settings.h"
#include "common/store/redis.h"

struct archive_reader;
struct auth;
struct rate_memory;
struct route;
struct secret_keys;

/* What its threads do now: numbers that are counted with atomic operations. */
struct api_running {
	int exports; /* of the archive */
};

/* One program; shared by its threads, read-only once they run but for `running`. */
struct api_app {
	const struct settings *settings;
	const struct route *routes; /* ended by a row without path */
	/* What its users may ask for in the name of a namespace; NULL: nothing. */
	const struct route *as_routes;
	struct ident_rules *rules;
	struct redis_shared *redis;
	struct auth *auth;
	struct rate_memory *rates;       /* of pushes */
	struct secret_keys *secret_keys; /* NULL: none are set */
	struct api_running *running;
};

/* One thread. */
struct api_ctx {
	const struct api_app *app;
	struct redis *redis;
	struct archive_reader *archive; /* NULL: there is none */
};

/* What credentials allow, and what an endpoint wants. */
enum api_scope {
	SCOPE_ANY, /* every token will do */
	SCOPE_PUSH,
	SCOPE_READ,
	SCOPE_ALL,     /* a token for everything */
	SCOPE_PASSWORD /* no token, whatever its scope */
};

/* Of a token: push, read or all; SCOPE_ANY for any other text. */
enum api_scope api_scope_of(struct lp_str name);

#define API_REV_LEN 24 /* a revision of settings, a number, with its NUL */

enum api_method { API_OTHER, API_GET, API_POST, API_OPTIONS };

struct api_req {
	/* From the web server; borrowed for the time of the request, empty when absent. */
	enum api_method method; /* HEAD counts as GET */
	struct lp_str path;     /* as sent: escapes not decoded, no query */
	struct lp_str query;    /* behind the '?' */
	struct lp_str authorization, origin, content_type, remote_addr;
	struct lp_str idempotency_key; /* p is NULL when absent */
	/*
	 * Appends the body to out: LP_OK, LP_ETOOBIG when it is longer than max (nothing is read
	 * when the length is announced), LP_EIO when it ended early.
	 */
	int (*read_body)(struct api_req *req, struct lp_buf *out, size_t max);
	void *source; /* for read_body */

	/* From route.c; api_req_clear() frees. */
	struct lp_buf as;           /* the namespace that the administrator acts for, else empty */
	struct lp_buf as_path;      /* what path is then: the one of the namespace itself */
	struct lp_buf arg;          /* what :id stands for, decoded */
	struct json_object *params; /* of the query: an object, values text or what text nests */
	struct json_object *body;   /* an object or an array; an empty object without a body */
	struct lp_buf body_text;    /* when body came as JSON, else empty */

	enum api_scope scope; /* that the endpoint wants */
	bool trusted;         /* light-push-ctl: whoever reads the settings needs no password */

	/* From auth.c: the namespace that asks, as it authenticated. */
	struct lp_buf credentials;    /* decoded; user and password may point into it */
	struct lp_str user, password; /* or, of a token, its secret */
	struct lp_str token;          /* id of the API token; empty: it was a password */
	int64_t wait_ms;       /* until it may try again, when there were too many failures */
	char rev[API_REV_LEN]; /* of the settings that the password was checked with */
	bool offline;          /* may be out of date when those came from the cache */
};

/* What a namespace's limit of pushes still allows. */
struct api_rate {
	int64_t limit;            /* per second; 0: there is none, and nothing else is set */
	int64_t left;             /* at once */
	int64_t full_us, more_us; /* until all of it is there again, or one more (0: it is) */
};

/* The rest of a long answer, which is made while it is sent. */
struct api_stream {
	/*
	 * Appends the next piece to out: LP_OK, or LP_ENOENT at the end, with nothing appended. Anything
	 * else breaks the answer off, so that the caller does not take it for the whole.
	 */
	int (*next)(struct api_stream *stream, struct lp_buf *out);
	void (*free)(struct api_stream *stream);
};

struct api_resp {
	int status;                /* 200 unless a handler changes it */
	bool text;                 /* plain text instead of JSON */
	const char *type;          /* of another content; NULL: as `text` says */
	const char *filename;      /* under which a browser saves it; NULL: it shows it */
	struct api_stream *stream; /* what follows body, or NULL; whoever answers frees it */
	bool preflight;            /* answer to OPTIONS */
	const char *allow;         /* for 405 */
	int64_t searched;          /* ms since 1970 that a list got back to, 0: none */
	struct api_rate rate;
	struct lp_buf body;
};

void api_req_clear(struct api_req *req);

/* A parameter of the query or the body: NULL when absent or null. Borrowed. */
struct json_object *api_param(struct json_object *from, const char *name);

/*
 * A parameter as text: LP_OK and *out (borrowed), LP_ENOENT when it is not given, LP_EINVAL when it
 * is an object or an array. null and "" give an empty text.
 */
int api_param_text(struct json_object *from, const char *name, struct lp_str *out) LP_MUSTCHECK;

/*
 * A whole number from min to max, as a number or as decimal text: LP_OK and *out, LP_ENOENT when it
 * is not given or empty, LP_EINVAL when it is anything else.
 */
int api_param_int(struct json_object *from, const char *name, int64_t min, int64_t max,
		  int64_t *out) LP_MUSTCHECK;

/*
 * A time, in ms since 1970 or in ISO 8601 (iso_time.h): LP_OK and *out in ms, LP_ENOENT when it is
 * not given or empty, LP_EINVAL when it is anything else.
 */
int api_param_time(struct json_object *from, const char *name, int64_t *out) LP_MUSTCHECK;

/*
 * A parameter that names rooms, one or an array; empty names count as absent. Returns how many,
 * borrowed in rooms, or -1 when one is no room's name or there are more than max.
 */
int api_param_rooms(const struct api_app *app, struct json_object *from, const char *name,
		    struct lp_str *rooms, size_t max);

/*
 * A whole number >= 1 in the query; fallback when absent or empty. False when it is anything else.
 * What does not fit becomes INT64_MAX.
 */
bool api_param_count(struct json_object *from, const char *name, int64_t fallback, int64_t *out);

#endif
