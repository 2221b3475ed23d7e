#include "config.h"

#include "common/model/csv.h"

/* Whether a spreadsheet may take it for a formula, or run on into one after what it skips. */
static bool formula(struct lp_str text)
{
	/* The wide forms of = + - @ count where people write Chinese or Japanese. */
	static const struct lp_str wide[] = {
		{"\xef\xbc\x9d", 3}, {"\xef\xbc\x8b", 3}, {"\xef\xbc\x8d", 3}, {"\xef\xbc\xa0", 3}};

	while (text.n && *text.p == ' ')
		text = lp_str_from(text, 1);
	if (!text.n)
		return false;
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]); i++) {
		if (lp_str_starts(text, wide[i]))
			return true;
	}
	return *text.p && strchr("=+-@\t\r\n", *text.p);
}

static bool needs_quotes(struct lp_str text)
{
	if (text.n && (text.p[0] == ' ' || text.p[text.n - 1] == ' '))
		return true;
	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (c == '"' || c == ',' || c == ';' || c < 0x20)
			return true;
	}
	return false;
}

void csv_field(struct lp_buf *out, struct lp_str text)
{
	bool guard = formula(text), quotes = guard || needs_quotes(text);

	if (quotes)
		lp_buf_addc(out, '"');
	if (guard)
		lp_buf_addc(out, '\'');
	while (quotes && text.n) {
		size_t n = lp_str_find(text, '"');

		lp_buf_add(out, text.p, n);
		if (n < text.n)
			lp_buf_addz(out, "\"\"");
		text = lp_str_from(text, n + 1);
	}
	lp_buf_adds(out, text);
	if (quotes)
		lp_buf_addc(out, '"');
}

void csv_next(struct lp_buf *out)
{
	lp_buf_addc(out, ',');
}

void csv_end(struct lp_buf *out)
{
	lp_buf_addz(out, "\r\n");
}
