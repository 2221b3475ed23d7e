#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/online_counts.h"

#define PAGE_MAX  500 /* messages in one answer */
#define ROOMS_MAX 500 /* rooms in one request */

/*
 * Appends the members of a record from its fields and values. What each connector has delivered
 * is in a field of its own, "@<owner>", and only the sum goes out.
 */
static void add_record(struct lp_buf *out, const struct redisReply *record)
{
	static const struct lp_str count_field = {"onlineClientCount", 17};
	int64_t online = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(record); i += 2) {
		struct lp_str name = redis_reply_str(redis_reply_at(record, i));
		const struct redisReply *value = redis_reply_at(record, i + 1);

		if (lp_str_starts(name, LP_STR("@")) || lp_str_eq(name, count_field)) {
			online += redis_reply_int(value);
			continue;
		}
		lp_json_quote(out, name);
		lp_buf_addc(out, ':');
		lp_json_quote(out, redis_reply_str(value));
		lp_buf_addc(out, ',');
	}
	lp_buf_addf(out, "\"onlineClientCount\":\"%" PRId64 "\"", online);
}

/* Appends an array of strings. */
static void add_list(struct lp_buf *out, const struct redisReply *list)
{
	lp_buf_addc(out, '[');
	for (size_t i = 0; i < redis_reply_count(list); i++) {
		if (i)
			lp_buf_addc(out, ',');
		lp_json_quote(out, redis_reply_str(redis_reply_at(list, i)));
	}
	lp_buf_addc(out, ']');
}

/* Appends ,"name":[...] unless the script gave none. */
static void add_optional(struct lp_buf *out, const char *name, const struct redisReply *list)
{
	if (redis_reply_nil(list))
		return;
	lp_buf_addc(out, ',');
	lp_json_quote(out, lp_cstr(name));
	lp_buf_addc(out, ':');
	add_list(out, list);
}

static void base_arg(struct redis_args *args, const struct api_ctx *ctx, struct lp_str nsp)
{
	key_namespace(&args->text, ctx->app->settings->redis_prefix, nsp);
	redis_args_end(args);
}

void api_report_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	int64_t most = ctx->app->settings->push_message_list_max_limit, page, size;
	struct redis_args args = {0};
	struct redisReply *reply;

	if (!api_param_count(req->params, "page", 1, &page) ||
	    !api_param_count(req->params, "size", 20, &size)) {
		api_fail(resp, API_PAGE_INVALID);
		return;
	}
	if (size > PAGE_MAX)
		size = PAGE_MAX;
	if (page - 1 > most / size) { /* past the end; no overflow below */
		lp_buf_addz(&resp->body, "[]");
		return;
	}
	base_arg(&args, ctx, req->user);
	redis_args_addi(&args, (page - 1) * size);
	redis_args_addi(&args, size);
	if (redis_script(ctx->redis, "report_list", &args, &reply) == LP_OK) {
		lp_buf_addc(&resp->body, '[');
		for (size_t i = 0; i < redis_reply_count(reply); i++) {
			lp_buf_addz(&resp->body, i ? ",{" : "{");
			add_record(&resp->body, redis_reply_at(reply, i));
			lp_buf_addc(&resp->body, '}');
		}
		lp_buf_addc(&resp->body, ']');
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* An id is what push.lua gave: digits, no zero in front. */
static bool is_id(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < (i ? '0' : '1') || s.p[i] > '9')
			return false;
	}
	return s.n && s.n < 20;
}

void api_report_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	if (!is_id(lp_buf_str(&req->arg))) {
		api_fail(resp, API_MESSAGE_NOT_FOUND);
		return;
	}
	base_arg(&args, ctx, req->user);
	redis_args_add(&args, lp_buf_str(&req->arg));
	redis_args_addz(&args, push_msg_flag(api_param(req->params, "ackDetail")) ? "1" : "0");
	redis_args_addi(&args, ctx->app->settings->report_push_ack_detail_max_limit);
	if (redis_script(ctx->redis, "report_message", &args, &reply) != LP_OK) {
		api_fail(resp, API_UNAVAILABLE);
	} else if (redis_reply_nil(reply)) {
		api_fail(resp, API_MESSAGE_NOT_FOUND);
	} else {
		lp_buf_addc(&resp->body, '{');
		add_record(&resp->body, redis_reply_at(reply, 0));
		add_optional(&resp->body, "ackWebDetail", redis_reply_at(reply, 1));
		add_optional(&resp->body, "ackIOSDetail", redis_reply_at(reply, 2));
		add_optional(&resp->body, "ackAndroidDetail", redis_reply_at(reply, 3));
		lp_buf_addc(&resp->body, '}');
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* The namespace as a whole. */
static void report_namespace(struct api_ctx *ctx, struct lp_str nsp, bool detail,
			     struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	struct online_counts counts;

	base_arg(&args, ctx, nsp);
	redis_args_addz(&args, detail ? "1" : "0");
	redis_args_addi(&args, ctx->app->settings->report_online_list_max_limit);
	if (redis_script(ctx->redis, "report_online", &args, &reply) == LP_OK) {
		counts.rooms = redis_reply_int(redis_reply_at(reply, 0));
		counts.users = redis_reply_int(redis_reply_at(reply, 1));
		counts.clients = redis_reply_int(redis_reply_at(reply, 2));
		counts.ever = redis_reply_int(redis_reply_at(reply, 3));
		lp_buf_addc(&resp->body, '{');
		online_counts_json(&resp->body, &counts);
		add_optional(&resp->body, "room", redis_reply_at(reply, 4));
		add_optional(&resp->body, "client", redis_reply_at(reply, 5));
		add_optional(&resp->body, "user", redis_reply_at(reply, 6));
		lp_buf_addc(&resp->body, '}');
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* A row of report_room.lua. */
static void add_room(struct lp_buf *out, struct lp_str name, const struct redisReply *row)
{
	int64_t n[7];

	for (size_t i = 0; i < 7; i++)
		n[i] = redis_reply_int(redis_reply_at(row, i));
	lp_buf_addz(out, "{\"name\":");
	lp_json_quote(out, name);
	lp_buf_addf(out,
		    ",\"userCount\":%" PRId64 ",\"clientCount\":%" PRId64
		    ",\"totalClientCount\":%" PRId64 ",\"iosClientCount\":%" PRId64
		    ",\"totalIOSClientCount\":%" PRId64 ",\"androidClientCount\":%" PRId64
		    ",\"totalAndroidClientCount\":%" PRId64,
		    n[6], n[0] + n[1] + n[2], n[3] + n[4] + n[5], n[1], n[4], n[2], n[5]);
	add_optional(out, "client", redis_reply_at(row, 7));
	add_optional(out, "user", redis_reply_at(row, 8));
	lp_buf_addc(out, '}');
}

static void report_rooms(struct api_ctx *ctx, struct lp_str nsp, const struct lp_str *rooms,
			 size_t count, bool detail, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	base_arg(&args, ctx, nsp);
	redis_args_addz(&args, detail ? "1" : "0");
	redis_args_addi(&args, ctx->app->settings->report_online_list_max_limit);
	for (size_t i = 0; i < count; i++)
		redis_args_add(&args, rooms[i]);
	if (redis_script(ctx->redis, "report_room", &args, &reply) == LP_OK) {
		lp_buf_addc(&resp->body, '[');
		for (size_t i = 0; i < count; i++) {
			if (i)
				lp_buf_addc(&resp->body, ',');
			add_room(&resp->body, rooms[i], redis_reply_at(reply, i));
		}
		lp_buf_addc(&resp->body, ']');
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/*
 * The rooms asked for, one or an array; empty ones count as absent. Returns how many, borrowed in
 * rooms, or -1 when one is no room's name or there are too many.
 */
static int read_rooms(const struct api_ctx *ctx, const struct api_req *req,
		      struct lp_str rooms[ROOMS_MAX])
{
	struct json_object *given = api_param(req->params, "room"), *one = given;
	bool many = json_object_is_type(given, json_type_array);
	size_t n = many ? json_object_array_length(given) : given ? 1 : 0;
	int count = 0;

	for (size_t i = 0; i < n; i++) {
		if (many)
			one = json_object_array_get_idx(given, i);
		if (!json_object_is_type(one, json_type_string))
			return -1;
		if (!json_object_get_string_len(one))
			continue;
		if (count == ROOMS_MAX)
			return -1;
		rooms[count] = lp_str(json_object_get_string(one),
				      (size_t)json_object_get_string_len(one));
		if (!ident_room(ctx->app->rules, rooms[count++]))
			return -1;
	}
	return count;
}

static void report_online(struct api_ctx *ctx, struct api_req *req, struct lp_str nsp,
			  struct api_resp *resp)
{
	bool detail = push_msg_flag(api_param(req->params, "detail"));
	struct lp_str rooms[ROOMS_MAX];
	int count = read_rooms(ctx, req, rooms);

	if (count < 0)
		api_fail(resp, API_ROOM_INVALID);
	else if (count)
		report_rooms(ctx, nsp, rooms, (size_t)count, detail, resp);
	else
		report_namespace(ctx, nsp, detail, resp);
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
		api_fail(resp, API_NAMESPACE_INVALID);
	else if (!text.n)
		report_platform(ctx, resp);
	else if (!ident_namespace(ctx->app->rules, lp_buf_str(&nsp)))
		api_fail(resp, API_NAMESPACE_INVALID);
	else
		report_online(ctx, req, lp_buf_str(&nsp), resp);
	lp_buf_clear(&nsp);
}
