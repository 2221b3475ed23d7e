/*
 * Verifies a JSON Web Token (RFC 7519) as a compact JWS (RFC 7515). No I/O and no clock. The token is
 * hostile: bounded first, base64url and JSON taken strictly, the algorithm that of the key.
 */
#ifndef JWT_H
#define JWT_H

#include <json-c/json.h>
#include <stdint.h>

#include "common/jwt/jwt_keys.h"

#define JWT_MAX 8192u /* bytes of a token */

/* When a token is good, by the clock that its maker and we should share. */
struct jwt_time {
	uint64_t now;    /* ms since 1970 */
	uint64_t leeway; /* ms that the two clocks may differ */
};

enum jwt_verdict { JWT_OK, JWT_INVALID, JWT_EXPIRED };

/*
 * Tries the keys that the token can be by: of its kid if it names one, and of its algorithm.
 * JWT_OK: *claims, an object that the caller puts, and *expires, ms since 1970, UINT64_MAX without
 * an exp. Otherwise *claims is NULL. JWT_EXPIRED only with a good signature.
 */
enum jwt_verdict jwt_verify(const struct jwt_keys *keys, struct lp_str token,
			    const struct jwt_time *when, struct json_object **claims,
			    uint64_t *expires);

/* The claims of a token that nobody has verified: what the client says of itself. NULL when they
 * can not be read. The caller puts them. */
struct json_object *jwt_peek(struct lp_str token);

#endif
