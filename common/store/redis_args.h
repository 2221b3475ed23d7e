/*
 * The arguments of one Redis command: a list of byte strings, copied. Zero-initialised is valid
 * and empty.
 */
#ifndef REDIS_ARGS_H
#define REDIS_ARGS_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

struct redis_args {
	struct lp_buf text; /* all arguments, one behind the other */
	size_t *ends;       /* where each one ends in text */
	size_t count;
	size_t cap;
};

void redis_args_add(struct redis_args *a, struct lp_str s);
void redis_args_addz(struct redis_args *a, const char *s);
void redis_args_addi(struct redis_args *a, int64_t n);
/* Closes the argument that the caller appended to a->text himself. */
void redis_args_end(struct redis_args *a);
/* The i-th argument; good until something is added. */
struct lp_str redis_args_get(const struct redis_args *a, size_t i);
/* Drops all arguments but the first count ones. */
void redis_args_cut(struct redis_args *a, size_t count);
/* Empties it, keeps the memory. */
void redis_args_reset(struct redis_args *a);
void redis_args_clear(struct redis_args *a);

#endif
