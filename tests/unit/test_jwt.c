#include "config.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/base64.h"
#include "common/jwt/jwt.h"
#include "common/jwt/jwt_sign.h"
#include "common/lp_json.h"
#include "tests/unit/jwt_vectors.h"
#include "tests/unit/lp_test.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define NOW    UINT64_C(1700000000000)

static struct jwt_keys one_key(enum jwt_alg alg, const char *kid, struct lp_str text)
{
	struct jwt_keys keys = {.count = 1};

	keys.at[0] = (struct jwt_key){(char *)kid, alg, jwt_key_public(alg, text)};
	CHECK(keys.at[0].key != NULL);
	return keys;
}

static enum jwt_verdict verify_at(const struct jwt_keys *keys, struct lp_str token, uint64_t now,
				  uint64_t leeway)
{
	struct jwt_time when = {now, leeway};
	struct json_object *claims;
	uint64_t expires = 0;
	enum jwt_verdict verdict = jwt_verify(keys, token, &when, &claims, &expires);

	CHECK_ROW(token, (verdict == JWT_OK) == (claims != NULL));
	json_object_put(claims);
	return verdict;
}

static void test_vectors(void)
{
	static const struct {
		enum jwt_alg alg;
		struct lp_str key, token;
	} rows[] = {
		{JWT_HS256, BYTES(VECTOR_HS256_SECRET), BYTES(VECTOR_HS256)},
		{JWT_RS256, BYTES(VECTOR_RS256_KEY), BYTES(VECTOR_RS256)},
		{JWT_ES256, BYTES(VECTOR_ES256_KEY), BYTES(VECTOR_ES256)},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct jwt_keys keys = one_key(rows[i].alg, NULL, rows[i].key);
		struct jwt_time when = {VECTOR_EXPIRES - 1, 0};
		struct json_object *claims;
		struct lp_buf bad = {0};
		uint64_t expires;

		CHECK_ROW(rows[i].token,
			  jwt_verify(&keys, rows[i].token, &when, &claims, &expires) == JWT_OK);
		CHECK(expires == VECTOR_EXPIRES);
		CHECK_STR(rows[i].token, lp_json_str(claims, "iss"), LP_STR("joe"));
		json_object_put(claims);
		CHECK(verify_at(&keys, rows[i].token, VECTOR_EXPIRES, 0) == JWT_EXPIRED);
		CHECK(verify_at(&keys, rows[i].token, VECTOR_EXPIRES, 1) == JWT_OK);
		CHECK(verify_at(&keys, LP_STR(VECTOR_NONE), 0, 0) == JWT_INVALID);
		/* No byte can be another one. */
		for (size_t at = 0; at < rows[i].token.n; at += 7) {
			lp_buf_reset(&bad);
			lp_buf_adds(&bad, rows[i].token);
			bad.data[at] = bad.data[at] == 'A' ? 'B' : 'A';
			CHECK_ROW(lp_buf_str(&bad),
				  verify_at(&keys, lp_buf_str(&bad), 0, 0) == JWT_INVALID);
		}
		/* Nor can any end be missing. */
		for (size_t n = 0; n < rows[i].token.n; n += 11)
			CHECK(verify_at(&keys, lp_str(rows[i].token.p, n), 0, 0) == JWT_INVALID);
		lp_buf_clear(&bad);
		EVP_PKEY_free(keys.at[0].key);
	}
}

/* A token with the HS256 signature of SECRET whatever its header says. */
static void forge(struct lp_buf *out, const char *header, const char *claims)
{
	EVP_PKEY *key = jwt_key_private(JWT_HS256, LP_STR(SECRET));
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char mac[32];
	size_t len = sizeof(mac);

	lp_buf_reset(out);
	base64url_encode(out, lp_cstr(header));
	lp_buf_addc(out, '.');
	base64url_encode(out, lp_cstr(claims));
	CHECK(EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
	      EVP_DigestSign(ctx, mac, &len, (const unsigned char *)out->data, out->len) == 1);
	lp_buf_addc(out, '.');
	base64url_encode(out, lp_str((const char *)mac, len));
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(key);
}

static void test_headers(void)
{
	static const struct {
		const char *header;
		enum jwt_verdict want;
	} rows[] = {
		{"{\"alg\":\"HS256\"}", JWT_OK},
		{"{\"alg\":\"HS256\",\"typ\":\"JWT\",\"kid\":\"one\"}", JWT_OK},
		{"{\"alg\":\"HS256\",\"kid\":\"\"}", JWT_OK},
		{"{\"alg\":\"HS256\",\"kid\":\"two\"}", JWT_INVALID},
		{"{\"alg\":\"hs256\"}", JWT_INVALID},
		{"{\"alg\":\"none\"}", JWT_INVALID},
		{"{\"alg\":\"\"}", JWT_INVALID},
		{"{\"alg\":\"HS512\"}", JWT_INVALID},
		{"{\"alg\":\"RS256\"}", JWT_INVALID},
		{"{\"alg\":[\"HS256\"]}", JWT_INVALID},
		{"{}", JWT_INVALID},
		{"[\"HS256\"]", JWT_INVALID},
		{"\"HS256\"", JWT_INVALID},
		{"", JWT_INVALID},
		{"{\"alg\":\"HS256\",\"crit\":[\"exp\"],\"exp\":1}", JWT_INVALID},
		{"{\"alg\":\"HS256\"} x", JWT_INVALID},
	};
	struct jwt_keys keys = one_key(JWT_HS256, "one", LP_STR(SECRET));
	struct lp_buf token = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		forge(&token, rows[i].header, "{\"sub\":\"u\"}");
		CHECK_ROW(lp_cstr(rows[i].header),
			  verify_at(&keys, lp_buf_str(&token), NOW, 0) == rows[i].want);
	}
	EVP_PKEY_free(keys.at[0].key);

	/* A public key is no secret, whatever the token says. */
	keys = one_key(JWT_RS256, NULL, LP_STR(VECTOR_RS256_KEY));
	forge(&token, "{\"alg\":\"HS256\"}", "{\"sub\":\"u\"}");
	CHECK(verify_at(&keys, lp_buf_str(&token), NOW, 0) == JWT_INVALID);
	EVP_PKEY_free(keys.at[0].key);
	lp_buf_clear(&token);
}

static void test_claims(void)
{
	static const struct {
		const char *claims;
		uint64_t leeway;
		enum jwt_verdict want;
	} rows[] = {
		{"{}", 0, JWT_OK},
		{"{\"exp\":1700000000.5}", 0, JWT_OK},
		{"{\"exp\":1700000001}", 0, JWT_OK},
		{"{\"exp\":1700000000}", 0, JWT_EXPIRED},
		{"{\"exp\":1699999990}", 10000, JWT_EXPIRED},
		{"{\"exp\":1699999991}", 10000, JWT_OK},
		{"{\"exp\":0}", 10000, JWT_EXPIRED},
		{"{\"exp\":-1}", 0, JWT_INVALID},
		{"{\"exp\":1e300}", 0, JWT_INVALID},
		{"{\"exp\":9223372036854775807}", 0, JWT_INVALID},
		{"{\"exp\":\"1700000001\"}", 0, JWT_INVALID},
		{"{\"exp\":null}", 0, JWT_INVALID},
		{"{\"exp\":true}", 0, JWT_INVALID},
		{"{\"nbf\":1700000000}", 0, JWT_OK},
		{"{\"nbf\":1700000001}", 0, JWT_INVALID},
		{"{\"nbf\":1700000010}", 10000, JWT_OK},
		{"{\"nbf\":1700000011}", 10000, JWT_INVALID},
		{"{\"nbf\":\"\"}", 0, JWT_INVALID},
		{"[]", 0, JWT_INVALID},
		{"1", 0, JWT_INVALID},
		{"", 0, JWT_INVALID},
		{"{\"a\":\"\xff\"}", 0, JWT_INVALID},
	};
	struct jwt_keys keys = one_key(JWT_HS256, NULL, LP_STR(SECRET));
	struct lp_buf token = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		forge(&token, "{\"alg\":\"HS256\"}", rows[i].claims);
		CHECK_ROW(lp_cstr(rows[i].claims), verify_at(&keys, lp_buf_str(&token), NOW,
							     rows[i].leeway) == rows[i].want);
	}
	EVP_PKEY_free(keys.at[0].key);
	lp_buf_clear(&token);
}

static void test_size(void)
{
	struct jwt_keys keys = one_key(JWT_HS256, NULL, LP_STR(SECRET));
	struct lp_buf claims = {0}, token = {0};

	lp_buf_addz(&claims, "{\"a\":\"");
	while (claims.len < 6000)
		lp_buf_addc(&claims, 'x');
	lp_buf_addz(&claims, "\"}");
	forge(&token, "{\"alg\":\"HS256\"}", claims.data);
	CHECK(token.len <= JWT_MAX && verify_at(&keys, lp_buf_str(&token), NOW, 0) == JWT_OK);
	claims.len -= 2;
	while (claims.len < 6200)
		lp_buf_addc(&claims, 'x');
	lp_buf_addz(&claims, "\"}");
	forge(&token, "{\"alg\":\"HS256\"}", claims.data);
	CHECK(token.len > JWT_MAX && verify_at(&keys, lp_buf_str(&token), NOW, 0) == JWT_INVALID);
	CHECK(jwt_peek(lp_buf_str(&token)) == NULL);
	EVP_PKEY_free(keys.at[0].key);
	lp_buf_clear(&claims);
	lp_buf_clear(&token);
}

static void test_peek(void)
{
	struct json_object *claims = jwt_peek(LP_STR("x." VECTOR_PAYLOAD ".y"));

	CHECK_STR(LP_STR("peek"), lp_json_str(claims, "iss"), LP_STR("joe"));
	json_object_put(claims);
	CHECK(jwt_peek(LP_STR("")) == NULL);
	CHECK(jwt_peek(LP_STR("..")) == NULL);
	CHECK(jwt_peek(LP_STR("a.b")) == NULL);
	CHECK(jwt_peek(LP_STR("a." VECTOR_PAYLOAD ".b.c")) == NULL);
}

static struct lp_str pem_of(EVP_PKEY *key, bool private, struct lp_buf *out)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long len;

	CHECK((private ? PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL)
		       : PEM_write_bio_PUBKEY(bio, key)) == 1);
	len = BIO_get_mem_data(bio, &text);
	lp_buf_reset(out);
	lp_buf_add(out, text, (size_t)len);
	BIO_free(bio);
	return lp_buf_str(out);
}

static void test_sign(void)
{
	static const enum jwt_alg algs[] = {JWT_RS256, JWT_ES256};
	struct lp_buf pem = {0}, token = {0};

	for (size_t i = 0; i < COUNT(algs); i++) {
		EVP_PKEY *made = algs[i] == JWT_RS256 ? EVP_RSA_gen(2048) : EVP_EC_gen("P-256");
		struct jwt_keys keys = one_key(algs[i], "k\"1", pem_of(made, false, &pem));
		EVP_PKEY *key = jwt_key_private(algs[i], pem_of(made, true, &pem));

		CHECK(key != NULL);
		/* r and s begin with a zero byte now and then: both halves keep their length. */
		for (int n = 0; n < (algs[i] == JWT_ES256 ? 300 : 2); n++) {
			lp_buf_reset(&token);
			CHECK(jwt_sign(&token, algs[i], LP_STR("k\"1"),
				       LP_STR("{\"exp\":1700000001}"), key) == LP_OK);
			CHECK(verify_at(&keys, lp_buf_str(&token), NOW, 0) == JWT_OK);
		}
		/* Not with the other half. */
		CHECK(jwt_key_public(algs[i], lp_buf_str(&pem)) == NULL);
		lp_buf_reset(&token);
		CHECK(jwt_sign(&token, algs[i], LP_STR(""), LP_STR("{}"), keys.at[0].key) ==
		      LP_EINVAL);
		CHECK(token.len == 0);
		EVP_PKEY_free(keys.at[0].key);
		EVP_PKEY_free(key);
		EVP_PKEY_free(made);
	}
	lp_buf_clear(&pem);
	lp_buf_clear(&token);
}

static void test_keys(void)
{
#define ENTRY(alg, key) "{\"alg\":\"" alg "\",\"key\":\"" key "\"}"
	static const struct {
		const char *list;
		const char *wrong; /* NULL: good */
	} rows[] = {
		{"[]", NULL},
		{"[" ENTRY("HS256", SECRET) "]", NULL},
		{"[{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" SECRET "\"}]", NULL},
		{"[{\"kid\":\"\",\"alg\":\"HS256\",\"key\":\"" SECRET "\"}]", NULL},
		{"[{\"kid\":null,\"alg\":\"HS256\",\"key\":\"" SECRET "\"}]", NULL},
		{"{}", "jwt_keys"},
		{"\"x\"", "jwt_keys"},
		{"[1]", "jwt_keys[0]"},
		{"[null]", "jwt_keys[0]"},
		{"[{}]", "jwt_keys[0].alg"},
		{"[{\"kid\":1,\"alg\":\"HS256\",\"key\":\"" SECRET "\"}]", "jwt_keys[0].kid"},
		{"[{\"kid\":\"a\\u0000b\",\"alg\":\"HS256\",\"key\":\"" SECRET "\"}]",
		 "jwt_keys[0].kid"},
		{"[" ENTRY("HS256", SECRET) "," ENTRY("none", SECRET) "]", "jwt_keys[1].alg"},
		{"[" ENTRY("HS384", SECRET) "]", "jwt_keys[0].alg"},
		{"[" ENTRY("HS256", "too short") "]", "jwt_keys[0].key"},
		{"[{\"alg\":\"HS256\"}]", "jwt_keys[0].key"},
		{"[{\"alg\":\"HS256\",\"key\":1}]", "jwt_keys[0].key"},
		{"[" ENTRY("RS256", SECRET) "]", "jwt_keys[0].key"},
	};
	struct lp_buf wrong = {0}, list = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value;
		struct jwt_keys *keys;

		lp_buf_reset(&wrong);
		CHECK(lp_json_parse(lp_cstr(rows[i].list), &value) == LP_OK);
		keys = jwt_keys_read(value, &wrong);
		CHECK_ROW(lp_cstr(rows[i].list), (keys == NULL) == (rows[i].wrong != NULL));
		CHECK_STR(lp_cstr(rows[i].list), lp_buf_str(&wrong), lp_cstr(rows[i].wrong));
		jwt_keys_free(keys);
		json_object_put(value);
	}
	for (unsigned n = 10; n <= 11; n++) {
		struct jwt_keys *keys;

		lp_buf_reset(&list);
		for (unsigned i = 0; i < n; i++)
			lp_buf_addf(&list, "%c" ENTRY("HS256", SECRET), i ? ',' : '[');
		lp_buf_addc(&list, ']');
		keys = jwt_keys_parse(lp_buf_str(&list));
		CHECK((keys != NULL) == (n == 10));
		jwt_keys_free(keys);
	}
	CHECK(jwt_keys_parse(LP_STR("no JSON")) == NULL);
	lp_buf_clear(&wrong);
	lp_buf_clear(&list);
}

static void test_key(void)
{
	static const struct {
		enum jwt_alg alg;
		struct lp_str text;
		bool good;
	} rows[] = {
		{JWT_RS256, BYTES(VECTOR_RS256_KEY), true},
		{JWT_ES256, BYTES(VECTOR_ES256_KEY), true},
		{JWT_HS256, BYTES(SECRET), true},
		/* a public key as a secret would be known to everybody, but it is a text as well */
		{JWT_RS256, BYTES(VECTOR_ES256_KEY), false},
		{JWT_ES256, BYTES(VECTOR_RS256_KEY), false},
		{JWT_RS256, BYTES(VECTOR_RSA_SHORT), false},
		{JWT_ES256, BYTES(VECTOR_P384), false},
		{JWT_RS256, BYTES(""), false},
		{JWT_RS256, BYTES("-----BEGIN PUBLIC KEY-----\n"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		EVP_PKEY *key = jwt_key_public(rows[i].alg, rows[i].text);

		CHECK_ROW(rows[i].text, (key != NULL) == rows[i].good);
		EVP_PKEY_free(key);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"vectors", test_vectors}, {"headers", test_headers}, {"claims", test_claims},
		{"size", test_size},       {"peek", test_peek},       {"sign", test_sign},
		{"keys", test_keys},       {"key", test_key},
	};

	return lp_test_main("jwt", tests, COUNT(tests));
}
