#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "fcgi-api/list_page.h"

/* Names that one command brings, about, at most: less than a tenth of a ms for a Redis. */
#define STEP_MAX 100
/* Commands for one page that looks for a part of the names: some 50 ms. */
#define STEPS_MAX 500

struct found {
	struct lp_str name;
	int64_t value;
};

/* What one command brought, in the order of the names. */
struct handful {
	struct redisReply *reply; /* owns the names */
	struct found *found;
	size_t count;
};

static int by_name(const void *a, const void *b)
{
	struct lp_str x = ((const struct found *)a)->name, y = ((const struct found *)b)->name;
	int order = memcmp(x.p, y.p, x.n < y.n ? x.n : y.n);

	return order ? order : (x.n > y.n) - (x.n < y.n);
}

static bool scan(struct handful *h, struct redis *redis, struct lp_str base,
		 const struct list_source *source, size_t size, const struct list_cursor *c)
{
	size_t stride = source->command[0] == 'H' ? 2 : 1;
	const struct redisReply *list;
	struct redis_args args = {0};
	int rc;

	redis_args_addz(&args, source->command);
	lp_buf_adds(&args.text, base);
	lp_buf_addc(&args.text, ':');
	lp_buf_addz(&args.text, source->keys[c->source]);
	redis_args_end(&args);
	redis_args_addz(&args, c->scan);
	redis_args_addz(&args, "COUNT");
	redis_args_addi(&args, (int64_t)(size < STEP_MAX && !source->part.n ? size : STEP_MAX));
	rc = redis_command(redis, &args, &h->reply);
	redis_args_clear(&args);
	list = redis_reply_at(h->reply, 1);
	h->count = redis_reply_count(list) / stride;
	h->found = lp_xcalloc(h->count + 1, sizeof(h->found[0]));
	for (size_t i = 0; i < h->count; i++) {
		h->found[i].name = redis_reply_str(redis_reply_at(list, i * stride));
		if (stride == 2)
			h->found[i].value = redis_reply_int(redis_reply_at(list, i * stride + 1));
	}
	qsort(h->found, h->count, sizeof(h->found[0]), by_name);
	return rc == LP_OK;
}

static void handful_clear(struct handful *h)
{
	free(h->found);
	redis_reply_free(h->reply);
}

static uint64_t hash_first(const struct handful *h, size_t count)
{
	struct lp_str *names = lp_xcalloc(count + 1, sizeof(names[0]));
	uint64_t n;

	for (size_t i = 0; i < count; i++)
		names[i] = h->found[i].name;
	n = list_cursor_hash(names, count);
	free(names);
	return n;
}

/* How many of the handful were given out with an earlier page. */
static size_t given(const struct handful *h, const struct list_cursor *c)
{
	struct found last = {.name = lp_buf_str(&c->last)};
	size_t n = 0;

	if (!last.name.n)
		return 0;
	while (n < h->count && by_name(&h->found[n], &last) <= 0)
		n++;
	return c->whole || hash_first(h, n) == c->seen ? n : 0;
}

static bool wanted(const struct list_source *source, struct lp_str name)
{
	return !source->part.n || memmem(name.p, name.n, source->part.p, source->part.n);
}

static void add(struct list_page *page, const struct found *f)
{
	struct list_item *item;

	HASH_FIND(hh, page->items, f->name.p, f->name.n, item);
	if (item)
		return;
	item = lp_xcalloc(1, sizeof(*item) + f->name.n + 1);
	item->value = f->value;
	item->len = f->name.n;
	memcpy(item->name, f->name.p, f->name.n);
	HASH_ADD_KEYPTR(hh, page->items, item->name, item->len, item);
}

/* Takes what fits, and moves the cursor behind it. */
static void take(struct list_page *page, const struct handful *h, size_t size,
		 const struct list_source *source, struct list_cursor *c)
{
	struct lp_str next = redis_reply_str(redis_reply_at(h->reply, 0));
	bool whole = strcmp(c->scan, "0") == 0 && lp_str_eq(next, LP_STR("0"));
	size_t i = given(h, c);

	for (; i < h->count && HASH_COUNT(page->items) < size; i++) {
		if (wanted(source, h->found[i].name))
			add(page, &h->found[i]);
	}
	lp_buf_reset(&c->last);
	if (i < h->count) {
		c->whole = whole;
		c->seen = hash_first(h, i);
		if (i)
			lp_buf_adds(&c->last, h->found[i - 1].name);
		return;
	}
	c->whole = false;
	c->seen = 0;
	snprintf(c->scan, sizeof(c->scan), "%.*s", LP_FMT(next));
	if (lp_str_eq(next, LP_STR("0")))
		page->more = ++c->source < source->count;
}

bool list_page_read(struct list_page *page, struct redis *redis, struct lp_str base,
		    const struct list_source *source, size_t size, struct list_cursor *c)
{
	size_t steps = source->part.n ? STEPS_MAX : SIZE_MAX;
	bool good = true;

	page->more = true;
	while (good && page->more && HASH_COUNT(page->items) < size && steps--) {
		struct handful h = {0};

		good = scan(&h, redis, base, source, size, c);
		if (good)
			take(page, &h, size, source, c);
		handful_clear(&h);
	}
	return good;
}

void list_page_clear(struct list_page *page)
{
	struct list_item *item, *next;

	HASH_ITER(hh, page->items, item, next)
	{
		HASH_DEL(page->items, item);
		free(item);
	}
}
