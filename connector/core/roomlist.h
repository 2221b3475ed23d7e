/* The rooms that a client names in joinRoom and leaveRoom: a JSON string, or an array of them. */
#ifndef ROOMLIST_H
#define ROOMLIST_H

#include "common/lp_buf.h"
#include "common/model/ident.h"

struct roomlist_entry {
	struct lp_str name; /* into names */
	uint64_t serial;    /* for the one who asked */
};

struct roomlist {
	struct roomlist_entry *entries;
	size_t count;
	struct lp_buf names;
};

/*
 * Fills list with the valid names, repeated ones too, at most max. Returns false when a name was not
 * valid, there were too many, or the JSON is neither of the two. To be cleared in any case.
 */
bool roomlist_read(struct roomlist *list, struct lp_str json, const struct ident_rules *rules,
		   size_t max);
void roomlist_clear(struct roomlist *list);

#endif
