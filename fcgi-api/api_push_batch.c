#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/model/json_text.h"
#include "fcgi-api/api_push_batch.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/push_limit.h"
#include "fcgi-api/push_request.h"

/*
 * The messages go to Redis in one go, as calls of push.lua with some of them each: a call shares
 * among its messages what a single push pays alone, and is short enough, about a ms, for Redis to
 * serve others between two of them. One call with all would hold it for some tens of ms.
 */
#define CALL_MESSAGES 50
#define CALL_BYTES    (64 * 1024) /* of a call that is not closed before the next message */

/* One message and what became of it. */
struct entry {
	struct push_msg msg;
	enum push_msg_error wrong;
	bool sent;            /* to Redis: it is not wrong, and the limit may allow it */
	enum api_error error; /* API_OK with id set: it is stored */
	int64_t id;
};

/* One call of push.lua. */
struct call {
	size_t first, end; /* entries */
	size_t count;      /* of them that are sent */
	bool done;
};

struct batch {
	struct api_ctx *ctx;
	struct api_req *req;
	struct push_key key;
	struct entry *entries;
	size_t count;
	struct call *calls;
	size_t call_count;
	struct api_rate rate;
	uint64_t asked; /* us, of Redis */
	bool limited;   /* not all of them are sent */
	bool stored;    /* at least one message has an answer of its own from Redis */
};

static void parse(struct batch *b, struct json_object *list)
{
	const struct settings *s = b->ctx->app->settings;
	const struct push_limits limits = push_request_limits(s);
	struct lp_str *texts = lp_xcalloc(b->count, sizeof(*texts)), all;

	/* The texts of the messages, for pushData as it was written; without them it is built anew. */
	if (json_text_member(lp_buf_str(&b->req->body_text), "messages", &all) != LP_OK ||
	    json_text_elements(all, texts, b->count) != (ssize_t)b->count)
		memset(texts, 0, b->count * sizeof(*texts));
	for (size_t i = 0; i < b->count; i++)
		b->entries[i].wrong =
			push_msg_parse(&b->entries[i].msg, json_object_array_get_idx(list, i),
				       texts[i], b->ctx->app->rules, &limits);
	free(texts);
}

/* Which messages are sent: the first of those that can be, as many as the limit may allow. */
static void choose(struct batch *b)
{
	size_t count = 0, left;

	for (size_t i = 0; i < b->count; i++)
		count += !b->entries[i].wrong;
	left = push_limit_left(b->ctx, b->req, &b->key, count, &b->rate);
	b->limited = left < count;
	for (size_t i = 0; i < b->count; i++) {
		struct entry *e = &b->entries[i];

		if (e->wrong)
			continue;
		e->sent = left > 0;
		if (e->sent)
			left--;
		else
			e->error = API_RATE_LIMITED;
	}
}

/* Which of them go together. */
static void make_calls(struct batch *b)
{
	struct call *call = NULL;
	size_t bytes = 0;

	b->calls = lp_xcalloc(b->count, sizeof(*b->calls));
	for (size_t i = 0; i < b->count; i++) {
		const struct entry *e = &b->entries[i];

		if (!e->sent)
			continue;
		if (!call || call->count == CALL_MESSAGES || bytes >= CALL_BYTES) {
			call = &b->calls[b->call_count++];
			call->first = i;
			bytes = 0;
		}
		call->end = i + 1;
		call->count++;
		bytes += 2 * e->msg.data.len; /* record and event */
	}
}

static void add_args(const struct batch *b, const struct call *call, struct redis_args *args)
{
	push_args(args, b->ctx->app->settings, b->req->user, b->req->rev, &b->key);
	for (size_t i = call->first; i < call->end; i++) {
		if (b->entries[i].sent)
			push_args_add(args, b->ctx->app->settings, b->req->user, &b->entries[i].msg,
				      i);
	}
}

/* Notes what the script said of the messages of a call. */
static void take(struct batch *b, struct call *call, const struct redisReply *reply)
{
	bool answered = redis_reply_count(reply) >= call->count;
	size_t at = 0;

	call->done = !push_request_again(reply);
	b->stored = b->stored || answered;
	push_request_rate(&b->rate, reply, call->count);
	if (answered)
		push_limit_note(b->ctx, b->req, &b->rate, b->asked);
	for (size_t i = call->first; i < call->end; i++) {
		struct entry *e = &b->entries[i];

		if (e->sent)
			e->error = answered ? push_request_id(reply, at++, &e->id)
					    : push_request_error(reply);
	}
}

/* Makes the calls that are not done. False when nobody knows what became of them. */
static bool make(struct batch *b)
{
	struct redis_args *args = lp_xcalloc(b->call_count, sizeof(*args));
	struct redisReply **replies = lp_xcalloc(b->call_count, sizeof(*replies));
	size_t n = 0, at = 0;
	int rc;

	for (size_t i = 0; i < b->call_count; i++) {
		if (!b->calls[i].done)
			add_args(b, &b->calls[i], &args[n++]);
	}
	b->asked = lp_mono_us();
	rc = redis_scripts(b->ctx->redis, "push", args, n, replies);
	for (size_t i = 0; i < b->call_count && rc == LP_OK; i++) {
		if (!b->calls[i].done)
			take(b, &b->calls[i], replies[at++]);
	}
	for (size_t i = 0; i < n; i++) {
		redis_reply_free(replies[i]);
		redis_args_clear(&args[i]);
	}
	free(replies);
	free(args);
	return rc == LP_OK;
}

static bool all_done(const struct batch *b)
{
	for (size_t i = 0; i < b->call_count; i++) {
		if (!b->calls[i].done)
			return false;
	}
	return true;
}

/* Sets the error of what is not done. */
static void give_up(struct batch *b, enum api_error err)
{
	for (size_t i = 0; i < b->call_count; i++) {
		for (size_t k = b->calls[i].first; k < b->calls[i].end && !b->calls[i].done; k++)
			b->entries[k].error = err;
	}
}

/* API_OK when each message has its answer, or the error of all of them. */
static enum api_error store(struct batch *b)
{
	enum api_error err;

	if (!b->call_count && b->limited)
		return API_OK;
	if (!b->call_count) { /* nothing to send: who asks has not been looked at by Redis */
		err = auth_check(b->ctx, b->req, AUTH_NAMESPACE);
		return err == API_OK && b->req->offline ? API_NAMESPACE_OFFLINE : err;
	}
	if (!make(b))
		return API_UNAVAILABLE;
	if (!all_done(b)) {
		/* Look at the password with the settings as they are now. */
		err = auth_check(b->ctx, b->req, AUTH_NAMESPACE);
		if (err != API_OK)
			give_up(b, err);
		else if (!make(b))
			return API_UNAVAILABLE;
	}
	return b->stored ? API_OK : b->entries[b->calls[0].first].error;
}

static void add_result(struct lp_buf *out, const struct settings *s, const struct entry *e)
{
	struct push_fault fault = push_request_fault(s, e->wrong);

	if (fault.error)
		api_error_add(out, fault.error, fault.text[0] ? fault.text : NULL, fault.field);
	else if (e->error)
		api_error_add(out, e->error, NULL, NULL);
	else
		lp_buf_addf(out, "{\"id\":%" PRId64 "}", e->id);
}

static void answer(struct batch *b, struct api_resp *resp)
{
	enum api_error err;

	choose(b);
	make_calls(b);
	err = store(b);
	resp->rate = b->rate;
	if (err == API_IDEMPOTENCY_KEY_REUSED) {
		api_fail_at(resp, err, "idempotency_key");
	} else if (err != API_OK) {
		api_fail(resp, err);
	} else {
		lp_buf_addz(&resp->body, "{\"results\":[");
		for (size_t i = 0; i < b->count; i++) {
			if (i)
				lp_buf_addc(&resp->body, ',');
			add_result(&resp->body, b->ctx->app->settings, &b->entries[i]);
		}
		lp_buf_addz(&resp->body, "]}");
	}
	free(b->calls);
}

/* The request as a whole is refused: see refuse() in api_push.c. */
static void refuse(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
		   enum api_error error, const char *field)
{
	enum api_error err = auth_check(ctx, req, AUTH_NAMESPACE);

	if (err != API_OK)
		api_fail(resp, err);
	else
		api_fail_at(resp, error, field);
}

void api_push_batch(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct json_object *list = api_param(req->body, "messages");
	struct batch b = {.ctx = ctx, .req = req};

	if (json_object_is_type(list, json_type_array))
		b.count = json_object_array_length(list);
	if (!b.count || b.count > API_PUSH_BATCH_MAX) {
		refuse(ctx, req, resp, API_MESSAGES_INVALID, "messages");
		return;
	}
	if (push_request_key(req, &b.key) != API_OK) {
		refuse(ctx, req, resp, API_IDEMPOTENCY_KEY_INVALID, "idempotency_key");
		return;
	}
	b.entries = lp_xcalloc(b.count, sizeof(*b.entries));
	parse(&b, list);
	answer(&b, resp);
	for (size_t i = 0; i < b.count; i++)
		push_msg_clear(&b.entries[i].msg);
	free(b.entries);
}
