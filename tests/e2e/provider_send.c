/*
 * Sends pushes through the worker's providers, for tests: settings as NAME=VALUE arguments, a
 * command per line of standard input, a line of JSON per result on standard output. Ends when the
 * input has ended and every result is there.
 *
 *     {"nsp", "id", "room", "pushData": any, "expire": ms from now, "entry": name,
 *      "push_providers": [...], "apns_list": [...], "devices": [{"client", "token"}, ...]}
 *
 * With "count" instead of devices so many are made up, and there is one line for all: how many ended
 * how, the time it took, and this process' CPU time.
 */
#include "config.h"

#include <event2/event.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/provider.h"

#define SLICE 500u /* devices given over at a time */

struct program {
	struct event_base *base;
	struct settings settings;
	struct providers *providers;
	struct event *input;
	struct lp_buf text;
	size_t open; /* results to come */
	bool ended;
};

/* Made up devices. */
struct load {
	struct program *program;
	struct provider_set *set;
	const struct provider_entry *entry;
	struct json_object *command;
	struct provider_message message;
	struct lp_buf data;
	size_t left, under_way;
	uint64_t results[PROVIDER_REFUSED + 1];
	uint64_t start, cpu;
	struct event *more;
};

struct device {
	struct program *program;
	char *client;
};

static const char *const outcomes[] = {"delivered", "retry", "gone", "refused"};

static void check_end(struct program *p)
{
	if (p->ended && !p->open)
		event_base_loopbreak(p->base);
}

static void on_result(void *arg, const struct provider_result *r)
{
	struct device *d = arg;
	struct lp_buf line = {0};

	lp_buf_addz(&line, "{\"client\":");
	lp_json_quote(&line, lp_cstr(d->client));
	lp_buf_addf(&line,
		    ",\"outcome\":\"%s\",\"type\":\"%s\",\"status\":%d,\"retry\":%" PRIu64
		    ",\"unsure\":%s,\"name\":",
		    outcomes[r->outcome], provider_type_names[r->type], r->status, r->retry_ms,
		    r->unsure ? "true" : "false");
	lp_json_quote(&line, r->name);
	lp_buf_addz(&line, ",\"reason\":");
	lp_json_quote(&line, r->reason);
	puts((lp_buf_addc(&line, '}'), line.data));
	fflush(stdout);
	lp_buf_clear(&line);
	d->program->open--;
	check_end(d->program);
	free(d->client);
	free(d);
}

/* --- many --- */

static uint64_t cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (uint64_t)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (uint64_t)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

static void load_end(struct load *l)
{
	struct program *p = l->program;

	printf("{\"ms\":%" PRIu64 ",\"cpu\":%" PRIu64 "", lp_mono_ms() - l->start,
	       cpu_ms() - l->cpu);
	for (size_t i = 0; i <= PROVIDER_REFUSED; i++)
		printf(",\"%s\":%" PRIu64, outcomes[i], l->results[i]);
	puts("}");
	fflush(stdout);
	provider_set_release(l->set);
	json_object_put(l->command);
	lp_buf_clear(&l->data);
	event_free(l->more);
	free(l);
	p->open--;
	check_end(p);
}

static void on_one_of_many(void *arg, const struct provider_result *r)
{
	struct load *l = arg;

	l->results[r->outcome]++;
	l->under_way--;
	if (!l->left && !l->under_way)
		load_end(l);
	else if (l->left && !evtimer_pending(l->more, NULL))
		event_active(l->more, EV_TIMEOUT, 1);
}

static void on_more(evutil_socket_t fd, short what, void *arg)
{
	struct load *l = arg;
	size_t room = providers_room(l->program->providers, l->entry->type, l->message.nsp);
	struct provider_device devices[SLICE];
	char tokens[SLICE][33];
	size_t n = room < l->left ? room : l->left;

	n = n < SLICE ? n : SLICE;
	for (size_t i = 0; i < n; i++) {
		snprintf(tokens[i], sizeof(tokens[i]), "%032zx", l->left - i);
		devices[i] = (struct provider_device){lp_cstr(tokens[i]), lp_cstr(tokens[i]), l};
	}
	l->left -= n;
	l->under_way += n;
	providers_send(l->program->providers, l->entry, &l->message, devices, n, on_one_of_many);
}

/* --- commands --- */

static struct lp_str json_text(struct lp_buf *out, struct json_object *obj, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_object_get_ex(obj, name, &value))
		lp_json_text(out, value);
	return lp_buf_str(out);
}

static int64_t number(struct json_object *obj, const char *name, int64_t otherwise)
{
	struct json_object *value = NULL;

	return json_object_object_get_ex(obj, name, &value) ? json_object_get_int64(value)
							    : otherwise;
}

static void send_each(struct program *p, const struct provider_entry *entry,
		      const struct provider_message *m, struct json_object *list)
{
	size_t n = json_object_array_length(list);
	struct provider_device *devices = lp_xcalloc(n, sizeof(*devices));

	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct device *d = lp_xcalloc(1, sizeof(*d));

		d->program = p;
		d->client = lp_xstrndup(lp_json_str(one, "client"));
		devices[i].client = lp_cstr(d->client);
		devices[i].token = lp_json_str(one, "token");
		devices[i].arg = d;
	}
	p->open += n;
	providers_send(p->providers, entry, m, devices, n, on_result);
	free(devices);
}

static void send_many(struct program *p, struct provider_set *set,
		      const struct provider_entry *entry, const struct provider_message *m,
		      struct json_object *command)
{
	struct load *l = lp_xcalloc(1, sizeof(*l));

	l->program = p;
	l->set = provider_set_hold(set);
	l->entry = entry;
	l->command = json_object_get(command);
	l->message = *m;
	lp_buf_adds(&l->data, m->data);
	l->message.data = lp_buf_str(&l->data);
	l->left = (size_t)number(command, "count", 0);
	l->start = lp_mono_ms();
	l->cpu = cpu_ms();
	l->more = evtimer_new(p->base, on_more, l);
	p->open++;
	event_active(l->more, EV_TIMEOUT, 1);
}

static void run_command(struct program *p, struct lp_str line)
{
	struct json_object *command = NULL, *list = NULL;
	struct lp_buf push_providers = {0}, apns_list = {0}, data = {0};
	struct provider_message m = {.data = {NULL, 0}};
	const struct provider_entry *entry;
	struct provider_set *set;

	if (lp_json_parse(line, &command) != LP_OK) {
		fprintf(stderr, "no JSON: %.*s\n", LP_FMT(line));
		exit(2);
	}
	m.nsp = lp_json_str(command, "nsp");
	m.id = lp_json_str(command, "id");
	m.room = lp_json_str(command, "room");
	m.data = json_text(&data, command, "pushData");
	m.expires = lp_wall_ms() + (uint64_t)number(command, "expire", 3600 * 1000);
	json_text(&push_providers, command, "push_providers");
	json_text(&apns_list, command, "apns_list");
	set = providers_read(p->providers, m.nsp, lp_buf_str(&push_providers),
			     lp_buf_str(&apns_list));
	entry = provider_set_find(set, lp_json_str(command, "entry"));
	if (!entry) {
		fprintf(stderr, "no such entry: %.*s\n", LP_FMT(line));
		exit(2);
	}
	if (json_object_object_get_ex(command, "devices", &list))
		send_each(p, entry, &m, list);
	else
		send_many(p, set, entry, &m, command);
	provider_set_release(set);
	lp_buf_clear(&push_providers);
	lp_buf_clear(&apns_list);
	lp_buf_clear(&data);
	json_object_put(command);
}

static void on_input(evutil_socket_t fd, short what, void *arg)
{
	struct program *p = arg;
	ssize_t n = read((int)fd, lp_buf_reserve(&p->text, 65536), 65536);
	size_t end;

	if (n <= 0) {
		event_del(p->input);
		p->ended = true;
		check_end(p);
		return;
	}
	p->text.len += (size_t)n;
	while ((end = lp_str_find(lp_buf_str(&p->text), '\n')) < p->text.len) {
		run_command(p, lp_str(p->text.data, end));
		lp_buf_consume(&p->text, end + 1);
	}
}

int main(int argc, char **argv)
{
	struct program p = {.open = 0};
	char *error = NULL;

	signal(SIGPIPE, SIG_IGN);
	settings_init(&p.settings);
	if (settings_load(&p.settings, NULL, argv + 1, &error) != LP_OK) {
		fprintf(stderr, "%s\n", error);
		return 2;
	}
	p.base = event_base_new();
	p.providers = providers_new(p.base, &p.settings);
	if (!p.providers)
		return 1;
	p.input = event_new(p.base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, &p);
	event_add(p.input, NULL);
	event_base_dispatch(p.base);
	event_free(p.input);
	providers_free(p.providers);
	event_base_free(p.base);
	settings_clear(&p.settings);
	lp_buf_clear(&p.text);
	return 0;
}
