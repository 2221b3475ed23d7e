#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/scenario/script_int.h"

bool script_fail(struct script *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lp_buf_addv(&s->why, fmt, ap);
	va_end(ap);
	return false;
}

/* --- words --- */

char *script_word(char **line)
{
	char *at = *line + strspn(*line, " ");
	char *end = at + strcspn(at, " ");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return at;
}

char *script_unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned byte;

		if (sscanf(from, "\\x%2x", &byte) == 1) {
			*to = (char)byte;
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
	return text;
}

bool script_matches(const char *glob, const char *text)
{
	if (*glob == '*' || strncmp(glob, "...", 3) == 0) {
		glob += *glob == '*' ? 1 : 3;
		do {
			if (script_matches(glob, text))
				return true;
		} while (*text++);
		return false;
	}
	if (!*glob || !*text)
		return *glob == *text;
	return *glob == *text && script_matches(glob + 1, text + 1);
}

struct peer *script_peer(struct script *s, const char *name)
{
	struct peer *p = peer_find(&s->world, lp_cstr(name));

	if (!p)
		script_fail(s, "nobody is called \"%s\"", name);
	return p;
}

/* --- running --- */

static bool run_line(struct script *s, char *line);

/* repeat N COMMAND */
static bool run_repeated(struct script *s, char *line)
{
	char copy[SCRIPT_LINE_MAX];
	bool good = true;

	for (int n = atoi(script_word(&line)); good && n; n--) {
		snprintf(copy, sizeof(copy), "%s", line);
		good = run_line(s, copy);
	}
	return good;
}

static const struct command *find_command(const struct command *list, const char *name)
{
	while (list->name && strcmp(list->name, name) != 0)
		list++;
	return list->name ? list : NULL;
}

/* "& COMMAND": the next one follows in the same pass of the loop. */
static bool run_line(struct script *s, char *line)
{
	const char *name = script_word(&line);
	bool same_pass = strcmp(name, "&") == 0;
	const struct command *c;

	if (strcmp(name, "repeat") == 0)
		return run_repeated(s, line);
	if (same_pass)
		name = script_word(&line);
	c = find_command(script_client_commands, name);
	if (!c)
		c = find_command(script_server_commands, name);
	if (!c)
		return script_fail(s, "no such command");
	if (!s->started && strcmp(name, "conf") != 0) {
		world_start(&s->world);
		s->started = true;
	}
	if (!c->run(s, line))
		return false;
	if (s->started && !same_pass)
		world_settle(&s->world);
	return true;
}

/* Nothing may be left that the scenario did not look at. */
static bool all_seen(struct script *s)
{
	const struct engine_stats *stats = engine_stats(s->world.engine);

	for (struct peer *p = s->world.peers; p; p = p->next) {
		const struct inbox *in = p->data;

		if (in->first)
			return script_fail(s, "%s also heard %s", p->name, in->first->text);
	}
	for (int r = 0; r < CLOSE_REASON_COUNT; r++) {
		if (stats->sessions_closed[r] != s->claimed[r])
			return script_fail(s, "a session was closed: %s",
					   close_reason_name((enum close_reason)r));
	}
	if (!s->routes_unsure && !store_mem_waiting(s->world.store) &&
	    !store_mem_routes_right(s->world.store))
		return script_fail(s, "the store's routes are not those of its members");
	return true;
}

static void script_clear(struct script *s)
{
	for (struct peer *p = s->world.peers; p; p = p->next) {
		struct inbox *in = p->data;

		while (in->first)
			script_take_first(in);
		free(in);
		p->heard = NULL;
	}
	world_free(&s->world);
	lp_buf_clear(&s->why);
}

bool script_run(const char *name, struct lp_str text)
{
	struct script s = {0};
	char line[SCRIPT_LINE_MAX];
	unsigned number = 0;
	bool good = true;

	world_init(&s.world);
	while (good && text.n) {
		struct lp_str raw = lp_str(text.p, lp_str_find(text, '\n'));

		number++;
		text = lp_str_from(text, raw.n + 1);
		snprintf(line, sizeof(line), "%.*s", LP_FMT(raw));
		if (raw.n && raw.p[0] != '#')
			good = run_line(&s, line);
		if (!good)
			printf("%s:%u: %.*s: %s\n", name, number, LP_FMT(raw), s.why.data);
	}
	if (good && s.started && !all_seen(&s)) {
		printf("%s: at the end: %s\n", name, s.why.data);
		good = false;
	}
	script_clear(&s);
	return good;
}
