#include "config.h"

#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <string.h>

#include "common/jwt/jwt_key.h"

/* RFC 7518, 3.2 and 3.3: the least that may be used. */
#define SECRET_MIN   32u
#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192 /* bounds the work of one verification */

static const char *const names[] = {
	[JWT_HS256] = "HS256", [JWT_RS256] = "RS256", [JWT_ES256] = "ES256"};

int jwt_alg_parse(struct lp_str name, enum jwt_alg *alg)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (lp_str_eq(name, lp_cstr(names[i]))) {
			*alg = (enum jwt_alg)i;
			return LP_OK;
		}
	}
	return LP_EINVAL;
}

const char *jwt_alg_name(enum jwt_alg alg)
{
	return names[alg];
}

/* Without one OpenSSL would ask at the terminal. */
static int no_passphrase(char *buf, int size, int writing, void *arg)
{
	return -1;
}

static bool is_p256(EVP_PKEY *key)
{
	char curve[32] = "";

	return EVP_PKEY_is_a(key, "EC") &&
	       EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve, sizeof(curve),
					      NULL) == 1 &&
	       strcmp(curve, "prime256v1") == 0;
}

static bool fits(EVP_PKEY *key, enum jwt_alg alg)
{
	int bits = EVP_PKEY_get_bits(key);

	if (alg == JWT_ES256)
		return is_p256(key);
	return EVP_PKEY_is_a(key, "RSA") && bits >= RSA_BITS_MIN && bits <= RSA_BITS_MAX;
}

static EVP_PKEY *read_key(enum jwt_alg alg, struct lp_str text, bool private)
{
	EVP_PKEY *key;
	BIO *bio;

	if (text.n > JWT_KEY_TEXT_MAX)
		return NULL;
	if (alg == JWT_HS256)
		return text.n < SECRET_MIN
			       ? NULL
			       : EVP_PKEY_new_raw_private_key(EVP_PKEY_HMAC, NULL,
							      (const unsigned char *)text.p,
							      text.n);
	if (!text.n || !(bio = BIO_new_mem_buf(text.p, (int)text.n)))
		return NULL;
	key = private ? PEM_read_bio_PrivateKey(bio, NULL, no_passphrase, NULL)
		      : PEM_read_bio_PUBKEY(bio, NULL, no_passphrase, NULL);
	BIO_free(bio);
	if (key && !fits(key, alg)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	/* Nobody reads the queue of what was wrong. */
	ERR_clear_error();
	return key;
}

EVP_PKEY *jwt_key_public(enum jwt_alg alg, struct lp_str text)
{
	return read_key(alg, text, false);
}

EVP_PKEY *jwt_key_private(enum jwt_alg alg, struct lp_str text)
{
	return read_key(alg, text, true);
}
