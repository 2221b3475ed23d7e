#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/nsp_change.h"
#include "fcgi-api/nsp_providers.h"
#include "fcgi-api/nsp_settings.h"
#include "fcgi-api/nsp_use.h"

#define SAVE_TRIES 10 /* when others save the same namespace at the same time */

void api_namespace_get(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err = API_OK;

	nsp_settings_args(&args, ctx->app->settings->redis_prefix, req->user);
	if (redis_command(ctx->redis, &args, &reply) != LP_OK)
		err = API_UNAVAILABLE;
	else if (!nsp_settings_there(reply))
		err = API_NAMESPACE_LOST;
	lp_buf_addc(&resp->body, '{');
	if (err == API_OK) {
		nsp_settings_json(&resp->body, req->user, reply);
		err = nsp_use_json(ctx, req->user, &resp->body);
	}
	lp_buf_addc(&resp->body, '}');
	if (err != API_OK)
		api_fail(resp, err);
	redis_reply_free(reply);
	redis_args_clear(&args);
}

/* The settings that are merged with what is stored. */
enum list { LIST_PUSH_PROVIDERS, LIST_APNS_LIST, LIST_JWT_KEYS, LISTS };

static const char *const list_names[LISTS] = {"push_providers", "apns_list", "jwt_keys"};

static enum api_error merge_keys(struct redis_args *args, struct lp_str stored,
				 struct json_object *change, struct nsp_wrong *wrong)
{
	int rc;

	redis_args_addz(args, list_names[LIST_JWT_KEYS]);
	rc = nsp_settings_merge_keys(&args->text, stored, change, &wrong->field);
	redis_args_end(args);
	if (rc != LP_OK && !wrong->field.len)
		lp_buf_addz(&wrong->field, list_names[LIST_JWT_KEYS]);
	return rc == LP_OK ? API_OK : API_JWT_KEYS_INVALID;
}

/* All entries go to push_providers. */
static enum api_error merge_providers(struct api_ctx *ctx, struct redis_args *args,
				      struct lp_str nsp, const struct lp_str *stored,
				      struct json_object **changes, struct nsp_wrong *wrong)
{
	const struct nsp_providers env = {
		.nsp = nsp,
		.keys = ctx->app->secret_keys,
		.token_hosts = ctx->app->settings->fcm_token_hosts,
		.rules = ctx->app->rules,
		.now = (int64_t)time(NULL),
	};
	enum api_error err;

	redis_args_addz(args, list_names[LIST_PUSH_PROVIDERS]);
	err = nsp_providers_merge(&args->text, &env, stored[LIST_PUSH_PROVIDERS],
				  stored[LIST_APNS_LIST], changes[LIST_PUSH_PROVIDERS],
				  changes[LIST_APNS_LIST], wrong);
	redis_args_end(args);
	redis_args_addz(args, list_names[LIST_APNS_LIST]);
	redis_args_addz(args, "");
	return err;
}

/*
 * Reads rev and the lists, and appends those merged that are given. API_OK and rev (heap; NULL: no
 * list is given), or the error with *wrong.
 */
static enum api_error merge_lists(struct api_ctx *ctx, struct redis_args *args, struct lp_str nsp,
				  struct json_object *body, char **rev, struct nsp_wrong *wrong)
{
	struct json_object *changes[LISTS];
	struct lp_str stored[LISTS];
	struct redis_args read = {0};
	struct redisReply *reply = NULL;
	enum api_error err = API_OK;
	bool any = false;

	redis_args_addz(&read, "HMGET");
	key_of_namespace(&read.text, ctx->app->settings->redis_prefix, nsp, "conf");
	redis_args_end(&read);
	redis_args_addz(&read, "rev");
	for (size_t i = 0; i < LISTS; i++) {
		redis_args_addz(&read, list_names[i]);
		changes[i] = api_param(body, list_names[i]);
		any = any || changes[i];
	}
	if (any && redis_command(ctx->redis, &read, &reply) == LP_OK) {
		*rev = redis_reply_nil(redis_reply_at(reply, 0))
			       ? lp_xstrdup("0")
			       : lp_xstrndup(redis_reply_str(redis_reply_at(reply, 0)));
		for (size_t i = 0; i < LISTS; i++)
			stored[i] = redis_reply_str(redis_reply_at(reply, i + 1));
		if (changes[LIST_PUSH_PROVIDERS] || changes[LIST_APNS_LIST])
			err = merge_providers(ctx, args, nsp, stored, changes, wrong);
		if (err == API_OK && changes[LIST_JWT_KEYS])
			err = merge_keys(args, stored[LIST_JWT_KEYS], changes[LIST_JWT_KEYS],
					 wrong);
	} else if (any) {
		err = API_UNAVAILABLE;
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

static enum api_error save_error(const struct redisReply *reply, bool *again)
{
	struct lp_str word = redis_reply_error(reply);

	*again = lp_str_eq(word, LP_STR("STALE"));
	return lp_str_eq(word, LP_STR("GONE")) ? API_NAMESPACE_LOST : API_UNAVAILABLE;
}

/* One try. *again: somebody else saved between our reading and writing. */
static enum api_error save_once(struct api_ctx *ctx, struct api_req *req, struct lp_str nsp,
				bool may_make, const struct redis_args *fields, bool *again,
				struct nsp_wrong *wrong)
{
	const struct settings *s = ctx->app->settings;
	struct redis_args args = {0}, lists = {0};
	struct redisReply *reply = NULL;
	char *rev = NULL;
	enum api_error err = merge_lists(ctx, &lists, nsp, req->body, &rev, wrong);

	*again = false;
	if (err == API_OK) {
		key_namespace(&args.text, s->redis_prefix, nsp);
		redis_args_end(&args);
		redis_args_addz(&args, s->redis_prefix);
		redis_args_addz(&args, rev ? rev : "");
		redis_args_add(&args, nsp);
		redis_args_add(&args, req->remote_addr);
		redis_args_addi(&args, s->inbox_max_length);
		redis_args_addz(&args, may_make ? "1" : "");
		join_args(&args, fields);
		join_args(&args, &lists);
		if (redis_script(ctx->redis, "ns_save", &args, &reply) != LP_OK)
			err = save_error(reply, again);
	}
	free(rev);
	redis_reply_free(reply);
	redis_args_clear(&args);
	redis_args_clear(&lists);
	return err;
}

/* may_make: one that does not exist. An owner's may have been flushed since he was let in. */
static void save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp, struct lp_str nsp,
		 bool admin, bool may_make)
{
	struct redis_args fields = {0};
	struct nsp_wrong wrong = {.msg = NULL};
	const char *field;
	enum api_error err = nsp_change_args(&fields, req->body, admin, &field);
	bool again = err == API_OK;

	if (err != API_OK)
		lp_buf_addz(&wrong.field, field);
	for (int tries = 0; again && tries < SAVE_TRIES; tries++)
		err = save_once(ctx, req, nsp, may_make, &fields, &again, &wrong);
	if (err == API_OK)
		lp_buf_addz(&resp->body, "{}");
	else if (wrong.field.len)
		api_fail_as(resp, err, wrong.msg, wrong.field.data);
	else
		api_fail(resp, err);
	lp_buf_clear(&wrong.field);
	redis_args_clear(&fields);
}

void api_namespace_save(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	static const char *const passwords[] = {"auth_passwd", "auth_passwd2"};
	struct lp_str text;

	/* Who found a token must not be able to go on when it is revoked, nor to shut others out. */
	for (size_t i = 0; i < 2; i++) {
		if (req->token.n && api_param_text(req->body, passwords[i], &text) != LP_ENOENT) {
			api_fail_at(resp, API_SCOPE_INSUFFICIENT, passwords[i]);
			return;
		}
	}
	save(ctx, req, resp, req->user, req->as.len > 0, false);
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
		save(ctx, req, resp, lp_buf_str(&nsp), true, true);
	lp_buf_clear(&nsp);
}
