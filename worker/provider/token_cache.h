/*
 * Signed tokens, kept until they are old: making one costs a signature, and Apple takes no new one
 * before the last is 20 minutes old. Bounded; the one unused for longest goes.
 */
#ifndef TOKEN_CACHE_H
#define TOKEN_CACHE_H

#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"

struct token_cache;

struct token_cache *token_cache_new(size_t max);
void token_cache_free(struct token_cache *cache);

struct cached_token {
	char *text;
	uint64_t made; /* ms */
};

/* NULL when there is none under that name. Good until the next put or drop. */
const struct cached_token *token_cache_get(struct token_cache *cache, struct lp_str name);
/* In the place of one that is there. */
const struct cached_token *token_cache_put(struct token_cache *cache, struct lp_str name,
					   struct lp_str token, uint64_t made);
void token_cache_drop(struct token_cache *cache, struct lp_str name);

#endif
