/*
 * Sending through Web Push: each browser's push service, as one namespace uses it, is a channel of its
 * own. So what one namespace brings upon itself there (503, endpoints that hang) holds up no other.
 */
#include "config.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "common/jwt/jwt_sign.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/push/credential.h"
#include "common/push/p256.h"
#include "worker/provider/aes128gcm.h"
#include "worker/provider/sending.h"

/* A token is good for 12 hours (RFC 8292 allows 24), and used for 6. */
#define LIFETIME_S (12u * 3600)
#define RENEW_MS   (6u * 3600 * 1000)
#define TTL_MAX    (28 * 24 * 3600) /* s */

static const char *prepare(struct batch *b, const struct content *c, const struct content_ids *ids)
{
	struct lp_buf text = {0};
	int rc = webpush_text(&text, c, ids);

	if (rc == LP_OK)
		b->payload = lp_blob_new(text.data, text.len);
	lp_buf_clear(&text);
	return rc == LP_OK ? NULL : "the payload is more than 3993 bytes";
}

static void webpush_send(struct sending *s)
{
	struct providers *p = s->batch->p;
	const char *why =
		subscription_read(&s->subscription, lp_cstr(s->token), p->settings->webpush_hosts);
	struct channel_key key = {.origin = lp_cstr(s->subscription.origin),
				  .account = lp_cstr(s->batch->nsp),
				  .guest = true,
				  .public_only = !s->subscription.listed};

	if (why)
		sending_refuse(s, why);
	else
		sending_call(s, channels_get(p->channels, &key));
}

/* RFC 8292: who we are, for this push service, until then. */
static bool sign(struct lp_buf *out, const struct provider_entry *e, const char *audience,
		 uint64_t now)
{
	EVP_PKEY *key = vapid_key_read(lp_cstr(e->webpush.private_key));
	struct lp_buf claims = {0};
	bool ok;

	lp_buf_addz(&claims, "{\"aud\":");
	lp_json_quote(&claims, lp_cstr(audience));
	lp_buf_addf(&claims, ",\"exp\":%" PRIu64, now / 1000 + LIFETIME_S);
	if (*e->webpush.subject) {
		lp_buf_addz(&claims, ",\"sub\":");
		lp_json_quote(&claims, lp_cstr(e->webpush.subject));
	}
	lp_buf_addc(&claims, '}');
	ok = key && jwt_sign(out, JWT_ES256, LP_STR(""), lp_buf_str(&claims), key) == LP_OK;
	EVP_PKEY_free(key);
	lp_buf_clear(&claims);
	return ok;
}

/* The origin as others write it: without the port that https has anyway. */
static void audience(struct lp_buf *out, const char *origin)
{
	struct lp_str s = lp_cstr(origin);

	if (s.n > 4 && lp_str_eq(lp_str_from(s, s.n - 4), LP_STR(":443")))
		s.n -= 4;
	lp_buf_adds(out, s);
}

static const char *add_authorization(struct sending *s, struct h2_request *request)
{
	const struct provider_entry *e = s->batch->entry;
	struct token_cache *cache = s->batch->p->tokens;
	struct lp_buf name = {0}, text = {0}, aud = {0};
	const char *why = "vapid_private_key can not sign";
	const struct cached_token *t;
	uint64_t now = lp_wall_ms();

	audience(&aud, s->subscription.origin);
	lp_buf_addf(&name, "webpush %s %s %s", e->webpush.public_key, aud.data, e->webpush.subject);
	t = token_cache_get(cache, lp_buf_str(&name));
	if (t && (t->made + RENEW_MS <= now || t->made > now))
		t = NULL;
	if (!t && sign(&text, e, aud.data, now))
		t = token_cache_put(cache, lp_buf_str(&name), lp_buf_str(&text), now);
	if (t) {
		lp_buf_reset(&text);
		lp_buf_addf(&text, "vapid t=%s, k=%s", t->text, e->webpush.public_key);
		why = sending_header(request, "authorization", lp_buf_str(&text));
	}
	lp_buf_clear(&aud);
	lp_buf_clear(&name);
	lp_buf_clear(&text);
	return why;
}

static const char *encrypt(struct sending *s, struct h2_request *request)
{
	const struct lp_blob *text = s->batch->payload;
	unsigned char salt[16];
	EVP_PKEY *pair = p256_generate();
	struct aes128gcm with = {
		.receiver = s->subscription.key,
		.auth = s->subscription.auth,
		.salt = salt,
		.sender = pair,
	};
	struct lp_buf body = {0};
	int rc;

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		abort(); /* without random bytes nothing is safe */
	rc = aes128gcm_encrypt(&body, &with, lp_str(text->data, text->len));
	if (rc == LP_OK)
		request->body = lp_blob_new(body.data, body.len);
	EVP_PKEY_free(pair);
	lp_buf_clear(&body);
	return rc == LP_OK ? NULL : "the subscription's p256dh is no key";
}

static const char *begin(struct sending *s, struct h2_request *request)
{
	const struct batch *b = s->batch;
	uint64_t now = lp_wall_ms();
	int64_t ttl = b->expires > now ? (int64_t)((b->expires - now) / 1000) : 0;
	char text[24], topic[33];
	const char *why = encrypt(s, request);

	if (!why)
		why = add_authorization(s, request);
	snprintf(text, sizeof(text), "%" PRId64, ttl < TTL_MAX ? ttl : TTL_MAX);
	webpush_topic(topic, lp_cstr(b->nsp), lp_cstr(b->id));
	sending_header(request, "ttl", lp_cstr(text));
	sending_header(request, "topic", lp_cstr(topic));
	sending_header(request, "urgency", lp_cstr(b->background ? "normal" : "high"));
	sending_header(request, "content-encoding", LP_STR("aes128gcm"));
	sending_header(request, "content-type", LP_STR("application/octet-stream"));
	lp_buf_addz(&request->path, s->subscription.path);
	return why;
}

static void judge(struct sending *s, const struct h2_answer *answer)
{
	webpush_judge(&s->judgement, answer->status, answer->retry_ms);
}

static void clear(struct sending *s)
{
	subscription_clear(&s->subscription);
}

const struct sender webpush_sender = {
	.prepare = prepare,
	.send = webpush_send,
	.begin = begin,
	.judge = judge,
	.clear = clear,
};
