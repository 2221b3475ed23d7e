/*
 * Endpoints against a real Redis, without FastCGI: request in, answer out. There is one Redis, and
 * two namespaces: /d, whose owner asks, and /e, whose data must stay as it is.
 */
#ifndef API_FIXTURE_H
#define API_FIXTURE_H

#include "fcgi-api/api.h"
#include "tests/redis/redis_server.h"
#include "tests/unit/lp_test.h"

#define ADMIN "Basic YWRtaW46YWRtaW4tcHc=" /* admin:admin-pw */
#define OWNER "Basic L2Q6cHc6MQ=="         /* /d:pw:1 */
#define OTHER "Basic L2U6cHc6MQ=="         /* /e:pw:1 */
#define B     "lp:{/d}"

struct api_fixture {
	struct redis_server *server;
	struct redisContext *redis;
	struct settings settings;
	const char *idempotency_key; /* header of the requests; NULL: none */
	const char *address;         /* that they come from; NULL: 192.0.2.1 */
};

extern struct api_fixture fixture;

/* Runs the tests on a Redis and settings; the exit status for main(). */
int fixture_main(const char *suite, const struct lp_test *tests, size_t count);
/* As a process that begins anew: an address may fail to log in so often; "0" (at first): for ever. */
void fixture_failures(const char *failures);
/* Likewise: it knows of no namespace that is at its limit. */
void fixture_forget_rates(void);
/* kill -9 for Redis, and starts it again with what was on disk. */
void fixture_kill(void);
void fixture_restart(void);

/*
 * One request; url with its query. Returns the answer as "<status> <body>" in static memory, freed
 * by the next call. Without authorization it is /d, whose password was found right a moment ago.
 */
const char *api_request(enum api_method method, const char *authorization, const char *url,
			const char *type, const char *body);
const char *get(const char *authorization, const char *url);
const char *post(const char *authorization, const char *url, const char *body); /* JSON */

/* The status and the message of an error, or the whole answer when it is none. */
const char *msg_of(const char *answer);
/* A member of the answer as text, or an element's when the answer is an array; "-" when absent. */
const char *member(const char *answer, int index, const char *name);

#define EXPECT(row, got, want) CHECK_STR(lp_cstr(row), lp_cstr(got), lp_cstr(want))

/* A Redis command, which must not fail; the second returns its reply, or the only text in it. */
void command(const char *format, ...);
const char *command_text(const char *format, ...);

/* Puts a client of /d online through the connector's own script. */
void online(const char *userid, const char *platform, const char *uuid, const char *room);
/*
 * Makes /e with clients in the room r, as if it had the same users as /d, and remembers its keys
 * and values; the second checks that they are as they were.
 */
void other_begin(void);
void other_end(void);
/* An empty Redis with the namespace /d, its password pw:1, and one connector. */
void fresh(void);

#endif
