#include "config.h"

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_room.h"
#include "fcgi-api/api_script.h"

#define SOURCES_MAX 500 /* rooms that one transfer takes from */
#define QUIET_MAX   100 /* rooms in each of add and remove */
/* Clients that one script changes, so that it takes Redis about a millisecond. */
#define PAGE 100

struct transfer {
	struct lp_str nsp, target;
	const char *type; /* join, leave */
	struct lp_str sources[SOURCES_MAX];
	size_t count;
	const char *missing; /* with API_TRANSFER_EMPTY */
};

/* Not given, or given as nothing. */
static bool is_empty(struct json_object *value)
{
	if (json_object_is_type(value, json_type_array))
		return json_object_array_length(value) == 0;
	if (json_object_is_type(value, json_type_string))
		return json_object_get_string_len(value) == 0;
	return !value;
}

static enum api_error read_transfer(const struct api_ctx *ctx, const struct api_req *req,
				    struct transfer *t)
{
	static const char *const names[] = {"targetRoom", "sourceRooms", "type"};
	int count;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		t->missing = names[i];
		if (is_empty(api_param(req->body, names[i])))
			return API_TRANSFER_EMPTY;
	}
	t->target = lp_json_str(req->body, "targetRoom");
	if (!ident_room(ctx->app->rules, t->target))
		return API_TARGET_ROOM_INVALID;
	count = api_param_rooms(ctx->app, req->body, "sourceRooms", t->sources, SOURCES_MAX);
	if (count < 1)
		return API_SOURCE_ROOM_INVALID;
	t->count = (size_t)count;
	t->type = lp_str_eq(lp_json_str(req->body, "type"), LP_STR("join")) ? "join" : "leave";
	return API_OK;
}

/* Those online: the connectors move them. */
static enum api_error transfer_online(struct api_ctx *ctx, const struct transfer *t)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err;

	api_script_base(&args, ctx, t->nsp);
	redis_args_addz(&args, s->redis_prefix);
	redis_args_addi(&args, s->inbox_max_length);
	redis_args_add(&args, t->target);
	redis_args_addz(&args, t->type);
	for (size_t i = 0; i < t->count; i++) {
		lp_buf_addc(&args.text, i ? ',' : '[');
		lp_json_quote(&args.text, t->sources[i]);
	}
	lp_buf_addc(&args.text, ']');
	redis_args_end(&args);
	for (size_t i = 0; i < t->count; i++)
		redis_args_add(&args, t->sources[i]);
	err = api_script(ctx, "transfer", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

/* Everybody who was ever in a source room, for offline delivery. */
static enum api_error transfer_ever(struct api_ctx *ctx, const struct transfer *t)
{
	struct redis_args args = {0};
	enum api_error err = API_OK;

	for (size_t i = 0; i < t->count; i++) {
		for (int p = 0; p < PLATFORM_COUNT && err == API_OK; p++) {
			redis_args_reset(&args);
			api_script_base(&args, ctx, t->nsp);
			redis_args_add(&args, t->sources[i]);
			redis_args_add(&args, t->target);
			redis_args_addz(&args, t->type);
			redis_args_addz(&args, platform_name((enum platform)p));
			err = api_script_pages(ctx, "transfer_ever", &args, PAGE);
		}
	}
	redis_args_clear(&args);
	return err;
}

static void answer(struct api_resp *resp, enum api_error err)
{
	if (err == API_OK)
		lp_buf_addz(&resp->body, "{}");
	else
		api_fail(resp, err);
}

void api_room_transfer(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct transfer t = {.nsp = req->user};
	enum api_error err = req->offline ? API_NAMESPACE_OFFLINE : read_transfer(ctx, req, &t);

	if (err == API_OK)
		err = transfer_online(ctx, &t);
	if (err == API_OK)
		err = transfer_ever(ctx, &t);
	if (err == API_TRANSFER_EMPTY)
		api_fail_at(resp, err, t.missing);
	else
		answer(resp, err);
}

/* The room whose clients are meant; false when there is no such name. */
static bool read_room(const struct api_ctx *ctx, const struct api_req *req, struct lp_str *room)
{
	*room = lp_json_str(req->body, "room");
	return ident_room(ctx->app->rules, *room);
}

void api_room_apns(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct lp_str room, add[QUIET_MAX], remove[QUIET_MAX];
	enum api_error err = API_OK;
	int adds, removes;

	if (!read_room(ctx, req, &room)) {
		api_fail(resp, API_ROOM_MISSING);
		return;
	}
	adds = api_param_rooms(ctx->app, req->body, "add", add, QUIET_MAX);
	removes = api_param_rooms(ctx->app, req->body, "remove", remove, QUIET_MAX);
	if (adds < 0 || removes < 0) {
		api_fail_at(resp, API_ROOM_INVALID, adds < 0 ? "add" : "remove");
		return;
	}
	if (adds + removes) {
		struct redis_args args = {0};

		api_script_base(&args, ctx, req->user);
		redis_args_add(&args, room);
		redis_args_addi(&args, adds);
		for (int i = 0; i < adds; i++)
			redis_args_add(&args, add[i]);
		for (int i = 0; i < removes; i++)
			redis_args_add(&args, remove[i]);
		err = api_script_pages(ctx, "room_quiet", &args, PAGE / (adds + removes) + 1);
		redis_args_clear(&args);
	}
	answer(resp, err);
}

void api_room_leave_message(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	bool leave = push_msg_flag(api_param(req->body, "leaveMessage"));
	struct redis_args args = {0};
	enum api_error err = API_OK;
	struct lp_str room;

	if (!read_room(ctx, req, &room)) {
		api_fail(resp, API_ROOM_MISSING);
		return;
	}
	for (int p = 0; p < PLATFORM_COUNT && err == API_OK; p++) {
		redis_args_reset(&args);
		api_script_base(&args, ctx, req->user);
		redis_args_add(&args, room);
		redis_args_addz(&args, leave ? "true" : "false");
		redis_args_addz(&args, platform_name((enum platform)p));
		err = api_script_pages(ctx, "room_leave_message", &args, PAGE);
	}
	answer(resp, err);
	redis_args_clear(&args);
}
