/*
 * Allocation that can not fail (out of memory aborts: sizes from the network are checked before
 * they get here), and blocks shared by reference count.
 */
#ifndef LP_MEM_H
#define LP_MEM_H

#include <stddef.h>

#include "common/lp_str.h"

void *lp_xmalloc(size_t size);
void *lp_xcalloc(size_t count, size_t size);
void *lp_xrealloc(void *p, size_t size);
char *lp_xstrdup(const char *s);
/* A terminated heap copy of s. */
char *lp_xstrndup(struct lp_str s);

/*
 * An immutable block with a reference count, so that a message encoded once can wait in the
 * queues of many connections. Not for use by several threads.
 */
struct lp_blob {
	unsigned refs;
	size_t len;
	struct lp_blob *packed; /* see lp_blob_pack() */
	char data[];
};

/* A block of len bytes with one reference; the bytes are copied unless data is NULL. */
struct lp_blob *lp_blob_new(const void *data, size_t len);
struct lp_blob *lp_blob_ref(struct lp_blob *b);
/*
 * Keeps with b what stands for it in fewer bytes, for the next who sends it: takes over the
 * reference of packed, which b gives up with its last own. b itself says that there is no such form.
 */
void lp_blob_pack(struct lp_blob *b, struct lp_blob *packed);
/* Gives up one reference; NULL is fine. */
void lp_blob_unref(struct lp_blob *b);

#endif
