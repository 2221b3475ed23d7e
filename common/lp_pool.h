/*
 * Many small objects of one size without malloc's 8 to 16 bytes for each: cut from chunks, reused
 * when given back. Memory goes back to the system only with lp_pool_clear(). Under the address
 * sanitizer each object is a malloc() of its own, so that its misuse is seen.
 */
#ifndef LP_POOL_H
#define LP_POOL_H

#include <stddef.h>

struct lp_pool {
	size_t size;  /* of one object, a multiple of 8 */
	void *free;   /* list through the first word of each */
	void *chunks; /* list through the first word of each */
};

/* size: of one object, at least that of a pointer. */
void lp_pool_init(struct lp_pool *p, size_t size);
/* A zeroed object. */
void *lp_pool_get(struct lp_pool *p);
void lp_pool_put(struct lp_pool *p, void *object);
/* Frees all chunks; objects still in use become invalid. */
void lp_pool_clear(struct lp_pool *p);

#endif
