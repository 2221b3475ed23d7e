/*
 * Sending through APNs: a connection for each key that signs, and for each certificate. Apple ties a
 * connection to the key of its first request and refuses others on it (UnrelatedKeyIdInToken), and
 * what one key brings upon itself holds up no other.
 */
#include "config.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <stdlib.h>

#include "common/jwt/jwt_sign.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/apns.h"
#include "worker/provider/sending.h"

/* Apple takes tokens of up to an hour, and a new one after 20 minutes. */
#define RENEW_MS (40u * 60 * 1000)
#define YOUNG_MS (20u * 60 * 1000)
#define WAIT_MS  60000u

static const char *prepare(struct batch *b, const struct content *c, const struct content_ids *ids)
{
	const struct provider_entry *e = b->entry;
	struct lp_buf payload = {0};
	int rc;

	if (!*e->apns.token_key && e->apns.expires &&
	    (uint64_t)e->apns.expires * 1000 <= lp_wall_ms())
		return "the certificate has expired";
	rc = apns_payload(&payload, c);
	if (rc == LP_OK)
		b->payload = lp_blob_new(payload.data, payload.len);
	lp_buf_clear(&payload);
	return rc == LP_OK ? NULL : "PayloadTooLarge: more than 4096 bytes";
}

/* --- provider tokens --- */

/* Entries of several namespaces may have the same key: Apple knows it, not them. */
static void token_name(struct lp_buf *out, const struct provider_entry *e)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)e->apns.token_key, strlen(e->apns.token_key), sum);
	lp_buf_addf(out, "apns %s %s ", e->apns.team_id, e->apns.key_id);
	lp_buf_add(out, sum, sizeof(sum));
}

static bool sign(struct lp_buf *out, const struct provider_entry *e, uint64_t now)
{
	EVP_PKEY *key = jwt_key_private(JWT_ES256, lp_cstr(e->apns.token_key));
	struct lp_buf claims = {0};
	bool ok;

	lp_buf_addz(&claims, "{\"iss\":");
	lp_json_quote(&claims, lp_cstr(e->apns.team_id));
	lp_buf_addf(&claims, ",\"iat\":%" PRIu64 "}", now / 1000);
	ok = key &&
	     jwt_sign(out, JWT_ES256, lp_cstr(e->apns.key_id), lp_buf_str(&claims), key) == LP_OK;
	EVP_PKEY_free(key);
	lp_buf_clear(&claims);
	return ok;
}

/* NULL when the key can not sign. */
static const struct cached_token *token(struct sending *s)
{
	const struct provider_entry *e = s->batch->entry;
	struct token_cache *cache = s->batch->p->tokens;
	struct lp_buf name = {0}, text = {0};
	const struct cached_token *t;
	uint64_t now = lp_wall_ms();

	token_name(&name, e);
	t = token_cache_get(cache, lp_buf_str(&name));
	/* From the future: the clock was put back. */
	if (t && (t->made + RENEW_MS <= now || t->made > now))
		t = NULL;
	if (!t && sign(&text, e, now))
		t = token_cache_put(cache, lp_buf_str(&name), lp_buf_str(&text), now);
	lp_buf_clear(&name);
	lp_buf_clear(&text);
	return t;
}

/* Apple says that the token is too old: ours, or did another one take its place meanwhile? */
static void renew(struct sending *s)
{
	struct token_cache *cache = s->batch->p->tokens;
	const struct cached_token *t;
	struct lp_buf name = {0};

	token_name(&name, s->batch->entry);
	t = token_cache_get(cache, lp_buf_str(&name));
	if (t && t->made == s->credential_made) {
		if (t->made + YOUNG_MS <= lp_wall_ms())
			token_cache_drop(cache, lp_buf_str(&name));
		else
			s->judgement.retry_ms = WAIT_MS; /* one of the clocks is wrong */
	}
	lp_buf_clear(&name);
}

/* --- one device --- */

/* Applications have sent tokens as the system prints them, "<0123 4567>". */
static void strip(char *token)
{
	char *to = token;

	for (const char *from = token; *from; from++) {
		if (*from != '<' && *from != '>' && *from != ' ')
			*to++ = *from;
	}
	*to = 0;
}

static const char *address(const struct sending *s)
{
	const struct settings *settings = s->batch->p->settings;

	return s->batch->entry->apns.sandbox ? settings->apns_sandbox_address
					     : settings->apns_address;
}

static void apns_send(struct sending *s)
{
	struct batch *b = s->batch;
	bool by_token = *b->entry->apns.token_key;
	struct channel_key key = {
		.origin = lp_cstr(address(s)),
		.cert = by_token ? NULL : b->entry->apns.cert,
		.key = by_token ? NULL : b->entry->apns.key,
	};
	struct lp_buf account = {0};

	strip(s->token);
	if (!apns_token_valid(lp_cstr(s->token))) {
		sending_refuse(s, "BadDeviceToken: it is not hexadecimal");
		s->judgement.outcome = PROVIDER_GONE;
		return;
	}
	if (!b->channel) {
		if (by_token)
			token_name(&account, b->entry);
		key.account = lp_buf_str(&account);
		b->channel = channels_get(b->p->channels, &key);
		lp_buf_clear(&account);
	}
	sending_call(s, b->channel);
}

static const char *add_headers(struct sending *s, struct h2_request *request)
{
	const struct batch *b = s->batch;
	char id[37], collapse[33], expiration[24];
	int64_t until = apns_expiration(b->entry->apns.expiration, lp_wall_ms(), b->expires);
	const char *why = NULL;

	apns_id(id, lp_cstr(b->nsp), lp_cstr(b->id), lp_cstr(s->client));
	webpush_topic(collapse, lp_cstr(b->nsp), lp_cstr(b->id));
	snprintf(expiration, sizeof(expiration), "%" PRId64, until);
	if (*b->entry->apns.topic)
		why = sending_header(request, "apns-topic", lp_cstr(b->entry->apns.topic));
	sending_header(request, "apns-id", lp_cstr(id));
	sending_header(request, "apns-collapse-id", lp_cstr(collapse));
	sending_header(request, "apns-expiration", lp_cstr(expiration));
	sending_header(request, "apns-push-type", lp_cstr(b->background ? "background" : "alert"));
	sending_header(request, "apns-priority", lp_cstr(b->background ? "5" : "10"));
	sending_header(request, "content-type", LP_STR("application/json"));
	return why;
}

static const char *begin(struct sending *s, struct h2_request *request)
{
	struct batch *b = s->batch;
	struct lp_buf text = {0};
	const char *why = add_headers(s, request);

	if (!why && *b->entry->apns.token_key) {
		const struct cached_token *t = token(s);

		if (!t)
			return "token_key can not sign";
		s->credential_made = t->made;
		lp_buf_addf(&text, "bearer %s", t->text);
		why = sending_header(request, "authorization", lp_buf_str(&text));
		lp_buf_clear(&text);
	}
	lp_buf_addf(&request->path, "/3/device/%s", s->token);
	request->body = lp_blob_ref(b->payload);
	return why;
}

static void judge(struct sending *s, const struct h2_answer *answer)
{
	apns_judge(&s->judgement, answer->status, answer->body, answer->retry_ms);
	if (s->judgement.renew)
		renew(s);
}

static void clear(struct sending *s)
{
}

const struct sender apns_sender = {
	.prepare = prepare,
	.send = apns_send,
	.begin = begin,
	.judge = judge,
	.clear = clear,
};
