/*
 * Tokens. As they come, by the public keys of RFC 7515's examples: nothing is good that was not
 * signed there. And a header and claims, with a line feed between, that are signed by us: whatever
 * they say is taken or refused.
 */
#include "config.h"

#include <openssl/evp.h>

#include "common/base64.h"
#include "common/jwt/jwt.h"
#include "common/lp_json.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/jwt_vectors.h"

#define NOW    (VECTOR_EXPIRES - 1)
#define LEEWAY 5000

static struct jwt_keys public_keys, secret_keys;

static void add_key(struct jwt_keys *keys, enum jwt_alg alg, struct lp_str text)
{
	keys->at[keys->count++] = (struct jwt_key){NULL, alg, jwt_key_public(alg, text)};
}

static enum jwt_verdict verify(const struct jwt_keys *keys, struct lp_str token)
{
	struct jwt_time when = {NOW, LEEWAY};
	struct json_object *claims;
	uint64_t expires = 0;
	enum jwt_verdict verdict = jwt_verify(keys, token, &when, &claims, &expires);

	MUST((claims != NULL) == (verdict == JWT_OK));
	if (claims) {
		MUST(token.n <= JWT_MAX);
		MUST(json_object_is_type(claims, json_type_object));
		MUST(expires + LEEWAY > NOW || expires == UINT64_MAX);
	}
	json_object_put(claims);
	return verdict;
}

static void check_foreign(struct lp_str token)
{
	json_object_put(jwt_peek(token));
	if (verify(&public_keys, token) == JWT_INVALID)
		return;
	MUST(lp_str_starts(token, LP_STR("eyJhbGciOiJSUzI1NiJ9." VECTOR_PAYLOAD ".")) ||
	     lp_str_starts(token, LP_STR("eyJhbGciOiJFUzI1NiJ9." VECTOR_PAYLOAD ".")));
}

static void check_signed(struct lp_str text)
{
	size_t line = lp_str_find(text, '\n');
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	struct lp_buf token = {0};
	unsigned char mac[32];
	size_t len = sizeof(mac);

	base64url_encode(&token, lp_str(text.p, line));
	lp_buf_addc(&token, '.');
	base64url_encode(&token, lp_str_from(text, line + 1));
	MUST(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, secret_keys.at[0].key) == 1);
	MUST(EVP_DigestSign(ctx, mac, &len, (unsigned char *)token.data, token.len) == 1);
	lp_buf_addc(&token, '.');
	base64url_encode(&token, lp_str((const char *)mac, len));
	verify(&secret_keys, lp_buf_str(&token));
	EVP_MD_CTX_free(ctx);
	lp_buf_clear(&token);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str text = lp_str((const char *)data, size);
	struct json_object *list = NULL;
	struct lp_buf wrong = {0};

	if (!public_keys.count) {
		add_key(&public_keys, JWT_RS256, LP_STR(VECTOR_RS256_KEY));
		add_key(&public_keys, JWT_ES256, LP_STR(VECTOR_ES256_KEY));
		add_key(&secret_keys, JWT_HS256, LP_STR(VECTOR_HS256_SECRET));
	}
	check_foreign(text);
	check_signed(text);
	/* The list of a namespace's keys. */
	if (lp_json_parse(text, &list) == LP_OK) {
		struct jwt_keys *keys = jwt_keys_read(list, &wrong);

		MUST((keys != NULL) == (wrong.len == 0));
		jwt_keys_free(keys);
	}
	lp_buf_clear(&wrong);
	json_object_put(list);
	return 0;
}
