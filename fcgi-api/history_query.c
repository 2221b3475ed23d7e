#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/lp_json.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/history_query.h"
#include "fcgi-api/list_cursor.h"

#define APNS_NAME_MAX 100 /* bytes: that of a push provider */

static bool refuse(struct api_resp *resp, const char *field, const char *msg)
{
	api_fail_field(resp, field, msg);
	return false;
}

bool history_query_times(struct json_object *params, struct api_resp *resp, int64_t *from,
			 int64_t *to)
{
	if (api_param_time(params, "from", from) == LP_EINVAL)
		return refuse(resp, "from", "from must be ms since 1970 or ISO 8601");
	if (api_param_time(params, "to", to) == LP_EINVAL)
		return refuse(resp, "to", "to must be ms since 1970 or ISO 8601");
	return *from < *to || refuse(resp, "to", "to must be later than from");
}

static bool read_names(struct history_query *q, struct api_ctx *ctx, struct api_req *req,
		       struct api_resp *resp)
{
	if (api_param_text(req->params, "room", &q->room) == LP_EINVAL ||
	    (q->room.n && !ident_room(ctx->app->rules, q->room)))
		return refuse(resp, "room", "room invalid");
	if (api_param_text(req->params, "apnsName", &q->apns_name) == LP_EINVAL ||
	    q->apns_name.n > APNS_NAME_MAX)
		return refuse(resp, "apnsName", "apnsName must be a text of at most 100 bytes");
	if (api_param_text(req->params, "q", &q->text) == LP_EINVAL || q->text.n > HISTORY_TEXT_MAX)
		return refuse(resp, "q", "q must be a text of at most 200 bytes");
	return true;
}

static bool read_leave(struct history_query *q, struct api_req *req, struct api_resp *resp)
{
	static const struct {
		struct lp_str word;
		int leave;
	} words[] = {
		{{"", 0}, -1}, {{"true", 4}, 1}, {{"1", 1}, 1}, {{"false", 5}, 0}, {{"0", 1}, 0}};
	struct lp_str text;

	if (api_param_text(req->params, "leaveMessage", &text) != LP_EINVAL) {
		for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
			if (lp_str_eq(text, words[i].word)) {
				q->leave = words[i].leave;
				return true;
			}
		}
	}
	return refuse(resp, "leaveMessage", "leaveMessage must be true or false");
}

static uint64_t number_of(const struct history_query *q)
{
	struct lp_buf numbers = {0};
	struct lp_str parts[] = {LP_STR("history"), q->nsp,  q->room,
				 q->apns_name,      q->text, {NULL, 0}};
	uint64_t n;

	lp_buf_addu(&numbers, (uint64_t)q->from);
	lp_buf_addc(&numbers, ' ');
	lp_buf_addu(&numbers, (uint64_t)q->to);
	lp_buf_addc(&numbers, ' ');
	lp_buf_addu(&numbers, (uint64_t)(q->leave + 1));
	parts[5] = lp_buf_str(&numbers);
	n = list_cursor_hash(parts, sizeof(parts) / sizeof(parts[0]));
	lp_buf_clear(&numbers);
	return n;
}

static bool read_place(struct api_req *req, struct api_resp *resp, uint64_t number, int64_t *size,
		       struct history_cursor *cursor)
{
	struct lp_str text;

	*size = HISTORY_SIZE;
	if (api_param_int(req->params, "size", 1, HISTORY_SIZE_MAX, size) == LP_EINVAL)
		return refuse(resp, "size", "size must be a number from 1 to 500");
	if (api_param_text(req->params, "cursor", &text) == LP_EINVAL ||
	    history_cursor_decode(cursor, number, text) != LP_OK)
		return refuse(resp, "cursor", "cursor is not one of this query");
	return true;
}

bool history_query_read(struct history_query *q, struct api_ctx *ctx, struct api_req *req,
			struct api_resp *resp)
{
	*q = (struct history_query){.nsp = req->user, .leave = -1, .to = INT64_MAX};
	if (!read_names(q, ctx, req, resp) || !read_leave(q, req, resp) ||
	    !history_query_times(req->params, resp, &q->from, &q->to))
		return false;
	q->number = number_of(q);
	return read_place(req, resp, q->number, &q->size, &q->cursor);
}

bool history_query_clients(struct history_clients_query *q, struct api_ctx *ctx,
			   struct api_req *req, struct api_resp *resp)
{
	const struct ident_rules *rules = ctx->app->rules;
	char times[50];

	*q = (struct history_clients_query){.nsp = req->user, .to = INT64_MAX};
	if (api_param_text(req->params, "client", &q->client) == LP_EINVAL ||
	    (q->client.n && !ident_is_client(rules, q->nsp, q->client)))
		return refuse(resp, "client", "client invalid");
	if (api_param_text(req->params, "user", &q->user) == LP_EINVAL ||
	    (q->user.n && !ident_userid(rules, q->user)))
		return refuse(resp, "user", "user invalid");
	if (!history_query_times(req->params, resp, &q->from, &q->to))
		return false;
	snprintf(times, sizeof(times), "%" PRId64 " %" PRId64, q->from, q->to);
	q->number = list_cursor_hash((struct lp_str[]){LP_STR("history clients"), q->nsp, q->client,
						       q->user, lp_cstr(times)},
				     5);
	return read_place(req, resp, q->number, &q->size, &q->cursor);
}
