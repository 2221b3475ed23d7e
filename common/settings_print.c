#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/archive/sql_url.h"
#include "common/settings_table.h"

#define WIDTH 96 /* columns of a comment in the sample file */

static const char *const origin_names[] = {
	[SETTINGS_DEFAULT] = "default",
	[SETTINGS_FROM_FILE] = "file",
	[SETTINGS_FROM_ENV] = "environment",
	[SETTINGS_FROM_COMMAND] = "command line",
};

/* text as comment lines, broken at blanks. */
static void print_wrapped(FILE *out, const char *text)
{
	size_t column = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		if (column && column + 1 + n > WIDTH) {
			fputc('\n', out);
			column = 0;
		}
		column += (size_t)fprintf(out, "%s%.*s", column ? " " : "# ", (int)n, text);
		text += n;
		text += strspn(text, " ");
	}
	fputc('\n', out);
}

/* What the table says besides the help text: the kind of value and the unit of a bare number. */
static void describe(const struct setting *row, struct lp_buf *out)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = {{1, "milliseconds"}, {1000, "seconds"}, {3600 * 1000, "hours"}};

	if (row->kind == SETTING_TEXT || row->kind == SETTING_LIST)
		return;
	lp_buf_addz(out, " A value is ");
	setting_describe(row, out);
	if (row->kind == SETTING_SIZE)
		lp_buf_addz(out, "; a bare number is bytes");
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (row->unit == units[i].ms)
			lp_buf_addf(out, "; a bare number is %s", units[i].name);
	}
	lp_buf_addc(out, '.');
	if (row->flags & SETTING_RELOAD)
		lp_buf_addz(out, " A running connector takes a new value on SIGHUP.");
}

void settings_print_sample(FILE *out)
{
	struct lp_buf text = {0};

	fputs("# Settings of the light-push programs; light-push.conf(5) says more.\n"
	      "#\n"
	      "# Every setting is shown with its default: remove the # in front of one to change "
	      "it.\n"
	      "# An environment variable (LIGHT_PUSH_ and the name in upper case) and then --set\n"
	      "# NAME=VALUE on the command line override this file. Times: 500ms, 5s, 1m, 1h. "
	      "Sizes:\n"
	      "# 64KB, 1MB (1024-based). What follows a blank and a semicolon is a comment.\n",
	      out);
	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		if (i == 0 || row->group != row[-1].group)
			fprintf(out, "\n\n### %s ###\n", setting_group_titles[row->group]);
		fputc('\n', out);
		lp_buf_reset(&text);
		lp_buf_addz(&text, row->help);
		describe(row, &text);
		print_wrapped(out, text.data);
		fprintf(out, "#%s =%s%s\n", row->name, *row->value ? " " : "", row->value);
	}
	lp_buf_clear(&text);
}

/* As anybody may see it; not for secrets. */
static void show_value(const struct setting *row, const struct settings *s, struct lp_buf *out)
{
	if (row->flags & SETTING_URL)
		sql_url_show(out, *(char **)((char *)(uintptr_t)s + row->offset));
	else
		setting_format(row, s, out);
}

void settings_print(const struct settings *s, FILE *out)
{
	struct lp_buf text = {0};

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		lp_buf_reset(&text);
		lp_buf_addf(&text, "%s = ", row->name);
		if (!(row->flags & SETTING_SECRET))
			show_value(row, s, &text);
		else if (**(char **)((char *)(uintptr_t)s + row->offset))
			lp_buf_addz(&text, "(set)");
		fprintf(out, "%s ; %s\n", text.data, origin_names[s->origin[i]]);
	}
	lp_buf_clear(&text);
}

static void add_member(struct lp_buf *out, const char *name, const char *value)
{
	lp_buf_addf(out, ",\"%s\":", name);
	lp_json_quote(out, lp_cstr(value));
}

void settings_json(const struct settings *s, struct lp_buf *out)
{
	struct lp_buf value = {0};

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];
		bool secret = row->flags & SETTING_SECRET;

		lp_buf_reset(&value);
		show_value(row, s, &value);
		lp_buf_addz(out, i ? ",{\"name\":" : "[{\"name\":");
		lp_json_quote(out, lp_cstr(row->name));
		add_member(out, "group", setting_group_titles[row->group]);
		if (secret)
			lp_buf_addf(out, ",\"value\":%s", value.len ? "true" : "false");
		else
			add_member(out, "value", value.data);
		add_member(out, "default", row->value);
		add_member(out, "origin", origin_names[s->origin[i]]);
		lp_buf_addf(out, ",\"secret\":%s,\"reload\":%s", secret ? "true" : "false",
			    row->flags & SETTING_RELOAD ? "true" : "false");
		add_member(out, "help", row->help);
		lp_buf_addc(out, '}');
	}
	lp_buf_addc(out, ']');
	lp_buf_clear(&value);
}

/*
 * Escapes backslashes, and what would be a request at the start of a line; a new sentence begins a
 * new line, as mdoc(7) wants it.
 */
static void print_roff(FILE *out, const char *text)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", out);
	for (; *text; text++) {
		if (*text == '\\') {
			fputs("\\e", out);
		} else if (text[0] == '.' && text[1] == ' ') {
			fputs(".\n", out);
			text++;
		} else if (text[0] == ',' && text[1] != ' ') {
			fputs(",\\:", out); /* a long list may be broken here */
		} else {
			fputc(*text, out);
		}
	}
}

void settings_print_mdoc(FILE *out)
{
	struct lp_buf text = {0};

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		if (i == 0 || row->group != row[-1].group)
			fprintf(out, "%s.Ss %s\n.Bl -tag -width Ds\n", i ? ".El\n" : "",
				setting_group_titles[row->group]);
		fprintf(out, ".It Ic %s\n", row->name);
		lp_buf_reset(&text);
		lp_buf_addz(&text, row->help);
		describe(row, &text);
		print_roff(out, text.data);
		if (*row->value) {
			fputs("\nDefault:\n.Ql \"", out);
			print_roff(out, row->value);
			fputs("\\&\" .\n", out);
		} else {
			fputs("\nDefault: empty.\n", out);
		}
	}
	fputs(".El\n", out);
	lp_buf_clear(&text);
}
