/*
 * The keys of a namespace, its setting jwt_keys: [{"kid"?, "alg", "key"}, ...]. The API checks them
 * with the same reader when they are saved that the connector uses when a client comes.
 */
#ifndef JWT_KEYS_H
#define JWT_KEYS_H

#include <json-c/json.h>

#include "common/jwt/jwt_key.h"
#include "common/lp_buf.h"

#define JWT_KEYS_MAX 10u
#define JWT_KID_MAX  100u /* bytes */

struct jwt_key {
	char *kid; /* NULL: none */
	enum jwt_alg alg;
	EVP_PKEY *key;
};

struct jwt_keys {
	struct jwt_key at[JWT_KEYS_MAX];
	size_t count;
};

/*
 * Reads the array. NULL when it can not be used, with what is wrong in *wrong ("jwt_keys[1].key");
 * the caller frees the keys.
 */
struct jwt_keys *jwt_keys_read(struct json_object *list, struct lp_buf *wrong);
/* The same from its text, as stored. */
struct jwt_keys *jwt_keys_parse(struct lp_str text);
/* NULL is fine. */
void jwt_keys_free(struct jwt_keys *keys);

#endif
