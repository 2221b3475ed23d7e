#include "config.h"

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "common/base64.h"
#include "common/jwt/jwt_sign.h"
#include "common/lp_json.h"

#define SIGNATURE_MAX 1024 /* of RSA with 8192 bits */
#define ES256_HALF    32   /* bytes of r and of s */

/* DER, as OpenSSL makes it, to r and s side by side (RFC 7518, 3.4). Returns the length, 0: bad. */
static size_t flatten(unsigned char raw[2 * ES256_HALF], const unsigned char *der, size_t len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	bool ok = sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), raw, ES256_HALF) == ES256_HALF &&
		  BN_bn2binpad(ECDSA_SIG_get0_s(sig), raw + ES256_HALF, ES256_HALF) == ES256_HALF;

	ECDSA_SIG_free(sig);
	return ok ? (size_t)2 * ES256_HALF : 0;
}

/* Returns the length of the signature of text, 0 when the key can not sign. */
static size_t make(unsigned char sig[SIGNATURE_MAX], enum jwt_alg alg, EVP_PKEY *key,
		   struct lp_str text)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	unsigned char der[SIGNATURE_MAX];
	size_t len = SIGNATURE_MAX;

	if (!ctx || EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) != 1 ||
	    EVP_DigestSign(ctx, alg == JWT_ES256 ? der : sig, &len, (const unsigned char *)text.p,
			   text.n) != 1)
		len = 0;
	EVP_MD_CTX_free(ctx);
	if (len && alg == JWT_ES256)
		len = flatten(sig, der, len);
	ERR_clear_error();
	return len;
}

int jwt_sign(struct lp_buf *out, enum jwt_alg alg, struct lp_str kid, struct lp_str claims,
	     EVP_PKEY *key)
{
	unsigned char sig[SIGNATURE_MAX];
	struct lp_buf header = {0};
	size_t from = out->len;
	size_t len;

	lp_buf_addf(&header, "{\"alg\":\"%s\",\"typ\":\"JWT\"", jwt_alg_name(alg));
	if (kid.n) {
		lp_buf_addz(&header, ",\"kid\":");
		lp_json_quote(&header, kid);
	}
	lp_buf_addc(&header, '}');
	base64url_encode(out, lp_buf_str(&header));
	lp_buf_addc(out, '.');
	base64url_encode(out, claims);
	lp_buf_clear(&header);
	len = make(sig, alg, key, lp_str_from(lp_buf_str(out), from));
	if (!len) {
		out->len = from;
		out->data[from] = '\0';
		return LP_EINVAL;
	}
	lp_buf_addc(out, '.');
	base64url_encode(out, lp_str((const char *)sig, len));
	return LP_OK;
}
