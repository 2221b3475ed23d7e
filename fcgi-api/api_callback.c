#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/model/query_json.h"
#include "common/store/keys.h"
#include "fcgi-api/api_callback.h"
#include "fcgi-api/api_script.h"

#define PAGE_MAX 500
/* callback_failed.lua keeps no more than so many. */
#define LIST_MAX 1000
/* Callbacks that one script sends again, so that it takes Redis about a millisecond. */
#define REPLAY_PAGE 25

/* A number that the scripts keep as text. */
static void add_number(struct lp_buf *out, const char *name, struct lp_str digits)
{
	char *text = strndup(digits.p ? digits.p : "", digits.n);

	lp_buf_addf(out, ",\"%s\":%" PRIu64, name, text ? (uint64_t)strtoull(text, NULL, 10) : 0);
	free(text);
}

static void add_text(struct lp_buf *out, const char *name, struct lp_str text)
{
	lp_buf_addf(out, ",\"%s\":", name);
	lp_json_quote(out, text);
}

/* packed: as lib/callback.lua packs them. */
static void add_event(struct lp_buf *out, struct lp_str packed)
{
	struct json_object *event = NULL;

	if (lp_json_parse(packed, &event) != LP_OK)
		return;
	if (out->len && out->data[out->len - 1] == '}')
		lp_buf_addc(out, ',');
	lp_buf_addz(out, "{\"eventId\":");
	lp_json_quote(out, lp_json_str(event, "e"));
	add_text(out, "clientId", lp_json_str(event, "c"));
	lp_buf_addz(out, ",\"query\":");
	query_json(out, lp_json_str(event, "q"));
	lp_buf_addf(out, ",\"userOffline\":%s", lp_json_str(event, "u").n ? "true" : "false");
	add_text(out, "reason", lp_json_str(event, "reason"));
	add_number(out, "attempts", lp_json_str(event, "a"));
	add_number(out, "date", lp_json_str(event, "date"));
	lp_buf_addc(out, '}');
	json_object_put(event);
}

static void add_key(struct redis_args *args, const struct api_ctx *ctx, struct lp_str nsp)
{
	key_of_namespace(&args->text, ctx->app->settings->redis_prefix, nsp, "dead-callbacks");
	redis_args_end(args);
}

void api_callback_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args commands[2] = {{.count = 0}, {.count = 0}};
	struct redisReply *replies[2];
	int64_t page, size;

	if (!api_param_count(req->params, "page", 1, &page)) {
		api_fail_at(resp, API_PAGE_INVALID, "page");
		return;
	}
	if (!api_param_count(req->params, "size", 20, &size)) {
		api_fail_at(resp, API_PAGE_INVALID, "size");
		return;
	}
	if (size > PAGE_MAX)
		size = PAGE_MAX;
	if (page > LIST_MAX)
		page = LIST_MAX; /* past the end; no overflow below */
	redis_args_addz(&commands[0], "LRANGE");
	add_key(&commands[0], ctx, req->user);
	redis_args_addi(&commands[0], (page - 1) * size);
	redis_args_addi(&commands[0], page * size - 1);
	redis_args_addz(&commands[1], "LLEN");
	add_key(&commands[1], ctx, req->user);
	if (redis_pipeline(ctx->redis, commands, 2, replies) == LP_OK) {
		lp_buf_addz(&resp->body, "{\"list\":[");
		for (size_t i = 0; i < redis_reply_count(replies[0]); i++)
			add_event(&resp->body, redis_reply_str(redis_reply_at(replies[0], i)));
		lp_buf_addf(&resp->body, "],\"total\":%" PRId64 "}", redis_reply_int(replies[1]));
		redis_reply_free(replies[0]);
		redis_reply_free(replies[1]);
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_args_clear(&commands[0]);
	redis_args_clear(&commands[1]);
}

/* id: of an event; empty: all of them. */
static enum api_error replay(struct api_ctx *ctx, struct lp_str nsp, struct lp_str id,
			     int64_t *count)
{
	struct redis_args args = {0};
	int64_t looked = 0, seen = REPLAY_PAGE;
	enum api_error err = API_OK;

	*count = 0;
	while (err == API_OK && seen == REPLAY_PAGE && looked < LIST_MAX) {
		struct redisReply *reply;

		redis_args_reset(&args);
		api_script_base(&args, ctx, nsp);
		redis_args_addi(&args, looked - *count); /* what was sent is not there any more */
		redis_args_addi(&args, REPLAY_PAGE);
		if (id.n)
			redis_args_add(&args, id);
		err = api_script(ctx, "callback_replay", &args, &reply);
		seen = redis_reply_int(redis_reply_at(reply, 0));
		looked += seen;
		*count += redis_reply_int(redis_reply_at(reply, 1));
		redis_reply_free(reply);
	}
	redis_args_clear(&args);
	return err;
}

void api_callback_replay(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	enum api_error err = API_EVENT_ID_INVALID;
	int64_t count = 0;
	struct lp_str id;

	if (api_param_text(req->body, "eventId", &id) != LP_EINVAL)
		err = replay(ctx, req->user, id, &count);
	if (err == API_OK)
		lp_buf_addf(&resp->body, "{\"count\":%" PRId64 "}", count);
	else
		api_fail(resp, err);
}
