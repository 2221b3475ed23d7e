#include "config.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/cli.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"

#define DEFAULT_FILE SYSCONFDIR "/light-push.conf"

enum { OPT_CONFIG = 256, OPT_SET, OPT_CHECK, OPT_SHOW, OPT_DEFAULT, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{"config", required_argument, NULL, OPT_CONFIG},
	{"set", required_argument, NULL, OPT_SET},
	{"check-config", no_argument, NULL, OPT_CHECK},
	{"show-config", no_argument, NULL, OPT_SHOW},
	{"default-config", no_argument, NULL, OPT_DEFAULT},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/* What was asked for; kept for cli_reload(), which reads the same sources again. */
static struct {
	const char *name;
	const char *file;   /* NULL: none */
	char **assignments; /* NULL-terminated, pointing into argv */
	bool check, show;
} cli;

static const char *base_name(const char *path)
{
	const char *slash = path ? strrchr(path, '/') : NULL;

	return slash ? slash + 1 : path ? path : "light-push";
}

/* "connector" for light-push-connector: what log lines name. */
static const char *short_name(const char *name)
{
	static const char prefix[] = "light-push-";

	return strncmp(name, prefix, strlen(prefix)) == 0 ? name + strlen(prefix) : name;
}

static void print_help(const char *summary)
{
	printf("usage: %s [--config FILE] [--set NAME=VALUE]... [OPTION]\n\n"
	       "%s\n\n"
	       "  --config FILE      read settings from FILE (default: %s if there)\n"
	       "  --set NAME=VALUE   give one setting a value; may be repeated\n"
	       "  --check-config     check the settings, then exit\n"
	       "  --show-config      print the settings and where each comes from, then exit\n"
	       "  --default-config   print a configuration file with every default, then exit\n"
	       "  --version          print the version, then exit\n"
	       "  --help             print this text, then exit\n",
	       cli.name, summary, DEFAULT_FILE);
}

/* Reports in one line; the exit status of wrong usage and wrong settings. */
static int fail(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s%s\n", cli.name, what, why);
	return 2;
}

/*
 * Reads argv. Returns true when settings are to be loaded, false when the program is done, with
 * the status in *status.
 */
static bool parse_options(int argc, char **argv, const char *summary, int *status)
{
	size_t count = 0;
	int opt;

	*status = 0;
	cli.assignments = lp_xcalloc((size_t)argc + 1, sizeof(*cli.assignments));
	opterr = 0;
	while ((opt = getopt_long(argc, argv, ":", options, NULL)) != -1) {
		switch (opt) {
		case OPT_CONFIG:
			cli.file = optarg;
			break;
		case OPT_SET:
			cli.assignments[count++] = optarg;
			break;
		case OPT_CHECK:
			cli.check = true;
			break;
		case OPT_SHOW:
			cli.show = true;
			break;
		case OPT_DEFAULT:
			settings_print_sample(stdout);
			return false;
		case OPT_VERSION:
			printf("%s %s\n", cli.name, PACKAGE_VERSION);
			return false;
		case OPT_HELP:
			print_help(summary);
			return false;
		default:
			*status = fail(opt == ':' ? "a value is missing behind "
						  : "unknown option, see --help: ",
				       argv[optind - 1]);
			return false;
		}
	}
	if (optind < argc)
		*status = fail("unknown argument, see --help: ", argv[optind]);
	return optind >= argc;
}

static int load(struct settings *s, char **error)
{
	settings_init(s);
	return settings_load(s, cli.file, cli.assignments, error);
}

static bool open_log(const struct settings *s)
{
	enum lp_log_level level;

	return lp_log_level_parse(s->log_level, &level) == LP_OK &&
	       lp_log_open(short_name(cli.name), s->log_path, level,
			   strcmp(s->log_format, "json") == 0) == LP_OK;
}

/* Before there are threads; localtime_r() goes by it. */
static void set_timezone(const struct settings *s)
{
	if (strcmp(s->timezone, "local") != 0 && setenv("TZ", s->timezone, 1))
		abort(); /* out of memory */
	tzset();
}

bool cli_start(struct settings *s, int argc, char **argv, const char *summary, int *status)
{
	char *error = NULL;
	bool go = false;

	cli.name = base_name(argv[0]);
	if (access(DEFAULT_FILE, F_OK) == 0)
		cli.file = DEFAULT_FILE;
	if (!parse_options(argc, argv, summary, status)) {
		free(cli.assignments);
		return false;
	}
	if (load(s, &error))
		*status = fail("", error);
	else if (cli.show)
		settings_print(s, stdout);
	else if (cli.check)
		puts("configuration ok");
	else if (!open_log(s))
		*status = fail("can not open the log: ", strerror(errno));
	else
		go = true;
	if (go)
		set_timezone(s);
	else
		cli_finish(s);
	free(error);
	return go;
}

void cli_reload(struct settings *s)
{
	struct lp_buf kept = {0};
	enum lp_log_level level;
	struct settings next;
	char *error = NULL;

	lp_log_reopen();
	if (load(&next, &error)) {
		lp_error("settings", "not taken over, going on with the old ones: %s", error);
	} else {
		settings_reload(s, &next, &kept);
		if (lp_log_level_parse(s->log_level, &level) == LP_OK)
			lp_log_set_level(level);
		lp_info("settings", "read again");
		if (kept.len)
			lp_warn("settings", "changed but need a restart: %s", kept.data);
	}
	free(error);
	lp_buf_clear(&kept);
	settings_clear(&next);
}

void cli_finish(struct settings *s)
{
	settings_clear(s);
	lp_log_close();
	free(cli.assignments);
	cli.assignments = NULL;
}
