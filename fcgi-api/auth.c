#include "config.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/keys.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/api_token_text.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/auth_memory.h"
#include "fcgi-api/login_gate.h"
#include "fcgi-api/password.h"

#define PASSWORDS  2    /* of a namespace */
#define HASH_AGAIN 1000 /* ms to wait when too many passwords are being hashed */

struct auth {
	struct auth_memory *memory;
	struct login_gate *gate;
};

struct auth *auth_new(const struct settings *s)
{
	struct auth *auth = lp_xcalloc(1, sizeof(*auth));

	auth->memory = auth_memory_new();
	auth->gate = login_gate_new(s->login_failures, s->login_failures_time,
				    (unsigned)s->api_threads / 4);
	return auth;
}

void auth_free(struct auth *auth)
{
	if (!auth)
		return;
	auth_memory_free(auth->memory);
	login_gate_free(auth->gate);
	free(auth);
}

/* --- the header --- */

/* Takes the scheme and blanks off; false when it is another one. */
static bool scheme(struct lp_str *text, struct lp_str name)
{
	if (text->n <= name.n || text->p[name.n] != ' ' ||
	    !lp_str_caseeq(lp_str(text->p, name.n), name))
		return false;
	*text = lp_str_from(*text, name.n);
	return true;
}

/*
 * "Bearer <token>", "Basic <base64>" or the bare base64. What is none of these names nobody.
 * Returns whether it is a token.
 */
static bool read_credentials(struct api_req *req)
{
	struct lp_str text = req->authorization, all;
	bool bearer = scheme(&text, LP_STR("bearer"));
	size_t colon;

	if (!bearer)
		scheme(&text, LP_STR("basic"));
	while (text.n && *text.p == ' ')
		text = lp_str_from(text, 1);
	while (text.n && text.p[text.n - 1] == ' ')
		text.n--;
	lp_buf_reset(&req->credentials);
	req->token = (struct lp_str){NULL, 0};
	if (bearer) {
		if (!api_token_parse(text, &req->credentials, &req->token, &req->password))
			lp_buf_reset(&req->credentials);
		req->user = lp_buf_str(&req->credentials);
		return true;
	}
	if (base64_decode(&req->credentials, text) != LP_OK)
		lp_buf_reset(&req->credentials);
	all = lp_buf_str(&req->credentials);
	colon = lp_str_find(all, ':');
	req->user = lp_str(all.p, colon);
	req->password = lp_str_from(all, colon + 1);
	return false;
}

/* Whether credentials of one scope are good for what wants another. */
static bool allows(enum api_scope has, enum api_scope wanted)
{
	return has == SCOPE_PASSWORD || wanted == SCOPE_ANY || has == wanted ||
	       (has == SCOPE_ALL && wanted != SCOPE_PASSWORD);
}

/* --- a namespace --- */

/* Settings that decide, and the token's record; of a password there is none. */
struct found {
	struct redisReply *replies[2];
	struct lp_str stored[PASSWORDS];
	struct lp_str token;
};

static void found_clear(struct found *f)
{
	redis_reply_free(f->replies[0]);
	redis_reply_free(f->replies[1]);
}

/* The settings first: a token that is revoked afterwards leaves an old revision here. */
static enum api_error load(struct api_ctx *ctx, struct api_req *req, struct found *f)
{
	static const char *const names[] = {"rev", "offline", "auth_passwd", "auth_passwd2"};
	const char *prefix = ctx->app->settings->redis_prefix;
	struct redis_args commands[2] = {{.count = 0}, {.count = 0}};
	struct lp_str rev;
	int rc;

	redis_args_addz(&commands[0], "HMGET");
	key_of_namespace(&commands[0].text, prefix, req->user, "conf");
	redis_args_end(&commands[0]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		redis_args_addz(&commands[0], names[i]);
	redis_args_addz(&commands[1], "HGET");
	key_of_namespace(&commands[1].text, prefix, req->user, "tokens");
	redis_args_end(&commands[1]);
	redis_args_add(&commands[1], req->token);
	rc = redis_pipeline(ctx->redis, commands, req->token.n ? 2 : 1, f->replies);
	redis_args_clear(&commands[0]);
	redis_args_clear(&commands[1]);
	if (rc != LP_OK) {
		f->replies[0] = f->replies[1] = NULL;
		return API_UNAVAILABLE;
	}
	rev = redis_reply_str(redis_reply_at(f->replies[0], 0));
	snprintf(req->rev, sizeof(req->rev), "%.*s", LP_FMT(rev));
	req->offline = lp_str_eq(redis_reply_str(redis_reply_at(f->replies[0], 1)), LP_STR("on"));
	for (size_t i = 0; i < PASSWORDS; i++)
		f->stored[i] = redis_reply_str(redis_reply_at(f->replies[0], 2 + i));
	f->token = redis_reply_str(f->replies[1]);
	return rev.n ? API_OK : API_NAMESPACE_NOT_FOUND;
}

/* Which of the two it is; LP_ENOENT for neither, LP_ETOOBIG when too many are being hashed. */
static int verify(struct auth *auth, const struct found *f, struct lp_str password, size_t *which)
{
	int rc = LP_ENOENT;

	if (!login_gate_enter(auth->gate, lp_mono_ms()))
		return LP_ETOOBIG;
	for (size_t i = 0; i < PASSWORDS && rc != LP_OK; i++) {
		if (password_verify(f->stored[i], password)) {
			*which = i;
			rc = LP_OK;
		}
	}
	login_gate_leave(auth->gate);
	return rc;
}

static enum api_error check_password(struct api_ctx *ctx, struct api_req *req, struct found *f,
				     const struct auth_mac *mac)
{
	struct auth *auth = ctx->app->auth;
	enum api_error err = load(ctx, req, f);
	enum api_scope scope;
	size_t which = 0;
	int rc;

	if (err != API_OK)
		return err;
	while (which < PASSWORDS &&
	       !auth_memory_recall(auth->memory, mac, &f->stored[which], NULL, &scope))
		which++;
	rc = which < PASSWORDS ? LP_OK : verify(auth, f, req->password, &which);
	if (rc == LP_ETOOBIG) {
		req->wait_ms = HASH_AGAIN;
		return API_LOGINS_LIMITED;
	}
	if (rc != LP_OK) {
		auth_memory_forget(auth->memory, mac);
		return API_PASSWD_ERROR;
	}
	auth_memory_keep(auth->memory, mac, f->stored[which], req->rev, SCOPE_PASSWORD);
	return API_OK;
}

/* The scope of a token's record whose secret this is; SCOPE_ANY when it is not. */
static enum api_scope token_scope(struct lp_str record, struct lp_str secret)
{
	struct json_object *token = NULL;
	enum api_scope scope = SCOPE_ANY;
	char hash[API_TOKEN_HASH_LEN + 1];
	struct lp_str stored;

	if (!record.n || lp_json_parse(record, &token) != LP_OK)
		return SCOPE_ANY;
	api_token_hash(secret, hash);
	stored = lp_json_str(token, "hash");
	if (stored.n == API_TOKEN_HASH_LEN &&
	    CRYPTO_memcmp(stored.p, hash, API_TOKEN_HASH_LEN) == 0)
		scope = api_scope_of(lp_json_str(token, "scope"));
	json_object_put(token);
	return scope;
}

static enum api_error check_token(struct api_ctx *ctx, struct api_req *req, struct found *f,
				  const struct auth_mac *mac)
{
	enum api_error err = load(ctx, req, f);
	enum api_scope scope;

	if (err == API_UNAVAILABLE)
		return err;
	scope = err == API_OK ? token_scope(f->token, req->password) : SCOPE_ANY;
	if (scope == SCOPE_ANY) {
		auth_memory_forget(ctx->app->auth->memory, mac);
		return API_TOKEN_INVALID;
	}
	auth_memory_keep(ctx->app->auth->memory, mac, f->token, req->rev, scope);
	return allows(scope, req->scope) ? API_OK : API_SCOPE_INSUFFICIENT;
}

/* Only for the owner to see: that it may fail is no reason to refuse anything. */
static void note_use(struct api_ctx *ctx, const struct api_req *req, const struct auth_mac *mac)
{
	struct redis_args args = {0};
	struct redisReply *reply = NULL;

	if (!req->token.n || !auth_memory_used(ctx->app->auth->memory, mac, lp_mono_ms()))
		return;
	api_script_base(&args, ctx, req->user);
	redis_args_add(&args, req->token);
	if (redis_script(ctx->redis, "token_used", &args, &reply) == LP_OK)
		redis_reply_free(reply);
	redis_args_clear(&args);
}

static enum api_error check_namespace(struct api_ctx *ctx, struct api_req *req, bool bearer,
				      bool push)
{
	struct auth_memory *memory = ctx->app->auth->memory;
	struct found f = {.replies = {NULL, NULL}};
	enum api_error err = API_OK;
	enum api_scope scope;
	struct auth_mac mac;

	if (bearer && !req->user.n)
		return API_TOKEN_INVALID;
	if (!ident_namespace(ctx->app->rules, req->user))
		return bearer ? API_TOKEN_INVALID : API_NAMESPACE_NOT_FOUND;
	/* A namespace begins with a slash, so no password is ever taken for a token. */
	auth_memory_mac(memory, bearer ? req->authorization : req->user, req->password, &mac);
	if (!push || !auth_memory_recall(memory, &mac, NULL, req->rev, &scope) ||
	    !allows(scope, req->scope))
		err = bearer ? check_token(ctx, req, &f, &mac) : check_password(ctx, req, &f, &mac);
	if (err == API_OK)
		note_use(ctx, req, &mac);
	found_clear(&f);
	return err;
}

/* --- the administrator --- */

/* Compares without telling by the time taken where the texts differ, nor how long the secret is. */
static bool same_secret(const struct auth_memory *memory, struct lp_str a, struct lp_str b)
{
	struct auth_mac mac_a, mac_b;

	auth_memory_mac(memory, LP_STR(""), a, &mac_a);
	auth_memory_mac(memory, LP_STR(""), b, &mac_b);
	return CRYPTO_memcmp(&mac_a, &mac_b, sizeof(mac_a)) == 0;
}

static enum api_error check_admin(const struct api_app *app, const struct api_req *req, bool bearer)
{
	const struct auth_memory *memory = app->auth->memory;
	const struct settings *s = app->settings;
	bool name = same_secret(memory, req->user, lp_cstr(s->admin_name));
	bool passwd = same_secret(memory, req->password, lp_cstr(s->admin_passwd));

	return name && passwd && s->admin_passwd[0] && !bearer ? API_OK : API_AUTH_ERROR;
}

/* The administrator's password opens every namespace. */
static enum api_error check_admin_as(struct api_ctx *ctx, struct api_req *req, bool bearer)
{
	struct found f = {.replies = {NULL, NULL}};
	enum api_error err = check_admin(ctx->app, req, bearer);

	req->user = lp_buf_str(&req->as);
	req->token = (struct lp_str){NULL, 0};
	if (err == API_OK && !ident_namespace(ctx->app->rules, req->user))
		return API_NAMESPACE_NOT_FOUND;
	if (err == API_OK)
		err = load(ctx, req, &f);
	found_clear(&f);
	return err;
}

static enum api_error check(struct api_ctx *ctx, struct api_req *req, enum auth_level level)
{
	bool bearer = read_credentials(req);

	if (req->as.len)
		return check_admin_as(ctx, req, bearer);
	if (level == AUTH_ADMIN)
		return check_admin(ctx->app, req, bearer);
	return check_namespace(ctx, req, bearer, level == AUTH_PUSH);
}

enum api_error auth_check(struct api_ctx *ctx, struct api_req *req, enum auth_level level)
{
	enum api_error err;

	if (level == AUTH_NONE || req->trusted)
		return API_OK;
	if (!req->authorization.n)
		return API_NEED_AUTHORIZATION;
	req->wait_ms = login_gate_wait(ctx->app->auth->gate, req->remote_addr, lp_mono_ms());
	if (req->wait_ms)
		return API_LOGINS_LIMITED;
	err = check(ctx, req, level);
	if (err == API_PASSWD_ERROR || err == API_AUTH_ERROR || err == API_TOKEN_INVALID ||
	    err == API_NAMESPACE_NOT_FOUND)
		login_gate_failed(ctx->app->auth->gate, req->remote_addr, lp_mono_ms());
	return err;
}
