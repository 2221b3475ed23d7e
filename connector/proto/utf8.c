#include "config.h"

#include <endian.h>
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

static bool goes_on(unsigned char c)
{
	return (c & 0xc0) == 0x80;
}

/*
 * The length of the well-formed character at p, or 0. The second byte carries all the special
 * ranges of the Unicode standard's table 3-7.
 */
static size_t char_len(const unsigned char *p, size_t n)
{
	unsigned char c = p[0];

	if (c < 0x80)
		return 1;
	if (c < 0xe0)
		return c >= 0xc2 && n >= 2 && goes_on(p[1]) ? 2 : 0;
	if (c < 0xf0) {
		if (n < 3 || !goes_on(p[1]) || !goes_on(p[2]))
			return 0;
		if ((c == 0xe0 && p[1] < 0xa0) || (c == 0xed && p[1] >= 0xa0))
			return 0; /* overlong; surrogate */
		return 3;
	}
	if (c > 0xf4 || n < 4 || !goes_on(p[1]) || !goes_on(p[2]) || !goes_on(p[3]))
		return 0;
	if ((c == 0xf0 && p[1] < 0x90) || (c == 0xf4 && p[1] >= 0x90))
		return 0; /* overlong; above U+10FFFF */
	return 4;
}

/*
 * The bytes of the run of well-formed three-byte characters at p; may stop early. Most text that
 * is not ASCII is made of these, so they are looked at four bytes a step.
 */
static size_t three_byte_run(const unsigned char *p, size_t n)
{
	size_t i = 0;

	for (; n - i >= 4; i += 3) {
		uint32_t w, range;

		memcpy(&w, p + i, 4);
		w = le32toh(w);
		range = w & 0x200f; /* the lead's low bits, and the bit that splits a0 from 9f */
		if ((w & 0xc0c0f0) != 0x8080e0 || range == 0 || range == 0x200d)
			break;
	}
	return i;
}

bool utf8_valid(struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t i = 0;

	while (i < s.n) {
		size_t len;

		i += ascii_run(p + i, s.n - i);
		/* the rest of a block, then the run of other characters behind it */
		while (i < s.n && p[i] < 0x80)
			i++;
		i += three_byte_run(p + i, s.n - i);
		while (i < s.n && p[i] >= 0x80) {
			len = char_len(p + i, s.n - i);
			if (!len)
				return false;
			i += len;
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
		units += !goes_on(p[i]) + (p[i] >= 0xf0);
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
