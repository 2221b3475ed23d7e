#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/api_timeline.h"
#include "fcgi-api/archive_read.h"

/* The words of lua/lib/offline.lua. */
static const struct {
	const char *word;
	/* Names of the words that follow; the last one takes the rest. */
	const char *members[4];
} steps[] = {
	{"stored", {NULL}},
	{"sending", {"worker"}},
	{"retry", {"until", "provider", "answer"}},
	{"next", {NULL}},
	{"delivered", {"provider", "answer"}},
	{"gone", {"provider", "answer"}},
	{"refused", {"provider", "answer"}},
	{"expired", {"provider", "answer"}},
	{"cancelled", {NULL}},
};

static struct lp_str field(const struct redisReply *record, const char *name)
{
	for (size_t i = 0; i + 1 < redis_reply_count(record); i += 2) {
		if (lp_str_eq(redis_reply_str(redis_reply_at(record, i)), lp_cstr(name)))
			return redis_reply_str(redis_reply_at(record, i + 1));
	}
	return lp_str(NULL, 0);
}

/* Begins a step; time: ms as text, empty when nobody has noted it. */
static void begin(struct lp_buf *out, struct lp_str time, struct lp_str event)
{
	if (out->data[out->len - 1] != '[')
		lp_buf_addc(out, ',');
	lp_buf_addz(out, "{\"time\":");
	lp_buf_adds(out, time.n ? time : LP_STR("null"));
	lp_buf_addz(out, ",\"event\":");
	lp_json_quote(out, event);
}

static void add_text(struct lp_buf *out, const char *name, struct lp_str value)
{
	lp_buf_addc(out, ',');
	lp_json_quote(out, lp_cstr(name));
	lp_buf_addc(out, ':');
	lp_json_quote(out, value);
}

/* For each connector that wrote to clients: "@<owner>" in the record says to how many. */
static void add_routes(struct lp_buf *out, const struct redisReply *record)
{
	for (size_t i = 0; i + 1 < redis_reply_count(record); i += 2) {
		struct lp_str name = redis_reply_str(redis_reply_at(record, i));
		int64_t clients[PLATFORM_COUNT] = {0};

		if (!lp_str_starts(name, LP_STR("@")))
			continue;
		api_report_delivered(redis_reply_str(redis_reply_at(record, i + 1)), clients);
		begin(out, lp_str(NULL, 0), LP_STR("written"));
		add_text(out, "connector", lp_str_from(name, 1));
		lp_buf_addf(out, ",\"clients\":%" PRId64 "}",
			    clients[PLATFORM_WEB] + clients[PLATFORM_IOS] +
				    clients[PLATFORM_ANDROID]);
	}
}

static struct lp_str take_word(struct lp_str *rest)
{
	struct lp_str word = lp_str(rest->p, lp_str_find(*rest, ' '));

	*rest = lp_str_from(*rest, word.n + 1);
	return word;
}

static void add_members(struct lp_buf *out, struct lp_str word, struct lp_str rest)
{
	const char *const *member = NULL;

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		if (lp_str_eq(word, lp_cstr(steps[i].word)))
			member = steps[i].members;
	}
	for (; member && *member && rest.n; member++)
		add_text(out, *member, member[1] ? take_word(&rest) : rest);
}

static void add_lines(struct lp_buf *out, struct lp_str lines)
{
	while (lines.n) {
		struct lp_str line = lp_str(lines.p, lp_str_find(lines, '\n'));
		struct lp_str rest = line, time = take_word(&rest), word = take_word(&rest);

		lines = lp_str_from(lines, line.n + 1);
		begin(out, time, word);
		add_members(out, word, rest);
		lp_buf_addc(out, '}');
	}
}

/* It has been decided about nobody yet: offline delivery begins then. */
static void add_waiting(struct lp_buf *out, const struct redisReply *record, int64_t timeout,
			struct lp_str now)
{
	struct lp_str sent = field(record, "sendDate");
	uint64_t due = sent.n ? strtoull(sent.p, NULL, 10) + (uint64_t)timeout : 0;
	struct lp_buf time = {0};

	if (!lp_str_eq(field(record, "leaveMessage"), LP_STR("true")) ||
	    due <= (now.n ? strtoull(now.p, NULL, 10) : 0))
		return;
	lp_buf_addu(&time, due);
	begin(out, lp_buf_str(&time), LP_STR("waiting"));
	lp_buf_addc(out, '}');
	lp_buf_clear(&time);
}

static void add_timeline(struct lp_buf *out, const struct redisReply *reply, int64_t timeout)
{
	const struct redisReply *record = redis_reply_at(reply, 0);
	bool acked = redis_reply_str(redis_reply_at(reply, 1)).n > 0;

	lp_buf_addz(out, "{\"id\":");
	lp_json_quote(out, field(record, "id"));
	lp_buf_addz(out, ",\"list\":[");
	begin(out, field(record, "sendDate"), LP_STR("accepted"));
	add_text(out, "room", field(record, "room"));
	lp_buf_addc(out, '}');
	add_routes(out, record);
	add_lines(out, redis_reply_str(redis_reply_at(reply, 2)));
	if (acked) {
		begin(out, lp_str(NULL, 0), LP_STR("acked"));
		lp_buf_addc(out, '}');
	} else {
		add_waiting(out, record, timeout, redis_reply_str(redis_reply_at(reply, 3)));
	}
	lp_buf_addz(out, "]}");
}

/* Of what has expired the archive knows no more than that it was accepted. */
static void add_archived(void *arg, const struct history_record *record)
{
	struct lp_buf *out = arg;

	lp_buf_addz(out, "{\"id\":");
	lp_json_quote(out, record->field[HISTORY_ID]);
	lp_buf_addz(out, ",\"list\":[");
	begin(out, record->field[HISTORY_SEND_DATE], LP_STR("accepted"));
	add_text(out, "room", record->field[HISTORY_ROOM]);
	lp_buf_addz(out, "}]}");
}

static void timeline_archived(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	int rc = LP_ENOENT;

	if (ctx->archive)
		rc = archive_read_message(ctx->archive, req->user, lp_buf_str(&req->arg),
					  add_archived, &resp->body);
	if (rc == LP_ENOENT)
		api_fail(resp, API_MESSAGE_NOT_FOUND);
	else if (rc != LP_OK)
		api_fail_text(resp, API_ARCHIVE_UNAVAILABLE, archive_reader_why(ctx->archive));
}

void api_timeline(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0};
	struct redisReply *reply;
	struct lp_str client = {NULL, 0};

	if (api_param_text(req->params, "client", &client) == LP_EINVAL) {
		api_fail_at(resp, API_CLIENT_NOT_FOUND, "client");
		return;
	}
	if (!api_report_id(lp_buf_str(&req->arg))) {
		api_fail(resp, API_MESSAGE_NOT_FOUND);
		return;
	}
	api_script_base(&args, ctx, req->user);
	redis_args_add(&args, lp_buf_str(&req->arg));
	redis_args_add(&args, client);
	if (redis_script(ctx->redis, "report_timeline", &args, &reply) != LP_OK)
		api_fail(resp, API_UNAVAILABLE);
	else if (redis_reply_nil(reply))
		timeline_archived(ctx, req, resp);
	else
		add_timeline(&resp->body, reply, s->worker_message_timeout);
	redis_reply_free(reply);
	redis_args_clear(&args);
}
