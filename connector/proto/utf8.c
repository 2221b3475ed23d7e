#include "config.h"

#include <stdint.h>
#include <string.h>

#include "connector/proto/utf8.h"

#define HIGH_BITS 0x8080808080808080ULL

/* How many ASCII bytes stand at p, looked at eight at a time; may stop up to seven early. */
static size_t ascii_run(const unsigned char *p, size_t n)
{
	size_t i = 0;

	while (n - i >= 8) {
		uint64_t w;

		memcpy(&w, p + i, 8);
		if (w & HIGH_BITS)
			break;
		i += 8;
	}
	return i;
}

/*
 * The length of the well-formed character at p, or 0. The second byte carries all the special
 * ranges of the Unicode standard's table 3-7.
 */
static size_t char_len(const unsigned char *p, size_t n)
{
	unsigned char lo = 0x80;
	unsigned char hi = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (p[0] == 0xe0)
		lo = 0xa0;
	else if (p[0] == 0xed)
		hi = 0x9f; /* surrogates above */
	else if (p[0] == 0xf0)
		lo = 0x90;
	else if (p[0] == 0xf4)
		hi = 0x8f;
	if (p[1] < lo || p[1] > hi)
		return 0;
	for (size_t i = 2; i < len; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	return len;
}

bool utf8_valid(struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t len;

		i += ascii_run(p + i, s.n - i);
		/* what is left of a block, and the run of other characters behind it */
		while (i < s.n) {
			len = char_len(p + i, s.n - i);
			if (!len)
				return false;
			i += len;
			if (len == 1 && s.n - i >= 8 && p[i] < 0x80)
				break;
		}
	}
	return true;
}

bool utf8_is_ascii(struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;

	for (size_t i = ascii_run(p, s.n); i < s.n; i++)
		if (p[i] >= 0x80)
			return false;
	return true;
}

size_t utf8_utf16_units(struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = ascii_run(p, s.n);
	size_t units = i;

	for (; i < s.n; i++)
		units += ((p[i] & 0xc0) != 0x80) + (p[i] >= 0xf0);
	return units;
}

ssize_t utf8_prefix_of_units(struct lp_str s, size_t units)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = ascii_run(p, units < s.n ? units : s.n);

	units -= i;
	while (units) {
		size_t len, width;

		if (i >= s.n)
			return -1;
		len = char_len(p + i, s.n - i);
		width = len == 4 ? 2 : 1;
		if (!len || width > units)
			return -1;
		i += len;
		units -= width;
	}
	return (ssize_t)i;
}

static void add_escape(struct lp_buf *out, unsigned unit)
{
	static const char hex[16] = "0123456789abcdef";
	char e[6] = {'\\',          'u', hex[unit >> 12], hex[unit >> 8 & 15], hex[unit >> 4 & 15],
		     hex[unit & 15]};

	lp_buf_add(out, e, sizeof(e));
}

void utf8_json_ascii(struct lp_buf *out, struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t done = 0; /* bytes before this one are in out */

	for (size_t i = 0; i < s.n;) {
		size_t len = p[i] < 0x80 ? 1 : char_len(p + i, s.n - i);
		unsigned c;

		if (len <= 1) {
			i++;
			continue;
		}
		lp_buf_add(out, s.p + done, i - done);
		c = p[i] & (0xff >> (len + 1));
		for (size_t k = 1; k < len; k++)
			c = c << 6 | (p[i + k] & 0x3f);
		if (c >= 0x10000) {
			add_escape(out, 0xd800 + ((c - 0x10000) >> 10));
			add_escape(out, 0xdc00 + (c & 0x3ff));
		} else {
			add_escape(out, c);
		}
		i += len;
		done = i;
	}
	lp_buf_add(out, s.p + done, s.n - done);
}

bool utf8_undo_double(struct lp_buf *out, struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t start = out->len;
	char *to;
	size_t n = 0;

	if (utf8_is_ascii(s))
		return false;
	to = lp_buf_reserve(out, s.n);
	for (size_t i = 0; i < s.n; i++) {
		if (p[i] < 0x80) {
			to[n++] = (char)p[i];
		} else if ((p[i] == 0xc2 || p[i] == 0xc3) && i + 1 < s.n) {
			to[n++] = (char)((p[i] & 3) << 6 | (p[i + 1] & 0x3f));
			i++;
		} else {
			return false;
		}
	}
	if (!utf8_valid(lp_str(to, n)))
		return false;
	out->len = start + n;
	out->data[out->len] = '\0';
	return true;
}
