/*
 * Keys of JSON Web Tokens (RFC 7515, 7518) on OpenSSL. A key knows its one algorithm: what a token
 * says of its own is only compared with it, so a public key is never taken for a secret.
 */
#ifndef JWT_KEY_H
#define JWT_KEY_H

#include <openssl/types.h>
#include <stdbool.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"

#define JWT_KEY_TEXT_MAX 8192u /* bytes of a secret or a PEM text */

enum jwt_alg { JWT_HS256, JWT_RS256, JWT_ES256 };

/* "HS256" ...; LP_EINVAL for any other word. */
int jwt_alg_parse(struct lp_str name, enum jwt_alg *alg) LP_MUSTCHECK;
const char *jwt_alg_name(enum jwt_alg alg);

/*
 * A key to verify with: for HS256 the secret itself, else a public key in PEM. NULL when it can not
 * be used: a secret below 32 bytes, RSA not of 2048 to 8192 bits, a curve other than P-256. The
 * caller frees with EVP_PKEY_free().
 */
EVP_PKEY *jwt_key_public(enum jwt_alg alg, struct lp_str text);
/* The same to sign with: a private key in PEM without a passphrase, for HS256 the secret. */
EVP_PKEY *jwt_key_private(enum jwt_alg alg, struct lp_str text);

#endif
