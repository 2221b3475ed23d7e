#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "worker/provider/token_cache.h"

struct token {
	UT_hash_handle hh; /* in the order of use */
	struct cached_token token;
	size_t name_len;
	char name[];
};

struct token_cache {
	size_t max;
	struct token *table;
};

struct token_cache *token_cache_new(size_t max)
{
	struct token_cache *cache = lp_xcalloc(1, sizeof(*cache));

	cache->max = max;
	return cache;
}

static void drop(struct token_cache *cache, struct token *t)
{
	HASH_DEL(cache->table, t);
	free(t->token.text);
	free(t);
}

void token_cache_free(struct token_cache *cache)
{
	if (!cache)
		return;
	while (cache->table)
		drop(cache, cache->table);
	free(cache);
}

static struct token *find(struct token_cache *cache, struct lp_str name)
{
	struct token *t;

	HASH_FIND(hh, cache->table, name.p, name.n, t);
	return t;
}

const struct cached_token *token_cache_get(struct token_cache *cache, struct lp_str name)
{
	struct token *t = find(cache, name);

	if (!t)
		return NULL;
	HASH_DEL(cache->table, t);
	HASH_ADD_KEYPTR(hh, cache->table, t->name, t->name_len, t);
	return &t->token;
}

void token_cache_drop(struct token_cache *cache, struct lp_str name)
{
	struct token *t = find(cache, name);

	if (t)
		drop(cache, t);
}

const struct cached_token *token_cache_put(struct token_cache *cache, struct lp_str name,
					   struct lp_str token, uint64_t made)
{
	struct token *t;

	token_cache_drop(cache, name);
	if (HASH_COUNT(cache->table) >= cache->max)
		drop(cache, cache->table); /* the first in order */
	t = lp_xcalloc(1, sizeof(*t) + name.n + 1);
	t->name_len = name.n;
	memcpy(t->name, name.p, name.n);
	t->token.text = lp_xstrndup(token);
	t->token.made = made;
	HASH_ADD_KEYPTR(hh, cache->table, t->name, t->name_len, t);
	return &t->token;
}
