#include "config.h"

#include <openssl/evp.h>
#include <stdlib.h>

#include "common/jwt/jwt_keys.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"

/* NULL, or the member that is wrong. */
static const char *read_one(struct jwt_key *k, struct json_object *entry)
{
	struct lp_str kid = lp_json_str(entry, "kid");
	struct json_object *value = NULL;

	if (!json_object_is_type(entry, json_type_object))
		return "";
	json_object_object_get_ex(entry, "kid", &value);
	if ((value && !json_object_is_type(value, json_type_string)) || kid.n > JWT_KID_MAX ||
	    memchr(kid.p ? kid.p : "", '\0', kid.n))
		return ".kid";
	if (jwt_alg_parse(lp_json_str(entry, "alg"), &k->alg) != LP_OK)
		return ".alg";
	k->key = jwt_key_public(k->alg, lp_json_str(entry, "key"));
	if (!k->key)
		return ".key";
	k->kid = kid.n ? lp_xstrndup(kid) : NULL;
	return NULL;
}

struct jwt_keys *jwt_keys_read(struct json_object *list, struct lp_buf *wrong)
{
	struct jwt_keys *keys;
	const char *member;

	if (!json_object_is_type(list, json_type_array) ||
	    json_object_array_length(list) > JWT_KEYS_MAX) {
		lp_buf_addz(wrong, "jwt_keys");
		return NULL;
	}
	keys = lp_xcalloc(1, sizeof(*keys));
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		member = read_one(&keys->at[i], json_object_array_get_idx(list, i));
		if (member) {
			lp_buf_addf(wrong, "jwt_keys[%zu]%s", i, member);
			jwt_keys_free(keys);
			return NULL;
		}
		keys->count++;
	}
	return keys;
}

struct jwt_keys *jwt_keys_parse(struct lp_str text)
{
	struct json_object *list = NULL;
	struct jwt_keys *keys = NULL;
	struct lp_buf wrong = {0};

	if (lp_json_parse(text, &list) == LP_OK)
		keys = jwt_keys_read(list, &wrong);
	lp_buf_clear(&wrong);
	json_object_put(list);
	return keys;
}

void jwt_keys_free(struct jwt_keys *keys)
{
	if (!keys)
		return;
	for (size_t i = 0; i < keys->count; i++) {
		free(keys->at[i].kid);
		EVP_PKEY_free(keys->at[i].key);
	}
	free(keys);
}
