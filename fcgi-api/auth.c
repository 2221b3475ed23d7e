#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/password.h"

#define CACHE_MAX  10000 /* passwords; then all are forgotten */
#define PASSWORDS  2     /* of a namespace, so that one can be replaced while the other works */
#define DIGEST_LEN 32

/* A namespace and a password that was right, and with what. */
struct known {
	unsigned char digest[DIGEST_LEN]; /* of both */
	char rev[24];
	char *stored; /* the hash it was checked against */
	UT_hash_handle hh;
};

struct auth_cache {
	pthread_mutex_t lock;
	struct known *known;
	unsigned char key[DIGEST_LEN]; /* of the digests */
};

struct auth_cache *auth_cache_new(void)
{
	struct auth_cache *cache = lp_xcalloc(1, sizeof(*cache));

	if (RAND_bytes(cache->key, sizeof(cache->key)) != 1)
		abort();
	pthread_mutex_init(&cache->lock, NULL);
	return cache;
}

static void forget(struct auth_cache *cache, struct known *k)
{
	HASH_DEL(cache->known, k);
	free(k->stored);
	free(k);
}

static void forget_all(struct auth_cache *cache)
{
	struct known *k, *next;

	HASH_ITER(hh, cache->known, k, next)
	forget(cache, k);
}

void auth_cache_free(struct auth_cache *cache)
{
	if (!cache)
		return;
	forget_all(cache);
	pthread_mutex_destroy(&cache->lock);
	OPENSSL_cleanse(cache->key, sizeof(cache->key));
	free(cache);
}

static void digest(const struct auth_cache *cache, struct lp_str password,
		   unsigned char out[DIGEST_LEN])
{
	unsigned len = DIGEST_LEN;

	if (!HMAC(EVP_sha256(), cache->key, sizeof(cache->key),
		  (const unsigned char *)(password.p ? password.p : ""), password.n, out, &len))
		abort();
}

/*
 * Whether this password is known to be right; then rev says with which settings. With stored, also
 * whether it was checked against that very hash.
 */
static bool recall(struct auth_cache *cache, const unsigned char mac[DIGEST_LEN],
		   const struct lp_str *stored, char rev[24])
{
	struct known *k;
	bool same;

	pthread_mutex_lock(&cache->lock);
	HASH_FIND(hh, cache->known, mac, DIGEST_LEN, k);
	same = k && (!stored || lp_str_eq(lp_cstr(k->stored), *stored));
	if (same && rev)
		memcpy(rev, k->rev, sizeof(k->rev));
	pthread_mutex_unlock(&cache->lock);
	return same;
}

static void remember(struct auth_cache *cache, const struct api_req *req,
		     const unsigned char mac[DIGEST_LEN], struct lp_str stored)
{
	struct known *k;

	pthread_mutex_lock(&cache->lock);
	HASH_FIND(hh, cache->known, mac, DIGEST_LEN, k);
	if (k)
		forget(cache, k);
	else if (HASH_COUNT(cache->known) >= CACHE_MAX)
		forget_all(cache);
	k = lp_xcalloc(1, sizeof(*k));
	memcpy(k->digest, mac, DIGEST_LEN);
	memcpy(k->rev, req->rev, sizeof(k->rev));
	k->stored = lp_xstrndup(stored);
	HASH_ADD(hh, cache->known, digest, DIGEST_LEN, k);
	pthread_mutex_unlock(&cache->lock);
}

/* "Basic <base64>" or the bare base64; what is no base64 names nobody. */
static void read_credentials(struct api_req *req)
{
	struct lp_str text = req->authorization, all;
	size_t colon;

	if (text.n > 6 && lp_str_caseeq(lp_str(text.p, 5), LP_STR("basic")) && text.p[5] == ' ')
		text = lp_str_from(text, 6);
	while (text.n && *text.p == ' ')
		text = lp_str_from(text, 1);
	while (text.n && text.p[text.n - 1] == ' ')
		text.n--;
	lp_buf_reset(&req->credentials);
	if (base64_decode(&req->credentials, text) != LP_OK)
		lp_buf_reset(&req->credentials);
	all = lp_buf_str(&req->credentials);
	colon = lp_str_find(all, ':');
	req->user = lp_str(all.p, colon);
	req->password = lp_str_from(all, colon + 1);
}

/* HMGET of the settings that decide. API_OK and *reply, to be freed. */
static enum api_error load_settings(struct api_ctx *ctx, struct api_req *req,
				    struct redisReply **reply)
{
	struct redis_args args = {0};
	struct lp_str rev;
	int rc;

	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, ctx->app->settings->redis_prefix, req->user, "conf");
	redis_args_end(&args);
	redis_args_addz(&args, "rev");
	redis_args_addz(&args, "offline");
	redis_args_addz(&args, "auth_passwd");
	redis_args_addz(&args, "auth_passwd2");
	rc = redis_command(ctx->redis, &args, reply);
	redis_args_clear(&args);
	if (rc != LP_OK)
		return API_UNAVAILABLE;
	rev = redis_reply_str(redis_reply_at(*reply, 0));
	snprintf(req->rev, sizeof(req->rev), "%.*s", LP_FMT(rev));
	req->offline = lp_str_eq(redis_reply_str(redis_reply_at(*reply, 1)), LP_STR("on"));
	return rev.n ? API_OK : API_NAMESPACE_NOT_FOUND;
}

static bool known_for(struct auth_cache *cache, const struct api_req *req,
		      const unsigned char mac[DIGEST_LEN], struct lp_str stored)
{
	return recall(cache, mac, &stored, NULL);
}

static bool hashes_to(struct auth_cache *cache, const struct api_req *req,
		      const unsigned char mac[DIGEST_LEN], struct lp_str stored)
{
	return password_verify(stored, req->password);
}

/* Whether one of the stored passwords is it, as far as is() can tell; then it is remembered. */
static bool match(struct auth_cache *cache, const struct api_req *req,
		  const unsigned char mac[DIGEST_LEN], const struct redisReply *settings,
		  bool (*is)(struct auth_cache *cache, const struct api_req *req,
			     const unsigned char mac[DIGEST_LEN], struct lp_str stored))
{
	for (size_t i = 0; i < PASSWORDS; i++) {
		struct lp_str stored = redis_reply_str(redis_reply_at(settings, 2 + i));

		if (stored.n && is(cache, req, mac, stored)) {
			remember(cache, req, mac, stored);
			return true;
		}
	}
	return false;
}

static enum api_error check_namespace(struct api_ctx *ctx, struct api_req *req, bool push)
{
	struct auth_cache *cache = ctx->app->auth;
	struct redisReply *reply = NULL;
	unsigned char mac[DIGEST_LEN];
	bool right = false;
	enum api_error err;

	if (!ident_namespace(ctx->app->rules, req->user))
		return API_NAMESPACE_NOT_FOUND;
	digest(cache, lp_buf_str(&req->credentials), mac);
	if (push && recall(cache, mac, NULL, req->rev))
		return API_OK;
	err = load_settings(ctx, req, &reply);
	if (err == API_OK) {
		right = match(cache, req, mac, reply, known_for) ||
			match(cache, req, mac, reply, hashes_to);
		err = right ? API_OK : API_PASSWD_ERROR;
	}
	redis_reply_free(reply);
	return err;
}

/* Compares without telling by the time taken where the texts differ, nor how long the secret is. */
static bool same_secret(const struct auth_cache *cache, struct lp_str a, struct lp_str b)
{
	unsigned char mac_a[DIGEST_LEN], mac_b[DIGEST_LEN];

	digest(cache, a, mac_a);
	digest(cache, b, mac_b);
	return CRYPTO_memcmp(mac_a, mac_b, DIGEST_LEN) == 0;
}

static enum api_error check_admin(const struct api_app *app, const struct api_req *req)
{
	const struct settings *s = app->settings;
	bool name = same_secret(app->auth, req->user, lp_cstr(s->admin_name));
	bool passwd = same_secret(app->auth, req->password, lp_cstr(s->admin_passwd));

	return name && passwd && s->admin_passwd[0] ? API_OK : API_AUTH_ERROR;
}

/* The administrator's password opens every namespace. */
static enum api_error check_admin_as(struct api_ctx *ctx, struct api_req *req)
{
	struct redisReply *reply = NULL;
	enum api_error err = check_admin(ctx->app, req);

	req->user = lp_buf_str(&req->as);
	if (err == API_OK && !ident_namespace(ctx->app->rules, req->user))
		err = API_NAMESPACE_NOT_FOUND;
	if (err == API_OK)
		err = load_settings(ctx, req, &reply);
	redis_reply_free(reply);
	return err;
}

enum api_error auth_check(struct api_ctx *ctx, struct api_req *req, enum auth_level level)
{
	if (level == AUTH_NONE || req->trusted)
		return API_OK;
	if (!req->authorization.n)
		return API_NEED_AUTHORIZATION;
	read_credentials(req);
	if (req->as.len)
		return check_admin_as(ctx, req);
	if (level == AUTH_ADMIN)
		return check_admin(ctx->app, req);
	return check_namespace(ctx, req, level == AUTH_PUSH);
}
