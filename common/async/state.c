#include "config.h"

#include <event2/event.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/async/redis_link.h"
#include "common/async/state.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"

#define KEEP_MS      60000 /* state.lua forgets older names */
#define STALL_FACTOR 5     /* as of the other links */

struct state {
	const struct settings *settings;
	const char *program;
	uint64_t started;
	void (*fields)(void *arg, struct redis_args *args);
	void *arg;
	struct redis_link *link;
	struct event *timer;
	bool forgotten;
	unsigned unanswered;
	char host[65];
};

void state_add(struct redis_args *args, const char *name, uint64_t value)
{
	redis_args_addz(args, name);
	lp_buf_addu(&args->text, value);
	redis_args_end(args);
}

static void add_text(struct redis_args *args, const char *name, const char *value)
{
	redis_args_addz(args, name);
	redis_args_addz(args, value);
}

static void on_written(void *arg, const struct redisReply *reply)
{
	struct state *s = arg;

	s->unanswered--;
}

static void send_state(struct state *s, int64_t keep)
{
	const char *prefix = s->settings->redis_prefix, *id = s->settings->node_id;
	struct redis_args args = {0};

	key_of_platform(&args.text, prefix, "states");
	redis_args_end(&args);
	redis_args_addz(&args, prefix);
	lp_buf_addf(&args.text, "%s/%s@%s", s->program, id, s->host);
	redis_args_end(&args);
	redis_args_addi(&args, keep);
	if (keep) {
		add_text(&args, "program", s->program);
		add_text(&args, "id", id);
		add_text(&args, "host", s->host);
		add_text(&args, "version", PACKAGE_VERSION);
		state_add(&args, "pid", (uint64_t)getpid());
		state_add(&args, "started", s->started);
		state_add(&args, "metrics_port", (uint64_t)s->settings->metrics_port);
		s->fields(s->arg, &args);
	}
	s->unanswered += redis_link_script(s->link, "state", &args, on_written, s);
	redis_args_clear(&args);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	state_write(arg);
}

void state_write(struct state *s)
{
	static const struct timeval tv = {STATE_MS / 1000, STATE_MS % 1000 * 1000};

	if (s->forgotten || !redis_link_up(s->link))
		return;
	send_state(s, KEEP_MS);
	event_add(s->timer, &tv);
}

void state_forget(struct state *s)
{
	s->forgotten = true;
	event_del(s->timer);
	if (redis_link_up(s->link))
		send_state(s, 0);
}

bool state_idle(const struct state *s)
{
	return !s->unanswered;
}

static void on_up(void *arg)
{
	state_write(arg);
}

static void on_down(void *arg)
{
	struct state *s = arg;

	event_del(s->timer);
}

struct state *state_new(struct event_base *base, const struct settings *settings,
			const char *program, uint64_t started,
			void (*fields)(void *arg, struct redis_args *args), void *arg)
{
	static const struct redis_link_ops ops = {on_up, on_down};
	static const char *const scripts_used[] = {"state", NULL};
	struct state *s = lp_xcalloc(1, sizeof(*s));

	s->settings = settings;
	s->program = program;
	s->started = started;
	s->fields = fields;
	s->arg = arg;
	if (gethostname(s->host, sizeof(s->host) - 1))
		snprintf(s->host, sizeof(s->host), "localhost");
	s->timer = evtimer_new(base, on_timer, s);
	s->link = redis_link_new(base, settings, "state",
				 (unsigned)settings->redis_timeout * STALL_FACTOR, scripts_used,
				 &ops, s);
	redis_link_start(s->link);
	return s;
}

void state_free(struct state *s)
{
	if (!s)
		return;
	redis_link_free(s->link);
	event_free(s->timer);
	free(s);
}
