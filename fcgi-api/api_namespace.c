#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/nsp_settings.h"
#include "fcgi-api/password.h"

#define SAVE_TRIES 10 /* when others save the same namespace at the same time */

void api_namespace_get(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	nsp_settings_args(&args, ctx->app->settings->redis_prefix, req->user);
	if (redis_command(ctx->redis, &args, &reply) == LP_OK) {
		lp_buf_addc(&resp->body, '{');
		nsp_settings_json(&resp->body, reply);
		lp_buf_addc(&resp->body, '}');
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* Appends the fields and values for ns_save.lua, apns_list apart. */
static enum api_error save_args(struct redis_args *args, struct json_object *body)
{
	static const char *const texts[] = {"name", "connect_callback", "disconnect_callback",
					    "callback_auth"};
	struct lp_str value;
	int rc;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		rc = api_param_text(body, texts[i], &value);
		if (rc == LP_EINVAL)
			return API_SETTING_INVALID;
		if (rc == LP_OK) {
			redis_args_addz(args, texts[i]);
			redis_args_add(args, value);
		}
	}
	rc = api_param_text(body, "offline", &value);
	if (rc == LP_EINVAL ||
	    (value.n && !lp_str_eq(value, LP_STR("on")) && !lp_str_eq(value, LP_STR("off"))))
		return API_SETTING_INVALID;
	if (value.n) {
		redis_args_addz(args, "offline");
		redis_args_add(args, value);
	}
	rc = api_param_text(body, "auth_passwd", &value);
	if (rc == LP_EINVAL)
		return API_SETTING_INVALID;
	if (value.n) { /* forms can not show it, so an empty one keeps what there is */
		redis_args_addz(args, "auth_passwd");
		password_hash(&args->text, value);
		redis_args_end(args);
	}
	return API_OK;
}

/* Reads rev and apns_list, and appends the merged list. API_OK and rev (heap), or the error. */
static enum api_error merge_apns(struct api_ctx *ctx, struct redis_args *args, struct lp_str nsp,
				 struct json_object *changes, char **rev)
{
	struct redis_args read = {0};
	struct redisReply *reply;
	enum api_error err = API_UNAVAILABLE;

	redis_args_addz(&read, "HMGET");
	key_of_namespace(&read.text, ctx->app->settings->redis_prefix, nsp, "conf");
	redis_args_end(&read);
	redis_args_addz(&read, "rev");
	redis_args_addz(&read, "apns_list");
	if (redis_command(ctx->redis, &read, &reply) == LP_OK) {
		struct lp_str stored = redis_reply_str(redis_reply_at(reply, 1));

		*rev = redis_reply_nil(redis_reply_at(reply, 0))
			       ? lp_xstrdup("0")
			       : lp_xstrndup(redis_reply_str(redis_reply_at(reply, 0)));
		redis_args_addz(args, "apns_list");
		err = nsp_settings_merge_apns(&args->text, stored, changes) == LP_OK
			      ? API_OK
			      : API_APNS_LIST_INVALID;
		redis_args_end(args);
	}
	redis_reply_free(reply);
	redis_args_clear(&read);
	return err;
}

/* Appends all of b's arguments to a. */
static void join_args(struct redis_args *a, const struct redis_args *b)
{
	for (size_t i = 0; i < b->count; i++)
		redis_args_add(a, redis_args_get(b, i));
}

/* One try. *again: somebody else saved between our reading and writing. */
static enum api_error save_once(struct api_ctx *ctx, struct api_req *req, struct lp_str nsp,
				const struct redis_args *fields, bool *again)
{
	const struct settings *s = ctx->app->settings;
	struct json_object *changes = api_param(req->body, "apns_list");
	struct redis_args args = {0}, apns = {0};
	struct redisReply *reply = NULL;
	enum api_error err = API_OK;
	char *rev = NULL;

	*again = false;
	if (changes)
		err = merge_apns(ctx, &apns, nsp, changes, &rev);
	if (err == API_OK) {
		key_namespace(&args.text, s->redis_prefix, nsp);
		redis_args_end(&args);
		redis_args_addz(&args, s->redis_prefix);
		redis_args_addz(&args, rev ? rev : "");
		redis_args_add(&args, nsp);
		redis_args_add(&args, req->remote_addr);
		redis_args_addi(&args, s->inbox_max_length);
		join_args(&args, fields);
		join_args(&args, &apns);
		if (redis_script(ctx->redis, "ns_save", &args, &reply) != LP_OK) {
			*again = lp_str_eq(redis_reply_error(reply), LP_STR("STALE"));
			err = API_UNAVAILABLE;
		}
	}
	free(rev);
	redis_reply_free(reply);
	redis_args_clear(&args);
	redis_args_clear(&apns);
	return err;
}

static void save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp, struct lp_str nsp)
{
	struct redis_args fields = {0};
	enum api_error err = save_args(&fields, req->body);
	bool again = err == API_OK;

	for (int tries = 0; again && tries < SAVE_TRIES; tries++)
		err = save_once(ctx, req, nsp, &fields, &again);
	if (err == API_OK)
		lp_buf_addz(&resp->body, "{}");
	else
		api_fail(resp, err);
	redis_args_clear(&fields);
}

void api_namespace_save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	save(ctx, req, resp, req->user);
}

void api_namespace_admin_save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct json_object *key = api_param(req->body, "key");
	struct lp_str text = lp_json_str(req->body, "key");
	struct lp_buf nsp = {0};

	if (!text.n || text.p[0] != '/')
		lp_buf_addc(&nsp, '/');
	lp_buf_adds(&nsp, text);
	if (!key || (json_object_is_type(key, json_type_string) && !text.n))
		api_fail(resp, API_KEY_EMPTY);
	else if (!ident_namespace(ctx->app->rules, lp_buf_str(&nsp)))
		api_fail(resp, API_NAMESPACE_INVALID);
	else
		save(ctx, req, resp, lp_buf_str(&nsp));
	lp_buf_clear(&nsp);
}
