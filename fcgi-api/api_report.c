#include "config.h"

#include <ctype.h>
#include <inttypes.h>

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/archive_read.h"

#define PAGE_MAX 500 /* messages in one answer */

void api_report_delivered(struct lp_str counts, int64_t online[PLATFORM_COUNT])
{
	for (int p = 0; p < PLATFORM_COUNT && counts.n; p++) {
		size_t n = lp_str_find(counts, '/');
		int64_t count = 0;

		for (size_t i = 0; i < n && i < 18 && isdigit((unsigned char)counts.p[i]); i++)
			count = count * 10 + (counts.p[i] - '0');
		online[p] += count;
		counts = lp_str_from(counts, n + 1);
	}
}

/*
 * Appends the members of a record from its fields and values. What each connector has delivered
 * is in a field of its own, "@<owner>", and only the sums go out.
 */
static void add_record(struct lp_buf *out, const struct redisReply *record)
{
	int64_t online[PLATFORM_COUNT] = {0};

	for (size_t i = 0; i + 1 < redis_reply_count(record); i += 2) {
		struct lp_str name = redis_reply_str(redis_reply_at(record, i));
		struct lp_str value = redis_reply_str(redis_reply_at(record, i + 1));

		if (lp_str_starts(name, LP_STR("@"))) {
			api_report_delivered(value, online);
			continue;
		}
		lp_json_quote(out, name);
		lp_buf_addc(out, ':');
		lp_json_quote(out, value);
		lp_buf_addc(out, ',');
	}
	lp_buf_addf(out,
		    "\"onlineClientCount\":\"%" PRId64 "\",\"onlineWebCount\":\"%" PRId64
		    "\",\"onlineIOSCount\":\"%" PRId64 "\",\"onlineAndroidCount\":\"%" PRId64 "\"",
		    online[PLATFORM_WEB] + online[PLATFORM_IOS] + online[PLATFORM_ANDROID],
		    online[PLATFORM_WEB], online[PLATFORM_IOS], online[PLATFORM_ANDROID]);
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

static void add_archived(void *arg, const struct history_record *record)
{
	struct lp_buf *out = arg;

	lp_buf_addc(out, '{');
	history_record_json(out, record);
	lp_buf_addc(out, '}');
}

/* Appends the page; what has expired comes from the archive, or is left out. */
static void add_page(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out,
		     const struct redisReply *page)
{
	bool readable = ctx->archive;

	lp_buf_addc(out, '[');
	for (size_t i = 0; i < redis_reply_count(page); i++) {
		const struct redisReply *one = redis_reply_at(page, i);
		struct lp_str id = redis_reply_str(one);
		size_t before = out->len;
		int rc = LP_ENOENT;

		if (before > 1 && out->data[before - 1] == '}')
			lp_buf_addc(out, ',');
		if (redis_reply_count(one)) {
			lp_buf_addc(out, '{');
			add_record(out, one);
			lp_buf_addc(out, '}');
			continue;
		}
		if (readable && api_report_id(id))
			rc = archive_read_message(ctx->archive, nsp, id, add_archived, out);
		if (rc != LP_OK)
			out->len = before;
		readable = readable && (rc == LP_OK || rc == LP_ENOENT);
	}
	lp_buf_addc(out, ']');
}

void api_report_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	int64_t most = ctx->app->settings->push_message_list_max_limit, page, size;
	struct redis_args args = {0};
	struct redisReply *reply;

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
	if (page - 1 > most / size) { /* past the end; no overflow below */
		lp_buf_addz(&resp->body, "[]");
		return;
	}
	api_script_base(&args, ctx, req->user);
	redis_args_addi(&args, (page - 1) * size);
	redis_args_addi(&args, size);
	redis_args_addz(&args, ctx->archive ? "1" : "");
	if (redis_script(ctx->redis, "report_list", &args, &reply) == LP_OK)
		add_page(ctx, req->user, &resp->body, reply);
	else
		api_fail(resp, API_UNAVAILABLE);
	redis_reply_free(reply);
	redis_args_clear(&args);
}

bool api_report_id(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < (i ? '0' : '1') || s.p[i] > '9')
			return false;
	}
	return s.n && s.n < 20;
}

/* The archive does not know who acknowledged it. */
static void add_archived_report(void *arg, const struct history_record *record)
{
	lp_buf_addc(arg, '{');
	history_record_json(arg, record);
	lp_buf_addz(arg, ",\"ackWebDetail\":[],\"ackIOSDetail\":[],\"ackAndroidDetail\":[]}");
}

static void report_archived(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	int rc = LP_ENOENT;

	if (ctx->archive)
		rc = archive_read_message(ctx->archive, req->user, lp_buf_str(&req->arg),
					  add_archived_report, &resp->body);
	if (rc == LP_ENOENT)
		api_fail(resp, API_MESSAGE_NOT_FOUND);
	else if (rc != LP_OK)
		api_fail_text(resp, API_ARCHIVE_UNAVAILABLE, archive_reader_why(ctx->archive));
}

void api_report_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	if (!api_report_id(lp_buf_str(&req->arg))) {
		api_fail(resp, API_MESSAGE_NOT_FOUND);
		return;
	}
	api_script_base(&args, ctx, req->user);
	redis_args_add(&args, lp_buf_str(&req->arg));
	redis_args_addz(&args, push_msg_flag(api_param(req->params, "ackDetail")) ? "1" : "0");
	redis_args_addi(&args, ctx->app->settings->report_push_ack_detail_max_limit);
	if (redis_script(ctx->redis, "report_message", &args, &reply) != LP_OK) {
		api_fail(resp, API_UNAVAILABLE);
	} else if (redis_reply_nil(reply)) {
		report_archived(ctx, req, resp);
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
