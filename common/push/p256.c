#include "config.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <stdlib.h>
#include <string.h>

#include "common/push/p256.h"

#define CURVE "prime256v1"

/* priv may be NULL: a public key. */
static EVP_PKEY *from_parts(const BIGNUM *priv, const unsigned char point[P256_POINT])
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;

	if (build && ctx &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, CURVE, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT) &&
	    (!priv || OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, priv)) &&
	    (params = OSSL_PARAM_BLD_to_param(build)) && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &key, priv ? EVP_PKEY_KEYPAIR : EVP_PKEY_PUBLIC_KEY, params) !=
		    1)
		key = NULL;
	OSSL_PARAM_free(params);
	OSSL_PARAM_BLD_free(build);
	EVP_PKEY_CTX_free(ctx);
	ERR_clear_error();
	return key;
}

EVP_PKEY *p256_from_private(const unsigned char number[P256_PRIVATE])
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
	BIGNUM *priv = BN_secure_new();
	EC_POINT *point = group ? EC_POINT_new(group) : NULL;
	unsigned char bytes[P256_POINT];
	EVP_PKEY *key = NULL;

	if (!group || !priv || !point || !BN_bin2bn(number, P256_PRIVATE, priv))
		abort(); /* out of memory */
	if (!BN_is_zero(priv) && BN_cmp(priv, EC_GROUP_get0_order(group)) < 0 &&
	    EC_POINT_mul(group, point, priv, NULL, NULL, NULL) == 1 &&
	    EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, bytes, sizeof(bytes),
			       NULL) == sizeof(bytes))
		key = from_parts(priv, bytes);
	EC_POINT_free(point);
	BN_clear_free(priv);
	EC_GROUP_free(group);
	return key;
}

EVP_PKEY *p256_from_point(const unsigned char point[P256_POINT])
{
	/* OpenSSL takes other forms of a point too. */
	return point[0] == 4 ? from_parts(NULL, point) : NULL;
}

EVP_PKEY *p256_generate(void)
{
	EVP_PKEY *key = EVP_EC_gen(CURVE);

	if (!key)
		abort(); /* out of memory, or of randomness */
	return key;
}

bool p256_point(EVP_PKEY *key, unsigned char point[P256_POINT])
{
	char curve[32] = "";
	size_t n = 0;
	bool ok = EVP_PKEY_is_a(key, "EC") &&
		  EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, curve,
						 sizeof(curve), NULL) == 1 &&
		  strcmp(curve, CURVE) == 0 &&
		  EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, P256_POINT,
						  &n) == 1 &&
		  n == P256_POINT && point[0] == 4;

	ERR_clear_error();
	return ok;
}
