#include "config.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#include "connector/proto/json_scan.h"

#define BYTES(c)  (0x0101010101010101ULL * (c))
#define HIGH_BITS BYTES(0x80)

/* Where in the nesting the walk is: one bit a level, set for an object. */
struct walk {
	struct lp_str text;
	size_t at;
	unsigned level;
	uint64_t objects[JSON_SCAN_DEPTH_MAX / 64];
};

static size_t skip_space(struct lp_str s, size_t at)
{
	while (at < s.n &&
	       (s.p[at] == ' ' || s.p[at] == '\n' || s.p[at] == '\r' || s.p[at] == '\t'))
		at++;
	return at;
}

static bool is_special(char c)
{
	return c == '"' || c == '\\' || (unsigned char)c < 0x20;
}

/*
 * Where the run of plain characters inside a string ends: at a quote, backslash or control, or at
 * the end of s. Eight bytes a step: a byte's high bit is set in `ends` when it ends the run. The
 * borrows of the subtractions can set higher ones wrongly, so only the lowest counts.
 */
static size_t skip_plain(struct lp_str s, size_t at)
{
	for (; s.n - at >= 8; at += 8) {
		uint64_t w, quote, slash, ends;

		memcpy(&w, s.p + at, 8);
		w = le64toh(w);
		quote = w ^ BYTES('"');
		slash = w ^ BYTES('\\');
		ends = ((quote - BYTES(1)) & ~quote) | ((slash - BYTES(1)) & ~slash) |
		       ((w - BYTES(0x20)) & ~w);
		ends &= HIGH_BITS;
		if (ends)
			return at + (size_t)__builtin_ctzll(ends) / 8;
	}
	while (at < s.n && !is_special(s.p[at]))
		at++;
	return at;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* The four hex digits at s.p[at], or -1. */
static int hex4(struct lp_str s, size_t at)
{
	int value = 0;

	if (s.n < 4 || at > s.n - 4)
		return -1;
	for (size_t i = at; i < at + 4; i++) {
		if (hex(s.p[i]) < 0)
			return -1;
		value = value << 4 | hex(s.p[i]);
	}
	return value;
}

/* These three return where the token that starts at `at` ends, or 0 when it is malformed. */

static size_t scan_string(struct lp_str s, size_t at)
{
	if (at >= s.n || s.p[at] != '"')
		return 0;
	at++;
	for (;;) {
		char c;

		at = skip_plain(s, at);
		if (at >= s.n)
			return 0;
		c = s.p[at++];
		if (c == '"')
			return at;
		if (c != '\\')
			return 0; /* a control byte */
		if (at >= s.n)
			return 0;
		c = s.p[at++];
		if (c == 'u') {
			if (hex4(s, at) < 0)
				return 0;
			at += 4;
		} else if (!memchr("\"\\/bfnrt", c, 8)) {
			return 0;
		}
	}
}

static size_t skip_digits(struct lp_str s, size_t at)
{
	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	return at;
}

static size_t scan_number(struct lp_str s, size_t at)
{
	size_t from;

	if (s.p[at] == '-')
		at++;
	from = at;
	at = at < s.n && s.p[at] == '0' ? at + 1 : skip_digits(s, at);
	if (at == from)
		return 0;
	if (at < s.n && s.p[at] == '.') {
		from = ++at;
		at = skip_digits(s, at);
		if (at == from)
			return 0;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		if (at < s.n && (s.p[at] == '+' || s.p[at] == '-'))
			at++;
		from = at;
		at = skip_digits(s, at);
		if (at == from)
			return 0;
	}
	return at;
}

static size_t scan_scalar(struct lp_str s, size_t at)
{
	static const struct lp_str words[] = {{"true", 4}, {"false", 5}, {"null", 4}};
	struct lp_str rest = lp_str(s.p + at, s.n - at);

	if (s.p[at] == '"')
		return scan_string(s, at);
	if (s.p[at] == '-' || (s.p[at] >= '0' && s.p[at] <= '9'))
		return scan_number(s, at);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (lp_str_starts(rest, words[i]))
			return at + words[i].n;
	return 0;
}

static bool in_object(const struct walk *w)
{
	return w->objects[(w->level - 1) / 64] >> (w->level - 1) % 64 & 1;
}

static void enter(struct walk *w, bool object)
{
	uint64_t bit = 1ULL << w->level % 64;

	if (object)
		w->objects[w->level / 64] |= bit;
	else
		w->objects[w->level / 64] &= ~bit;
	w->level++;
}

/* Over a member's name and colon, up to its value. */
static bool pass_name(struct walk *w)
{
	size_t at = scan_string(w->text, skip_space(w->text, w->at));

	if (!at)
		return false;
	at = skip_space(w->text, at);
	if (at >= w->text.n || w->text.p[at] != ':')
		return false;
	w->at = skip_space(w->text, at + 1);
	return true;
}

/* Behind a value: over closing brackets and one comma, up to the next value or the end. */
static bool pass_end(struct walk *w)
{
	while (w->level) {
		char c;

		w->at = skip_space(w->text, w->at);
		if (w->at >= w->text.n)
			return false;
		c = w->text.p[w->at++];
		if (c == ',') {
			if (in_object(w))
				return pass_name(w);
			w->at = skip_space(w->text, w->at);
			return true;
		}
		if (c != (in_object(w) ? '}' : ']'))
			return false;
		w->level--;
	}
	return true;
}

ssize_t json_scan_value(struct lp_str text, unsigned depth)
{
	struct walk w = {.text = text};

	if (depth > JSON_SCAN_DEPTH_MAX)
		depth = JSON_SCAN_DEPTH_MAX;
	w.at = skip_space(text, 0);
	do {
		char c = w.at < text.n ? text.p[w.at] : '\0';

		if (c == '{' || c == '[') {
			if (w.level >= depth)
				return LP_ETOOBIG;
			enter(&w, c == '{');
			w.at = skip_space(text, w.at + 1);
			if (w.at >= text.n)
				return LP_EPROTO;
			if (text.p[w.at] != (c == '{' ? '}' : ']')) {
				if (c == '{' && !pass_name(&w))
					return LP_EPROTO;
				continue; /* to the first value in it */
			}
		} else {
			w.at = w.at < text.n ? scan_scalar(text, w.at) : 0;
			if (!w.at)
				return LP_EPROTO;
		}
		if (!pass_end(&w))
			return LP_EPROTO;
	} while (w.level);
	return (ssize_t)w.at;
}

ssize_t json_scan_array(struct lp_str text, unsigned depth, struct lp_str *elements, size_t max)
{
	size_t at = skip_space(text, 0);
	size_t count = 0;

	if (at >= text.n || text.p[at] != '[')
		return LP_EPROTO;
	if (!depth)
		return LP_ETOOBIG;
	at = skip_space(text, at + 1);
	if (at < text.n && text.p[at] == ']')
		return skip_space(text, at + 1) == text.n ? 0 : LP_EPROTO;
	for (;;) {
		ssize_t len = json_scan_value(lp_str_from(text, at), depth - 1);

		if (len < 0)
			return len;
		if (count < max)
			elements[count] = lp_str(text.p + at, (size_t)len);
		count++;
		at = skip_space(text, at + (size_t)len);
		if (at >= text.n)
			return LP_EPROTO;
		if (text.p[at] == ']')
			return skip_space(text, at + 1) == text.n ? (ssize_t)count : LP_EPROTO;
		if (text.p[at] != ',')
			return LP_EPROTO;
		at = skip_space(text, at + 1);
	}
}

static void add_utf8(struct lp_buf *out, unsigned c)
{
	char b[4];
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	static const unsigned char lead[5] = {0, 0, 0xc0, 0xe0, 0xf0};

	for (size_t i = n; i-- > 1; c >>= 6)
		b[i] = (char)(0x80 | (c & 0x3f));
	b[0] = (char)(lead[n] | c);
	lp_buf_add(out, b, n);
}

/* Appends the escape whose backslash is at `at` in a well-formed string; returns where it ends. */
static size_t add_escaped(struct lp_buf *out, struct lp_str s, size_t at)
{
	static const char codes[] = "bfnrt";
	static const char values[] = "\b\f\n\r\t";
	const char *code = memchr(codes, s.p[at + 1], 5);
	unsigned c;

	if (s.p[at + 1] != 'u') {
		lp_buf_addc(out, code ? values[code - codes] : s.p[at + 1]);
		return at + 2;
	}
	c = (unsigned)hex4(s, at + 2);
	at += 6;
	if (c >= 0xd800 && c < 0xe000) {
		int low = -1;

		if (c < 0xdc00 && lp_str_starts(lp_str_from(s, at), LP_STR("\\u")))
			low = hex4(s, at + 2);
		if (low >= 0xdc00 && low < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + ((unsigned)low - 0xdc00);
			at += 6;
		} else {
			c = 0xfffd;
		}
	}
	add_utf8(out, c);
	return at;
}

int json_scan_string(struct lp_str text, struct lp_buf *out)
{
	size_t at = 1;

	if (!text.n || scan_string(text, 0) != text.n)
		return LP_EPROTO;
	while (at < text.n - 1) {
		size_t run = lp_str_find(lp_str(text.p + at, text.n - 1 - at), '\\');

		lp_buf_add(out, text.p + at, run);
		at += run;
		if (at < text.n - 1)
			at = add_escaped(out, text, at);
	}
	return LP_OK;
}

int json_scan_member(struct lp_str text, unsigned depth, const char *name, struct lp_str *value)
{
	size_t at = skip_space(text, 0);

	if (at >= text.n || text.p[at] != '{')
		return LP_EPROTO;
	do {
		struct lp_str key;
		ssize_t len;
		size_t end;

		at = skip_space(text, at + 1);
		end = scan_string(text, at);
		if (!end)
			return LP_ENOENT; /* "{}" */
		key = lp_str(text.p + at + 1, end - at - 2);
		at = skip_space(text, end);
		if (at >= text.n || text.p[at] != ':')
			return LP_EPROTO;
		at = skip_space(text, at + 1);
		len = json_scan_value(lp_str_from(text, at), depth);
		if (len < 0)
			return (int)len;
		if (lp_str_eq(key, lp_cstr(name))) {
			*value = lp_str(text.p + at, (size_t)len);
			return LP_OK;
		}
		at = skip_space(text, at + (size_t)len);
	} while (at < text.n && text.p[at] == ',');
	return LP_ENOENT;
}
