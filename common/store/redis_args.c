#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/store/redis_args.h"

void redis_args_end(struct redis_args *a)
{
	if (a->count == a->cap) {
		a->cap = a->cap ? a->cap * 2 : 16;
		a->ends = lp_xrealloc(a->ends, a->cap * sizeof(*a->ends));
	}
	a->ends[a->count++] = a->text.len;
}

void redis_args_add(struct redis_args *a, struct lp_str s)
{
	lp_buf_adds(&a->text, s);
	redis_args_end(a);
}

void redis_args_addz(struct redis_args *a, const char *s)
{
	redis_args_add(a, lp_cstr(s));
}

void redis_args_addi(struct redis_args *a, int64_t n)
{
	lp_buf_addf(&a->text, "%" PRId64, n);
	redis_args_end(a);
}

struct lp_str redis_args_get(const struct redis_args *a, size_t i)
{
	size_t from = i ? a->ends[i - 1] : 0;

	return lp_str(a->text.data + from, a->ends[i] - from);
}

void redis_args_cut(struct redis_args *a, size_t count)
{
	a->text.len = count ? a->ends[count - 1] : 0;
	a->count = count;
}

void redis_args_reset(struct redis_args *a)
{
	lp_buf_reset(&a->text);
	a->count = 0;
}

void redis_args_clear(struct redis_args *a)
{
	lp_buf_clear(&a->text);
	free(a->ends);
	*a = (struct redis_args){0};
}
