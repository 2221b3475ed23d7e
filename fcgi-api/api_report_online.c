#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/api_script.h"
#include "common/store/online_counts.h"

#define ROOMS_MAX 500 /* rooms in one request */
#define BATCH     50  /* rooms counted by one script */
#define SCAN_PAGE "500"

/*
 * Adds the members of a set, or the fields of a hash, to names. In pages: a list can be as long as
 * the setting allows. A page may repeat what was in one before, hence an object.
 */
static int scan(struct api_ctx *ctx, const char *command, struct lp_str key,
		struct json_object *names)
{
	size_t step = strcmp(command, "HSCAN") == 0 ? 2 : 1;
	struct redis_args args = {0};
	char *cursor = lp_xstrdup("0");
	int rc;

	do {
		const struct redisReply *page;
		struct redisReply *reply;

		redis_args_reset(&args);
		redis_args_addz(&args, command);
		redis_args_add(&args, key);
		redis_args_addz(&args, cursor);
		redis_args_addz(&args, "COUNT");
		redis_args_addz(&args, SCAN_PAGE);
		rc = redis_command(ctx->redis, &args, &reply);
		free(cursor);
		cursor = lp_xstrndup(redis_reply_str(redis_reply_at(reply, 0)));
		page = redis_reply_at(reply, 1);
		for (size_t i = 0; i < redis_reply_count(page); i += step) {
			/* hiredis terminates its strings, and names have no NUL */
			const char *name = redis_reply_str(redis_reply_at(page, i)).p;

			if (name)
				json_object_object_add(names, name, NULL);
		}
		redis_reply_free(reply);
	} while (rc == LP_OK && *cursor && strcmp(cursor, "0") != 0);
	free(cursor);
	redis_args_clear(&args);
	return rc;
}

/* Appends ,"name":[...] from the keys B:<key><suffix>; suffixes end with NULL. */
static int add_list(struct api_ctx *ctx, struct lp_buf *out, struct lp_str nsp, const char *name,
		    const char *command, struct lp_str key, const char *const *suffixes)
{
	struct json_object *names = json_object_new_object();
	struct lp_buf whole = {0};
	int rc = LP_OK;
	bool first = true;

	for (; *suffixes && rc == LP_OK; suffixes++) {
		lp_buf_reset(&whole);
		key_of_namespace(&whole, ctx->app->settings->redis_prefix, nsp, "");
		lp_buf_adds(&whole, key);
		lp_buf_addz(&whole, *suffixes);
		rc = scan(ctx, command, lp_buf_str(&whole), names);
	}
	lp_buf_addf(out, ",\"%s\":[", name);
	json_object_object_foreach(names, member, value)
	{
		(void)value;
		if (!first)
			lp_buf_addc(out, ',');
		lp_json_quote(out, lp_cstr(member));
		first = false;
	}
	lp_buf_addc(out, ']');
	lp_buf_clear(&whole);
	json_object_put(names);
	return rc;
}

/* The namespace as a whole. */
static int report_namespace(struct api_ctx *ctx, struct lp_str nsp, bool detail, struct lp_buf *out)
{
	static const char *const whole[] = {"", NULL};
	int64_t limit = ctx->app->settings->report_online_list_max_limit;
	struct online_counts counts;
	int rc = online_counts_read(ctx->redis, ctx->app->settings->redis_prefix, &nsp, 1, &counts);

	if (rc != LP_OK)
		return rc;
	lp_buf_addc(out, '{');
	online_counts_json(out, &counts);
	if (detail && counts.rooms <= limit)
		rc = add_list(ctx, out, nsp, "room", "HSCAN", LP_STR("rooms"), whole);
	if (detail && counts.clients <= limit && rc == LP_OK)
		rc = add_list(ctx, out, nsp, "client", "HSCAN", LP_STR("clients"), whole);
	if (detail && counts.users <= limit && rc == LP_OK)
		rc = add_list(ctx, out, nsp, "user", "HSCAN", LP_STR("users"), whole);
	lp_buf_addc(out, '}');
	return rc;
}

static int add_details(struct api_ctx *ctx, struct lp_buf *out, struct lp_str nsp,
		       struct lp_str room, int64_t online, int64_t users, bool own)
{
	static const char *const clients_of[] = {":on:web", ":on:ios", ":on:android", NULL};
	static const char *const users_of[] = {":users", NULL};
	int64_t limit = ctx->app->settings->report_online_list_max_limit;
	struct lp_buf key = {0};
	int rc = LP_OK;

	lp_buf_addz(&key, "room:");
	lp_buf_adds(&key, room);
	if (online <= limit)
		rc = add_list(ctx, out, nsp, "client", "SSCAN", lp_buf_str(&key), clients_of);
	if (own && users <= limit) { /* no list is kept of its one user */
		lp_buf_addz(out, ",\"user\":[");
		lp_json_quote(out, lp_str_from(room, strlen("user_")));
		lp_buf_addc(out, ']');
	} else if (users <= limit && rc == LP_OK) {
		rc = add_list(ctx, out, nsp, "user", "HSCAN", lp_buf_str(&key), users_of);
	}
	lp_buf_clear(&key);
	return rc;
}

/* A row of report_room.lua. */
static int add_room(struct api_ctx *ctx, struct lp_buf *out, struct lp_str nsp, struct lp_str room,
		    const struct redisReply *row, bool detail)
{
	int64_t n[8], online;
	int rc = LP_OK;

	for (size_t i = 0; i < 8; i++)
		n[i] = redis_reply_int(redis_reply_at(row, i));
	online = n[0] + n[1] + n[2];
	lp_buf_addz(out, "{\"name\":");
	lp_json_quote(out, room);
	lp_buf_addf(out,
		    ",\"userCount\":%" PRId64 ",\"clientCount\":%" PRId64
		    ",\"totalClientCount\":%" PRId64 ",\"iosClientCount\":%" PRId64
		    ",\"totalIOSClientCount\":%" PRId64 ",\"androidClientCount\":%" PRId64
		    ",\"totalAndroidClientCount\":%" PRId64,
		    n[6], online, n[3] + n[4] + n[5], n[1], n[4], n[2], n[5]);
	if (detail)
		rc = add_details(ctx, out, nsp, room, online, n[6], n[7]);
	lp_buf_addc(out, '}');
	return rc;
}

/* Appends a part of the array. */
static int add_rooms(struct api_ctx *ctx, struct lp_buf *out, struct lp_str nsp,
		     const struct lp_str *rooms, size_t count, bool detail)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	int rc;

	api_script_base(&args, ctx, nsp);
	for (size_t i = 0; i < count; i++)
		redis_args_add(&args, rooms[i]);
	rc = redis_script(ctx->redis, "report_room", &args, &reply);
	for (size_t i = 0; i < count && rc == LP_OK; i++) {
		if (out->data[out->len - 1] != '[')
			lp_buf_addc(out, ',');
		rc = add_room(ctx, out, nsp, rooms[i], redis_reply_at(reply, i), detail);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	return rc;
}

static int report_rooms(struct api_ctx *ctx, struct lp_str nsp, const struct lp_str *rooms,
			size_t count, bool detail, struct lp_buf *out)
{
	int rc = LP_OK;

	lp_buf_addc(out, '[');
	for (size_t i = 0; i < count && rc == LP_OK; i += BATCH)
		rc = add_rooms(ctx, out, nsp, rooms + i, count - i < BATCH ? count - i : BATCH,
			       detail);
	lp_buf_addc(out, ']');
	return rc;
}

static void report_online(struct api_ctx *ctx, struct api_req *req, struct lp_str nsp,
			  struct api_resp *resp)
{
	bool detail = push_msg_flag(api_param(req->params, "detail"));
	struct lp_str rooms[ROOMS_MAX];
	int count = api_param_rooms(ctx->app, req->params, "room", rooms, ROOMS_MAX);

	int rc;

	if (count < 0) {
		api_fail(resp, API_ROOM_INVALID);
		return;
	}
	rc = count ? report_rooms(ctx, nsp, rooms, (size_t)count, detail, &resp->body)
		   : report_namespace(ctx, nsp, detail, &resp->body);
	if (rc != LP_OK)
		api_fail(resp, API_UNAVAILABLE);
}

void api_report_online(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	report_online(ctx, req, req->user, resp);
}

/* The sums over all namespaces. */
static void report_platform(struct api_ctx *ctx, struct api_resp *resp)
{
	const char *prefix = ctx->app->settings->redis_prefix;
	struct online_counts *counts = NULL, sum = {0};
	struct lp_str *nsps = NULL;
	struct redis_args args = {0};
	struct redisReply *reply;
	size_t n;
	int rc;

	redis_args_addz(&args, "ZRANGE");
	key_of_platform(&args.text, prefix, "namespaces");
	redis_args_end(&args);
	redis_args_addz(&args, "0");
	redis_args_addz(&args, "-1");
	rc = redis_command(ctx->redis, &args, &reply);
	n = redis_reply_count(reply);
	if (rc == LP_OK) {
		nsps = lp_xcalloc(n, sizeof(*nsps));
		counts = lp_xcalloc(n, sizeof(*counts));
		for (size_t i = 0; i < n; i++)
			nsps[i] = redis_reply_str(redis_reply_at(reply, i));
		rc = online_counts_read(ctx->redis, prefix, nsps, n, counts);
	}
	for (size_t i = 0; i < n && rc == LP_OK; i++) {
		sum.rooms += counts[i].rooms;
		sum.users += counts[i].users;
		sum.clients += counts[i].clients;
	}
	if (rc == LP_OK)
		lp_buf_addf(&resp->body,
			    "{\"userCount\":%" PRId64 ",\"roomCount\":%" PRId64
			    ",\"clientCount\":%" PRId64 "}",
			    sum.users, sum.rooms, sum.clients);
	else
		api_fail(resp, API_UNAVAILABLE);
	free(nsps);
	free(counts);
	redis_reply_free(reply);
	redis_args_clear(&args);
}

void api_report_admin_online(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct json_object *given = api_param(req->params, "namespace");
	struct lp_str text = lp_json_str(req->params, "namespace");
	struct lp_buf nsp = {0};

	if (text.n && text.p[0] != '/')
		lp_buf_addc(&nsp, '/');
	lp_buf_adds(&nsp, text);
	if (given && !json_object_is_type(given, json_type_string))
		api_fail_at(resp, API_NAMESPACE_INVALID, "namespace");
	else if (!text.n)
		report_platform(ctx, resp);
	else if (!ident_namespace(ctx->app->rules, lp_buf_str(&nsp)))
		api_fail_at(resp, API_NAMESPACE_INVALID, "namespace");
	else
		report_online(ctx, req, lp_buf_str(&nsp), resp);
	lp_buf_clear(&nsp);
}
