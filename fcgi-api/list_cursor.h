/*
 * Where a list goes on that is given out page by page, as a text for the caller: opaque, but no
 * secret, and good for all API processes. Pure.
 *
 * The entries come from sets that Redis scans: a scan gives a handful, and where to go on. When
 * such a handful does not fit into the page the next page has to give the rest of it: then the same
 * place is scanned again, and `last` and `seen` tell what has been given. Has the set changed so
 * that something else stands before `last` now, it may be since more is found in that place, and
 * all of it is given once more: an entry may come twice, but what was there all the time is never
 * left out. When the handful was the whole set, no more can be found there.
 */
#ifndef LIST_CURSOR_H
#define LIST_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

struct list_cursor {
	int source;         /* which of the sets that make up the list */
	char scan[24];      /* Redis's own cursor in it, "0" at the beginning */
	bool whole;         /* the handful with `last` was the whole set */
	uint64_t seen;      /* list_cursor_hash() of what was given, when last is set */
	struct lp_buf last; /* the last one, in the order of the names; empty: none */
};

/*
 * A number for texts, in their order: for what was given; and, as `query` below, for what a list is
 * of, so that the cursor of one is not taken for that of another.
 */
uint64_t list_cursor_hash(const struct lp_str *names, size_t count);

/* Appends the text. */
void list_cursor_encode(struct lp_buf *out, uint64_t query, const struct list_cursor *c);

/*
 * c: all zero. LP_OK, or LP_EINVAL when the text is no cursor of that list with so many sources;
 * to be cleared in any case. An empty text is the beginning.
 */
int list_cursor_decode(struct list_cursor *c, uint64_t query, int sources,
		       struct lp_str text) LP_MUSTCHECK;

void list_cursor_clear(struct list_cursor *c);

#endif
