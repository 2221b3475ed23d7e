/*
 * A borrowed piece of text: pointer and length, not terminated, may hold any byte. Whoever made it
 * says how long the bytes live.
 */
#ifndef LP_STR_H
#define LP_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct lp_str {
	const char *p;
	size_t n;
};

#define LP_STR(literal) ((struct lp_str){(literal), sizeof(literal) - 1})
/* For printf's "%.*s". */
#define LP_FMT(s) (int)(s).n, (s).p ? (s).p : ""

static inline struct lp_str lp_str(const char *p, size_t n)
{
	return (struct lp_str){p, n};
}

/* A C string; NULL gives an empty one. */
static inline struct lp_str lp_cstr(const char *p)
{
	return (struct lp_str){p, p ? strlen(p) : 0};
}

static inline bool lp_str_eq(struct lp_str a, struct lp_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool lp_str_caseeq(struct lp_str a, struct lp_str b)
{
	return a.n == b.n && (a.n == 0 || strncasecmp(a.p, b.p, a.n) == 0);
}

static inline bool lp_str_starts(struct lp_str s, struct lp_str prefix)
{
	return s.n >= prefix.n && memcmp(s.p, prefix.p, prefix.n) == 0;
}

/* What is left of s from byte `at` on; empty when at is past the end. */
static inline struct lp_str lp_str_from(struct lp_str s, size_t at)
{
	if (at > s.n)
		at = s.n;
	return at ? (struct lp_str){s.p + at, s.n - at} : s; /* p may be NULL then */
}

/* Index of the first c, or s.n. */
static inline size_t lp_str_find(struct lp_str s, char c)
{
	const char *at = s.n ? memchr(s.p, c, s.n) : NULL;

	return at ? (size_t)(at - s.p) : s.n;
}

#endif
