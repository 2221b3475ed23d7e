#include "config.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <openssl/sha.h>
#include <string.h>

#include "common/jwt/jwt_sign.h"
#include "common/lp_json.h"
#include "common/push/provider_conf.h"
#include "worker/provider/apns_token.h"

#define RENEW_MS (40u * 60 * 1000)
#define YOUNG_MS (20u * 60 * 1000)

void apns_token_name(struct lp_buf *out, const struct provider_entry *e)
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

const struct cached_token *apns_token(struct token_cache *cache, const struct provider_entry *e,
				      uint64_t now)
{
	struct lp_buf name = {0}, text = {0};
	const struct cached_token *t;

	apns_token_name(&name, e);
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

bool apns_token_renew(struct token_cache *cache, const struct provider_entry *e, uint64_t made,
		      uint64_t now)
{
	const struct cached_token *t;
	struct lp_buf name = {0};
	bool may = true;

	apns_token_name(&name, e);
	t = token_cache_get(cache, lp_buf_str(&name));
	/* Another one may have taken its place meanwhile. */
	if (t && t->made == made) {
		may = t->made + YOUNG_MS <= now;
		if (may)
			token_cache_drop(cache, lp_buf_str(&name));
	}
	lp_buf_clear(&name);
	return may;
}
