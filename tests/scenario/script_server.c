/* The commands that play the store, the inbox and time, and those that look at the server. */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "tests/scenario/script_int.h"

static bool cmd_namespace(struct script *s, char *args)
{
	const char *name = script_word(&args);
	enum store_mem_namespace to = NAMESPACE_ON;

	if (strcmp(args, "offline") == 0)
		to = NAMESPACE_OFFLINE;
	else if (strcmp(args, "unknown") == 0)
		to = NAMESPACE_UNKNOWN;
	store_mem_set_namespace(s->world.store, lp_cstr(name), to);
	return true;
}

/* push|missed /NSP ROOM[,ROOM...] ID [except=CLIENT] [lost] JSON: what the inbox brings, or did not */
static bool accept(struct script *s, char *args, bool inbox)
{
	struct log_mem *log = store_mem_log(s->world.store);
	const char *nsp = script_word(&args);
	const char *room = script_word(&args);
	uint64_t id = strtoull(script_word(&args), NULL, 10);
	size_t first = strcspn(room, ",");
	const char *except = "";
	struct lp_buf event = {0}, others = {0};
	bool lost;

	if (strncmp(args, "except=", 7) == 0)
		except = script_word(&args) + 7;
	lost = strncmp(args, "lost ", 5) == 0;
	if (lost)
		script_word(&args);
	for (const char *at = room + first; *at; at += strcspn(at, ",")) {
		at++;
		lp_buf_addf(&others, "%c\"%.*s\"", others.len ? ',' : '[', (int)strcspn(at, ","),
			    at);
	}
	if (others.len)
		lp_buf_addc(&others, ']');
	lp_buf_addf(&event, "[\"push\",%s]", script_unescape(args));
	log_mem_add(log, lp_cstr(nsp),
		    &(struct pushed){.room = lp_str(room, first),
				     .others = lp_buf_str(&others),
				     .id = id,
				     .except = lp_cstr(except),
				     .event = lp_buf_str(&event)},
		    inbox);
	log->entries[log->count - 1].lost = lost;
	lp_buf_clear(&event);
	lp_buf_clear(&others);
	return true;
}

static bool cmd_push(struct script *s, char *args)
{
	accept(s, args, true);
	world_hear(&s->world);
	return true;
}

static bool cmd_missed(struct script *s, char *args)
{
	return accept(s, args, false);
}

/* emit /NSP ROOM [except=CLIENT] EVENT */
static bool cmd_emit(struct script *s, char *args)
{
	const char *nsp = script_word(&args);
	const char *room = script_word(&args);
	const char *except = "";

	if (strncmp(args, "except=", 7) == 0)
		except = script_word(&args) + 7;
	core_emit(s->world.core, lp_cstr(nsp), lp_cstr(room), lp_cstr(except), lp_cstr(args));
	return true;
}

/* transfer /NSP join|leave TARGET SOURCES|bad SOURCES */
static bool cmd_transfer(struct script *s, char *args)
{
	const char *nsp = script_word(&args);
	bool join = strcmp(script_word(&args), "join") == 0;
	const char *target = script_word(&args);
	bool bad = strncmp(args, "bad ", 4) == 0;

	if (bad)
		script_word(&args);
	else if (join)
		store_mem_add_route(s->world.store, lp_cstr(nsp), lp_cstr(target));
	return core_transfer(s->world.core, lp_cstr(nsp), lp_cstr(target), join, lp_cstr(args)) !=
		       bad ||
	       script_fail(s, bad ? "it was taken" : "it was refused");
}

/* kick /NSP CLIENT right|wrong: by the serial the store knows, or by another */
static bool cmd_kick(struct script *s, char *args)
{
	const char *nsp = script_word(&args);
	const char *client = script_word(&args);
	uint64_t serial = store_mem_client(s->world.store, lp_cstr(client));

	core_kick(s->world.core, lp_cstr(nsp), lp_cstr(client),
		  strcmp(args, "right") == 0 ? serial : serial + 1000);
	return true;
}

/* expel /NSP CLIENT right|wrong|bad EVENT: serials as above */
static bool cmd_expel(struct script *s, char *args)
{
	const char *nsp = script_word(&args);
	const char *client = script_word(&args);
	const char *how = script_word(&args);
	uint64_t serial = store_mem_client(s->world.store, lp_cstr(client));
	bool bad = strcmp(how, "bad") == 0, taken;
	struct lp_buf list = {0};

	if (strcmp(how, "wrong") == 0)
		serial += 1000;
	lp_buf_addf(&list, "[\"%s\"%s\"%llu\"]", client, bad ? ",\"x\"," : ",",
		    (unsigned long long)serial);
	taken = core_expel(s->world.core, lp_cstr(nsp), lp_buf_str(&list), lp_cstr(args));
	lp_buf_clear(&list);
	return taken != bad || script_fail(s, bad ? "it was taken" : "it was refused");
}

static bool cmd_offline(struct script *s, char *args)
{
	store_mem_set_namespace(s->world.store, lp_cstr(args), NAMESPACE_OFFLINE);
	core_namespace_offline(s->world.core, lp_cstr(args));
	return true;
}

/* limits NAMESPACE REVISION ROOMS BYTES */
static bool cmd_limits(struct script *s, char *args)
{
	const char *nsp = script_word(&args);
	uint64_t n[3];

	for (size_t i = 0; i < 3; i++)
		n[i] = strtoull(script_word(&args), NULL, 10);
	core_limits(s->world.core, lp_cstr(nsp), n[0], n[1], n[2]);
	return true;
}

static bool cmd_connectors(struct script *s, char *args)
{
	core_connectors(s->world.core, (unsigned)strtoul(args, NULL, 10));
	return true;
}

static bool cmd_rejoin(struct script *s, char *args)
{
	(void)args;
	core_rejoin(s->world.core);
	return true;
}

static bool cmd_catch_up(struct script *s, char *args)
{
	(void)args;
	core_catch_up(s->world.core);
	return true;
}

/* A namespace is made that was lost with all else. */
static bool cmd_made(struct script *s, char *args)
{
	store_mem_set_namespace(s->world.store, lp_cstr(args), NAMESPACE_ON);
	core_namespace_made(s->world.core, lp_cstr(args));
	return true;
}

/* store elsewhere CLIENT [before]: another connector has it, from now on or since long before */
static bool hold_elsewhere(struct script *s, char *args)
{
	const char *client = script_word(&args);

	return store_mem_take_over(s->world.store, lp_cstr(client), strcmp(args, "before") == 0) ||
	       script_fail(s, "no such client");
}

static bool cmd_store(struct script *s, char *args)
{
	struct store_mem *store = s->world.store;

	if (strncmp(args, "elsewhere ", 10) == 0)
		return hold_elsewhere(s, args + 10);
	if (strcmp(args, "away") == 0)
		store_mem_set_mode(store, STORE_MEM_AWAY);
	else if (strcmp(args, "mute") == 0)
		store_mem_set_mode(store, STORE_MEM_MUTE);
	else if (strcmp(args, "run") == 0)
		store_mem_set_mode(store, STORE_MEM_RUNS);
	else if (strcmp(args, "answer") == 0)
		return store_mem_run_one(store) || script_fail(s, "nothing waits");
	else if (strcmp(args, "busy") == 0)
		store_mem_set_busy(store, s->routes_unsure = true);
	else if (strcmp(args, "idle") == 0)
		store_mem_set_busy(store, false);
	else if (strcmp(args, "callback") == 0)
		store_mem_set_callback(store);
	else if (strcmp(args, "reject") == 0)
		store_mem_set_reject(store, true);
	else if (strcmp(args, "unread") == 0)
		store_mem_set_unread(store, true);
	else if (strcmp(args, "read") == 0)
		store_mem_set_unread(store, false);
	else if (strcmp(args, "refuse") == 0)
		store_mem_set_refuse(store, true);
	else if (strcmp(args, "admit") == 0)
		store_mem_set_refuse(store, false);
	else if (strcmp(args, "forget") == 0)
		store_mem_forget(store);
	else if (strcmp(args, "empty") == 0)
		store_mem_empty(store);
	else if (strcmp(args, "trim") == 0)
		log_mem_trim(store_mem_log(store));
	else if (strcmp(args, "seen") == 0)
		store_mem_log(store)->seen = log_mem_clock(store_mem_log(store));
	else
		return script_fail(s, "no such thing");
	return true;
}

/* store-says DONE|UNKNOWN|OFFLINE|FULL [TEXT|TEXT...] */
static bool cmd_store_says(struct script *s, char *args)
{
	static const char *const names[STORE_ANSWERS] = {
		[STORE_DONE] = "DONE",
		[STORE_UNKNOWN_NAMESPACE] = "UNKNOWN",
		[STORE_OFFLINE_NAMESPACE] = "OFFLINE",
		[STORE_FULL] = "FULL",
	};
	const char *name = script_word(&args);

	for (int i = 0; i < STORE_ANSWERS; i++) {
		if (names[i] && strcmp(names[i], name) == 0) {
			store_mem_set_answer(s->world.store, (enum store_answer)i,
					     script_unescape(args));
			return true;
		}
	}
	return script_fail(s, "no such answer");
}

/* asked QUESTION, or asked nothing: the oldest one not looked at */
static bool cmd_asked(struct script *s, char *args)
{
	struct lp_buf note = {0};
	bool good;

	lp_buf_addz(&note, "");
	if (!store_mem_take_note(s->world.store, &note))
		lp_buf_addz(&note, "nothing");
	good = script_matches(script_unescape(args), note.data) ||
	       script_fail(s, "it was asked %s", note.data);
	lp_buf_clear(&note);
	return good;
}

/* question PATTERN, or question nothing: the oldest one to a business system */
static bool cmd_question(struct script *s, char *args)
{
	struct lp_buf text = {0};
	bool good;

	if (!callback_mem_look(&s->world.callbacks, &text))
		lp_buf_addz(&text, "nothing");
	good = script_matches(script_unescape(args), text.data) ||
	       script_fail(s, "it is %s", text.data);
	lp_buf_clear(&text);
	return good;
}

/* decide STATUS [BODY]: to that question */
static bool cmd_decide(struct script *s, char *args)
{
	int status = atoi(script_word(&args));

	return callback_mem_answer(&s->world.callbacks, status, lp_cstr(script_unescape(args))) ||
	       script_fail(s, "nobody was asked");
}

static bool is(struct script *s, uint64_t got, const char *want)
{
	uint64_t value = strtoull(want, NULL, 10);

	if (strcmp(want, "on") == 0)
		return got != 0 || script_fail(s, "it is off");
	if (strcmp(want, "off") == 0)
		return got == 0 || script_fail(s, "it is on");
	return got == value || script_fail(s, "it is %llu", (unsigned long long)got);
}

static bool cmd_expect_store(struct script *s, char *args)
{
	const struct store_mem *store = s->world.store;
	const char *what = script_word(&args);
	struct lp_str a = lp_cstr(script_word(&args)), b;

	if (strcmp(what, "client") == 0)
		return is(s, store_mem_client(store, a), args);
	if (strcmp(what, "clients") == 0)
		return is(s, store_mem_clients(store), a.p);
	if (strcmp(what, "waiting") == 0)
		return is(s, store_mem_waiting(store), a.p);
	b = lp_cstr(script_word(&args));
	if (strcmp(what, "route") == 0)
		return is(s, store_mem_route(store, a, b), args);
	if (strcmp(what, "delivered") == 0)
		return is(s, store_mem_delivered(store, a, strtoull(b.p, NULL, 10)), args);
	if (strcmp(what, "member") == 0) {
		struct lp_str client = lp_cstr(script_word(&args));

		return is(s, store_mem_member(store, a, b, client), args);
	}
	if (strcmp(what, "late") == 0) {
		struct lp_str client = lp_cstr(script_word(&args));

		return is(s, store_mem_late(store, a, strtoull(b.p, NULL, 10), client), args);
	}
	if (strcmp(what, "acks") == 0) {
		struct lp_str platform = lp_cstr(script_word(&args));
		struct lp_str client = lp_cstr(script_word(&args));
		enum platform p = PLATFORM_WEB;

		if (platform_parse(platform, &p) != LP_OK)
			return script_fail(s, "no such platform");
		return is(s, store_mem_acks(store, a, strtoull(b.p, NULL, 10), p, client),
			  *args ? args : "1");
	}
	return script_fail(s, "no such table");
}

static bool cmd_stat(struct script *s, char *args)
{
	const struct core_stats *core = core_stats(s->world.core);
	const struct engine_stats *engine = engine_stats(s->world.engine);
	const struct {
		const char *name;
		uint64_t value;
	} values[] = {
		{"clients", core->clients},
		{"rooms", core->rooms},
		{"pushes", core->pushes},
		{"deliveries", core->deliveries},
		{"acks", core->acks},
		{"acks_refused", core->acks_refused},
		{"callbacks", core->callbacks},
		{"callbacks_refused", core->callbacks_refused},
		{"catchups", core->catchups},
		{"missed", core->missed},
		{"replaced", core->replaced},
		{"expelled", core->expelled},
		{"expired", core->expired},
		{"tokens_refused", core->tokens_refused},
		{"unpaced", core->unpaced},
		{"late", store_mem_late_total(s->world.store)},
		{"sessions", engine_sessions(s->world.engine)},
		{"refused", engine->sessions_refused},
		{"upgrades", engine->upgrades},
	};
	const char *name = script_word(&args);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(values[i].name, name) == 0)
			return is(s, values[i].value, args);
	}
	return script_fail(s, "no such number");
}

static bool cmd_time(struct script *s, char *args)
{
	char unit[3] = "";
	unsigned n;

	if (sscanf(args, "+%u%2s", &n, unit) != 2)
		return script_fail(s, "not a time");
	world_advance(&s->world, strcmp(unit, "s") == 0 ? n * 1000ULL : n);
	return true;
}

static bool cmd_turns(struct script *s, char *args)
{
	s->world.manual_turns = strcmp(args, "manual") == 0;
	return true;
}

static bool cmd_shutdown(struct script *s, char *args)
{
	(void)args;
	engine_close_all(s->world.engine, CLOSE_SHUTDOWN);
	return true;
}

/* Settings are changed before anything else happens. */
static bool cmd_conf(struct script *s, char *args)
{
	struct engine_conf *e = &s->world.engine_conf;
	const char *name = script_word(&args);
	unsigned n = (unsigned)atoi(args);

	if (s->started)
		return script_fail(s, "too late");
	if (strcmp(name, "ping_interval") == 0)
		e->ping_interval = n;
	else if (strcmp(name, "ping_timeout") == 0)
		e->ping_timeout = n;
	else if (strcmp(name, "send_queue_max") == 0)
		e->send_queue_max = n;
	else if (strcmp(name, "max_namespaces") == 0)
		e->max_namespaces = n;
	else if (strcmp(name, "max_packets") == 0)
		e->max_packets = n;
	else if (strcmp(name, "max_sessions") == 0)
		e->max_sessions = n;
	else if (strcmp(name, "polling") == 0)
		e->polling = n;
	else if (strcmp(name, "websocket") == 0)
		e->websocket = n;
	else if (strcmp(name, "eio_missing_is_3") == 0)
		e->eio_missing_is_3 = n;
	else if (strcmp(name, "max_rooms") == 0)
		s->world.core_conf.max_rooms = n;
	else if (strcmp(name, "push_interval") == 0)
		s->world.core_conf.push_interval = n;
	else if (strcmp(name, "ack_window") == 0)
		s->world.core_conf.ack_window = n;
	else
		return script_fail(s, "no such setting");
	return true;
}

const struct command script_server_commands[] = {
	{"asked", cmd_asked},
	{"catch-up", cmd_catch_up},
	{"conf", cmd_conf},
	{"connectors", cmd_connectors},
	{"decide", cmd_decide},
	{"emit", cmd_emit},
	{"expect-store", cmd_expect_store},
	{"expel", cmd_expel},
	{"kick", cmd_kick},
	{"limits", cmd_limits},
	{"made", cmd_made},
	{"missed", cmd_missed},
	{"namespace", cmd_namespace},
	{"offline", cmd_offline},
	{"push", cmd_push},
	{"question", cmd_question},
	{"rejoin", cmd_rejoin},
	{"shutdown", cmd_shutdown},
	{"stat", cmd_stat},
	{"store", cmd_store},
	{"store-says", cmd_store_says},
	{"time", cmd_time},
	{"transfer", cmd_transfer},
	{"turns", cmd_turns},
	{NULL, NULL},
};
