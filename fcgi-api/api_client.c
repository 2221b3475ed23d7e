#include "config.h"

#include <math.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/push/provider_fields.h"
#include "common/store/keys.h"
#include "fcgi-api/api_client.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_script.h"

#define VALUE_MAX 1000 /* bytes of one field */
#define TOKEN_MAX 2048 /* of device_token: subscriptions of browsers are long */

enum kind { TEXT, FLAG, LONGITUDE, LATITUDE };

static const struct {
	const char *name;
	enum kind kind;
} fields[] = {
	{"mobile", TEXT},  {"system", TEXT},         {"leaveMessage", FLAG}, {"userId", TEXT},
	{"nspName", TEXT}, {"longitude", LONGITUDE}, {"latitude", LATITUDE},
};

/* A number of degrees, all of the text. */
static bool is_degrees(struct lp_str text, double max)
{
	char digits[32], *end;
	double degrees;

	if (text.n >= sizeof(digits) || strspn(text.p, "0123456789+-.eE") < text.n)
		return false;
	memcpy(digits, text.p, text.n);
	digits[text.n] = '\0';
	degrees = strtod(digits, &end);
	return end == digits + text.n && fabs(degrees) <= max;
}

/*
 * A token is for APNs, or for the provider that is named: each has a field of its own. The
 * subscription of a browser may come as the object it is.
 */
static bool read_token(struct redis_args *args, struct json_object *body, const char **wrong)
{
	struct json_object *token = api_param(body, "device_token");
	struct lp_str provider, text;
	struct lp_buf json = {0};
	bool ok = api_param_text(body, "push_provider", &provider) != LP_EINVAL &&
		  (!provider.n || provider_name_plausible(provider));

	*wrong = ok ? "device_token" : "push_provider";
	if (!token)
		return ok;
	if (json_object_is_type(token, json_type_object)) {
		lp_json_text(&json, token);
		text = lp_buf_str(&json);
	} else {
		ok = ok && api_param_text(body, "device_token", &text) == LP_OK;
	}
	ok = ok && text.n <= TOKEN_MAX;
	if (ok) {
		lp_buf_addz(&args->text, provider.n ? "device_token:" : "device_token");
		lp_buf_adds(&args->text, provider);
		redis_args_end(args);
		redis_args_add(args, text);
	}
	lp_buf_clear(&json);
	return ok;
}

/* Appends field and value for those that are given; an empty one takes the field away. */
static enum api_error read_fields(struct redis_args *args, struct json_object *body,
				  const char **wrong)
{
	if (!read_token(args, body, wrong))
		return API_CLIENT_FIELD_INVALID;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		struct json_object *value = api_param(body, fields[i].name);
		struct lp_str text;

		if (!value)
			continue;
		*wrong = fields[i].name;
		if (api_param_text(body, fields[i].name, &text) != LP_OK || text.n > VALUE_MAX)
			return API_CLIENT_FIELD_INVALID;
		if (text.n && ((fields[i].kind == LONGITUDE && !is_degrees(text, 180)) ||
			       (fields[i].kind == LATITUDE && !is_degrees(text, 90))))
			return API_CLIENT_FIELD_INVALID;
		if (fields[i].kind == FLAG)
			text = push_msg_flag(value) ? LP_STR("true") : LP_STR("false");
		redis_args_addz(args, fields[i].name);
		redis_args_add(args, text);
	}
	return API_OK;
}

static void read_record(struct api_ctx *ctx, struct lp_str nsp, struct lp_str id,
			struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;

	redis_args_addz(&args, "HGETALL");
	key_of_namespace(&args.text, ctx->app->settings->redis_prefix, nsp, "client:");
	lp_buf_adds(&args.text, id);
	redis_args_end(&args);
	if (redis_command(ctx->redis, &args, &reply) == LP_OK) {
		lp_buf_addc(&resp->body, '{');
		for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2) {
			if (i)
				lp_buf_addc(&resp->body, ',');
			lp_json_quote(&resp->body, redis_reply_str(redis_reply_at(reply, i)));
			lp_buf_addc(&resp->body, ':');
			lp_json_quote(&resp->body, redis_reply_str(redis_reply_at(reply, i + 1)));
		}
		lp_buf_addc(&resp->body, '}');
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

void api_client(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct lp_str id = lp_json_str(req->body, "id");
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	const char *wrong = NULL;
	enum api_error err = API_OK;
	size_t fixed;

	api_script_base(&args, ctx, req->user);
	redis_args_add(&args, id);
	fixed = args.count;
	if (!id.n)
		err = API_CLIENT_ID_MISSING;
	else if (!ident_is_client(ctx->app->rules, req->user, id))
		err = API_CLIENT_NOT_FOUND;
	else
		err = read_fields(&args, req->body, &wrong);
	if (err == API_OK && args.count == fixed) {
		read_record(ctx, req->user, id, resp);
	} else if (err == API_OK) {
		err = api_script(ctx, "client_save", &args, &reply);
		resp->status = 204;
	}
	if (err == API_CLIENT_FIELD_INVALID)
		api_fail_at(resp, err, wrong);
	else if (err != API_OK)
		api_fail(resp, err);
	redis_reply_free(reply);
	redis_args_clear(&args);
}
