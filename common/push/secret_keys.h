/* The setting secret_keys: what secrets of namespaces are encrypted with in Redis. No I/O. */
#ifndef SECRET_KEYS_H
#define SECRET_KEYS_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

#define SECRET_KEY    32u /* bytes */
#define SECRET_ID_MAX 32u

struct secret_keys;

struct secret_key {
	char id[SECRET_ID_MAX + 1];
	unsigned char bytes[SECRET_KEY];
};

/*
 * Items "id:base64 of 32 bytes" with commas between. NULL when the text is empty, or wrong: then
 * what it must be is appended to why.
 */
struct secret_keys *secret_keys_new(const char *text, struct lp_buf *why);
/* NULL is fine. */
void secret_keys_free(struct secret_keys *keys);

/* The one to encrypt with. */
const struct secret_key *secret_keys_first(const struct secret_keys *keys);
/* NULL when there is none of that name; keys may be NULL. */
const struct secret_key *secret_keys_find(const struct secret_keys *keys, struct lp_str id);

#endif
