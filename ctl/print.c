#include "config.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/lp_json.h"
#include "ctl/ctl.h"

#define COLUMNS_MAX 12

void print_json(struct json_object *answer)
{
	struct lp_buf text = {0};

	lp_json_text(&text, answer);
	printf("%.*s\n", LP_FMT(lp_buf_str(&text)));
	lp_buf_clear(&text);
}

void print_time(struct lp_buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *unit;
	} units[] = {{86400000, "d"}, {3600000, "h"}, {60000, "min"}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (ms >= units[i].ms) {
			lp_buf_addf(out, "%" PRId64 " %s", ms / units[i].ms, units[i].unit);
			return;
		}
	}
	lp_buf_addf(out, "%" PRId64 ".%" PRId64 " s", ms / 1000, ms % 1000 / 100);
}

/* Appends a value as people read it; what could disturb a terminal is left out. */
static void add_value(struct lp_buf *out, const char *name, struct json_object *value)
{
	const char *text;

	if (strcmp(name, "age") == 0 || strcmp(name, "uptime") == 0) {
		print_time(out, json_object_get_int64(value));
		return;
	}
	text = "-";
	if (json_object_is_type(value, json_type_string))
		text = json_object_get_string(value);
	else if (value) /* not as json_object_get_string() does: with \/ and blanks */
		text = json_object_to_json_string_ext(
			value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	if (!*text)
		text = "-";
	for (; *text; text++)
		lp_buf_addc(out, iscntrl((unsigned char)*text) ? '?' : *text);
}

static size_t width(struct lp_str text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += (text.p[i] & 0xc0) != 0x80; /* characters, not bytes, of UTF-8 */
	return n;
}

/* A cell; row -1 is the head. */
static void add_cell(struct lp_buf *out, struct json_object *list, int row, const char *member)
{
	struct json_object *one;

	lp_buf_reset(out);
	if (row < 0) {
		for (const char *p = member; *p; p++)
			lp_buf_addc(out, (char)toupper((unsigned char)*p));
		return;
	}
	one = json_object_array_get_idx(list, (size_t)row);
	add_value(out, member, ctl_member(one, member));
}

void print_table(struct json_object *list, const char *const *members)
{
	int rows = (int)json_object_array_length(list);
	size_t widths[COLUMNS_MAX] = {0}, columns = 0;
	struct lp_buf cell = {0};

	while (members[columns] && columns < COLUMNS_MAX)
		columns++;
	for (size_t i = 0; i < columns; i++) {
		for (int row = -1; row < rows; row++) {
			add_cell(&cell, list, row, members[i]);
			if (width(lp_buf_str(&cell)) > widths[i])
				widths[i] = width(lp_buf_str(&cell));
		}
	}
	for (int row = -1; row < rows; row++) {
		for (size_t i = 0; i < columns; i++) {
			size_t pad;

			add_cell(&cell, list, row, members[i]);
			pad = i + 1 < columns ? widths[i] - width(lp_buf_str(&cell)) + 2 : 0;
			printf("%.*s%*s", LP_FMT(lp_buf_str(&cell)), (int)pad, "");
		}
		putchar('\n');
	}
	lp_buf_clear(&cell);
}

void print_members(struct json_object *object)
{
	struct lp_buf text = {0};

	json_object_object_foreach(object, name, value)
	{
		lp_buf_reset(&text);
		add_value(&text, name, value);
		printf("%-18s %.*s\n", name, LP_FMT(lp_buf_str(&text)));
	}
	lp_buf_clear(&text);
}
