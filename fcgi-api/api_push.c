#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/lp_time.h"
#include "common/model/push_msg.h"
#include "common/store/push_args.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_push.h"
#include "fcgi-api/auth.h"

static const enum api_error push_errors[] = {
	[PUSH_MSG_ROOM_EMPTY] = API_ROOM_EMPTY,
	[PUSH_MSG_ROOM_INVALID] = API_ROOM_INVALID,
	[PUSH_MSG_DATA_INVALID] = API_PUSH_DATA_INVALID,
	[PUSH_MSG_EXCEPT_INVALID] = API_EXCEPT_INVALID,
	[PUSH_MSG_EXPIRE_INVALID] = API_EXPIRE_INVALID,
	[PUSH_MSG_APS_TOO_LARGE] = API_APS_DATA_TOO_LARGE,
};

/* Stores the message. API_OK and *id, or the error. */
static enum api_error store(struct api_ctx *ctx, struct api_req *req, const struct push_msg *m,
			    int64_t *id)
{
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	enum api_error err = API_OK;
	bool again = true;

	for (;;) {
		struct lp_str error;
		int rc;

		redis_args_reset(&args);
		push_args(&args, ctx->app->settings, req->user, req->rev, lp_wall_ms(), m);
		rc = redis_script(ctx->redis, "push", &args, &reply);
		if (rc == LP_OK) {
			*id = redis_reply_int(reply);
			break;
		}
		error = redis_reply_error(reply);
		err = lp_str_eq(error, LP_STR("GONE"))      ? API_NAMESPACE_LOST
		      : lp_str_eq(error, LP_STR("OFFLINE")) ? API_NAMESPACE_OFFLINE
							    : API_UNAVAILABLE;
		if (rc != LP_EINVAL || err == API_NAMESPACE_OFFLINE || !again)
			break;
		/* STALE or GONE: look at the password with the settings as they are now. */
		again = false;
		redis_reply_free(reply);
		reply = NULL;
		err = auth_check(ctx, req, AUTH_NAMESPACE);
		if (err != API_OK)
			break;
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}

/*
 * The message itself is refused. The password was perhaps only checked against what we remembered
 * of the settings; they are read now, so that who must not ask does not learn more.
 */
static void refuse(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp,
		   enum push_msg_error error)
{
	enum api_error err = auth_check(ctx, req, AUTH_NAMESPACE);
	char text[80];

	if (err == API_OK && error > PUSH_MSG_LATE && req->offline)
		err = API_NAMESPACE_OFFLINE;
	if (err != API_OK) {
		api_fail(resp, err);
	} else if (error == PUSH_MSG_APS_TOO_LARGE) {
		snprintf(text, sizeof(text),
			 "pushData.apsData size must be less then %" PRId64 " bytes",
			 ctx->app->settings->apns_payload_size);
		api_fail_text(resp, API_APS_DATA_TOO_LARGE, text); /* sic: callers compare it */
	} else {
		api_fail(resp, push_errors[error]);
	}
}

void api_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	const struct settings *s = ctx->app->settings;
	const struct push_limits limits = {
		.expire_h = s->push_message_expire,
		.expire_max_h = s->push_message_max_expire,
		.aps_max = (size_t)s->apns_payload_size,
	};
	struct push_msg m = {0};
	enum push_msg_error error = push_msg_parse(&m, req->body, lp_buf_str(&req->body_text),
						   ctx->app->rules, &limits);
	enum api_error err;
	int64_t id = 0;

	if (error != PUSH_MSG_OK) {
		refuse(ctx, req, resp, error);
	} else {
		err = store(ctx, req, &m, &id);
		if (err == API_OK)
			lp_buf_addf(&resp->body, "{\"id\":%" PRId64 "}", id);
		else
			api_fail(resp, err);
	}
	push_msg_clear(&m);
}
