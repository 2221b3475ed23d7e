#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"

char *lp_buf_reserve(struct lp_buf *b, size_t more)
{
	size_t need = b->len + more + 1; /* the uncounted NUL */

	if (need > b->cap) {
		size_t cap = b->cap ? b->cap * 2 : 64;

		if (cap < need)
			cap = need;
		b->data = lp_xrealloc(b->data, cap);
		b->cap = cap;
	}
	return b->data + b->len;
}

void lp_buf_add(struct lp_buf *b, const void *data, size_t len)
{
	char *at = lp_buf_reserve(b, len);

	if (len)
		memcpy(at, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void lp_buf_adds(struct lp_buf *b, struct lp_str s)
{
	lp_buf_add(b, s.p, s.n);
}

void lp_buf_addz(struct lp_buf *b, const char *s)
{
	lp_buf_add(b, s, strlen(s));
}

void lp_buf_addc(struct lp_buf *b, char c)
{
	lp_buf_add(b, &c, 1);
}

void lp_buf_addu(struct lp_buf *b, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	lp_buf_add(b, digits + at, sizeof(digits) - at);
}

void lp_buf_addv(struct lp_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n < 0)
		abort();
	lp_buf_reserve(b, (size_t)n);
	vsnprintf(b->data + b->len, (size_t)n + 1, fmt, again);
	va_end(again);
	b->len += (size_t)n;
}

void lp_buf_addf(struct lp_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lp_buf_addv(b, fmt, ap);
	va_end(ap);
}

void lp_buf_consume(struct lp_buf *b, size_t n)
{
	if (n >= b->len) {
		b->len = 0;
	} else if (n) {
		memmove(b->data, b->data + n, b->len - n);
		b->len -= n;
	}
	if (b->cap)
		b->data[b->len] = '\0';
}

void lp_buf_reset(struct lp_buf *b)
{
	lp_buf_consume(b, b->len);
}

void lp_buf_clear(struct lp_buf *b)
{
	free(b->data);
	*b = (struct lp_buf){0};
}
