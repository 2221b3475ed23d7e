#include "config.h"

#include "common/lp_time.h"
#include "common/store/keys.h"
#include "fcgi-api/push_limit.h"
#include "fcgi-api/rate_memory.h"

/* Whether Redis has heard of the key, or can not say. */
static bool is_known(struct api_ctx *ctx, const struct api_req *req, struct lp_str key)
{
	struct redis_args args = {.count = 0};
	struct redisReply *reply = NULL;
	bool known = true;

	redis_args_addz(&args, "EXISTS");
	key_of_namespace(&args.text, ctx->app->settings->redis_prefix, req->user, "sent:");
	lp_buf_adds(&args.text, key);
	redis_args_end(&args);
	if (redis_pipeline(ctx->redis, &args, 1, &reply) == LP_OK)
		known = redis_reply_error(reply).n || redis_reply_int(reply) != 0;
	redis_reply_free(reply);
	redis_args_clear(&args);
	return known;
}

size_t push_limit_left(struct api_ctx *ctx, const struct api_req *req, const struct push_key *key,
		       size_t count, struct api_rate *rate)
{
	struct rate_memory *rates = ctx->app->rates;
	uint64_t now = lp_mono_us();
	struct api_rate known;

	if (!rate_memory_look(rates, req->user, req->rev, now, &known) ||
	    known.left >= (int64_t)count)
		return count;
	if (key->text.n && known.left)
		return count;
	if (key->text.n && rate_memory_ask(rates, req->user, now) && is_known(ctx, req, key->text))
		return count;
	if (!known.left)
		*rate = known;
	return (size_t)known.left;
}

void push_limit_note(struct api_ctx *ctx, const struct api_req *req, const struct api_rate *rate,
		     uint64_t asked)
{
	if (rate->limit > 0)
		rate_memory_note(ctx->app->rates, req->user, req->rev, rate, asked);
}
