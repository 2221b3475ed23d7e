/* Makes JSON Web Tokens, as providers of notifications want them. */
#ifndef JWT_SIGN_H
#define JWT_SIGN_H

#include "common/jwt/jwt_key.h"
#include "common/lp_buf.h"

/*
 * Appends the token: header {"alg","typ":"JWT","kid"?}, the claims (a JSON text, taken as it is),
 * and the signature by key, which is one of jwt_key_private() for alg. kid may be empty. LP_EINVAL,
 * with nothing appended, when the key can not sign.
 */
int jwt_sign(struct lp_buf *out, enum jwt_alg alg, struct lp_str kid, struct lp_str claims,
	     EVP_PKEY *key) LP_MUSTCHECK;

#endif
