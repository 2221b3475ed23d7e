#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/archive/sql_url.h"
#include "common/lp_json.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/nsp_keys.h"

/* Clients that one script looks at, so that it takes Redis about a millisecond. */
#define PAGE 100

/* A walk over the keys of a namespace. */
struct sweep {
	struct api_ctx *ctx;
	struct lp_str nsp;
	bool gone;          /* its settings are not there any more */
	char before[24];    /* ms: clients that connected last before are legacy */
	enum api_error err; /* why the walk ended early */
};

static bool is_any(struct lp_str name)
{
	return true;
}

/* Not its settings, to which its API tokens belong. */
static bool is_data(struct lp_str name)
{
	return !lp_str_eq(name, LP_STR("conf")) && !lp_str_eq(name, LP_STR("tokens")) &&
	       !lp_str_eq(name, LP_STR("tokens-used"));
}

static bool ends(struct lp_str name, struct lp_str end)
{
	return name.n > end.n && lp_str_eq(lp_str_from(name, name.n - end.n), end);
}

/* B:room:<room>:ever:<platform>. The name of the room may contain anything: look at both ends. */
static bool is_ever(struct lp_str name)
{
	return lp_str_starts(name, LP_STR("room:")) &&
	       (ends(name, LP_STR(":ever:web")) || ends(name, LP_STR(":ever:ios")) ||
		ends(name, LP_STR(":ever:android")));
}

/* Who is online, and where. */
static bool is_realtime(struct lp_str name)
{
	return lp_str_eq(name, LP_STR("clients")) || lp_str_eq(name, LP_STR("users")) ||
	       lp_str_eq(name, LP_STR("rooms")) || lp_str_eq(name, LP_STR("geo")) ||
	       lp_str_starts(name, LP_STR("joined:")) || lp_str_starts(name, LP_STR("route:")) ||
	       lp_str_starts(name, LP_STR("node:")) ||
	       (lp_str_starts(name, LP_STR("room:")) && !is_ever(name));
}

static int unlink_keys(void *arg, const struct lp_str *keys, size_t count)
{
	struct sweep *w = arg;
	struct redis_args args = {0};
	struct redisReply *reply;

	api_script_base(&args, w->ctx, w->nsp);
	redis_args_addz(&args, w->gone ? "1" : "");
	for (size_t i = 0; i < count; i++)
		redis_args_add(&args, keys[i]);
	w->err = api_script(w->ctx, "ns_unlink", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return w->err == API_OK ? LP_OK : LP_EINVAL;
}

static enum api_error sweep(struct sweep *w, bool (*wanted)(struct lp_str name),
			    int (*take)(void *arg, const struct lp_str *keys, size_t count))
{
	const char *prefix = w->ctx->app->settings->redis_prefix;

	w->err = API_UNAVAILABLE; /* unless take says why */
	return nsp_keys_each(w->ctx->redis, prefix, w->nsp, wanted, take, w) == LP_OK ? API_OK
										      : w->err;
}

/* Makes sure that the namespace is offline; sends its clients away. */
static enum api_error close_namespace(struct api_ctx *ctx, struct lp_str nsp, bool flush)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err;

	api_script_base(&args, ctx, nsp);
	redis_args_addz(&args, s->redis_prefix);
	redis_args_addi(&args, s->inbox_max_length);
	redis_args_addz(&args, flush ? "1" : "");
	err = api_script(ctx, "ns_close", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

/* The worker removes what the archive has. */
static enum api_error clear_archive(struct api_ctx *ctx, struct lp_str nsp)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err;

	if (sql_url_off(s->archive))
		return API_OK;
	key_of_platform(&args.text, s->redis_prefix, "archive-flush");
	redis_args_end(&args);
	redis_args_add(&args, nsp);
	err = api_script(ctx, "archive_flush", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

static enum api_error clear(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out)
{
	struct sweep w = {.ctx = ctx, .nsp = nsp};
	enum api_error err = close_namespace(ctx, nsp, false);

	if (err == API_OK)
		err = sweep(&w, is_data, unlink_keys);
	if (err == API_OK)
		err = clear_archive(ctx, nsp);
	lp_buf_addz(out, "{}");
	return err;
}

static enum api_error clear_realtime(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out)
{
	struct sweep w = {.ctx = ctx, .nsp = nsp};
	enum api_error err = close_namespace(ctx, nsp, false);

	if (err == API_OK)
		err = sweep(&w, is_realtime, unlink_keys);
	lp_buf_addz(out, "{}");
	return err;
}

/* what: conf or entry */
static enum api_error remove_namespace(struct api_ctx *ctx, struct lp_str nsp, const char *what)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err;

	api_script_base(&args, ctx, nsp);
	redis_args_addz(&args, ctx->app->settings->redis_prefix);
	redis_args_addz(&args, what);
	err = api_script(ctx, "ns_remove", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

/*
 * Without its settings no script writes anything for a namespace, so they go first, and the walk
 * misses nothing. The entry in the list of namespaces goes last: as long as it is there a flush
 * that broke off can be asked for again.
 */
static enum api_error flush(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out)
{
	struct sweep w = {.ctx = ctx, .nsp = nsp, .gone = true};
	enum api_error err = close_namespace(ctx, nsp, true);

	if (err == API_OK)
		err = remove_namespace(ctx, nsp, "conf");
	if (err == API_OK)
		err = sweep(&w, is_any, unlink_keys);
	if (err == API_OK)
		err = clear_archive(ctx, nsp);
	if (err == API_OK)
		err = remove_namespace(ctx, nsp, "entry");
	lp_buf_addz(out, "{}");
	return err;
}

/* Takes legacy clients out of some sets of those ever in a room, in as many steps as it needs. */
static int thin_rooms(void *arg, const struct lp_str *keys, size_t count)
{
	struct sweep *w = arg;
	struct redis_args args = {0};
	char cursor[24] = "0";

	for (size_t done = 0; done < count;) {
		struct redisReply *reply;
		struct lp_str next;

		redis_args_reset(&args);
		api_script_base(&args, w->ctx, w->nsp);
		redis_args_addz(&args, w->before);
		redis_args_addi(&args, PAGE);
		redis_args_addz(&args, cursor);
		for (size_t i = done; i < count && i < done + PAGE; i++)
			redis_args_add(&args, keys[i]);
		w->err = api_script(w->ctx, "legacy_rooms", &args, &reply);
		done = w->err == API_OK ? done + (size_t)redis_reply_int(redis_reply_at(reply, 0))
					: count;
		next = redis_reply_str(redis_reply_at(reply, 1));
		snprintf(cursor, sizeof(cursor), "%.*s", LP_FMT(next));
		redis_reply_free(reply);
	}
	redis_args_clear(&args);
	return w->err == API_OK ? LP_OK : LP_EINVAL;
}

/* Removes legacy clients, and appends their ids as a JSON array. */
static enum api_error remove_legacy(const struct sweep *w, struct lp_buf *out)
{
	struct redis_args args = {0};
	enum api_error err = API_OK;
	int64_t seen = PAGE, skip = 0;

	lp_buf_addc(out, '[');
	while (err == API_OK && seen == PAGE) {
		struct redisReply *reply;

		redis_args_reset(&args);
		api_script_base(&args, w->ctx, w->nsp);
		redis_args_addz(&args, w->before);
		redis_args_addi(&args, skip);
		redis_args_addi(&args, PAGE);
		err = api_script(w->ctx, "legacy_clients", &args, &reply);
		seen = redis_reply_int(redis_reply_at(reply, 0));
		skip += redis_reply_int(redis_reply_at(reply, 1));
		for (size_t i = 2; i < redis_reply_count(reply); i++) {
			if (out->len > 1)
				lp_buf_addc(out, ',');
			lp_json_quote(out, redis_reply_str(redis_reply_at(reply, i)));
		}
		redis_reply_free(reply);
	}
	lp_buf_addc(out, ']');
	redis_args_clear(&args);
	return err;
}

/* By the clock of Redis, which wrote when clients connected. */
static enum api_error read_before(struct sweep *w)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err = API_UNAVAILABLE;

	redis_args_addz(&args, "TIME");
	if (redis_command(w->ctx->redis, &args, &reply) == LP_OK) {
		snprintf(w->before, sizeof(w->before), "%" PRId64,
			 redis_reply_int(redis_reply_at(reply, 0)) * 1000 -
				 w->ctx->app->settings->client_legacy_expire);
		err = API_OK;
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

/*
 * First out of the rooms and then as such, so that what breaks off can be asked for again. Nobody
 * connects meanwhile: the namespace is offline.
 */
static enum api_error clear_legacy(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out)
{
	struct sweep w = {.ctx = ctx, .nsp = nsp};
	enum api_error err = close_namespace(ctx, nsp, false);

	if (err == API_OK)
		err = read_before(&w);
	if (err == API_OK)
		err = sweep(&w, is_ever, thin_rooms);
	return err == API_OK ? remove_legacy(&w, out) : err;
}

/* Calls what is to be done with the namespace of that name; the slash in front may be missing. */
static void act(struct api_ctx *ctx, struct api_resp *resp, struct lp_str name,
		enum api_error (*action)(struct api_ctx *ctx, struct lp_str nsp,
					 struct lp_buf *out))
{
	struct lp_buf nsp = {0};
	enum api_error err = API_NAMESPACE_OPEN; /* one that can not be is not offline */

	if (!lp_str_starts(name, LP_STR("/")))
		lp_buf_addc(&nsp, '/');
	lp_buf_adds(&nsp, name);
	if (ident_namespace(ctx->app->rules, lp_buf_str(&nsp)))
		err = action(ctx, lp_buf_str(&nsp), &resp->body);
	if (err != API_OK)
		api_fail(resp, err);
	lp_buf_clear(&nsp);
}

void api_namespace_clear(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	act(ctx, resp, lp_buf_str(&req->arg), clear);
}

void api_namespace_flush(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	act(ctx, resp, lp_buf_str(&req->arg), flush);
}

void api_namespace_clear_realtime(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct lp_str nsp = lp_json_str(req->body, "namespace");

	if (nsp.n)
		act(ctx, resp, nsp, clear_realtime);
	else
		api_fail(resp, API_KEY_MISSING);
}

void api_namespace_clear_legacy(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct lp_str nsp = lp_json_str(req->body, "namespace");

	if (nsp.n)
		act(ctx, resp, nsp, clear_legacy);
	else
		api_fail(resp, API_KEY_MISSING);
}
