#include "config.h"

#include <inttypes.h>
#include <locale.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <wctype.h>

#include "common/archive/words.h"

#define REPLACEMENT 0xfffdu

enum kind { SEPARATOR, LETTER, SINGLE };

struct range {
	uint32_t first, last;
	enum kind kind;
};

/* Beyond ASCII, in order; what is in none of them is a letter. As in archive_words(). */
static const struct range ranges[] = {
	{0x0080, 0x00a9, SEPARATOR}, {0x00ab, 0x00b4, SEPARATOR}, {0x00b6, 0x00b9, SEPARATOR},
	{0x00bb, 0x00bf, SEPARATOR}, {0x00d7, 0x00d7, SEPARATOR}, {0x00f7, 0x00f7, SEPARATOR},
	{0x2000, 0x2bff, SEPARATOR}, /* punctuation, arrows, signs */
	{0x2e80, 0x2fdf, SINGLE},    /* radicals */
	{0x2ff0, 0x3004, SEPARATOR}, {0x3005, 0x3007, SINGLE},    {0x3008, 0x3020, SEPARATOR},
	{0x3021, 0x3029, SINGLE},    {0x302a, 0x3030, SEPARATOR}, {0x3031, 0x303c, SINGLE},
	{0x303d, 0x3040, SEPARATOR}, {0x3041, 0x30fa, SINGLE},    {0x30fb, 0x30fb, SEPARATOR},
	{0x30fc, 0x9fff, SINGLE},    {0xa000, 0xa4cf, SINGLE}, /* Han, Yi */
	{0xac00, 0xd7ff, SINGLE},                              /* Hangul */
	{0xe000, 0xf8ff, SEPARATOR},                           /* private */
	{0xf900, 0xfaff, SINGLE},    {0xfe00, 0xfe6f, SEPARATOR}, {0xff00, 0xff0f, SEPARATOR},
	{0xff10, 0xff19, SINGLE},    {0xff1a, 0xff20, SEPARATOR}, {0xff21, 0xff3a, SINGLE},
	{0xff3b, 0xff40, SEPARATOR}, {0xff41, 0xff5a, SINGLE},    {0xff5b, 0xff65, SEPARATOR},
	{0xff66, 0xffdc, SINGLE},    {0xffe0, 0xffff, SEPARATOR}, {0x1f000, 0x1faff, SEPARATOR},
	{0x20000, 0x3ffff, SINGLE},
};

static enum kind kind_of(uint32_t c)
{
	if (c < 0x80)
		return c - '0' < 10 || (c | 0x20) - 'a' < 26 ? LETTER : SEPARATOR;
	if (c >= 0x30fc && c <= 0xa4cf) /* most of what is beyond ASCII */
		return SINGLE;
	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]) && c >= ranges[i].first; i++) {
		if (c <= ranges[i].last)
			return ranges[i].kind;
	}
	return LETTER;
}

/* The character at the start of s, valid UTF-8 and not empty; how many bytes it takes. */
static size_t next(struct lp_str s, uint32_t *c)
{
	static const uint8_t masks[] = {0, 0x7f, 0x1f, 0x0f, 0x07};
	const unsigned char *p = (const unsigned char *)s.p;
	size_t n = p[0] < 0x80 ? 1 : p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;

	if (n > s.n)
		n = s.n;
	*c = p[0] & masks[n];
	for (size_t i = 1; i < n; i++)
		*c = *c << 6 | (p[i] & 0x3f);
	return n;
}

/* Writes the first n bytes of text, a character; returns where they end. */
static char *put(char *to, const char *text, size_t n)
{
	if (n == 1 && *text >= 'A' && *text <= 'Z')
		*to = (char)(*text | 0x20);
	else
		memcpy(to, text, n);
	return to + n;
}

size_t words_add(struct lp_buf *out, struct lp_str text, bool json, struct lp_str mark)
{
	size_t most = text.n < 4 * WORDS_TEXT_MAX ? text.n : 4 * WORDS_TEXT_MAX;
	/* Each character gives itself at most, a blank, and the mark if it begins a word. */
	char *start = lp_buf_reserve(
		out, 2 * most + (most < WORDS_TEXT_MAX ? most : WORDS_TEXT_MAX) * mark.n + 1);
	char *to = start;
	size_t count = 0, seen = 0, n;
	bool open = false; /* a word of letters has begun */
	uint32_t c;

	for (; text.n && seen < WORDS_TEXT_MAX; text = lp_str_from(text, n), seen++) {
		enum kind kind;

		n = next(text, &c);
		kind = kind_of(c);
		if (json && c == '\\' && n < text.n) {
			n += next(lp_str_from(text, n), &c);
			seen++;
		}
		if (open && kind != LETTER)
			*to++ = ' ';
		if (kind == SINGLE || (kind == LETTER && !open)) {
			memcpy(to, mark.p, mark.n);
			to += mark.n;
			count++;
		}
		if (kind != SEPARATOR)
			to = put(to, text.p, n);
		if (kind == SINGLE)
			*to++ = ' ';
		open = kind == LETTER;
	}
	if (open)
		*to++ = ' ';
	*to = '\0';
	out->len += (size_t)(to - start);
	return count;
}

static void add_utf8(struct lp_buf *out, uint32_t c)
{
	if (c < 0x80) {
		lp_buf_addc(out, (char)c);
	} else if (c < 0x800) {
		lp_buf_addc(out, (char)(0xc0 | c >> 6));
		lp_buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else if (c < 0x10000) {
		lp_buf_addc(out, (char)(0xe0 | c >> 12));
		lp_buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		lp_buf_addc(out, (char)(0x80 | (c & 0x3f)));
	} else {
		lp_buf_addc(out, (char)(0xf0 | c >> 18));
		lp_buf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		lp_buf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
		lp_buf_addc(out, (char)(0x80 | (c & 0x3f)));
	}
}

/* Of \uXXXX at the start of s; REPLACEMENT when it is none. */
static uint32_t unit(struct lp_str s)
{
	uint32_t c = 0;

	if (s.n < 6 || s.p[0] != '\\' || s.p[1] != 'u')
		return REPLACEMENT;
	for (size_t i = 2; i < 6; i++) {
		char d = s.p[i];

		c <<= 4;
		if (d >= '0' && d <= '9')
			c |= (uint32_t)(d - '0');
		else if ((d | 0x20) >= 'a' && (d | 0x20) <= 'f')
			c |= (uint32_t)((d | 0x20) - 'a' + 10);
		else
			return REPLACEMENT;
	}
	return c;
}

/* The character that an escape at the start of s may be written as, 0 for none; *n: its bytes. */
static uint32_t unescaped(struct lp_str s, size_t *n)
{
	uint32_t c = unit(s), low;

	*n = 6;
	if (c == REPLACEMENT || c < 0x20 || c == '"' || c == '\\' || c == 0x7f)
		return 0;
	if (c < 0xd800 || c > 0xdfff)
		return c;
	low = unit(lp_str_from(s, 6));
	*n = 12;
	return c < 0xdc00 && low >= 0xdc00 && low <= 0xdfff
		       ? 0x10000 + ((c - 0xd800) << 10 | (low - 0xdc00))
		       : 0;
}

void words_plain(struct lp_buf *out, struct lp_str json)
{
	while (json.n) {
		size_t at = lp_str_find(json, '\\'), n;
		uint32_t c;

		lp_buf_add(out, json.p, at);
		json = lp_str_from(json, at);
		if (!json.n)
			break;
		c = unescaped(json, &n);
		if (c)
			add_utf8(out, c);
		else
			n = json.n < 2 ? json.n : 2;
		if (!c)
			lp_buf_add(out, json.p, n);
		json = lp_str_from(json, n);
	}
}

/* Appends the words as one phrase. */
static void add_phrase(struct lp_buf *out, enum sql_dialect dialect, struct lp_str words)
{
	const char *between = "";

	if (dialect == SQL_SQLITE) {
		lp_buf_addf(out, "\"%.*s\"", (int)words.n - 1, words.p);
		return;
	}
	lp_buf_addc(out, '(');
	while (words.n) {
		size_t n = lp_str_find(words, ' ');

		lp_buf_addf(out, "%s'%.*s'", between, (int)n, words.p);
		between = " & ";
		words = lp_str_from(words, n + 1);
	}
	lp_buf_addc(out, ')');
}

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

struct lp_str words_mark(char text[WORDS_MARK_MAX], int64_t nsp)
{
	return lp_str(text, (size_t)snprintf(text, WORDS_MARK_MAX, "%" PRId64 "/", nsp));
}

size_t words_query(struct lp_buf *out, enum sql_dialect dialect, int64_t nsp, struct lp_str q)
{
	const char *and = dialect == SQL_SQLITE ? " AND " : " & ", *between = "";
	char text[WORDS_MARK_MAX];
	struct lp_str mark = LP_STR("");
	struct lp_buf words = {0};
	size_t count = 0;

	if (dialect == SQL_SQLITE)
		mark = words_mark(text, nsp);

	while (q.n) {
		size_t n = 0, found;

		while (n < q.n && !is_blank(q.p[n]))
			n++;
		lp_buf_reset(&words);
		found = words_add(&words, lp_str(q.p, n), false, mark);
		if (found) {
			lp_buf_addz(out, between);
			add_phrase(out, dialect, lp_buf_str(&words));
			between = and;
		}
		count += found;
		q = lp_str_from(q, n + 1);
	}
	lp_buf_clear(&words);
	return count;
}

static locale_t locale;

static void make_locale(void)
{
	locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
}

/* The letters that are not ASCII, small, as the databases make them. */
static void add_small(struct lp_buf *out, struct lp_str text)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	uint32_t c;

	pthread_once(&once, make_locale);
	for (size_t n; text.n; text = lp_str_from(text, n)) {
		n = next(text, &c);
		if (c >= 0x80 && locale)
			add_utf8(out, (uint32_t)towlower_l((wint_t)c, locale));
		else
			lp_buf_add(out, text.p, n);
	}
}

/* Appends the words of text with a blank in front of each and behind the last one. */
static void add_line(struct lp_buf *out, struct lp_str text, bool json)
{
	struct lp_buf words = {0};

	words_add(&words, text, json, LP_STR(""));
	lp_buf_addc(out, ' ');
	add_small(out, lp_buf_str(&words));
	lp_buf_clear(&words);
}

void words_phrases(struct lp_buf *out, struct lp_str q)
{
	while (q.n) {
		size_t n = 0, before = out->len;

		while (n < q.n && !is_blank(q.p[n]))
			n++;
		add_line(out, lp_str(q.p, n), false);
		if (out->len == before + 1) /* no word */
			out->len--;
		else
			lp_buf_addc(out, '\n');
		q = lp_str_from(q, n + 1);
	}
}

bool words_match(struct lp_str phrases, struct lp_str json)
{
	struct lp_buf words = {0};
	bool all = true;

	add_line(&words, json, true);
	while (all && phrases.n) {
		size_t n = lp_str_find(phrases, '\n');

		all = memmem(words.data, words.len, phrases.p, n);
		phrases = lp_str_from(phrases, n + 1);
	}
	lp_buf_clear(&words);
	return all;
}
