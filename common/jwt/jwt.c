#include "config.h"

#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/jwt/jwt.h"
#include "common/lp_json.h"

#define HS256_LEN   32
#define ES256_HALF  32   /* bytes of r and of s */
#define DER_MAX     128  /* of those two as a SEQUENCE */
#define SECONDS_MAX 4e15 /* stays exact in ms */

/* header.payload.signature, still encoded. */
struct parts {
	struct lp_str header, payload, signature;
	struct lp_str signed_text; /* the first two, with the dot between */
};

static bool split(struct lp_str token, struct parts *p)
{
	size_t dot = lp_str_find(token, '.');
	struct lp_str rest = lp_str_from(token, dot + 1);
	size_t next = lp_str_find(rest, '.');

	if (token.n > JWT_MAX || next == rest.n)
		return false;
	p->header = lp_str(token.p, dot);
	p->payload = lp_str(rest.p, next);
	p->signature = lp_str_from(rest, next + 1);
	p->signed_text = lp_str(token.p, dot + 1 + next);
	return lp_str_find(p->signature, '.') == p->signature.n;
}

/* A JSON object in base64url, or NULL. */
static struct json_object *read_object(struct lp_str encoded)
{
	struct json_object *object = NULL;
	struct lp_buf text = {0};

	if (base64url_decode(&text, encoded) != LP_OK ||
	    lp_json_parse(lp_buf_str(&text), &object) != LP_OK ||
	    !json_object_is_type(object, json_type_object)) {
		json_object_put(object);
		object = NULL;
	}
	lp_buf_clear(&text);
	return object;
}

/* r and s side by side to DER, as OpenSSL takes it. Returns its length, 0: no signature. */
static size_t to_der(unsigned char der[DER_MAX], struct lp_str raw)
{
	const unsigned char *p = (const unsigned char *)raw.p;
	ECDSA_SIG *sig;
	BIGNUM *r, *s;
	int len = 0;

	if (raw.n != 2 * ES256_HALF)
		return 0;
	sig = ECDSA_SIG_new();
	r = BN_bin2bn(p, ES256_HALF, NULL);
	s = BN_bin2bn(p + ES256_HALF, ES256_HALF, NULL);
	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
		abort(); /* out of memory */
	len = i2d_ECDSA_SIG(sig, NULL);
	if (len > 0 && len <= DER_MAX)
		len = i2d_ECDSA_SIG(sig, &der);
	else
		len = 0;
	ECDSA_SIG_free(sig);
	return (size_t)len;
}

static bool check_secret(EVP_MD_CTX *ctx, const struct jwt_key *k, struct lp_str text,
			 struct lp_str signature)
{
	unsigned char own[HS256_LEN];
	size_t len = sizeof(own);

	return EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k->key) == 1 &&
	       EVP_DigestSign(ctx, own, &len, (const unsigned char *)text.p, text.n) == 1 &&
	       len == HS256_LEN && signature.n == HS256_LEN &&
	       CRYPTO_memcmp(own, signature.p, HS256_LEN) == 0;
}

static bool check_public(EVP_MD_CTX *ctx, const struct jwt_key *k, struct lp_str text,
			 struct lp_str signature)
{
	const unsigned char *sig = (const unsigned char *)signature.p;
	unsigned char der[DER_MAX];
	size_t len = signature.n;

	if (k->alg == JWT_ES256) {
		len = to_der(der, signature);
		sig = der;
	}
	return len && EVP_DigestVerifyInit(ctx, NULL, EVP_sha256(), NULL, k->key) == 1 &&
	       EVP_DigestVerify(ctx, sig, len, (const unsigned char *)text.p, text.n) == 1;
}

static bool signed_by(const struct jwt_key *k, struct lp_str text, struct lp_str signature)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool good;

	if (!ctx)
		abort();
	good = k->alg == JWT_HS256 ? check_secret(ctx, k, text, signature)
				   : check_public(ctx, k, text, signature);
	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return good;
}

/* By one of the keys that the header can mean. */
static bool is_signed(const struct jwt_keys *keys, const struct parts *p,
		      struct json_object *header)
{
	struct lp_str alg = lp_json_str(header, "alg"), kid = lp_json_str(header, "kid");
	struct lp_buf signature = {0};
	struct json_object *value;
	bool good = false;

	/* Extensions that must be understood: none is. */
	if (json_object_object_get_ex(header, "crit", &value) ||
	    base64url_decode(&signature, p->signature) != LP_OK)
		keys = NULL;
	for (size_t i = 0; keys && i < keys->count && !good; i++) {
		const struct jwt_key *k = &keys->at[i];

		if (kid.n && k->kid && !lp_str_eq(kid, lp_cstr(k->kid)))
			continue;
		good = lp_str_eq(alg, lp_cstr(jwt_alg_name(k->alg))) &&
		       signed_by(k, p->signed_text, lp_buf_str(&signature));
	}
	lp_buf_clear(&signature);
	return good;
}

/* A time claim in ms; fallback when there is none. False when it is no time. */
static bool read_time(struct json_object *claims, const char *name, uint64_t fallback,
		      uint64_t *out)
{
	struct json_object *value;
	double seconds;

	*out = fallback;
	if (!json_object_object_get_ex(claims, name, &value))
		return true;
	if (!json_object_is_type(value, json_type_int) &&
	    !json_object_is_type(value, json_type_double))
		return false;
	seconds = json_object_get_double(value);
	if (!(seconds >= 0 && seconds <= SECONDS_MAX))
		return false;
	*out = (uint64_t)(seconds * 1000);
	return true;
}

enum jwt_verdict jwt_verify(const struct jwt_keys *keys, struct lp_str token,
			    const struct jwt_time *when, struct json_object **claims,
			    uint64_t *expires)
{
	struct json_object *header = NULL;
	enum jwt_verdict verdict = JWT_INVALID;
	uint64_t begins;
	struct parts p;

	*claims = NULL;
	if (split(token, &p) && (header = read_object(p.header)) && is_signed(keys, &p, header))
		*claims = read_object(p.payload);
	if (*claims && read_time(*claims, "exp", UINT64_MAX, expires) &&
	    read_time(*claims, "nbf", 0, &begins) && begins <= when->now + when->leeway)
		verdict = *expires != UINT64_MAX && *expires + when->leeway <= when->now
				  ? JWT_EXPIRED
				  : JWT_OK;
	json_object_put(header);
	if (verdict != JWT_OK) {
		json_object_put(*claims);
		*claims = NULL;
	}
	return verdict;
}

struct json_object *jwt_peek(struct lp_str token)
{
	struct parts p;

	return split(token, &p) ? read_object(p.payload) : NULL;
}
