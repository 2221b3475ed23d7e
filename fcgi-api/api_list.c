#include "config.h"

#include <inttypes.h>

#include "common/lp_json.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_list.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/list_page.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX     1000
/* Of one call to Redis, which then has time for others: well below a ms. */
#define CLIENTS_STEP 50
#define ROOMS_STEP   100
#define NAMES_STEP   500 /* rooms of those clients */

/* What was asked for. */
struct query {
	const char *what;
	int64_t size;
	struct lp_str room, user, part; /* empty: any */
	uint64_t number;                /* see list_cursor_hash() */
	struct lp_buf base;             /* B */
	struct list_source source;
	struct lp_buf keys[3];
	struct list_cursor cursor;
};

static void query_clear(struct query *q)
{
	lp_buf_clear(&q->base);
	for (size_t i = 0; i < 3; i++)
		lp_buf_clear(&q->keys[i]);
	list_cursor_clear(&q->cursor);
}

/* Part of the name, size and cursor, when all else is there. False when the answer is an error. */
static bool read_place(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
		       struct query *q)
{
	struct lp_str parts[] = {lp_cstr(q->what), req->user, q->room, q->user, {NULL, 0}};
	struct lp_str text;

	if (api_param_text(req->params, "q", &q->part) == LP_EINVAL) {
		api_fail_field(resp, "q", "q must be a text");
		return false;
	}
	q->source.part = parts[4] = q->part;

	q->size = PAGE_DEFAULT;
	if (api_param_int(req->params, "size", 1, PAGE_MAX, &q->size) == LP_EINVAL) {
		api_fail_field(resp, "size", "size must be a number from 1 to 1000");
		return false;
	}
	q->number = list_cursor_hash(parts, sizeof(parts) / sizeof(parts[0]));
	if (api_param_text(req->params, "cursor", &text) == LP_EINVAL ||
	    list_cursor_decode(&q->cursor, q->number, q->source.count, text) != LP_OK) {
		api_fail_field(resp, "cursor", "cursor is not one of this list");
		return false;
	}
	key_namespace(&q->base, ctx->app->settings->redis_prefix, req->user);
	return true;
}

/* A room's or user's name, or empty. False when the answer is an error already. */
static bool read_name(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
		      const char *name, struct lp_str *out)
{
	const struct ident_rules *rules = ctx->app->rules;
	struct lp_buf msg = {0};
	bool good = api_param_text(req->params, name, out) != LP_EINVAL;

	if (good && out->n)
		good = *name == 'r' ? ident_room(rules, *out) : ident_userid(rules, *out);
	if (!good) {
		lp_buf_addf(&msg, "%s invalid", name);
		api_fail_field(resp, name, msg.data);
		lp_buf_clear(&msg);
	}
	return good;
}

/* Closes the list. */
static void add_cursor(struct lp_buf *out, const struct query *q, bool more)
{
	lp_buf_addz(out, "],\"cursor\":");
	if (more) {
		lp_buf_addc(out, '"');
		list_cursor_encode(out, q->number, &q->cursor);
		lp_buf_addz(out, "\"}");
	} else {
		lp_buf_addz(out, "null}");
	}
}

static void separate(struct lp_buf *out)
{
	if (out->data[out->len - 1] != '[')
		lp_buf_addc(out, ',');
}

static void add_text(struct lp_buf *out, const char *name, const struct redisReply *text)
{
	lp_buf_addf(out, "\"%s\":", name);
	lp_json_quote(out, redis_reply_str(text));
	lp_buf_addc(out, ',');
}

/* show: appends what is to be told of some entries from *at on, and moves it behind those. */
static void list_names(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
		       struct query *q,
		       bool (*show)(struct api_ctx *ctx, struct lp_buf *out, const struct query *q,
				    const struct list_item **at))
{
	struct list_page page = {0};
	const struct list_item *at;

	if (read_place(ctx, req, resp, q)) {
		bool good = list_page_read(&page, ctx->redis, lp_buf_str(&q->base), &q->source,
					   (size_t)q->size, &q->cursor);

		at = page.items;
		lp_buf_addz(&resp->body, "{\"list\":[");
		while (good && at)
			good = show(ctx, &resp->body, q, &at);
		if (good)
			add_cursor(&resp->body, q, page.more);
		else
			api_fail(resp, API_UNAVAILABLE);
	}
	list_page_clear(&page);
	query_clear(q);
}

/* --- clients --- */

/* entry: as clients_show.lua returns it. */
static void add_client(struct lp_buf *out, const struct redisReply *entry)
{
	separate(out);
	lp_buf_addc(out, '{');
	add_text(out, "id", redis_reply_at(entry, 0));
	add_text(out, "userid", redis_reply_at(entry, 1));
	add_text(out, "uuid", redis_reply_at(entry, 2));
	add_text(out, "platform", redis_reply_at(entry, 3));
	add_text(out, "connector", redis_reply_at(entry, 4));
	lp_buf_addf(out, "\"connect_time\":%" PRId64 ",\"rooms\":[",
		    redis_reply_int(redis_reply_at(entry, 5)));
	for (size_t i = 6; i < redis_reply_count(entry); i++) {
		separate(out);
		lp_json_quote(out, redis_reply_str(redis_reply_at(entry, i)));
	}
	lp_buf_addz(out, "]}");
}

/* Appends what is to be told of the clients from *at on, and moves it behind those. */
static bool show_clients(struct api_ctx *ctx, struct lp_buf *out, const struct query *q,
			 const struct list_item **at)
{
	const struct list_item *item = *at;
	struct redis_args args = {0};
	struct redisReply *reply;
	bool good;

	redis_args_add(&args, lp_buf_str(&q->base));
	redis_args_add(&args, q->user);
	redis_args_add(&args, q->room);
	redis_args_addi(&args, NAMES_STEP);
	for (int i = 0; item && i < CLIENTS_STEP; i++, item = item->hh.next)
		redis_args_add(&args, lp_str(item->name, item->len));
	good = redis_script(ctx->redis, "clients_show", &args, &reply) == LP_OK;
	for (size_t i = 1; i < redis_reply_count(reply); i++)
		add_client(out, redis_reply_at(reply, i));
	for (int64_t n = redis_reply_int(redis_reply_at(reply, 0)); good && n > 0; n--)
		*at = (*at)->hh.next;
	redis_reply_free(reply);
	redis_args_clear(&args);
	return good;
}

/* Where the clients asked for are found: of a user, those in its own room. */
static void clients_source(struct query *q)
{
	q->source = (struct list_source){"HSCAN", {"clients"}, 1, {NULL, 0}};
	if (!q->room.n && !q->user.n)
		return;
	q->source = (struct list_source){.command = "SSCAN", .count = PLATFORM_COUNT};
	for (int p = 0; p < PLATFORM_COUNT; p++) {
		lp_buf_addz(&q->keys[p], q->user.n ? "room:user_" : "room:");
		lp_buf_adds(&q->keys[p], q->user.n ? q->user : q->room);
		lp_buf_addf(&q->keys[p], ":on:%s", platform_name((enum platform)p));
		q->source.keys[p] = q->keys[p].data;
	}
}

void api_list_clients(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct query q = {.what = "clients"};

	if (!read_name(ctx, req, resp, "room", &q.room) ||
	    !read_name(ctx, req, resp, "user", &q.user))
		return;
	clients_source(&q);
	list_names(ctx, req, resp, &q, show_clients);
}

/* --- rooms --- */

static bool show_rooms(struct api_ctx *ctx, struct lp_buf *out, const struct query *q,
		       const struct list_item **at)
{
	struct redis_args commands[ROOMS_STEP] = {{.count = 0}};
	struct redisReply *replies[ROOMS_STEP];
	const struct list_item *item = *at;
	size_t n = 0;
	bool good;

	for (; item && n < ROOMS_STEP; n++, item = item->hh.next) {
		redis_args_addz(&commands[n], "HLEN");
		lp_buf_adds(&commands[n].text, lp_buf_str(&q->base));
		lp_buf_addz(&commands[n].text, ":room:");
		lp_buf_add(&commands[n].text, item->name, item->len);
		lp_buf_addz(&commands[n].text, ":users");
		redis_args_end(&commands[n]);
	}
	good = redis_pipeline(ctx->redis, commands, n, replies) == LP_OK;
	for (size_t i = 0; i < n; i++) {
		redis_args_clear(&commands[i]);
		if (!good)
			continue;
		separate(out);
		lp_buf_addz(out, "{\"name\":");
		lp_json_quote(out, lp_str((*at)->name, (*at)->len));
		lp_buf_addf(out, ",\"clientCount\":%" PRId64 ",\"userCount\":%" PRId64 "}",
			    (*at)->value, redis_reply_int(replies[i]));
		redis_reply_free(replies[i]);
		*at = (*at)->hh.next;
	}
	return good;
}

void api_list_rooms(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct query q = {.what = "rooms", .source = {"HSCAN", {"rooms"}, 1, {NULL, 0}}};

	list_names(ctx, req, resp, &q, show_rooms);
}

/* --- users --- */

static bool show_user(struct api_ctx *ctx, struct lp_buf *out, const struct query *q,
		      const struct list_item **at)
{
	separate(out);
	lp_buf_addz(out, "{\"userid\":");
	lp_json_quote(out, lp_str((*at)->name, (*at)->len));
	lp_buf_addf(out, ",\"clientCount\":%" PRId64 "}", (*at)->value);
	*at = (*at)->hh.next;
	return true;
}

void api_list_users(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct query q = {.what = "users", .source = {"HSCAN", {"users"}, 1, {NULL, 0}}};

	list_names(ctx, req, resp, &q, show_user);
}
