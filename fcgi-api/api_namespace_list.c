#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/nsp_settings.h"
#include "fcgi-api/nsp_use.h"
#include "common/store/online_counts.h"

#define PAGE_MAX 500
#define BATCH    100 /* commands in one pipeline */

/* What the caller wants to see of all namespaces. */
struct wanted {
	struct lp_str key, name; /* to be found in these; empty for all */
	struct lp_str offline;   /* on, off; empty for both */
	bool online;             /* with the counters */
	int64_t page, size;
};

/* The namespaces in their order, thinned out step by step. The keys live in the reply. */
struct keys {
	struct redisReply *reply;
	struct lp_str *at;
	size_t count;
};

static bool contains(struct lp_str text, struct lp_str part)
{
	return !part.n || (text.n && memmem(text.p, text.n, part.p, part.n));
}

static int read_keys(struct api_ctx *ctx, const struct wanted *w, struct keys *keys)
{
	struct redis_args args = {0};
	size_t n;
	int rc;

	redis_args_addz(&args, "ZRANGE");
	key_of_platform(&args.text, ctx->app->settings->redis_prefix, "namespaces");
	redis_args_end(&args);
	redis_args_addz(&args, "0");
	redis_args_addz(&args, "-1");
	rc = redis_command(ctx->redis, &args, &keys->reply);
	redis_args_clear(&args);
	n = redis_reply_count(keys->reply);
	keys->at = lp_xcalloc(n, sizeof(*keys->at));
	for (size_t i = 0; i < n; i++) {
		struct lp_str key = redis_reply_str(redis_reply_at(keys->reply, i));

		if (contains(key, w->key))
			keys->at[keys->count++] = key;
	}
	return rc;
}

/* reply: its key, name and offline. What a flush left counts as offline, as it is shown. */
static bool fits(const struct wanted *w, const struct redisReply *reply)
{
	bool gone = !redis_reply_str(redis_reply_at(reply, 0)).n;
	struct lp_str offline = redis_reply_str(redis_reply_at(reply, 2));

	return contains(redis_reply_str(redis_reply_at(reply, 1)), w->name) &&
	       (!w->offline.n ||
		lp_str_eq(w->offline, LP_STR("on")) == (gone || lp_str_eq(offline, LP_STR("on"))));
}

/* Keeps those of count keys from `from` on that fit, behind the *kept first ones. */
static int thin_batch(struct api_ctx *ctx, const struct wanted *w, struct keys *keys, size_t from,
		      size_t count, size_t *kept)
{
	struct redis_args commands[BATCH] = {0};
	struct redisReply *replies[BATCH];
	int rc;

	for (size_t i = 0; i < count; i++) {
		redis_args_addz(&commands[i], "HMGET");
		key_of_namespace(&commands[i].text, ctx->app->settings->redis_prefix,
				 keys->at[from + i], "conf");
		redis_args_end(&commands[i]);
		redis_args_addz(&commands[i], "key");
		redis_args_addz(&commands[i], "name");
		redis_args_addz(&commands[i], "offline");
	}
	rc = redis_pipeline(ctx->redis, commands, count, replies);
	for (size_t i = 0; i < count; i++) {
		if (rc == LP_OK && fits(w, replies[i]))
			keys->at[(*kept)++] = keys->at[from + i];
		redis_reply_free(replies[i]);
		redis_args_clear(&commands[i]);
	}
	return rc;
}

/* Only looks into the namespaces when name or offline is asked for. */
static int thin_keys(struct api_ctx *ctx, const struct wanted *w, struct keys *keys)
{
	size_t kept = 0;
	int rc = LP_OK;

	if (!w->name.n && !w->offline.n)
		return LP_OK;
	for (size_t i = 0; i < keys->count && rc == LP_OK; i += BATCH) {
		size_t n = keys->count - i < BATCH ? keys->count - i : BATCH;

		rc = thin_batch(ctx, w, keys, i, n, &kept);
	}
	keys->count = kept;
	return rc;
}

/* Appends the objects of a page of at most PAGE_MAX namespaces. */
static int add_page(struct api_ctx *ctx, const struct wanted *w, const struct lp_str *nsps,
		    size_t count, struct lp_buf *out)
{
	const char *prefix = ctx->app->settings->redis_prefix;
	struct online_counts *counts = lp_xcalloc(count, sizeof(*counts));
	struct redis_args *commands = lp_xcalloc(count, sizeof(*commands));
	struct redisReply **replies = lp_xcalloc(count, sizeof(*replies));
	int rc = LP_OK;

	for (size_t i = 0; i < count; i++)
		nsp_settings_args(&commands[i], prefix, nsps[i]);
	if (count)
		rc = redis_pipeline(ctx->redis, commands, count, replies);
	if (rc == LP_OK && w->online)
		rc = online_counts_read(ctx->redis, prefix, nsps, count, counts);
	for (size_t i = 0; i < count; i++) {
		if (rc == LP_OK) {
			lp_buf_addz(out, i ? ",{" : "{");
			nsp_settings_json(out, nsps[i], replies[i]);
			if (nsp_use_json(ctx, nsps[i], out) != API_OK)
				rc = LP_ESTORE;
			if (w->online) {
				lp_buf_addc(out, ',');
				online_counts_json(out, &counts[i]);
			}
			lp_buf_addc(out, '}');
		}
		redis_reply_free(replies[i]);
		redis_args_clear(&commands[i]);
	}
	free(counts);
	free(commands);
	free(replies);
	return rc;
}

/* NULL, or the parameter that is wrong. */
static const char *read_wanted(const struct api_req *req, struct wanted *w)
{
	w->key = lp_json_str(req->params, "key");
	w->name = lp_json_str(req->params, "name");
	w->offline = lp_json_str(req->params, "offline");
	if (!lp_str_eq(w->offline, LP_STR("on")) && !lp_str_eq(w->offline, LP_STR("off")))
		w->offline.n = 0; /* "all" */
	w->online = push_msg_flag(api_param(req->params, "online"));
	if (!api_param_count(req->params, "page", 1, &w->page))
		return "page";
	if (!api_param_count(req->params, "pageSize", 20, &w->size))
		return "pageSize";
	if (w->size > PAGE_MAX)
		w->size = PAGE_MAX;
	return NULL;
}

void api_namespace_list(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct keys keys = {0};
	struct wanted w;
	const char *wrong = read_wanted(req, &w);
	size_t from, n;
	int rc;

	if (wrong) {
		api_fail_at(resp, API_PAGE_INVALID, wrong);
		return;
	}
	rc = read_keys(ctx, &w, &keys);
	if (rc == LP_OK)
		rc = thin_keys(ctx, &w, &keys);
	from = (uint64_t)(w.page - 1) >= keys.count ? keys.count : (size_t)(w.page - 1);
	from = from > keys.count / (size_t)w.size ? keys.count : from * (size_t)w.size;
	n = keys.count - from < (size_t)w.size ? keys.count - from : (size_t)w.size;
	lp_buf_addz(&resp->body, "{\"list\":[");
	if (rc == LP_OK)
		rc = add_page(ctx, &w, keys.at + from, n, &resp->body);
	lp_buf_addf(&resp->body, "],\"total\":%zu}", keys.count);
	if (rc != LP_OK)
		api_fail(resp, API_UNAVAILABLE);
	redis_reply_free(keys.reply);
	free(keys.at);
}
