/* One page of the names in sets or hashes of Redis, read in small steps. */
#ifndef LIST_PAGE_H
#define LIST_PAGE_H

#include "common/lp_hash.h"
#include "common/store/redis.h"
#include "fcgi-api/list_cursor.h"

/* The sets that make up a list, one after the other. */
struct list_source {
	const char *command; /* SSCAN or HSCAN */
	const char *keys[3]; /* what stands behind B: in the key, of `count` of them */
	int count;
	struct lp_str part; /* only names that have this in them; empty: all */
};

struct list_item {
	UT_hash_handle hh; /* in list_page.items, by name */
	int64_t value;     /* of a hash; 0 otherwise */
	size_t len;
	char name[];
};

struct list_page {
	struct list_item *items; /* a table, in the order in which they came; none twice */
	bool more;               /* the cursor says where */
};

/*
 * Reads up to `size` names from where the cursor is, and sets that behind them; looking for a part
 * it stops after some ten thousand names, whatever it has found. page: all zero.
 * False when Redis is not reachable; to be cleared in any case.
 */
bool list_page_read(struct list_page *page, struct redis *redis, struct lp_str base,
		    const struct list_source *source, size_t size, struct list_cursor *c);
void list_page_clear(struct list_page *page);

#endif
