#include "config.h"

#include <inttypes.h>

#include "common/lp_time.h"
#include "fcgi-api/api_push.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/push_limit.h"
#include "fcgi-api/push_request.h"

/* Stores the message. API_OK and *id, or the error. */
static enum api_error store(struct api_ctx *ctx, struct api_req *req, const struct push_msg *m,
			    const struct push_key *key, int64_t *id, struct api_rate *rate)
{
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	enum api_error err = API_OK;
	bool again = true;

	if (!push_limit_left(ctx, req, key, 1, rate))
		return API_RATE_LIMITED;
	for (;;) {
		uint64_t asked = lp_mono_us();
		int rc;

		redis_args_reset(&args);
		push_args(&args, ctx->app->settings, req->user, req->rev, key);
		push_args_add(&args, ctx->app->settings, req->user, m, 0);
		rc = redis_script(ctx->redis, "push", &args, &reply);
		if (rc == LP_OK) {
			err = push_request_id(reply, 0, id);
			push_request_rate(rate, reply, 1);
			push_limit_note(ctx, req, rate, asked);
			break;
		}
		err = push_request_error(reply);
		if (!again || !push_request_again(reply))
			break;
		/* Look at the password with the settings as they are now. */
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
		   const struct push_fault *fault)
{
	enum api_error err = auth_check(ctx, req, AUTH_NAMESPACE);

	if (err == API_OK && fault->late && req->offline)
		err = API_NAMESPACE_OFFLINE;
	if (err != API_OK)
		api_fail(resp, err);
	else
		api_fail_as(resp, fault->error, fault->text[0] ? fault->text : NULL, fault->field);
}

void api_push(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	const struct settings *s = ctx->app->settings;
	const struct push_limits limits = push_request_limits(s);
	struct push_msg m = {0};
	struct push_fault fault =
		push_request_fault(s, push_msg_parse(&m, req->body, lp_buf_str(&req->body_text),
						     ctx->app->rules, &limits));
	struct push_key key;
	enum api_error err;
	int64_t id = 0;

	if (!fault.error && push_request_key(req, &key) != API_OK)
		fault = (struct push_fault){.error = API_IDEMPOTENCY_KEY_INVALID,
					    .field = "idempotency_key"};
	if (fault.error) {
		refuse(ctx, req, resp, &fault);
	} else {
		err = store(ctx, req, &m, &key, &id, &resp->rate);
		if (err == API_OK)
			lp_buf_addf(&resp->body, "{\"id\":%" PRId64 "}", id);
		else if (err == API_IDEMPOTENCY_KEY_REUSED)
			api_fail_at(resp, err, "idempotency_key");
		else
			api_fail(resp, err);
	}
	push_msg_clear(&m);
}
