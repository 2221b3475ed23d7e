#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "fcgi-api/api_kick.h"
#include "fcgi-api/api_script.h"

#define REASON_MAX      500      /* bytes */
#define RETRY_AFTER_MAX 31536000 /* s, a year */
#define PAGE            250      /* clients of one call of the script: about a ms for a Redis */

/* Who is meant, as kick.lua wants it. */
struct target {
	const char *by;
	struct lp_str name;
};

/*
 * Clients told so far. The scan of a set that changes may bring one twice, and the caller is given
 * a number: so they are remembered, 8 bytes each.
 */
struct told {
	uint64_t *hashes;
	size_t count, space;
};

static bool read_target(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
			struct target *t)
{
	static const char *const names[] = {"id", "userid", "room"};
	const struct ident_rules *rules = ctx->app->rules;
	bool good = true;

	*t = (struct target){0};
	for (size_t i = 0; i < 3; i++) {
		struct lp_str text;
		int rc = api_param_text(req->body, names[i], &text);

		if (rc == LP_ENOENT || (rc == LP_OK && !text.n))
			continue;
		if (t->by) {
			api_fail_field(resp, names[i], "only one of id, userid and room");
			return false;
		}
		*t = (struct target){names[i], text};
		good = rc == LP_OK;
	}
	if (!t->by) {
		api_fail_field(resp, "id", "id, userid or room can not be empty");
		return false;
	}
	if (good && t->by == names[0])
		good = ident_is_client(rules, req->user, t->name);
	else if (good)
		good = t->by == names[1] ? ident_userid(rules, t->name)
					 : ident_room(rules, t->name);
	if (!good) {
		struct lp_buf msg = {0};

		lp_buf_addf(&msg, "%s invalid", t->by);
		api_fail_field(resp, t->by, msg.data);
		lp_buf_clear(&msg);
	}
	return good;
}

/* Appends the event and for how long the clients are refused. */
static bool add_event(struct redis_args *args, struct api_req *req, struct api_resp *resp)
{
	struct lp_str reason;
	int64_t retry = 0;
	int given = api_param_int(req->body, "retry_after", 0, RETRY_AFTER_MAX, &retry);

	if (given == LP_EINVAL) {
		api_fail_field(resp, "retry_after", "retry_after must be seconds, at most a year");
		return false;
	}
	if (api_param_text(req->body, "reason", &reason) == LP_EINVAL || reason.n > REASON_MAX ||
	    !lp_utf8_valid(reason)) {
		api_fail_field(resp, "reason", "reason must be a text of at most 500 bytes");
		return false;
	}
	lp_buf_addz(&args->text, "[\"kicked\",{\"reason\":");
	lp_json_quote(&args->text, reason);
	lp_buf_addf(&args->text, ",\"retry_after\":%" PRId64 "}]", retry);
	redis_args_end(args);
	if (given == LP_OK)
		redis_args_addi(args, retry);
	else
		redis_args_addz(args, "");
	return true;
}

static void note(struct told *told, const struct redisReply *page)
{
	for (size_t i = 1; i < redis_reply_count(page); i++) {
		struct lp_str id = redis_reply_str(redis_reply_at(page, i));
		/* Two halves with different ends make one of 64 bits. */
		uint64_t high = lp_hash(id.p, id.n), low = lp_hash(id.p, id.n - 1);

		if (told->count == told->space) {
			told->space = told->space ? told->space * 2 : PAGE;
			told->hashes =
				lp_xrealloc(told->hashes, told->space * sizeof(told->hashes[0]));
		}
		told->hashes[told->count++] = high << 32 | low;
	}
}

static int by_value(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static size_t distinct(const struct told *told)
{
	size_t n = 0;

	if (told->count)
		qsort(told->hashes, told->count, sizeof(told->hashes[0]), by_value);
	for (size_t i = 0; i < told->count; i++)
		n += !i || told->hashes[i] != told->hashes[i - 1];
	return n;
}

/* Page by page, so that Redis serves others in between. args: up to the target. */
static enum api_error kick(struct api_ctx *ctx, struct redis_args *args, enum platform platform,
			   struct told *told)
{
	size_t fixed = args->count;
	char *cursor = lp_xstrdup("0");
	enum api_error err;

	do {
		struct redisReply *reply;

		redis_args_cut(args, fixed);
		redis_args_addz(args, platform_name(platform));
		redis_args_addi(args, PAGE);
		redis_args_addz(args, cursor);
		err = api_script(ctx, "kick", args, &reply);
		note(told, reply);
		free(cursor);
		cursor = lp_xstrndup(redis_reply_str(redis_reply_at(reply, 0)));
		redis_reply_free(reply);
	} while (err == API_OK && *cursor && strcmp(cursor, "0") != 0);
	free(cursor);
	redis_args_cut(args, fixed);
	return err;
}

void api_kick(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0};
	struct told told = {0};
	enum api_error err = API_OK;
	struct target target;

	api_script_base(&args, ctx, req->user);
	redis_args_addz(&args, s->redis_prefix);
	redis_args_addi(&args, s->inbox_max_length);
	if (read_target(ctx, req, resp, &target) && add_event(&args, req, resp)) {
		int platforms = strcmp(target.by, "id") == 0 ? 1 : PLATFORM_COUNT;

		redis_args_addz(&args, target.by);
		redis_args_add(&args, target.name);
		for (int p = 0; p < platforms && err == API_OK; p++)
			err = kick(ctx, &args, (enum platform)p, &told);
		if (err == API_OK)
			lp_buf_addf(&resp->body, "{\"disconnected\":%zu}", distinct(&told));
		else
			api_fail(resp, err);
	}
	free(told.hashes);
	redis_args_clear(&args);
}
