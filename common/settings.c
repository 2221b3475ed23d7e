#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/settings_table.h"

#define FILE_MAX   (1024 * 1024) /* bytes of a configuration file */
#define ENV_PREFIX "LIGHT_PUSH_"

extern char **environ;

const struct setting *setting_find(struct lp_str name)
{
	for (size_t i = 0; i < setting_count; i++) {
		if (lp_str_eq(name, lp_cstr(setting_table[i].name)))
			return &setting_table[i];
	}
	return NULL;
}

/* Levenshtein's distance, case ignored. b is at most NAME_MAX_LENGTH bytes. */
#define NAME_MAX_LENGTH 63

static size_t distance(struct lp_str a, struct lp_str b)
{
	size_t row[NAME_MAX_LENGTH + 1];

	for (size_t j = 0; j <= b.n; j++)
		row[j] = j;
	for (size_t i = 1; i <= a.n; i++) {
		size_t diagonal = row[0];

		row[0] = i;
		for (size_t j = 1; j <= b.n; j++) {
			bool same = tolower((unsigned char)a.p[i - 1]) ==
				    tolower((unsigned char)b.p[j - 1]);
			size_t best = diagonal + !same;

			diagonal = row[j];
			if (best > row[j] + 1)
				best = row[j] + 1;
			if (best > row[j - 1] + 1)
				best = row[j - 1] + 1;
			row[j] = best;
		}
	}
	return row[b.n];
}

const struct setting *setting_nearest(struct lp_str name)
{
	const struct setting *nearest = NULL;
	size_t best = name.n / 3 + 2; /* more edits than that is another word */

	if (name.n > NAME_MAX_LENGTH)
		return NULL;
	for (size_t i = 0; i < setting_count; i++) {
		size_t d = distance(lp_cstr(setting_table[i].name), name);

		if (d < best) {
			best = d;
			nearest = &setting_table[i];
		}
	}
	return nearest;
}

/* For error lines: a name as it came, without what could break the line. */
static void add_name(struct lp_buf *out, struct lp_str name)
{
	lp_buf_addc(out, '"');
	for (size_t i = 0; i < name.n && i < NAME_MAX_LENGTH; i++)
		lp_buf_addc(out, isgraph((unsigned char)name.p[i]) ? name.p[i] : '?');
	lp_buf_addz(out, name.n > NAME_MAX_LENGTH ? "...\"" : "\"");
}

static void add_unknown(struct lp_buf *out, const char *what, struct lp_str name,
			const struct setting *nearest)
{
	lp_buf_addf(out, "unknown %s ", what);
	add_name(out, name);
	if (nearest)
		lp_buf_addf(out, "; did you mean %s?", nearest->name);
}

static int assign(struct settings *s, enum settings_origin origin, struct lp_str name,
		  struct lp_str value, struct lp_buf *why)
{
	const struct setting *row = setting_find(name);
	int rc;

	if (!row) {
		add_unknown(why, "setting", name, setting_nearest(name));
		return LP_EINVAL;
	}
	rc = setting_parse(row, s, value, why);
	if (rc == LP_OK)
		s->origin[row - setting_table] = (unsigned char)origin;
	return rc;
}

void settings_init(struct settings *s)
{
	struct lp_buf why = {0};

	memset(s, 0, sizeof(*s));
	for (size_t i = 0; i < setting_count; i++) {
		if (setting_parse(&setting_table[i], s, lp_cstr(setting_table[i].value), &why)) {
			fprintf(stderr, "default of a setting: %s\n", why.data);
			abort();
		}
	}
}

void settings_clear(struct settings *s)
{
	for (size_t i = 0; i < setting_count; i++) {
		if (setting_table[i].kind <= SETTING_CHOICE)
			free(*(char **)setting_field(&setting_table[i], s));
	}
	memset(s, 0, sizeof(*s));
}

int settings_set(struct settings *s, const char *name, const char *value, char **error)
{
	struct lp_buf why = {0};
	int rc = assign(s, SETTINGS_FROM_COMMAND, lp_cstr(name), lp_cstr(value), &why);

	if (rc == LP_OK)
		lp_buf_clear(&why);
	else
		*error = why.data;
	return rc;
}

/*
 * The file. inih splits a line into name and value and removes comments. It would also cut a line
 * of more than 197 bytes in two, take an indented line for a continuation and go on after an error,
 * without telling the line's number: file_line(), which it asks for lines, sees to all that.
 */
struct file {
	struct settings *s;
	struct lp_str rest;
	struct lp_buf *why;
	unsigned line;
	int rc;
	bool seen[SETTINGS_COUNT];
};

static void file_error(struct file *f, const char *what)
{
	lp_buf_addz(f->why, what);
	f->rc = LP_EINVAL;
}

static bool is_clean(struct lp_str line)
{
	for (size_t i = 0; i < line.n; i++) {
		unsigned char c = (unsigned char)line.p[i];

		if (c == 0x7f || (c < 0x20 && c != '\t' && !(c == '\r' && i + 1 == line.n)))
			return false;
	}
	return true;
}

/* inih would take a ':' for the '=' as well, and for a comment what follows a ';'. */
static bool is_pair(struct lp_str line)
{
	size_t at = lp_str_find(line, '=');

	return at < line.n && !memchr(line.p, ':', at) && !memchr(line.p, ';', at);
}

/* inih's reader: the next line into buf, as fgets() would. */
static char *file_line(char *buf, int size, void *user)
{
	struct file *f = user;
	size_t end = lp_str_find(f->rest, '\n');
	struct lp_str line = lp_str(f->rest.p, end);

	if (f->rc || !f->rest.n)
		return NULL;
	f->line++;
	f->rest = lp_str_from(f->rest, end + 1);
	while (line.n && (line.p[0] == ' ' || line.p[0] == '\t'))
		line = lp_str_from(line, 1);
	if (line.n && (line.p[0] == '#' || line.p[0] == ';'))
		line.n = 0; /* a comment may be of any length */
	if (line.n && line.p[0] == '[')
		file_error(f, "sections such as [name] are not used here");
	else if (!is_clean(line))
		file_error(f, "the line has a control character");
	else if (line.n + 3 > (size_t)size)
		file_error(f, "the line is too long");
	else if (line.n && !is_pair(line))
		file_error(f, "the line is not of the form name = value");
	if (f->rc)
		return NULL;
	if (line.n)
		memcpy(buf, line.p, line.n);
	memcpy(buf + line.n, "\n", 2);
	return buf;
}

static int file_pair(void *user, const char *section, const char *name, const char *value)
{
	struct file *f = user;
	const struct setting *row = setting_find(lp_cstr(name));

	if (row && f->seen[row - setting_table]) {
		lp_buf_addf(f->why, "%s is set twice in this file", name);
		f->rc = LP_EINVAL;
		return 0;
	}
	f->rc = assign(f->s, SETTINGS_FROM_FILE, lp_cstr(name), lp_cstr(value), f->why);
	if (f->rc)
		return 0;
	f->seen[row - setting_table] = true;
	return 1;
}

static int load_text(struct settings *s, struct lp_str text, const char *source, struct lp_buf *why)
{
	struct lp_buf reason = {0};
	struct file f = {.s = s, .rest = text, .why = &reason};
	int bad = ini_parse_stream(file_line, &f, file_pair, &f);

	if (!f.rc && bad)
		file_error(&f, "it can not be read");
	if (f.rc)
		lp_buf_addf(why, "%s:%u: %s", source, f.line, reason.data);
	lp_buf_clear(&reason);
	return f.rc;
}

int settings_load_text(struct settings *s, struct lp_str text, const char *source, char **error)
{
	struct lp_buf why = {0};
	int rc = load_text(s, text, source, &why);

	if (rc)
		*error = why.data;
	return rc;
}

static int read_file(const char *path, struct lp_buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = 0;

	if (fd < 0)
		return LP_EIO;
	do {
		n = read(fd, lp_buf_reserve(out, 16384), 16384);
		if (n > 0)
			out->len += (size_t)n;
	} while ((n > 0 && out->len <= FILE_MAX) || (n < 0 && errno == EINTR));
	close(fd);
	if (n < 0)
		return LP_EIO;
	return out->len > FILE_MAX ? LP_ETOOBIG : LP_OK;
}

static int load_file(struct settings *s, const char *path, struct lp_buf *why)
{
	struct lp_buf text = {0};
	int rc = read_file(path, &text);

	if (rc == LP_OK)
		rc = load_text(s, lp_buf_str(&text), path, why);
	else
		lp_buf_addf(why, "can not read %s: %s", path,
			    rc == LP_EIO ? strerror(errno) : "it is too big");
	lp_buf_clear(&text);
	return rc ? LP_EINVAL : LP_OK;
}

/* Whether name is setting's in upper case. */
static bool is_env_name(struct lp_str name, const char *setting)
{
	if (name.n != strlen(setting))
		return false;
	for (size_t i = 0; i < name.n; i++) {
		if (name.p[i] != toupper((unsigned char)setting[i]))
			return false;
	}
	return true;
}

static const struct setting *find_env(struct lp_str name)
{
	for (size_t i = 0; i < setting_count; i++) {
		if (is_env_name(name, setting_table[i].name))
			return &setting_table[i];
	}
	return NULL;
}

static int load_variable(struct settings *s, struct lp_str name, struct lp_str value,
			 struct lp_buf *why)
{
	const struct setting *row = find_env(lp_str_from(name, strlen(ENV_PREFIX)));
	struct lp_buf reason = {0};
	int rc = LP_EINVAL;

	if (row)
		rc = assign(s, SETTINGS_FROM_ENV, lp_cstr(row->name), value, &reason);
	else
		add_unknown(&reason, "variable", name,
			    setting_nearest(lp_str_from(name, strlen(ENV_PREFIX))));
	if (rc)
		lp_buf_addf(why, "environment: %s", reason.data);
	lp_buf_clear(&reason);
	return rc;
}

static int load_env(struct settings *s, struct lp_buf *why)
{
	for (char **e = environ; e && *e; e++) {
		struct lp_str all = lp_cstr(*e);
		size_t at = lp_str_find(all, '=');
		int rc;

		if (!lp_str_starts(all, LP_STR(ENV_PREFIX)))
			continue;
		rc = load_variable(s, lp_str(all.p, at), lp_str_from(all, at + 1), why);
		if (rc)
			return rc;
	}
	return LP_OK;
}

static int load_assignment(struct settings *s, struct lp_str text, struct lp_buf *why)
{
	size_t at = lp_str_find(text, '=');
	struct lp_buf reason = {0};
	int rc = LP_EINVAL;

	if (at == text.n)
		lp_buf_addz(&reason, "it must be NAME=VALUE");
	else
		rc = assign(s, SETTINGS_FROM_COMMAND, lp_str(text.p, at), lp_str_from(text, at + 1),
			    &reason);
	if (rc)
		lp_buf_addf(why, "--set: %s", reason.data);
	lp_buf_clear(&reason);
	return rc;
}

int settings_load(struct settings *s, const char *path, char *const *assignments, char **error)
{
	struct lp_buf why = {0};
	int rc = LP_OK;

	if (path)
		rc = load_file(s, path, &why);
	if (rc == LP_OK)
		rc = load_env(s, &why);
	for (; rc == LP_OK && assignments && *assignments; assignments++)
		rc = load_assignment(s, lp_cstr(*assignments), &why);
	if (rc == LP_OK)
		rc = settings_check(s, &why);
	if (rc)
		*error = why.data;
	return rc;
}

void settings_reload(struct settings *s, const struct settings *from, struct lp_buf *kept)
{
	struct lp_buf now = {0}, next = {0};

	for (size_t i = 0; i < setting_count; i++) {
		const struct setting *row = &setting_table[i];

		lp_buf_reset(&now);
		lp_buf_reset(&next);
		setting_format(row, s, &now);
		setting_format(row, from, &next);
		if (lp_str_eq(lp_buf_str(&now), lp_buf_str(&next)))
			continue;
		if (!(row->flags & SETTING_RELOAD))
			lp_buf_addf(kept, "%s%s", kept->len ? " " : "", row->name);
		else if (setting_parse(row, s, lp_buf_str(&next), kept) == LP_OK)
			s->origin[i] = from->origin[i];
	}
	lp_buf_clear(&now);
	lp_buf_clear(&next);
}
