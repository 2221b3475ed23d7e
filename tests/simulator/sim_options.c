#include "config.h"

#include <ini.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "tests/simulator/sim_options.h"

enum kind {
	TEXT,
	NUMBER,
	RATE,  /* a number that may have a fraction */
	TIME,  /* "500ms", "5s", "1m", "1h", or seconds */
	RANGE, /* a time, or two with a - between them */
	FLAG,  /* on the command line without a value */
};

#define SECOND UINT64_C(1000000)

static const struct option {
	const char *name;
	enum kind kind;
	size_t offset;
	const char *value; /* the default */
	int64_t min, max;  /* NUMBER */
	const char *argument;
	const char *help;
} table[] = {
#define ROW(name, kind, value, min, max, argument, help)                                           \
	{                                                                                          \
#name, kind, offsetof(struct sim_options, name), value, min, max, argument, help   \
	}
	ROW(clients, NUMBER, "100", 1, 10000000, "N", "How many clients."),
	ROW(processes, NUMBER, "1", 1, 256, "N",
	    "Over how many processes they are spread. One takes as many clients as it may open "
	    "files."),
	ROW(url, TEXT, "ws://127.0.0.1:21314", 0, 0, "URL,...",
	    "The connectors, ws:// or wss://, host and port; the clients take turns."),
	ROW(path, TEXT, "/socket.io/", 0, 0, "PATH",
	    "Path of the socket.io endpoint; /push/socket.io/ behind a web server."),
	ROW(sources, TEXT, "", 0, 0, "ADDRESS,...",
	    "Addresses of this machine that the clients connect from, in turns; two IPv4 addresses "
	    "with a - between them are all from one to the other. One address has some 28000 "
	    "ports."),
	ROW(query, TEXT, "", 0, 0, "TEXT", "More for the query of the handshake, such as a=b&c=d."),
	ROW(engine, TEXT, "4", 0, 0, "MIX",
	    "Version of engine.io, 3 or 4, or both with weights: 3:1,4:3."),
	ROW(platform, TEXT, "web", 0, 0, "MIX", "web, ios, android, or several with weights."),
	ROW(namespace, TEXT, "/demo", 0, 0, "PATTERN", "Namespace of a client."),
	ROW(uuid, TEXT, "sim-{n}", 0, 0, "PATTERN", "Its uuid."),
	ROW(userid, TEXT, "sim-{n}", 0, 0, "PATTERN", "Its user id."),
	ROW(join, TEXT, "room-:1:1", 0, 0, "PREFIX:TOTAL:PICK,...",
	    "Rooms that a client joins: PICK different ones of those that are called PREFIX and a "
	    "number below TOTAL. Empty: none."),
	ROW(connect_rate, NUMBER, "0", 0, 10000000, "N",
	    "Clients that begin to connect in a second; 0: as fast as they can."),
	ROW(connect_window, NUMBER, "100", 1, 100000, "N",
	    "Clients of one process that may be connecting at a time."),
	ROW(connect_timeout, TIME, "60s", 0, 0, "TIME",
	    "Longest time until all clients have joined; then it goes on with those that have."),
	ROW(insecure, FLAG, "no", 0, 0, "", "Do not check the certificates of wss://."),
	ROW(ack, TEXT, "on", 0, 0, "MIX",
	    "Whether a client acknowledges pushes: on, off, late, or several with weights."),
	ROW(ack_delay, RANGE, "1s-3s", 0, 0, "RANGE", "How long one that is late waits."),
	ROW(think, RANGE, "0", 0, 0, "RANGE", "How long a client waits before it joins its rooms."),
	ROW(push_every, RANGE, "0", 0, 0, "RANGE",
	    "Pause between two pushes of a client to a room of its own; 0: it pushes nothing."),
	ROW(push_share, NUMBER, "100", 0, 100, "PERCENT", "Share of the clients that push."),
	ROW(reconnect_every, RANGE, "0", 0, 0, "RANGE",
	    "How long a client stays before it disconnects, to come back later; 0: to the end."),
	ROW(away, RANGE, "1s", 0, 0, "RANGE", "How long it stays away."),
	ROW(slow_readers, NUMBER, "0", 0, 10000000, "N",
	    "Clients, the first ones, that stop reading once they have joined. Nothing is expected "
	    "of "
	    "them."),
	ROW(rest_url, TEXT, "", 0, 0, "URL",
	    "Where the REST API is, http:// or https:// up to the port. Empty: no pushes through "
	    "it."),
	ROW(rest_rate, RATE, "10", 0, 1000000, "N",
	    "Pushes in a second, such as 200 or 0.1; 0: as fast as the lanes take them."),
	ROW(rest_count, NUMBER, "0", 0, INT64_C(1000000000), "N",
	    "The run ends after so many; 0: after the duration."),
	ROW(rest_lanes, NUMBER, "8", 1, 256, "N",
	    "Connections, each with one push under way: the pushes of one are in order."),
	ROW(rest_to, TEXT, "room", 0, 0, "MIX",
	    "What is pushed to: a room of those in join, a user (all the devices of one), or both "
	    "with weights."),
	ROW(password, TEXT, "demo-password", 0, 0, "TEXT", "Of the namespaces, one for all."),
	ROW(push_size, NUMBER, "80", 0, 1000000, "BYTES",
	    "Of pushData; less than the simulator needs for itself counts as that."),
	ROW(duration, TIME, "10s", 0, 0, "TIME",
	    "How long it runs once all clients have joined. 0: until it is interrupted."),
	ROW(settle, TIME, "2s", 0, 0, "TIME",
	    "How long a push may be on its way before it counts as missing; that long it goes on "
	    "listening at the end."),
	ROW(seed, NUMBER, "1", 0, INT64_MAX, "N", "Another one: other choices."),
	ROW(event_library, TEXT, "uv", 0, 0, "NAME",
	    "What libwebsockets waits with: uv, ev or poll. Without its plugin it is poll."),
	ROW(json, FLAG, "no", 0, 0, "", "Print the result as one line of JSON instead of a table."),
	ROW(quiet, FLAG, "no", 0, 0, "", "No line of progress."),
#undef ROW
};
#define ROWS (sizeof(table) / sizeof(table[0]))

static const struct option *find(const char *name)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	}
	return NULL;
}

/* A whole number with its unit; returns what is behind it, or NULL. */
static const char *read_time(const char *p, uint64_t *time)
{
	static const struct {
		const char *name;
		uint64_t unit;
	} units[] = {{"ms", 1000}, {"s", SECOND}, {"m", 60 * SECOND}, {"h", 3600 * SECOND}};
	size_t digits = strspn(p, "0123456789");

	if (!digits || digits > 9)
		return NULL;
	*time = strtoull(p, NULL, 10);
	p += digits;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		size_t n = strlen(units[i].name);

		if (strncmp(p, units[i].name, n) == 0) {
			*time *= units[i].unit;
			return p + n;
		}
	}
	*time *= SECOND;
	return p;
}

static bool set_number(const struct option *row, int64_t *field, const char *value)
{
	size_t digits = strspn(value, "0123456789");
	int64_t number;

	if (!digits || digits > 18 || value[digits])
		return false;
	number = strtoll(value, NULL, 10);
	if (number < row->min || number > row->max)
		return false;
	*field = number;
	return true;
}

static bool set_rate(const struct option *row, double *field, const char *value)
{
	size_t length = strspn(value, "0123456789.");
	char *end;
	double number = strtod(value, &end);

	if (!length || value[length] || *end || number > (double)row->max)
		return false;
	*field = number;
	return true;
}

static bool set_time(uint64_t *field, const char *value)
{
	uint64_t time;
	const char *end = read_time(value, &time);

	if (!end || *end)
		return false;
	*field = time;
	return true;
}

static bool set_range(struct sim_range *field, const char *value)
{
	struct sim_range range;
	const char *end = read_time(value, &range.from);

	range.to = range.from;
	if (end && *end == '-')
		end = read_time(end + 1, &range.to);
	if (!end || *end || range.to < range.from)
		return false;
	*field = range;
	return true;
}

static bool set_flag(bool *field, const char *value)
{
	bool yes = strcmp(value, "yes") == 0;

	if (!yes && strcmp(value, "no") != 0)
		return false;
	*field = yes;
	return true;
}

static const char *describe(enum kind kind)
{
	switch (kind) {
	case RATE:
		return "a number such as 200 or 0.1";
	case TIME:
		return "a time such as 500ms, 5s, 1m";
	case RANGE:
		return "a time such as 5s, or two with a - between them";
	case FLAG:
		return "yes or no";
	default:
		return "a text";
	}
}

int sim_options_set(struct sim_options *o, const char *name, const char *value, struct lp_buf *why)
{
	const struct option *row = find(name);
	void *field;
	bool ok = true;

	if (!row) {
		lp_buf_addf(why, "there is no option %s", name);
		return LP_EINVAL;
	}
	field = (char *)o + row->offset;
	switch (row->kind) {
	case TEXT:
		free(*(char **)field);
		*(char **)field = lp_xstrdup(value);
		break;
	case NUMBER:
		ok = set_number(row, field, value);
		break;
	case RATE:
		ok = set_rate(row, field, value);
		break;
	case TIME:
		ok = set_time(field, value);
		break;
	case RANGE:
		ok = set_range(field, value);
		break;
	case FLAG:
		ok = set_flag(field, value);
		break;
	}
	if (ok)
		return LP_OK;
	if (row->kind == NUMBER)
		lp_buf_addf(why, "%s: a whole number from %lld to %lld is wanted, not \"%s\"", name,
			    (long long)row->min, (long long)row->max, value);
	else
		lp_buf_addf(why, "%s: %s is wanted, not \"%s\"", name, describe(row->kind), value);
	return LP_EINVAL;
}

void sim_options_init(struct sim_options *o)
{
	struct lp_buf why = {0};

	*o = (struct sim_options){0};
	for (size_t i = 0; i < ROWS; i++) {
		if (sim_options_set(o, table[i].name, table[i].value, &why) != LP_OK)
			abort(); /* the table is wrong */
	}
}

void sim_options_clear(struct sim_options *o)
{
	for (size_t i = 0; i < ROWS; i++) {
		if (table[i].kind == TEXT)
			free(*(char **)((char *)o + table[i].offset));
	}
	*o = (struct sim_options){0};
}

struct reading {
	struct sim_options *options;
	struct lp_buf *why;
};

static int read_line(void *user, const char *section, const char *name, const char *value)
{
	struct reading *r = user;

	return r->why->len || sim_options_set(r->options, name, value, r->why) == LP_OK;
}

int sim_options_read(struct sim_options *o, const char *file, struct lp_buf *why)
{
	struct reading r = {.options = o, .why = why};
	struct lp_buf reason = {0};
	FILE *f = fopen(file, "r");
	int line = f ? ini_parse_file(f, read_line, &r) : -1;

	/* A folder can be opened, and then not be read. */
	if (!line && ferror(f))
		line = -1;
	if (f)
		fclose(f);
	if (!line)
		return LP_OK;
	lp_buf_adds(&reason, lp_buf_str(why));
	lp_buf_reset(why);
	if (line < 0)
		lp_buf_addf(why, "%s: it can not be read", file);
	else
		lp_buf_addf(why, "%s:%d: %s", file, line,
			    reason.len ? reason.data : "NAME = VALUE is wanted");
	lp_buf_clear(&reason);
	return LP_EINVAL;
}

static void print_help(void)
{
	puts("usage: light-push-sim [--config FILE] [--NAME VALUE]...\n\n"
	     "Simulates clients of light-push and checks that each gets what it must.\n\n"
	     "  --config FILE\n        Read options from FILE, lines of the form NAME = VALUE.\n"
	     "  --version, --help\n        Print the version, or this text, then exit.");
	for (size_t i = 0; i < ROWS; i++) {
		const struct option *row = &table[i];

		printf("  --%s %s\n        %s", row->name, row->argument, row->help);
		if (row->kind == FLAG || !*row->value)
			puts("");
		else
			printf(" Default: %s\n", row->value);
	}
	puts("\nExit status: 0 all is as it must be, 1 something is missing or wrong, 2 wrong "
	     "usage.");
}

/* Whether argv[at] is that flag. A - in a name counts as _. */
static bool flag_name(const char *argument, char *name, size_t size)
{
	size_t n = strlen(argument);

	if (n < 3 || n - 2 >= size || strncmp(argument, "--", 2) != 0)
		return false;
	for (size_t i = 2; i <= n; i++)
		name[i - 2] = argument[i] == '-' ? '_' : argument[i];
	return true;
}

/* One flag at argv[*at], which moves behind it and its value. */
static int parse_flag(struct sim_options *o, int argc, char **argv, int *at, struct lp_buf *why)
{
	const struct option *row;
	char name[64];

	if (!flag_name(argv[*at], name, sizeof(name))) {
		lp_buf_addf(why, "unknown argument \"%s\", see --help", argv[*at]);
		return LP_EINVAL;
	}
	if (strcmp(name, "config") == 0) {
		*at += 2; /* it has been read */
		return LP_OK;
	}
	row = find(name);
	if (row && row->kind == FLAG) {
		(*at)++;
		return sim_options_set(o, name, "yes", why);
	}
	if (row && *at + 1 == argc) {
		lp_buf_addf(why, "a value is missing behind --%s", name);
		return LP_EINVAL;
	}
	*at += 2;
	return sim_options_set(o, name, row ? argv[*at - 1] : "", why);
}

enum sim_options_next sim_options_parse(struct sim_options *o, int argc, char **argv,
					struct lp_buf *why)
{
	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0) {
			print_help();
			return SIM_OPTIONS_DONE;
		}
		if (strcmp(argv[i], "--version") == 0) {
			puts("light-push-sim " PACKAGE_VERSION);
			return SIM_OPTIONS_DONE;
		}
		if (strcmp(argv[i], "--config") != 0)
			continue;
		if (i + 1 == argc) {
			lp_buf_addz(why, "a value is missing behind --config");
			return SIM_OPTIONS_WRONG;
		}
		if (sim_options_read(o, argv[++i], why) != LP_OK)
			return SIM_OPTIONS_WRONG;
	}
	for (int at = 1; at < argc;) {
		if (parse_flag(o, argc, argv, &at, why) != LP_OK)
			return SIM_OPTIONS_WRONG;
	}
	return SIM_OPTIONS_RUN;
}

void sim_options_print_mdoc(FILE *out)
{
	for (size_t i = 0; i < ROWS; i++) {
		const struct option *row = &table[i];

		fprintf(out, ".It Fl -%s", row->name);
		if (*row->argument)
			fprintf(out, " Ar %s", row->argument);
		fprintf(out, "\n%s\n", row->help);
		if (row->kind != FLAG && *row->value)
			fprintf(out, "Default:\n.Ql %s\n", row->value);
	}
}
