#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"

/*
 * Length of the well-formed sequence at p, 0 when there is none. The table is that of the Unicode
 * standard, "Well-Formed UTF-8 Byte Sequences": only the second byte's range depends on the first.
 */
static size_t sequence(const unsigned char *p, size_t n)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t len;

	if (p[0] < 0x80)
		return 1;
	if (p[0] < 0xc2 || p[0] > 0xf4)
		return 0;
	len = p[0] < 0xe0 ? 2 : p[0] < 0xf0 ? 3 : 4;
	if (n < len)
		return 0;
	if (p[0] == 0xe0)
		low = 0xa0;
	else if (p[0] == 0xed)
		high = 0x9f;
	else if (p[0] == 0xf0)
		low = 0x90;
	else if (p[0] == 0xf4)
		high = 0x8f;
	if (p[1] < low || p[1] > high)
		return 0;
	for (size_t i = 2; i < len; i++) {
		if (p[i] < 0x80 || p[i] > 0xbf)
			return 0;
	}
	return len;
}

bool lp_utf8_valid(struct lp_str s)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 0, len;

	while (at < s.n) {
		len = sequence(p + at, s.n - at);
		if (!len)
			return false;
		at += len;
	}
	return true;
}

static bool only_space(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!memchr(" \t\r\n", s.p[i], 4))
			return false;
	}
	return true;
}

static size_t digits(struct lp_str s, size_t at)
{
	size_t from = at;

	while (at < s.n && s.p[at] >= '0' && s.p[at] <= '9')
		at++;
	return at - from;
}

/* Length of the number that begins at `at`, 0 when it is none. */
static size_t number(struct lp_str s, size_t at)
{
	size_t from = at, whole, n;

	at += s.p[at] == '-';
	whole = digits(s, at);
	if (whole == 0 || (whole > 1 && s.p[at] == '0'))
		return 0;
	at += whole;
	if (at < s.n && s.p[at] == '.') {
		n = digits(s, ++at);
		if (!n)
			return 0;
		at += n;
	}
	if (at < s.n && (s.p[at] == 'e' || s.p[at] == 'E')) {
		at++;
		at += at < s.n && (s.p[at] == '+' || s.p[at] == '-');
		n = digits(s, at);
		if (!n)
			return 0;
		at += n;
	}
	return at - from;
}

/*
 * What json-c's strict mode lets through is found here: single quotes, NaN, Infinity, sloppy
 * numbers, control characters in strings, and NUL, which it takes for the end of the text. Letters
 * outside strings can only be those of true, false and null; which words they make, json-c checks.
 */
static bool is_plain(struct lp_str s)
{
	bool string = false;

	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (string) {
			if (c < 0x20)
				return false;
			i += c == '\\';
			string = c != '"';
		} else if (c == '"') {
			string = true;
		} else if (c == '-' || (c >= '0' && c <= '9')) {
			size_t n = number(s, i);

			if (!n)
				return false;
			i += n - 1;
		} else if (!c || !strchr("{}[]:,truefalsn \t\r\n", c)) {
			return false;
		}
	}
	return true;
}

int lp_json_parse(struct lp_str text, struct json_object **out)
{
	enum json_tokener_error err;
	struct json_tokener *tok;
	size_t end = 0;

	*out = NULL;
	if (!text.n || text.n > INT32_MAX || !is_plain(text) || !lp_utf8_valid(text))
		return LP_EINVAL;
	tok = json_tokener_new_ex(LP_JSON_DEPTH);
	if (!tok)
		abort();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_ALLOW_TRAILING_CHARS);
	*out = json_tokener_parse_ex(tok, text.p, (int)text.n);
	err = json_tokener_get_error(tok);
	if (err == json_tokener_continue) {
		/* A number at the very end is only complete once something follows it. */
		*out = json_tokener_parse_ex(tok, "", 1);
		err = json_tokener_get_error(tok);
		end = text.n;
	} else if (err == json_tokener_success) {
		end = json_tokener_get_parse_end(tok);
	}
	json_tokener_free(tok);
	if (err == json_tokener_success && only_space(lp_str_from(text, end)))
		return LP_OK;
	json_object_put(*out);
	*out = NULL;
	return LP_EINVAL;
}

bool lp_json_few(struct lp_str text, size_t max)
{
	bool string = false;
	size_t values = 1;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (string)
			i += c == '\\';
		else if (c == ',' || c == '[' || c == '{')
			values++;
		if (c == '"')
			string = !string;
	}
	return values <= max;
}

struct lp_str lp_json_str(struct json_object *obj, const char *key)
{
	struct json_object *value;

	if (!json_object_is_type(obj, json_type_object) ||
	    !json_object_object_get_ex(obj, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return (struct lp_str){NULL, 0};
	return lp_str(json_object_get_string(value), (size_t)json_object_get_string_len(value));
}

void lp_json_quote(struct lp_buf *out, struct lp_str s)
{
	size_t from = 0;

	lp_buf_addc(out, '"');
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (c >= 0x20 && c != '"' && c != '\\')
			continue;
		lp_buf_add(out, s.p + from, i - from);
		from = i + 1;
		if (c == '"' || c == '\\')
			lp_buf_add(out, (char[]){'\\', (char)c}, 2);
		else if (c == '\n')
			lp_buf_addz(out, "\\n");
		else if (c == '\t')
			lp_buf_addz(out, "\\t");
		else if (c == '\r')
			lp_buf_addz(out, "\\r");
		else
			lp_buf_addf(out, "\\u%04x", c);
	}
	lp_buf_adds(out, lp_str_from(s, from));
	lp_buf_addc(out, '"');
}

void lp_json_text(struct lp_buf *out, struct json_object *value)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
		value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);

	if (!text)
		abort();
	lp_buf_add(out, text, len);
}
