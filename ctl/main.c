#include "config.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_app.h"
#include "fcgi-api/archive_read.h"

#define DEFAULT_FILE SYSCONFDIR "/light-push.conf"

static enum ctl_status verb_check_config(struct ctl *ctl, int argc, char **argv)
{
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 0, 0, NULL))
		return CTL_USAGE;
	puts(ctl->json ? "{}" : "configuration ok"); /* it has been read by now */
	return CTL_OK;
}

static enum ctl_status verb_default_config(struct ctl *ctl, int argc, char **argv)
{
	struct lp_buf text = {0};
	struct settings defaults;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 0, 0, NULL))
		return CTL_USAGE;
	if (!ctl->json) {
		settings_print_sample(stdout);
		return CTL_OK;
	}
	settings_init(&defaults);
	settings_json(&defaults, &text);
	printf("{\"list\":%.*s}\n", LP_FMT(lp_buf_str(&text)));
	lp_buf_clear(&text);
	settings_clear(&defaults);
	return CTL_OK;
}

static const struct verb {
	const char *name; /* one word or two */
	const char *arguments;
	const char *help;
	ctl_verb *run;
} verbs[] = {
	{"check-config", "", "check the settings", verb_check_config},
	{"default-config", "", "print a configuration file with every default",
	 verb_default_config},
	{"status", "", "every connector and worker, Redis, totals", verb_status},
	{"namespaces", "[--key PART] [--page N] [--size N]", "list namespaces", verb_namespaces},
	{"namespace add", "KEY [--name NAME] [--generate]",
	 "make a namespace; password from standard input", verb_namespace_add},
	{"namespace passwd", "KEY [--second [--remove]] [--generate]",
	 "give it another password, or a second one", verb_namespace_passwd},
	{"tokens", "NAMESPACE", "list API tokens", verb_tokens},
	{"token add", "NAMESPACE NAME [--scope push|read|all]", "make an API token",
	 verb_token_add},
	{"token revoke", "NAMESPACE ID", "take an API token away", verb_token_revoke},
	{"rooms", "NAMESPACE [--size N] [--cursor C]", "rooms with somebody online", verb_rooms},
	{"clients", "NAMESPACE [--room ROOM] [--user USERID] [--size N] [--cursor C]",
	 "who is online", verb_clients},
	{"history",
	 "NAMESPACE [--room ROOM] [--from TIME] [--to TIME] [--q WORDS] [--size N] [--cursor C]",
	 "messages that the archive keeps", verb_history},
	{"push", "NAMESPACE ROOM JSON [--except ID] [--expire HOURS] [--leave-message]",
	 "send a message", verb_push},
	{"kick",
	 "NAMESPACE --id ID | --user USERID | --room ROOM [--reason TEXT] [--retry-after S]",
	 "disconnect clients", verb_kick},
	{"trace", "NAMESPACE MESSAGE-ID [--client ID]", "what became of a message", verb_trace},
	{"doctor", "[--url URL]", "look for what is wrong, with a hint for each finding",
	 verb_doctor},
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *find_verb(int argc, char **argv, int *words)
{
	for (size_t i = 0; i < VERBS && argc; i++) {
		const char *name = verbs[i].name, *blank = strchr(name, ' ');
		size_t first = blank ? (size_t)(blank - name) : strlen(name);

		*words = blank ? 2 : 1;
		if (strlen(argv[0]) == first && strncmp(argv[0], name, first) == 0 &&
		    (!blank || (argc > 1 && strcmp(argv[1], blank + 1) == 0)))
			return &verbs[i];
	}
	return NULL;
}

static void print_help(void)
{
	fputs("usage: light-push-ctl [--config FILE] [--set NAME=VALUE]... [--json] VERB "
	      "[ARGUMENT]...\n\n",
	      stdout);
	for (size_t i = 0; i < VERBS; i++)
		printf("  %s%s%s\n      %s\n", verbs[i].name, *verbs[i].arguments ? " " : "",
		       verbs[i].arguments, verbs[i].help);
	puts("\nExit status: 0 done, 1 refused, 2 wrong command line or settings, 3 Redis can not "
	     "be\nreached, 4 status or doctor found something that needs attention.");
}

/* What stands in front of the verb. */
struct globals {
	const char *file; /* NULL: none */
	char **assignments;
	bool json;
};

/* True when there is more to do; else *status. */
static bool read_globals(struct globals *g, int argc, char **argv, enum ctl_status *status)
{
	static const struct option options[] = {
		{"config", required_argument, NULL, 'c'}, {"set", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},         {"help", no_argument, NULL, 'h'},
		{"version", no_argument, NULL, 'v'},      {NULL, 0, NULL, 0},
	};
	size_t count = 0;
	int opt;

	*status = CTL_OK;
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case 'c':
			g->file = optarg;
			break;
		case 's':
			g->assignments[count++] = optarg;
			break;
		case 'j':
			g->json = true;
			break;
		case 'h':
			print_help();
			return false;
		case 'v':
			puts("light-push-ctl " PACKAGE_VERSION);
			return false;
		default:
			*status = CTL_USAGE;
			return false;
		}
	}
	return true;
}

/* "--json" may also stand behind the verb, where people put it. */
static int take_json(int argc, char **argv, bool *json)
{
	int kept = 0;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			*json = true;
		else
			argv[kept++] = argv[i];
	}
	return kept;
}

static enum ctl_status run(const struct verb *verb, struct ctl *ctl, const struct globals *g,
			   int argc, char **argv)
{
	bool bare = verb->run == verb_default_config; /* asks for no file to be right */
	enum ctl_status status;
	char *error = NULL;

	settings_init(&ctl->settings);
	if (!bare && settings_load(&ctl->settings, g->file, g->assignments, &error) != LP_OK) {
		status = ctl_fail(ctl, CTL_USAGE, "settings_invalid", error);
		free(error);
		return status;
	}
	if (strcmp(ctl->settings.timezone, "local") != 0)
		setenv("TZ", ctl->settings.timezone, 1);
	tzset();
	if (bare)
		return verb->run(ctl, argc, argv);
	if (!api_app_init(&ctl->app, &ctl->settings))
		return CTL_USAGE;
	ctl->ctx = (struct api_ctx){
		.app = &ctl->app,
		.redis = redis_new(ctl->app.redis),
		.archive = archive_reader_new(&ctl->settings),
	};
	return verb->run(ctl, argc, argv);
}

int main(int argc, char **argv)
{
	struct globals g = {.assignments = lp_xcalloc((size_t)argc + 1, sizeof(char *))};
	const struct verb *verb;
	struct ctl ctl = {.json = false};
	enum ctl_status status;
	int words = 0;

	/* Answers are on standard output, so what the libraries say is not. */
	lp_log_to_stderr("ctl", LP_LOG_ERROR);
	if (access(DEFAULT_FILE, F_OK) == 0)
		g.file = DEFAULT_FILE;
	if (read_globals(&g, argc, argv, &status)) {
		argc = take_json(argc - optind, argv + optind, &g.json);
		argv += optind;
		ctl.json = g.json;
		verb = find_verb(argc, argv, &words);
		if (verb)
			status = run(verb, &ctl, &g, argc - words, argv + words);
		else
			status = ctl_fail(&ctl, CTL_USAGE, "verb_unknown",
					  "which verb? See light-push-ctl --help");
	}
	archive_reader_free(ctl.ctx.archive);
	redis_free(ctl.ctx.redis);
	api_app_clear(&ctl.app);
	settings_clear(&ctl.settings);
	free(g.assignments);
	lp_log_close();
	return (int)status;
}
