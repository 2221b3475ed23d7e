/*
 * A growable byte buffer.
 *
 *     data          data+len         data+cap
 *      | bytes ......|  free .........|
 *
 * Zero-initialised is valid and empty. The bytes are always followed by a NUL that is not counted,
 * once anything was added. Growth aborts on out of memory; callers bound what peers can add.
 */
#ifndef LP_BUF_H
#define LP_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"

struct lp_buf {
	char *data;
	size_t len;
	size_t cap;
};

/* Room for `more` bytes behind the present ones; returns where they go. */
char *lp_buf_reserve(struct lp_buf *b, size_t more);
void lp_buf_add(struct lp_buf *b, const void *data, size_t len);
void lp_buf_adds(struct lp_buf *b, struct lp_str s);
void lp_buf_addz(struct lp_buf *b, const char *s);
void lp_buf_addc(struct lp_buf *b, char c);
void lp_buf_addu(struct lp_buf *b, uint64_t n); /* decimal */
void lp_buf_addf(struct lp_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void lp_buf_addv(struct lp_buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
/* Drops the first n bytes. */
void lp_buf_consume(struct lp_buf *b, size_t n);
/* Empties it, keeps the memory. */
void lp_buf_reset(struct lp_buf *b);
/* Empties it, gives the memory back. */
void lp_buf_clear(struct lp_buf *b);

static inline struct lp_str lp_buf_str(const struct lp_buf *b)
{
	return (struct lp_str){b->data, b->len};
}

#endif
