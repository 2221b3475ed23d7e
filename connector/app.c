#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/async/probe.h"
#include "common/async/state.h"
#include "common/cli.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/model/ident.h"
#include "common/store/script.h"
#include "connector/app.h"
#include "connector/callback.h"
#include "connector/core/core.h"
#include "connector/counters.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"
#include "connector/io/listener.h"
#include "common/async/loop.h"
#include "connector/setup.h"
#include "connector/store/store.h"

#define WAIT_MAX      1000 /* ms */
#define STORE_STOP_MS 5000 /* for what is on its way to Redis */
#define DRAIN_MS      1000 /* for clients to read that they are disconnected */
/* Of a pass for what clients sent: enough for some 500 acks. Whatever is ready beyond that is polled
 * again by the next pass, which would cost too much if it came sooner. */
#define CROWD_US 3000

enum app_state {
	APP_STARTING = 0, /* not listening yet */
	APP_SERVING,
	APP_STOPPING, /* clients are disconnected, the store writes what is left */
	APP_DRAINING, /* the store is done; clients may take what was sent to them */
};

struct app {
	struct settings *settings;
	struct ident_rules *rules;
	struct loop *loop;
	struct store *store;
	struct http_caller *caller;
	struct core *core;
	struct engine *engine;
	struct http_server *http;
	struct listener *listener;
	enum app_state state;
	uint64_t files; /* descriptors this process may have */
	uint64_t drain_until;
	uint64_t started;     /* ms since 1970 */
	struct state *teller; /* NULL until it serves */
	struct probe *probe;  /* NULL: metrics_port is 0 */
};

/* --- the loop's calls --- */

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/*
 * All ticks run in each pass, not only when their time has come: they cost nothing when nothing is
 * due, and the callbacks of this pass may have made something due earlier than they last said.
 */
static unsigned pass(void *arg, uint64_t now)
{
	struct app *a = arg;
	unsigned wait;
	bool again;

	core_set_wall(a->core, lp_wall_ms() - now);
	again = core_turn(a->core, now);
	wait = http_server_tick(a->http, now, WAIT_MAX);
	wait = least(wait, engine_tick(a->engine, now));
	wait = least(wait, core_tick(a->core, now));
	engine_flush(a->engine);
	again |= http_server_flush(a->http);
	if (a->state == APP_DRAINING) {
		if (now >= a->drain_until || !http_server_conn_stats(a->http)->open)
			loop_exit(a->loop, 0);
		wait = least(wait, 10);
	}
	return again ? 0 : wait;
}

static void store_stopped(void *arg)
{
	struct app *a = arg;

	a->state = APP_DRAINING;
}

static void stop(void *arg)
{
	struct app *a = arg;

	if (a->state == APP_STARTING) {
		loop_exit(a->loop, 0);
		return;
	}
	lp_info("app", "stopping, sessions=%zu", engine_sessions(a->engine));
	state_forget(a->teller);
	a->state = APP_STOPPING;
	a->drain_until = loop_now(a->loop) + DRAIN_MS;
	listener_free(a->listener);
	a->listener = NULL;
	http_server_drain(a->http);
	engine_close_all(a->engine, CLOSE_SHUTDOWN);
	/* Acks and counts collected so far are written now, as if their time had come. */
	core_tick(a->core, loop_now(a->loop) + (uint64_t)a->settings->ack_interval);
	store_stop(a->store, STORE_STOP_MS, store_stopped, a);
}

static void reload(void *arg)
{
	struct app *a = arg;

	cli_reload(a->settings);
	if (!http_server_tls(a->http, a->settings->tls_cert, a->settings->tls_key))
		lp_warn("app", "going on with the certificate from before");
}

static struct counted counted(const struct app *a)
{
	return (struct counted){
		.http = a->http,
		.engine = a->engine,
		.core = a->core,
		.store = a->store,
		.caller = a->caller,
		.sessions_limit = (size_t)a->settings->max_clients,
		.namespaces = (size_t)a->settings->metrics_namespaces,
		.started = a->started,
	};
}

static void report(void *arg)
{
	struct counted c = counted(arg);
	struct lp_buf text = {0};

	counters_log(&text, &c);
	lp_info("app", "counters%.*s", LP_FMT(lp_buf_str(&text)));
	lp_buf_clear(&text);
}

/* --- the operator's port --- */

static void metrics(void *arg, struct lp_buf *out)
{
	struct counted c = counted(arg);

	counters_metrics(out, &c);
}

static const char *unready(void *arg)
{
	const struct app *a = arg;

	if (a->state == APP_STARTING)
		return "starting";
	if (a->state != APP_SERVING)
		return "stopping";
	return store_stats(a->store)->connected ? NULL : "redis is away";
}

static void add_state(void *arg, struct redis_args *args)
{
	static const char *const names[] = {
		[APP_STARTING] = "starting",
		[APP_SERVING] = "serving",
		[APP_STOPPING] = "stopping",
		[APP_DRAINING] = "stopping",
	};
	const struct app *a = arg;
	const struct core_stats *core = core_stats(a->core);

	redis_args_addz(args, "state");
	redis_args_addz(args, names[a->state]);
	redis_args_addz(args, "owner");
	redis_args_addz(args, store_owner(a->store));
	state_add(args, "read", store_inbox_read(a->store));
	state_add(args, "port", (uint64_t)a->settings->socket_port);
	state_add(args, "clients", core->clients);
	state_add(args, "sessions", engine_sessions(a->engine));
	state_add(args, "connections", http_server_conn_stats(a->http)->open);
	state_add(args, "rooms", core->rooms);
	state_add(args, "waiting", store_stats(a->store)->waiting);
	state_add(args, "pushes", core->pushes);
	state_add(args, "deliveries", core->deliveries);
	state_add(args, "acks", core->acks);
}

/* --- start --- */

static struct core *make_core(const struct settings *s, const struct ident_rules *rules,
			      struct store *store)
{
	struct core_conf conf = {
		.rules = rules,
		.max_rooms = (size_t)s->max_rooms,
		.ack_window = (size_t)s->ack_window,
		.ack_interval = (unsigned)s->ack_interval,
		.push_interval = (unsigned)s->client_push_interval,
		.pace_queue = (size_t)s->inbox_max_length,
		.token_leeway = (unsigned)s->token_leeway,
		.push_limits = {.expire_h = s->push_message_expire,
				.expire_max_h = s->push_message_max_expire,
				.aps_max = (size_t)s->apns_payload_size,
				.rooms_max = (size_t)s->push_max_rooms},
		.announce = s->room_activity_broadcast,
		.port = (int)s->socket_port,
	};

	snprintf(conf.system, sizeof(conf.system), "%s", s->node_id);
	return core_new(&conf, &store_redis_ops, store);
}

static bool make_rules(struct app *a)
{
	const struct settings *s = a->settings;
	char *error = NULL;

	a->rules = ident_rules_new(s->key_reg, (size_t)s->namespace_max_length,
				   (size_t)s->room_max_length, (size_t)s->userid_max_length,
				   (size_t)s->uuid_max_length, &error);
	if (!a->rules)
		lp_error("app", "key_reg: %s", error);
	free(error);
	return a->rules != NULL;
}

struct app *app_new(struct settings *settings)
{
	static const struct loop_ops ops = {pass, stop, reload, report};
	static const struct probe_ops probe_ops = {metrics, unready};
	struct app *a = lp_xcalloc(1, sizeof(*a));
	struct http_server_conf http;
	struct engine_conf engine = setup_engine(settings);

	setup_process();
	scripts_init();
	a->settings = settings;
	a->started = lp_wall_ms();
	a->loop = loop_new(&ops, a);
	if (!a->loop || !make_rules(a))
		goto fail;
	loop_bound_crowd(a->loop, CROWD_US);
	a->files = listener_raise_files();
	http = setup_http(settings, a->files);
	a->http = http_server_new(a->loop, &http);
	if (!http_server_tls(a->http, settings->tls_cert, settings->tls_key))
		goto fail;
	a->listener = listener_new(a->loop, settings->socket_ip, (int)settings->socket_port,
				   http_server_accept, a->http);
	if (!a->listener)
		goto fail;
	a->store = store_new(loop_base(a->loop), settings);
	a->core = make_core(settings, a->rules, a->store);
	store_set_core(a->store, a->core);
	a->caller = callback_caller_new(loop_base(a->loop), settings);
	if (!a->caller)
		goto fail;
	core_set_callbacks(a->core, &callback_http_ops, a->caller);
	a->engine = engine_new(&engine, core_app(), a->core, setup_random);
	http_server_mount(a->http, settings->socket_path, a->engine);
	if (settings->metrics_port &&
	    !(a->probe = probe_new(loop_base(a->loop), settings, &probe_ops, a)))
		goto fail;
	return a;
fail:
	app_free(a);
	return NULL;
}

static void store_ready(void *arg, bool ok)
{
	struct app *a = arg;
	const struct settings *s = a->settings;

	if (!ok || !listener_start(a->listener)) {
		loop_exit(a->loop, 1);
		return;
	}
	a->state = APP_SERVING;
	a->teller = state_new(loop_base(a->loop), s, "connector", a->started, add_state, a);
	lp_info("app", "listening on %s port %" PRId64 ", path %s, as %s", s->socket_ip,
		s->socket_port, s->socket_path, store_owner(a->store));
	if (a->files < (uint64_t)s->max_clients + SETUP_SPARE_FILES)
		lp_warn("app",
			"only %" PRIu64 " open files are allowed, too few for max_clients=%" PRId64
			": raise the limit (LimitNOFILE, ulimit -n)",
			a->files, s->max_clients);
}

int app_run(struct app *a)
{
	store_start(a->store, store_ready, a);
	return loop_run(a->loop);
}

void app_free(struct app *a)
{
	if (!a)
		return;
	probe_free(a->probe);
	state_free(a->teller);
	listener_free(a->listener);
	/* Closing the sessions that are left still needs the core and the store. */
	if (a->engine)
		engine_free(a->engine);
	http_server_free(a->http);
	if (a->core)
		core_free(a->core);
	if (a->store)
		store_free(a->store);
	http_caller_free(a->caller);
	ident_rules_free(a->rules);
	loop_free(a->loop);
	free(a);
}
