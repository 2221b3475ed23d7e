#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "common/lp_pool.h"

#define CHUNK 8192 /* bytes asked of malloc at once */

#if defined(__SANITIZE_ADDRESS__)
#define SEPARATE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SEPARATE 1
#endif
#endif
#ifndef SEPARATE
#define SEPARATE 0
#endif

void lp_pool_init(struct lp_pool *p, size_t size)
{
	*p = (struct lp_pool){.size = (size + 7) / 8 * 8};
}

static void push(void **list, void *object)
{
	memcpy(object, list, sizeof(*list));
	*list = object;
}

static void *pop(void **list)
{
	void *object = *list;

	memcpy(list, object, sizeof(*list));
	return object;
}

/* One more chunk; its first word links the chunks, the rest becomes objects. */
static void grow(struct lp_pool *p)
{
	char *chunk = lp_xmalloc(CHUNK);

	push(&p->chunks, chunk);
	for (size_t at = sizeof(void *); at + p->size <= CHUNK; at += p->size)
		push(&p->free, chunk + at);
}

void *lp_pool_get(struct lp_pool *p)
{
	void *object;

	if (SEPARATE)
		return lp_xcalloc(1, p->size);
	if (!p->free)
		grow(p);
	object = pop(&p->free);
	memset(object, 0, p->size);
	return object;
}

void lp_pool_put(struct lp_pool *p, void *object)
{
	if (SEPARATE)
		free(object);
	else
		push(&p->free, object);
}

void lp_pool_clear(struct lp_pool *p)
{
	while (p->chunks)
		free(pop(&p->chunks));
	p->free = NULL;
}
