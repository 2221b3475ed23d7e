/*
 * Where a page of the archive ended, as a text for the caller: opaque, but no secret, and good for
 * all API processes. It names a place in the order of the messages, so pages do not shift while new
 * ones come in. Pure.
 */
#ifndef HISTORY_CURSOR_H
#define HISTORY_CURSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

struct history_cursor {
	bool set;   /* false: at the newest message */
	int64_t no; /* archive_no() of the last message that was looked at, 0 or more */
};

/* Appends the text. query: list_cursor_hash() of what the list is of. */
void history_cursor_encode(struct lp_buf *out, uint64_t query, const struct history_cursor *c);

/*
 * LP_OK, or LP_EINVAL when the text is no cursor, or one of another list. An empty text is the
 * beginning.
 */
int history_cursor_decode(struct history_cursor *c, uint64_t query,
			  struct lp_str text) LP_MUSTCHECK;

#endif
