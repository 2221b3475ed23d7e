#include "config.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/log_gate.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/redis.h"
#include "common/store/redis_addr.h"
#include "common/store/redis_error.h"
#include "common/store/script.h"

#define PROBE_FIRST_MS 50
#define PROBE_MAX_MS   500

struct redis_shared {
	struct redis_addr addr;
	const char *password; /* "" for none; of the settings */
	int64_t db;
	uint64_t timeout_ms;

	atomic_bool down;        /* read without the lock: the way of nearly every call */
	pthread_mutex_t lock;    /* of what follows, and of writing down */
	uint64_t probe_at_ms;    /* down: when one thread may try again */
	uint64_t probe_delay_ms; /* between two tries */
};

struct redis {
	struct redis_shared *shared;
	redisContext *ctx;    /* NULL when not connected */
	uint64_t timeout_ms;  /* what the socket's time-outs are set to */
	uint64_t deadline_ms; /* of the call in hand */
	bool probing;         /* the call in hand finds out for all threads */
	struct log_gate refused_gate;
};

/* Replies after which the connection is of no use: another server may serve us better. */
static const char *const leave_codes[] = {"LOADING", "READONLY", "MASTERDOWN", "CLUSTERDOWN",
					  "NOAUTH",  "BUSY",     NULL};

struct redis_shared *redis_shared_new(const struct settings *s)
{
	struct redis_shared *shared = lp_xcalloc(1, sizeof(*shared));

	if (redis_addr_parse(s->redis_address, &shared->addr) != LP_OK) {
		free(shared);
		return NULL;
	}
	shared->password = s->redis_password;
	shared->db = s->redis_db;
	shared->timeout_ms = (uint64_t)s->redis_timeout;
	pthread_mutex_init(&shared->lock, NULL);
	return shared;
}

void redis_shared_free(struct redis_shared *shared)
{
	if (!shared)
		return;
	pthread_mutex_destroy(&shared->lock);
	free(shared);
}

struct redis *redis_new(struct redis_shared *shared)
{
	struct redis *r = lp_xcalloc(1, sizeof(*r));

	r->shared = shared;
	return r;
}

static void disconnect(struct redis *r)
{
	if (r->ctx)
		redisFree(r->ctx);
	r->ctx = NULL;
}

void redis_free(struct redis *r)
{
	if (!r)
		return;
	disconnect(r);
	free(r);
}

/*
 * Whether this thread may talk to the server. When it is down and the time to look has come, the
 * thread that asks first does it; the others are told "down" until it knows.
 */
static bool shared_admits(struct redis *r, uint64_t now)
{
	struct redis_shared *shared = r->shared;

	r->probing = false;
	if (!atomic_load(&shared->down))
		return true;
	pthread_mutex_lock(&shared->lock);
	if (now >= shared->probe_at_ms) {
		r->probing = true;
		shared->probe_at_ms = now + shared->timeout_ms + PROBE_FIRST_MS;
	}
	pthread_mutex_unlock(&shared->lock);
	return r->probing;
}

/* Of the calls that fail together only the first, and later each probe, lengthens the wait. */
static void shared_failed(struct redis *r, const char *why)
{
	struct redis_shared *shared = r->shared;
	bool first;

	pthread_mutex_lock(&shared->lock);
	first = !atomic_exchange(&shared->down, true);
	if (first || r->probing) {
		shared->probe_delay_ms = first ? PROBE_FIRST_MS : shared->probe_delay_ms * 2;
		if (shared->probe_delay_ms > PROBE_MAX_MS)
			shared->probe_delay_ms = PROBE_MAX_MS;
		shared->probe_at_ms = lp_mono_ms() + shared->probe_delay_ms;
	}
	pthread_mutex_unlock(&shared->lock);
	if (first)
		lp_warn("redis", "unavailable reason=\"%s\"", why);
	else
		lp_debug("redis", "still unavailable reason=\"%s\"", why);
}

static void shared_works(struct redis_shared *shared)
{
	if (atomic_load(&shared->down) && atomic_exchange(&shared->down, false))
		lp_info("redis", "available again");
}

/* The connection can not be used any more, and the server probably can not either. */
static int fail(struct redis *r, const char *why)
{
	shared_failed(r, why);
	disconnect(r);
	return LP_ESTORE;
}

/*
 * A connection that only broke says little about the server: the next call opens another, and
 * learns more. hiredis reports a socket time-out as EAGAIN.
 */
static int fail_context(struct redis *r)
{
	bool late = r->ctx->err == REDIS_ERR_IO && (errno == EAGAIN || errno == EWOULDBLOCK);

	if (late || r->probing)
		return fail(r, late ? "timed out" : r->ctx->errstr);
	lp_warn("redis", "connection lost reason=\"%s\"", r->ctx->errstr);
	disconnect(r);
	return LP_ESTORE;
}

/* Lets reads and writes take what is left of the call's time. False when nothing is left. */
static bool time_left(struct redis *r, struct timeval *tv)
{
	uint64_t now = lp_mono_ms();
	uint64_t left = r->deadline_ms > now ? r->deadline_ms - now : 0;

	tv->tv_sec = (time_t)(left / 1000);
	tv->tv_usec = (suseconds_t)(left % 1000 * 1000);
	if (!left || !r->ctx)
		return left;
	/* Close enough needs no system call: nearly all calls come with all of their time. */
	if (r->timeout_ms >= left && r->timeout_ms - left < 20)
		return true;
	r->timeout_ms = left;
	return redisSetTimeout(r->ctx, *tv) == REDIS_OK;
}

/* One of the commands that open a connection. */
static int open_step(struct redis *r, int argc, const char **argv)
{
	struct timeval tv;
	redisReply *reply;
	int rc = LP_OK;

	if (!time_left(r, &tv))
		return fail(r, "timed out");
	reply = redisCommandArgv(r->ctx, argc, argv, NULL);
	if (!reply)
		return fail_context(r);
	if (reply->type == REDIS_REPLY_ERROR)
		rc = fail(r, reply->str);
	freeReplyObject(reply);
	return rc;
}

static int open_connection(struct redis *r)
{
	const struct redis_shared *shared = r->shared;
	struct timeval tv;
	char db[24];
	int rc = LP_OK;

	if (!time_left(r, &tv))
		return fail(r, "timed out");
	r->timeout_ms = 0;
	r->ctx = shared->addr.path[0]
			 ? redisConnectUnixWithTimeout(shared->addr.path, tv)
			 : redisConnectWithTimeout(shared->addr.host, shared->addr.port, tv);
	if (!r->ctx)
		abort(); /* out of memory */
	if (r->ctx->err)
		return fail(r, r->ctx->errstr);
	if (shared->password[0])
		rc = open_step(r, 2, (const char *[]){"AUTH", shared->password});
	if (rc == LP_OK && shared->db) {
		snprintf(db, sizeof(db), "%lld", (long long)shared->db);
		rc = open_step(r, 2, (const char *[]){"SELECT", db});
	}
	/* A server that still loads its data accepts connections. */
	if (rc == LP_OK)
		rc = open_step(r, 1, (const char *[]){"PING"});
	return rc;
}

/* No reply is due, so a socket that has something to read was closed by the server. */
static bool closed_while_idle(const struct redis *r)
{
	char byte;

	return recv(r->ctx->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0 ||
	       (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR);
}

/* Begins a call: a connection that works and time to use it. */
static int begin(struct redis *r)
{
	uint64_t now = lp_mono_ms();
	struct timeval tv;
	int rc = LP_OK;

	if (!shared_admits(r, now))
		return LP_ESTORE;
	r->deadline_ms = now + r->shared->timeout_ms;
	if (r->ctx && closed_while_idle(r))
		disconnect(r);
	if (!r->ctx)
		rc = open_connection(r);
	if (rc == LP_OK && !time_left(r, &tv))
		rc = fail(r, "timed out");
	return rc;
}

/* Queues the command made of the words in front and of args. */
static void append(struct redis *r, const char *const *front, size_t fronts,
		   const struct redis_args *args)
{
	size_t n = fronts + args->count;
	const char **argv = lp_xmalloc(n * sizeof(*argv));
	size_t *lens = lp_xmalloc(n * sizeof(*lens));

	for (size_t i = 0; i < fronts; i++) {
		argv[i] = front[i];
		lens[i] = strlen(front[i]);
	}
	for (size_t i = 0; i < args->count; i++) {
		struct lp_str s = redis_args_get(args, i);

		argv[fronts + i] = s.p;
		lens[fronts + i] = s.n;
	}
	if (redisAppendCommandArgv(r->ctx, (int)n, argv, lens) != REDIS_OK)
		abort(); /* out of memory */
	free(argv);
	free(lens);
}

/*
 * Takes the next reply, in what is left of the call's time. An error reply is LP_EINVAL, or LP_ESTORE
 * when the server must be left; *reply is set in the first case only.
 */
static int take(struct redis *r, redisReply **reply)
{
	struct timeval tv;
	void *got = NULL;
	int rc = LP_OK;

	*reply = NULL;
	if (!time_left(r, &tv))
		return fail(r, "timed out");
	if (redisGetReply(r->ctx, &got) != REDIS_OK)
		return fail_context(r);
	*reply = got;
	if ((*reply)->type == REDIS_REPLY_ERROR)
		rc = LP_EINVAL;
	if (rc == LP_EINVAL && redis_error_is((*reply)->str, leave_codes)) {
		rc = fail(r, (*reply)->str);
		freeReplyObject(*reply);
		*reply = NULL;
	} else {
		shared_works(r->shared);
	}
	return rc;
}

/* An error nobody expects: out of memory, a write refused by the disk, a key of another type. */
static int unexpected(struct redis *r, redisReply **reply)
{
	if (log_gate_open(&r->refused_gate))
		lp_error("redis", "refused reply=\"%.200s\"", (*reply)->str);
	freeReplyObject(*reply);
	*reply = NULL;
	return LP_ESTORE;
}

int redis_try(struct redis *r, const struct redis_args *args, struct redisReply **reply)
{
	int rc = begin(r);

	*reply = NULL;
	if (rc != LP_OK)
		return rc;
	append(r, NULL, 0, args);
	return take(r, reply);
}

int redis_command(struct redis *r, const struct redis_args *args, struct redisReply **reply)
{
	int rc = redis_try(r, args, reply);

	return rc == LP_EINVAL ? unexpected(r, reply) : rc;
}

int redis_ping(struct redis *r)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	int rc;

	redis_args_addz(&args, "PING");
	rc = redis_command(r, &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return rc;
}

/* The server does not know the script: after a restart, or SCRIPT FLUSH. */
static bool no_script(const redisReply *reply)
{
	return reply && lp_str_starts(redis_reply_error(reply), LP_STR("NOSCRIPT "));
}

static int load_script(struct redis *r, const struct script *script)
{
	static const struct redis_args none;
	redisReply *reply;
	int rc;

	append(r, (const char *[]){"SCRIPT", "LOAD", script->text}, 3, &none);
	rc = take(r, &reply);
	if (rc == LP_EINVAL)
		rc = unexpected(r, &reply);
	redis_reply_free(reply);
	return rc;
}

/*
 * Takes the replies to calls that were sent: all that are due must be read, or the next call would
 * get them. known: those that have theirs already. Counts what the script was not known for.
 */
static int take_all(struct redis *r, redisReply **replies, const bool *known, size_t count,
		    size_t *unknown)
{
	*unknown = 0;
	for (size_t i = 0; i < count; i++) {
		int rc;

		if (known[i])
			continue;
		rc = take(r, &replies[i]);
		if (rc == LP_ESTORE)
			return rc;
		*unknown += no_script(replies[i]);
	}
	return LP_OK;
}

static void free_replies(redisReply **replies, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		redis_reply_free(replies[i]);
		replies[i] = NULL;
	}
}

/* One go, or two when the script had to be loaded: what was not known was not executed. */
static int call_all(struct redis *r, const struct script *script, const struct redis_args *calls,
		    redisReply **replies, size_t count)
{
	const char *front[] = {"EVALSHA", script->sha1, "1"};
	bool *known = lp_xcalloc(count, sizeof(*known));
	size_t unknown = count;
	int rc = LP_OK;

	for (int tries = 0; tries < 2 && unknown && rc == LP_OK; tries++) {
		if (tries)
			rc = load_script(r, script);
		for (size_t i = 0; i < count && rc == LP_OK; i++) {
			known[i] = tries && !no_script(replies[i]);
			if (known[i])
				continue;
			redis_reply_free(replies[i]);
			replies[i] = NULL;
			append(r, front, 3, &calls[i]);
		}
		if (rc == LP_OK)
			rc = take_all(r, replies, known, count, &unknown);
	}
	free(known);
	return rc;
}

int redis_scripts(struct redis *r, const char *name, const struct redis_args *calls, size_t count,
		  struct redisReply **replies)
{
	int rc = begin(r);

	for (size_t i = 0; i < count; i++)
		replies[i] = NULL;
	if (rc == LP_OK)
		rc = call_all(r, script_get(name), calls, replies, count);
	if (rc != LP_OK) {
		free_replies(replies, count);
		return rc;
	}
	for (size_t i = 0; i < count; i++) {
		struct lp_str error = redis_reply_error(replies[i]);

		/* A script's own errors are single words, the server's are sentences. */
		if (lp_str_find(error, ' ') != error.n)
			(void)unexpected(r, &replies[i]);
	}
	return LP_OK;
}

int redis_script(struct redis *r, const char *name, const struct redis_args *args,
		 struct redisReply **reply)
{
	int rc = redis_scripts(r, name, args, 1, reply);

	if (rc != LP_OK || !*reply)
		return LP_ESTORE;
	return (*reply)->type == REDIS_REPLY_ERROR ? LP_EINVAL : LP_OK;
}

int redis_pipeline(struct redis *r, const struct redis_args *commands, size_t count,
		   struct redisReply **replies)
{
	int rc = begin(r), first = rc;
	size_t got = 0;

	for (size_t i = 0; i < count; i++)
		replies[i] = NULL;
	if (rc != LP_OK)
		return rc;
	for (size_t i = 0; i < count; i++)
		append(r, NULL, 0, &commands[i]);
	/* All replies that are due must be read, or the next call would get them. */
	while (got < count && r->ctx) {
		rc = take(r, &replies[got]);
		if (rc == LP_EINVAL)
			rc = unexpected(r, &replies[got]);
		if (first == LP_OK)
			first = rc;
		got++;
	}
	if (first == LP_OK)
		return LP_OK;
	free_replies(replies, count);
	return first;
}

struct lp_str redis_reply_str(const struct redisReply *reply)
{
	if (!reply || (reply->type != REDIS_REPLY_STRING && reply->type != REDIS_REPLY_STATUS))
		return (struct lp_str){NULL, 0};
	return lp_str(reply->str, reply->len);
}

bool redis_reply_nil(const struct redisReply *reply)
{
	return !reply || reply->type == REDIS_REPLY_NIL;
}

int64_t redis_reply_int(const struct redisReply *reply)
{
	if (reply && reply->type == REDIS_REPLY_INTEGER)
		return reply->integer;
	/* hiredis terminates its strings */
	return reply && reply->type == REDIS_REPLY_STRING ? strtoll(reply->str, NULL, 10) : 0;
}

size_t redis_reply_count(const struct redisReply *reply)
{
	return reply && reply->type == REDIS_REPLY_ARRAY ? reply->elements : 0;
}

const struct redisReply *redis_reply_at(const struct redisReply *reply, size_t i)
{
	return i < redis_reply_count(reply) ? reply->element[i] : NULL;
}

struct lp_str redis_reply_error(const struct redisReply *reply)
{
	struct lp_str text;

	if (!reply || reply->type != REDIS_REPLY_ERROR)
		return (struct lp_str){NULL, 0};
	text = lp_str(reply->str, reply->len);
	/* Redis 7 puts the generic code before a script's own word. */
	return lp_str_starts(text, LP_STR("ERR ")) ? lp_str_from(text, 4) : text;
}

void redis_reply_free(struct redisReply *reply)
{
	if (reply)
		freeReplyObject(reply);
}
