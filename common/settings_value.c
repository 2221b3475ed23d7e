#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/settings_table.h"

struct suffix {
	const char *name;
	int64_t factor;
};

/* Ascending; the first name of a factor is the one printed. */
static const struct suffix time_suffixes[] = {
	{"ms", 1}, {"s", 1000}, {"m", 60 * 1000}, {"h", 60 * 60 * 1000}, {NULL, 0}};
static const struct suffix size_suffixes[] = {{"B", 1},        {"KB", 1 << 10}, {"K", 1 << 10},
					      {"MB", 1 << 20}, {"M", 1 << 20},  {"GB", 1 << 30},
					      {"G", 1 << 30},  {NULL, 0}};

/* Whole decimal number, an optional '-' in front. */
static bool parse_int(struct lp_str s, int64_t *out)
{
	bool negative = s.n && s.p[0] == '-';
	int64_t n = 0;

	s = lp_str_from(s, negative);
	if (s.n == 0)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (!isdigit((unsigned char)s.p[i]) || __builtin_mul_overflow(n, 10, &n) ||
		    __builtin_add_overflow(n, s.p[i] - '0', &n))
			return false;
	}
	*out = negative ? -n : n;
	return true;
}

/*
 * A number, with or without a fraction, and a unit; a number without one counts `bare` times.
 * By hand, as strtod() would also read "inf", "0x1" and the locale's comma.
 */
static bool parse_scaled(struct lp_str s, const struct suffix *suffixes, int64_t bare, double *out)
{
	double value = 0, place = 1;
	size_t at = 0, digits = 0;
	int64_t factor = bare;

	for (; at < s.n && isdigit((unsigned char)s.p[at]); at++, digits++)
		value = value * 10 + (s.p[at] - '0');
	if (digits && at < s.n && s.p[at] == '.') {
		for (at++, digits = 0; at < s.n && isdigit((unsigned char)s.p[at]); at++, digits++)
			value += (s.p[at] - '0') * (place /= 10);
	}
	if (!digits)
		return false;
	while (at < s.n && s.p[at] == ' ')
		at++;
	s = lp_str_from(s, at);
	if (s.n) {
		while (suffixes->name && !lp_str_caseeq(s, lp_cstr(suffixes->name)))
			suffixes++;
		factor = suffixes->factor;
		if (!suffixes->name)
			return false;
	}
	*out = value * (double)factor;
	return true;
}

static bool parse_bool(struct lp_str s, bool *out)
{
	static const char *const yes[] = {"true", "yes", "on", "1"};
	static const char *const no[] = {"false", "no", "off", "0"};

	for (size_t i = 0; i < 4; i++) {
		if (lp_str_caseeq(s, lp_cstr(yes[i])) || lp_str_caseeq(s, lp_cstr(no[i]))) {
			*out = lp_str_caseeq(s, lp_cstr(yes[i]));
			return true;
		}
	}
	return false;
}

static struct lp_str trim(struct lp_str s)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = lp_str_from(s, 1);
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* Items with the white space around them removed, empty ones left out. */
static void join_list(struct lp_buf *out, struct lp_str s)
{
	while (s.n) {
		size_t comma = lp_str_find(s, ',');
		struct lp_str item = trim(lp_str(s.p, comma));

		if (item.n && out->len)
			lp_buf_addc(out, ',');
		lp_buf_adds(out, item);
		s = lp_str_from(s, comma + 1);
	}
}

static bool is_choice(const char *choices, struct lp_str s)
{
	struct lp_str rest = lp_cstr(choices);

	while (rest.n) {
		size_t bar = lp_str_find(rest, '|');

		if (lp_str_eq(s, lp_str(rest.p, bar)))
			return true;
		rest = lp_str_from(rest, bar + 1);
	}
	return false;
}

static bool is_text(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return false;
	}
	return lp_utf8_valid(s);
}

/* Whether value is one for the row; appends what it must be when it is not. */
static bool check_text(const struct setting *row, struct lp_str value, struct lp_buf *why)
{
	struct lp_buf reason = {0};
	bool ok;

	if (row->kind == SETTING_CHOICE)
		ok = is_choice(row->choices, value);
	else
		ok = is_text(value) && (int64_t)value.n >= row->min && (int64_t)value.n <= row->max;
	if (!ok) {
		lp_buf_addf(why, "%s must be ", row->name);
		setting_describe(row, why);
	} else if (row->check && !row->check(value.p, &reason)) {
		lp_buf_addf(why, "%s is wrong: %s", row->name, reason.data);
		ok = false;
	}
	lp_buf_clear(&reason);
	return ok;
}

static bool parse_text(const struct setting *row, char **field, struct lp_str text,
		       struct lp_buf *why)
{
	struct lp_buf value = {0};
	bool ok;

	if (row->kind == SETTING_LIST)
		join_list(&value, text);
	else
		lp_buf_adds(&value, text);
	lp_buf_addz(&value, ""); /* terminated even when empty */
	ok = check_text(row, lp_buf_str(&value), why);
	if (ok) {
		free(*field);
		*field = lp_xstrndup(lp_buf_str(&value));
	}
	lp_buf_clear(&value);
	return ok;
}

/* Numbers of every kind as a double: exact up to 2^53, far above every row's range. */
static bool parse_number(const struct setting *row, struct lp_str text, double *out)
{
	int64_t whole = 0;
	bool ok;

	if (row->kind == SETTING_INT) {
		ok = parse_int(text, &whole);
		*out = (double)whole;
	} else if (row->kind == SETTING_SIZE) {
		ok = parse_scaled(text, size_suffixes, 1, out);
	} else {
		ok = parse_scaled(text, time_suffixes, row->unit, out);
	}
	return ok && *out >= (double)row->min && *out <= (double)row->max;
}

int setting_parse(const struct setting *row, struct settings *s, struct lp_str text,
		  struct lp_buf *why)
{
	void *field = setting_field(row, s);
	double number;
	bool flag;

	text = trim(text);
	switch (row->kind) {
	case SETTING_TEXT:
	case SETTING_LIST:
	case SETTING_CHOICE:
		return parse_text(row, field, text, why) ? LP_OK : LP_EINVAL;
	case SETTING_BOOL:
		if (parse_bool(text, &flag)) {
			*(bool *)field = flag;
			return LP_OK;
		}
		break;
	case SETTING_HOURS:
		if (parse_number(row, text, &number)) {
			*(double *)field = number / (double)row->unit;
			return LP_OK;
		}
		break;
	case SETTING_INT:
	case SETTING_SIZE:
	case SETTING_DURATION:
		if (parse_number(row, text, &number)) {
			*(int64_t *)field = (int64_t)(number + 0.5);
			return LP_OK;
		}
		break;
	}
	lp_buf_addf(why, "%s must be ", row->name);
	setting_describe(row, why);
	return LP_EINVAL;
}

/* The number with the largest unit that divides it. */
static void add_scaled(struct lp_buf *out, int64_t n, const struct suffix *suffixes)
{
	const struct suffix *best = suffixes;

	for (; n && suffixes->name; suffixes++) {
		if (n % suffixes->factor == 0 && suffixes->factor > best->factor)
			best = suffixes;
	}
	lp_buf_addf(out, "%" PRId64 "%s", n / best->factor, best->name);
}

void setting_format(const struct setting *row, const struct settings *s, struct lp_buf *out)
{
	const void *field = (const char *)s + row->offset;

	switch (row->kind) {
	case SETTING_TEXT:
	case SETTING_LIST:
	case SETTING_CHOICE:
		lp_buf_addz(out, *(char *const *)field);
		break;
	case SETTING_BOOL:
		lp_buf_addz(out, *(const bool *)field ? "true" : "false");
		break;
	case SETTING_INT:
		lp_buf_addf(out, "%" PRId64, *(const int64_t *)field);
		break;
	case SETTING_SIZE:
		add_scaled(out, *(const int64_t *)field, size_suffixes);
		break;
	case SETTING_DURATION:
		add_scaled(out, *(const int64_t *)field, time_suffixes);
		break;
	case SETTING_HOURS:
		add_scaled(out, (int64_t)(*(const double *)field * (double)row->unit + 0.5),
			   time_suffixes);
		break;
	}
}

/* "a, b or c" from "a|b|c". */
static void add_choices(struct lp_buf *out, const char *choices)
{
	for (const char *p = choices; *p; p++) {
		if (*p != '|')
			lp_buf_addc(out, *p);
		else
			lp_buf_addz(out, strchr(p + 1, '|') ? ", " : " or ");
	}
}

void setting_describe(const struct setting *row, struct lp_buf *out)
{
	const struct suffix *suffixes = time_suffixes;

	switch (row->kind) {
	case SETTING_TEXT:
	case SETTING_LIST:
		lp_buf_addf(out, "%s of %" PRId64 " to %" PRId64 " bytes",
			    row->kind == SETTING_LIST ? "a list" : "text", row->min, row->max);
		return;
	case SETTING_CHOICE:
		add_choices(out, row->choices);
		return;
	case SETTING_BOOL:
		lp_buf_addz(out, "true or false");
		return;
	case SETTING_INT:
		lp_buf_addf(out, "a whole number from %" PRId64 " to %" PRId64, row->min, row->max);
		return;
	case SETTING_SIZE:
		suffixes = size_suffixes;
		lp_buf_addz(out, "a size");
		break;
	case SETTING_DURATION:
	case SETTING_HOURS:
		lp_buf_addz(out, "a time");
		break;
	}
	lp_buf_addz(out, " from ");
	add_scaled(out, row->min, suffixes);
	lp_buf_addz(out, " to ");
	add_scaled(out, row->max, suffixes);
}
