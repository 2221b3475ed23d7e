#include "config.h"

#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/keys.h"
#include "fcgi-api/api_script.h"
#include "fcgi-api/api_token_text.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/auth_memory.h"
#include "fcgi-api/login_gate.h"
#include "fcgi-api/password.h"

#define PASSWORDS 2 /* of a namespace */

/* What the administrator's password is remembered with: no namespace stores that. */
static const struct lp_str admin = {"admin", 5};

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

/* Who asks. */
struct asker {
	struct api_ctx *ctx;
	struct api_req *req;
	bool bearer; /* with a token */
	struct login_try try;
	struct auth_mac mac; /* of the credentials, at that address */
};

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
	bool found; /* there is such a namespace */
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
	f->found = rev.n;
	return f->found ? API_OK : API_NAMESPACE_NOT_FOUND;
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

/* Whether they were right before, for what is stored now. */
static bool recall(const struct asker *who, const struct found *f, enum api_scope *scope)
{
	struct auth_memory *memory = who->ctx->app->auth->memory;
	const struct lp_str *stored = who->bearer ? &f->token : f->stored;
	size_t count = who->bearer ? 1 : PASSWORDS;

	for (size_t i = 0; i < count; i++) {
		if (stored[i].n && auth_memory_recall(memory, &who->mac, &stored[i], NULL, scope)) {
			auth_memory_keep(memory, &who->mac, stored[i], who->req->rev, *scope);
			return true;
		}
	}
	return false;
}

/* Looks whether they are right, and remembers it. */
static bool verify(const struct asker *who, const struct found *f, enum api_scope *scope)
{
	struct auth_memory *memory = who->ctx->app->auth->memory;
	const struct lp_str *right = NULL;

	if (who->bearer) {
		*scope = token_scope(f->token, who->req->password);
		right = *scope != SCOPE_ANY ? &f->token : NULL;
	}
	for (size_t i = 0; !who->bearer && i < PASSWORDS && !right; i++) {
		if (password_verify(f->stored[i], who->req->password))
			right = &f->stored[i];
		*scope = SCOPE_PASSWORD;
	}
	if (right)
		auth_memory_keep(memory, &who->mac, *right, who->req->rev, *scope);
	else
		auth_memory_forget(memory, &who->mac);
	return right;
}

static void leave(const struct asker *who, bool right)
{
	login_gate_leave(who->ctx->app->auth->gate, &who->try, lp_mono_ms(), !right);
	if (!right)
		lp_info("api", "login failed address=%.*s", LP_FMT(who->req->remote_addr));
}

/*
 * Through the gate. A caller that begins with many requests at a time does not hinder itself: those
 * that had to wait for the first find what it has brought.
 */
static enum api_error check_slowly(const struct asker *who, const struct found *f,
				   enum api_error wrong, enum api_scope *scope)
{
	struct login_gate *gate = who->ctx->app->auth->gate;
	bool right;
	int rc;

	while ((rc = login_gate_enter(gate, &who->try, lp_mono_ms(), &who->req->wait_ms)) ==
	       LP_EBUSY) {
		if (recall(who, f, scope))
			return API_OK;
	}
	if (rc != LP_OK)
		return API_LOGINS_LIMITED;
	right = f->found && verify(who, f, scope);
	leave(who, right);
	return right ? API_OK : wrong;
}

/* Whether the address may try at all. Who is known there goes on, whoever else fails. */
static bool may_try(const struct asker *who)
{
	const struct auth *auth = who->ctx->app->auth;
	enum api_scope scope;

	who->req->wait_ms = login_gate_wait(auth->gate, &who->try.address, lp_mono_ms());
	if (who->req->wait_ms && auth_memory_recall(auth->memory, &who->mac, NULL, NULL, &scope))
		who->req->wait_ms = 0;
	return !who->req->wait_ms;
}

/* Against the settings as they are now. */
static enum api_error check_stored(struct asker *who, struct found *f, enum api_scope *scope)
{
	enum api_error wrong = who->bearer ? API_TOKEN_INVALID : API_PASSWD_ERROR, err;

	if (!may_try(who))
		return API_LOGINS_LIMITED;
	err = load(who->ctx, who->req, f);
	if (err == API_UNAVAILABLE)
		return err;
	if (recall(who, f, scope))
		return API_OK;
	if (err != API_OK && !who->bearer)
		wrong = err;
	who->try.hashes = f->found && !who->bearer;
	return check_slowly(who, f, wrong, scope);
}

/* Only for the owner to see: that it may fail is no reason to refuse anything. */
static void note_use(const struct asker *who)
{
	struct auth_memory *memory = who->ctx->app->auth->memory;
	struct redis_args args = {0};
	struct redisReply *reply = NULL;

	if (!who->bearer || !auth_memory_used(memory, &who->mac, lp_mono_ms()))
		return;
	api_script_base(&args, who->ctx, who->req->user);
	redis_args_add(&args, who->req->token);
	if (redis_script(who->ctx->redis, "token_used", &args, &reply) == LP_OK)
		redis_reply_free(reply);
	redis_args_clear(&args);
}

static enum api_error check_namespace(struct asker *who, bool push)
{
	const struct auth *auth = who->ctx->app->auth;
	struct api_req *req = who->req;
	struct found f = {.replies = {NULL, NULL}};
	enum api_scope scope = SCOPE_ANY;
	enum api_error err = API_OK;

	if (!ident_namespace(who->ctx->app->rules, req->user))
		return check_slowly(
			who, &f, who->bearer ? API_TOKEN_INVALID : API_NAMESPACE_NOT_FOUND, &scope);
	/* A namespace begins with a slash, so no password is ever taken for a token. */
	auth_memory_mac(auth->memory, &who->try.address,
			who->bearer ? req->authorization : req->user, req->password, &who->mac);
	if (!push || !auth_memory_recall(auth->memory, &who->mac, NULL, req->rev, &scope) ||
	    !allows(scope, req->scope))
		err = check_stored(who, &f, &scope);
	if (err == API_OK && !allows(scope, req->scope))
		err = API_SCOPE_INSUFFICIENT;
	if (err == API_OK)
		note_use(who);
	found_clear(&f);
	return err;
}

/* --- the administrator --- */

/* Compares without telling by the time taken where the texts differ, nor how long the secret is. */
static bool same_secret(const struct asker *who, struct lp_str a, const char *b)
{
	const struct auth_memory *memory = who->ctx->app->auth->memory;
	struct auth_mac mac_a, mac_b;

	auth_memory_mac(memory, &who->try.address, LP_STR(""), a, &mac_a);
	auth_memory_mac(memory, &who->try.address, LP_STR(""), lp_cstr(b), &mac_b);
	return CRYPTO_memcmp(&mac_a, &mac_b, sizeof(mac_a)) == 0;
}

static bool is_admin(const struct asker *who)
{
	const struct settings *s = who->ctx->app->settings;
	bool name = same_secret(who, who->req->user, s->admin_name);
	bool passwd = same_secret(who, who->req->password, s->admin_passwd);

	return name && passwd && s->admin_passwd[0] && !who->bearer;
}

static enum api_error check_admin(struct asker *who)
{
	const struct auth *auth = who->ctx->app->auth;
	struct api_req *req = who->req;
	enum api_scope scope;
	bool right;
	int rc;

	auth_memory_mac(auth->memory, &who->try.address, req->user, req->password, &who->mac);
	if (auth_memory_recall(auth->memory, &who->mac, &admin, NULL, &scope))
		return API_OK;
	do {
		rc = login_gate_enter(auth->gate, &who->try, lp_mono_ms(), &req->wait_ms);
	} while (rc == LP_EBUSY);
	if (rc != LP_OK)
		return API_LOGINS_LIMITED;
	right = is_admin(who);
	if (right)
		auth_memory_keep(auth->memory, &who->mac, admin, req->rev, SCOPE_PASSWORD);
	leave(who, right);
	return right ? API_OK : API_AUTH_ERROR;
}

/* The administrator's password opens every namespace. */
static enum api_error check_admin_as(struct asker *who)
{
	struct api_req *req = who->req;
	struct found f = {.replies = {NULL, NULL}};
	enum api_error err = check_admin(who);

	req->user = lp_buf_str(&req->as);
	req->token = (struct lp_str){NULL, 0};
	if (err == API_OK && !ident_namespace(who->ctx->app->rules, req->user))
		return API_NAMESPACE_NOT_FOUND;
	if (err == API_OK)
		err = load(who->ctx, req, &f);
	found_clear(&f);
	return err;
}

enum api_error auth_check(struct api_ctx *ctx, struct api_req *req, enum auth_level level)
{
	struct asker who = {.ctx = ctx, .req = req};

	if (level == AUTH_NONE || req->trusted)
		return API_OK;
	if (!req->authorization.n)
		return API_NEED_AUTHORIZATION;
	req->wait_ms = 0;
	who.bearer = read_credentials(req);
	who.try.address = login_address_of(req->remote_addr);
	if (req->as.len)
		return check_admin_as(&who);
	return level == AUTH_ADMIN ? check_admin(&who) : check_namespace(&who, level == AUTH_PUSH);
}
