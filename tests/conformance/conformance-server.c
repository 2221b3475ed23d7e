/*
 * The connector's engine and io with a test application on top: /engine.io/ echoes raw engine.io
 * messages, /socket.io/ serves the namespaces and events described in echo_app.h. Prints the port
 * it listens on; ends with SIGTERM.
 */
#include "config.h"

#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/settings.h"
#include "connector/io/listener.h"
#include "common/async/loop.h"
#include "connector/setup.h"
#include "tests/conformance/echo_app.h"

#define ROOT_DELAY 100 /* ms, with --root later */

struct server {
	struct settings settings;
	struct echo_app app;
	struct loop *loop;
	struct http_server *http;
	struct listener *listener;
	struct engine *raw;
	struct engine *engine;
	uint64_t root_at; /* when the waiting root socket is accepted; 0: none waits */
};

static const char usage[] =
	"usage: conformance-server [--port P] [--app cases|suite] [--root accept|deny|later]\n"
	"           [--strict-eio] [--ping-interval MS] [--ping-timeout MS] [--max-payload N]\n"
	"           [--connect-timeout MS] [--upgrade-timeout MS] [--set NAME=VALUE]...\n"
	"Port 0 takes any that is free. --set: any setting of light-push-connector.\n";

static void set(struct server *s, const char *name, const char *value)
{
	char *error = NULL;

	if (settings_set(&s->settings, name, value, &error) == LP_OK)
		return;
	fprintf(stderr, "conformance-server: %s\n", error);
	exit(2);
}

static void set_pair(struct server *s, char *pair)
{
	char *equals = strchr(pair, '=');

	if (!equals) {
		fputs(usage, stderr);
		exit(2);
	}
	*equals = '\0';
	set(s, pair, equals + 1);
}

static int choose(const char *word, const char *const *words)
{
	for (int i = 0; words[i]; i++) {
		if (strcmp(word, words[i]) == 0)
			return i;
	}
	fputs(usage, stderr);
	exit(2);
}

/* Returns the port. */
static int read_options(struct server *s, int argc, char **argv)
{
	static const char *const kinds[] = {"cases", "suite", NULL};
	static const char *const roots[] = {"accept", "deny", "later", NULL};
	static const struct option longs[] = {
		{"port", 1, 0, 'p'},
		{"app", 1, 0, 'a'},
		{"root", 1, 0, 'r'},
		{"strict-eio", 0, 0, 'e'},
		{"ping-interval", 1, 0, 'i'},
		{"ping-timeout", 1, 0, 't'},
		{"max-payload", 1, 0, 'm'},
		{"connect-timeout", 1, 0, 'c'},
		{"upgrade-timeout", 1, 0, 'u'},
		{"set", 1, 0, 's'},
		{0, 0, 0, 0},
	};
	/* The setting each of these letters stands for; times in ms. */
	static const struct {
		int letter;
		const char *name;
		const char *unit;
	} names[] = {
		{'i', "pingInterval", "ms"},    {'t', "pingTimeout", "ms"},
		{'m', "max_payload", ""},       {'c', "connect_timeout", "ms"},
		{'u', "upgrade_timeout", "ms"},
	};
	int o, port = 0;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		char value[64];

		if (o == 'p')
			port = atoi(optarg);
		else if (o == 'a')
			s->app.kind = (enum echo_kind)choose(optarg, kinds);
		else if (o == 'r')
			s->app.root = (enum echo_root)choose(optarg, roots);
		else if (o == 'e')
			set(s, "eio_missing", "reject");
		else if (o == 's')
			set_pair(s, optarg);
		else if (o == '?')
			choose("", kinds);
		for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
			if (names[i].letter != o)
				continue;
			snprintf(value, sizeof(value), "%s%s", optarg, names[i].unit);
			set(s, names[i].name, value);
		}
	}
	return port;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* The root socket that waits is accepted some time after it asked. */
static unsigned root_tick(struct server *s, uint64_t now)
{
	if (!s->app.waiting) {
		s->root_at = 0;
		return 1000;
	}
	if (!s->root_at)
		s->root_at = now + ROOT_DELAY;
	if (now >= s->root_at) {
		echo_app_accept_waiting(&s->app);
		s->root_at = 0;
	}
	return 10;
}

static unsigned pass(void *arg, uint64_t now)
{
	struct server *s = arg;
	unsigned wait = root_tick(s, now);

	wait = least(wait, http_server_tick(s->http, now, 1000));
	wait = least(wait, engine_tick(s->raw, now));
	wait = least(wait, engine_tick(s->engine, now));
	engine_flush(s->raw);
	engine_flush(s->engine);
	return http_server_flush(s->http) ? 0 : wait;
}

static void stop(void *arg)
{
	struct server *s = arg;

	loop_exit(s->loop, 0);
}

static void nothing(void *arg)
{
}

static bool start(struct server *s, int port)
{
	static const struct loop_ops ops = {pass, stop, nothing, nothing};
	struct http_server_conf http = setup_http(&s->settings, listener_raise_files());
	struct engine_conf conf = setup_engine(&s->settings);

	setup_process();
	s->loop = loop_new(&ops, s);
	s->http = http_server_new(s->loop, &http);
	s->raw = engine_new_raw(&conf, &echo_raw_ops, s, setup_random);
	s->engine = engine_new(&conf, &echo_app_ops, &s->app, setup_random);
	http_server_mount(s->http, "/engine.io/", s->raw);
	http_server_mount(s->http, s->settings.socket_path, s->engine);
	s->listener = listener_new(s->loop, "127.0.0.1", port, http_server_accept, s->http);
	return s->listener && listener_start(s->listener);
}

int main(int argc, char **argv)
{
	struct server s = {0};
	int status = 1;
	int port;

	settings_init(&s.settings);
	port = read_options(&s, argc, argv);
	if (lp_log_open("conformance-server", NULL, LP_LOG_WARN, false) != LP_OK)
		return 1;
	if (start(&s, port)) {
		printf("listening on 127.0.0.1 port %d\n", listener_port(s.listener));
		fflush(stdout);
		status = loop_run(s.loop);
	}
	listener_free(s.listener);
	engine_free(s.raw);
	engine_free(s.engine);
	http_server_free(s.http);
	loop_free(s.loop);
	settings_clear(&s.settings);
	return status;
}
