#include "config.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"

static void *check(void *p)
{
	if (!p) {
		fputs("light-push: out of memory\n", stderr);
		abort();
	}
	return p;
}

void *lp_xmalloc(size_t size)
{
	return check(malloc(size ? size : 1));
}

void *lp_xcalloc(size_t count, size_t size)
{
	return check(calloc(count ? count : 1, size ? size : 1));
}

void *lp_xrealloc(void *p, size_t size)
{
	return check(realloc(p, size ? size : 1));
}

char *lp_xstrdup(const char *s)
{
	return lp_xstrndup(lp_cstr(s));
}

char *lp_xstrndup(struct lp_str s)
{
	char *copy = lp_xmalloc(s.n + 1);

	if (s.n)
		memcpy(copy, s.p, s.n);
	copy[s.n] = '\0';
	return copy;
}

struct lp_blob *lp_blob_new(const void *data, size_t len)
{
	struct lp_blob *b = lp_xmalloc(sizeof(*b) + len);

	b->refs = 1;
	b->len = len;
	b->packed = NULL;
	if (data && len)
		memcpy(b->data, data, len);
	return b;
}

struct lp_blob *lp_blob_ref(struct lp_blob *b)
{
	b->refs++;
	return b;
}

void lp_blob_pack(struct lp_blob *b, struct lp_blob *packed)
{
	b->packed = packed;
}

void lp_blob_unref(struct lp_blob *b)
{
	if (!b || --b->refs)
		return;
	if (b->packed != b)
		lp_blob_unref(b->packed);
	free(b);
}
