#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/base64.h"
#include "common/lp_mem.h"
#include "common/push/secret_keys.h"

#define KEYS_MAX 16u

struct secret_keys {
	size_t count;
	struct secret_key at[KEYS_MAX];
};

static bool id_valid(struct lp_str id)
{
	for (size_t i = 0; i < id.n; i++) {
		unsigned char c = (unsigned char)id.p[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '-' && c != '_')
			return false;
	}
	return id.n && id.n <= SECRET_ID_MAX;
}

const struct secret_key *secret_keys_find(const struct secret_keys *keys, struct lp_str id)
{
	for (size_t i = 0; keys && i < keys->count; i++) {
		if (lp_str_eq(lp_cstr(keys->at[i].id), id))
			return &keys->at[i];
	}
	return NULL;
}

static bool add_key(struct secret_keys *keys, struct lp_str item)
{
	size_t colon = lp_str_find(item, ':');
	struct lp_str id = lp_str(item.p, colon), text = lp_str_from(item, colon + 1);
	struct secret_key *key = &keys->at[keys->count];
	struct lp_buf bytes = {0};
	bool ok = colon < item.n && id_valid(id) && !secret_keys_find(keys, id) &&
		  text.n <= 2 * SECRET_KEY && base64_decode(&bytes, text) == LP_OK &&
		  bytes.len == SECRET_KEY;

	if (ok) {
		memcpy(key->id, id.p, id.n);
		memcpy(key->bytes, bytes.data, SECRET_KEY);
		keys->count++;
	}
	if (bytes.data)
		explicit_bzero(bytes.data, bytes.len);
	lp_buf_clear(&bytes);
	return ok;
}

struct secret_keys *secret_keys_new(const char *text, struct lp_buf *why)
{
	struct lp_str rest = lp_cstr(text);
	struct secret_keys *keys = rest.n ? lp_xcalloc(1, sizeof(*keys)) : NULL;

	while (rest.n) {
		size_t comma = lp_str_find(rest, ',');

		if (keys->count == KEYS_MAX || !add_key(keys, lp_str(rest.p, comma))) {
			lp_buf_addf(
				why,
				"it must be up to %u keys with commas between, each a name of its "
				"own (letters, digits, - and _), a colon, and 32 bytes in base64",
				KEYS_MAX);
			secret_keys_free(keys);
			return NULL;
		}
		rest = lp_str_from(rest, comma + 1);
	}
	return keys;
}

void secret_keys_free(struct secret_keys *keys)
{
	if (!keys)
		return;
	explicit_bzero(keys, sizeof(*keys));
	free(keys);
}

const struct secret_key *secret_keys_first(const struct secret_keys *keys)
{
	return &keys->at[0];
}
