#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "tests/scenario/script.h"
#include "tests/scenario/world.h"

#define LINE_MAX_BYTES 4096

/* What a peer heard and the scenario has not looked at yet. */
struct message {
	struct message *next;
	bool ws;
	char text[];
};

struct inbox {
	struct message *first, *last;
};

struct script {
	struct world world;
	bool started;
	uint64_t claimed[CLOSE_REASON_COUNT]; /* closes the scenario has asked about */
	bool routes_unsure;                   /* the store was busy: they are not compared */
	struct lp_buf why;                    /* of the failure */
};

static bool fail(struct script *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static bool fail(struct script *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	lp_buf_addv(&s->why, fmt, ap);
	va_end(ap);
	return false;
}

/* --- words --- */

/* Cuts the next word off the line; "" at its end. */
static char *word(char **line)
{
	char *at = *line + strspn(*line, " ");
	char *end = at + strcspn(at, " ");

	*line = *end ? end + 1 : end;
	*end = '\0';
	return at;
}

/* \xNN becomes a byte; other backslashes stay, JSON needs them. */
static char *unescape(char *text)
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

/* '*' and "..." stand for anything. */
static bool matches(const char *glob, const char *text)
{
	if (*glob == '*' || strncmp(glob, "...", 3) == 0) {
		glob += *glob == '*' ? 1 : 3;
		do {
			if (matches(glob, text))
				return true;
		} while (*text++);
		return false;
	}
	if (!*glob || !*text)
		return *glob == *text;
	return *glob == *text && matches(glob + 1, text + 1);
}

static struct peer *the_peer(struct script *s, const char *name)
{
	struct peer *p = peer_find(&s->world, lp_cstr(name));

	if (!p)
		fail(s, "nobody is called \"%s\"", name);
	return p;
}

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct inbox *in = p->data;
	struct message *m = lp_xcalloc(1, sizeof(*m) + packet.n + 1);

	memcpy(m->text, packet.p, packet.n);
	m->ws = ws;
	if (in->last)
		in->last->next = m;
	else
		in->first = m;
	in->last = m;
}

static void take_first(struct inbox *in)
{
	struct message *m = in->first;

	in->first = m->next;
	if (!in->first)
		in->last = NULL;
	free(m);
}

static struct peer *make_peer(struct script *s, const char *name)
{
	struct peer *p = peer_find(&s->world, lp_cstr(name));

	if (!p) {
		p = peer_new(&s->world, name);
		p->data = lp_xcalloc(1, sizeof(struct inbox));
		p->heard = hear;
	}
	return p;
}

/* --- commands: clients --- */

static bool cmd_connect(struct script *s, char *args)
{
	struct peer *p = make_peer(s, word(&args));
	struct lp_buf query = {0};
	bool websocket = false, good;
	char *token;

	while (*(token = word(&args))) {
		if (strncmp(token, "transport=", 10) == 0) {
			websocket = strcmp(token + 10, "websocket") == 0;
			continue;
		}
		if (query.len)
			lp_buf_addc(&query, '&');
		if (strncmp(token, "eio=", 4) == 0)
			lp_buf_addf(&query, "EIO=%s", token + 4);
		else if (strncmp(token, "query=", 6) == 0)
			lp_buf_addz(&query, token + 6);
		else
			lp_buf_addz(&query, token);
	}
	lp_buf_addc(&query, '&');
	good = peer_open(p, websocket, query.data);
	lp_buf_clear(&query);
	return good || fail(s, "refused: %d %.*s", p->status, LP_FMT(lp_buf_str(&p->body)));
}

/* request WHO METHOD|UPGRADE QUERY, where $WHO is that one's session id */
static bool cmd_request(struct script *s, char *args)
{
	struct peer *p = make_peer(s, word(&args));
	const char *method = word(&args);
	bool upgrade = strcmp(method, "UPGRADE") == 0;
	struct lp_buf query = {0};
	char *dollar = strchr(args, '$');

	if (dollar) {
		struct peer *other = the_peer(s, dollar + 1);

		if (!other)
			return false;
		*dollar = '\0';
		lp_buf_addf(&query, "%s%s", args, other->sid);
	} else {
		lp_buf_addz(&query, args);
	}
	p->status = 0;
	if (peer_request(p, upgrade ? &p->ws : &p->post, upgrade ? "GET" : method, query.data,
			 upgrade) == ENGINE_WANT_BODY)
		p->status = 100;
	lp_buf_clear(&query);
	return true;
}

static bool cmd_answer(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	int status = atoi(word(&args));

	if (!p)
		return false;
	if (p->status != status)
		return fail(s, "got status %d", p->status);
	if (*args && !matches(unescape(args), p->body.len ? p->body.data : ""))
		return fail(s, "got %s", p->body.data);
	p->status = 0;
	return true;
}

static bool cmd_type(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (!p)
		return false;
	return strcmp(args, p->head.data) == 0 || fail(s, "got %s", p->head.data);
}

static bool cmd_poll(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (p)
		peer_session_request(p, &p->poll, "GET", "polling");
	return p != NULL;
}

static bool cmd_send(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (p)
		peer_send(p, lp_cstr(unescape(args)));
	return p != NULL;
}

/* send-both WHO PACKET PACKET */
static bool cmd_send_both(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	const char *first = word(&args);

	if (p) {
		peer_send(p, lp_cstr(first));
		peer_send(p, lp_cstr(args));
	}
	return p != NULL;
}

/* bin WHO HEX: a binary websocket message */
static bool cmd_bin(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	struct lp_buf bytes = {0};
	unsigned byte;

	for (; sscanf(args, "%2x", &byte) == 1; args += 2)
		lp_buf_addc(&bytes, (char)byte);
	if (p)
		engine_message(s->world.engine, &p->ws.link, true, lp_buf_str(&bytes),
			       s->world.now);
	lp_buf_clear(&bytes);
	return p != NULL;
}

/* post WHO TYPE BODY; type text, form or binary */
static bool cmd_post(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	const char *kind = word(&args);
	const char *type = "text/plain;charset=UTF-8";

	if (strcmp(kind, "form") == 0)
		type = "application/x-www-form-urlencoded";
	else if (strcmp(kind, "binary") == 0)
		type = "application/octet-stream";
	if (p)
		peer_post(p, lp_cstr(type), lp_cstr(unescape(args)));
	return p != NULL;
}

static bool cmd_post_begin(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (!p)
		return false;
	return peer_session_request(p, &p->post, "POST", "polling") == ENGINE_WANT_BODY ||
	       fail(s, "no body wanted, status %d", p->status);
}

static bool cmd_post_end(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (p)
		engine_body(s->world.engine, &p->post.link, LP_STR("text/plain"),
			    lp_cstr(unescape(args)), s->world.now);
	return p != NULL;
}

static bool cmd_probe(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (!p)
		return false;
	peer_probe(p);
	return p->ws.open || fail(s, "no websocket, status %d", p->status);
}

static bool cmd_probe_send(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	if (p)
		engine_message(s->world.engine, &p->ws.link, false, lp_cstr(args), s->world.now);
	return p != NULL;
}

static struct wire *the_wire(struct peer *p, const char *which)
{
	if (strcmp(which, "poll") == 0)
		return &p->poll;
	return strcmp(which, "post") == 0 ? &p->post : &p->ws;
}

/* lose WHO ws|poll|post [slow] */
static bool cmd_lose(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	const char *which = word(&args);

	if (p)
		peer_lose(p, the_wire(p, which),
			  strcmp(args, "slow") == 0 ? CLOSE_SLOW : CLOSE_TRANSPORT);
	return p != NULL;
}

/* --- commands: what the clients saw --- */

static bool expect_close(struct script *s, const char *reason)
{
	const struct engine_stats *stats = engine_stats(s->world.engine);

	for (int r = 0; r < CLOSE_REASON_COUNT; r++) {
		if (strcmp(reason, close_reason_name((enum close_reason)r)) != 0)
			continue;
		if (stats->sessions_closed[r] == s->claimed[r])
			return fail(s, "no session was closed for that");
		s->claimed[r]++;
		return true;
	}
	return fail(s, "no such reason");
}

static bool expect_from(struct script *s, char *args, const char *transport)
{
	struct peer *p = the_peer(s, word(&args));
	struct inbox *in;

	if (!p)
		return false;
	if (strncmp(args, "close ", 6) == 0) {
		if (p->ws.open && !p->ws.ended)
			return fail(s, "its websocket is open");
		return expect_close(s, args + 6);
	}
	in = p->data;
	if (!in->first)
		return fail(s, "it heard nothing");
	if (!matches(args, in->first->text))
		return fail(s, "it heard %s", in->first->text);
	if (transport && (strcmp(transport, "ws") == 0) != in->first->ws)
		return fail(s, "it heard that, but not there");
	take_first(in);
	return true;
}

static bool cmd_expect(struct script *s, char *args)
{
	return expect_from(s, args, NULL);
}

static bool cmd_expect_ws(struct script *s, char *args)
{
	return expect_from(s, args, "ws");
}

static bool cmd_expect_poll(struct script *s, char *args)
{
	return expect_from(s, args, "poll");
}

static bool cmd_expect_open(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	return p && (matches(args, p->open.data) || fail(s, "got %s", p->open.data));
}

static bool cmd_nothing(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));
	const struct inbox *in = p ? p->data : NULL;

	return in && (!in->first || fail(s, "it heard %s", in->first->text));
}

static bool cmd_ended(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	return p && (p->ws.ended || fail(s, "its websocket is open"));
}

static bool cmd_dropped(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	return p && (p->post.dropped || fail(s, "its post is not dropped"));
}

/* waits WHO: its poll is pending */
static bool cmd_waits(struct script *s, char *args)
{
	struct peer *p = the_peer(s, word(&args));

	return p && (p->poll.waits || fail(s, "its poll was answered"));
}

/* online WHO [eio=N] [transport=T] nsp=/NAME query=...: connects, joins, reads up to `ok` */
static bool cmd_online(struct script *s, char *args)
{
	char *nsp = strstr(args, "nsp=");
	char *rest = nsp ? strchr(nsp, ' ') : NULL;
	char who[16], line[LINE_MAX_BYTES];
	struct peer *p;

	if (!rest)
		return fail(s, "no namespace, or no query");
	*rest = '\0';
	snprintf(who, sizeof(who), "%.*s", (int)strcspn(args, " "), args);
	snprintf(line, sizeof(line), "%.*s %s", (int)(nsp - args), args, rest + 1);
	if (!cmd_connect(s, line))
		return false;
	p = the_peer(s, who);
	world_settle(&s->world);
	snprintf(line, sizeof(line), "%s 40", who);
	if (p->version == 3 && !expect_from(s, line, NULL))
		return false;
	snprintf(line, sizeof(line), "40%s,", nsp + 4);
	peer_send(p, lp_cstr(line));
	world_settle(&s->world);
	if (!peer_on_websocket(p))
		peer_session_request(p, &p->poll, "GET", "polling");
	world_settle(&s->world);
	snprintf(line, sizeof(line), "%s 40%s,*", who, nsp + 4);
	if (!expect_from(s, line, NULL))
		return false;
	snprintf(line, sizeof(line), "%s 42%s,[\"ok\",*", who, nsp + 4);
	p->status = 0;
	return expect_from(s, line, NULL);
}

/* --- commands: the other side --- */

static bool cmd_namespace(struct script *s, char *args)
{
	const char *name = word(&args);
	enum store_mem_namespace to = NAMESPACE_ON;

	if (strcmp(args, "offline") == 0)
		to = NAMESPACE_OFFLINE;
	else if (strcmp(args, "unknown") == 0)
		to = NAMESPACE_UNKNOWN;
	store_mem_set_namespace(s->world.store, lp_cstr(name), to);
	return true;
}

/* push /NSP ROOM ID [except=CLIENT] JSON: what the inbox brings */
static bool cmd_push(struct script *s, char *args)
{
	const char *nsp = word(&args);
	const char *room = word(&args);
	uint64_t id = strtoull(word(&args), NULL, 10);
	const char *except = "";
	struct lp_buf event = {0};

	if (strncmp(args, "except=", 7) == 0)
		except = word(&args) + 7;
	lp_buf_addf(&event, "[\"push\",%s]", unescape(args));
	core_push(s->world.core, lp_cstr(nsp), lp_cstr(room), id, lp_cstr(except),
		  lp_buf_str(&event));
	lp_buf_clear(&event);
	return true;
}

/* kick /NSP CLIENT right|wrong: by the serial the store knows, or by another */
static bool cmd_kick(struct script *s, char *args)
{
	const char *nsp = word(&args);
	const char *client = word(&args);
	uint64_t serial = store_mem_client(s->world.store, lp_cstr(client));

	core_kick(s->world.core, lp_cstr(nsp), lp_cstr(client),
		  strcmp(args, "right") == 0 ? serial : serial + 1000);
	return true;
}

static bool cmd_offline(struct script *s, char *args)
{
	store_mem_set_namespace(s->world.store, lp_cstr(args), NAMESPACE_OFFLINE);
	core_namespace_offline(s->world.core, lp_cstr(args));
	return true;
}

static bool cmd_rejoin(struct script *s, char *args)
{
	(void)args;
	core_rejoin(s->world.core);
	return true;
}

static bool cmd_store(struct script *s, char *args)
{
	struct store_mem *store = s->world.store;

	if (strcmp(args, "away") == 0)
		store_mem_set_mode(store, STORE_MEM_AWAY);
	else if (strcmp(args, "mute") == 0)
		store_mem_set_mode(store, STORE_MEM_MUTE);
	else if (strcmp(args, "run") == 0)
		store_mem_set_mode(store, STORE_MEM_RUNS);
	else if (strcmp(args, "answer") == 0)
		return store_mem_run_one(store) || fail(s, "nothing waits");
	else if (strcmp(args, "busy") == 0)
		store_mem_set_busy(store, s->routes_unsure = true);
	else if (strcmp(args, "idle") == 0)
		store_mem_set_busy(store, false);
	else if (strcmp(args, "forget") == 0)
		store_mem_forget(store);
	else
		return fail(s, "no such thing");
	return true;
}

static bool is(struct script *s, uint64_t got, const char *want)
{
	uint64_t value = strtoull(want, NULL, 10);

	if (strcmp(want, "on") == 0)
		return got != 0 || fail(s, "it is off");
	if (strcmp(want, "off") == 0)
		return got == 0 || fail(s, "it is on");
	return got == value || fail(s, "it is %llu", (unsigned long long)got);
}

static bool cmd_expect_store(struct script *s, char *args)
{
	const struct store_mem *store = s->world.store;
	const char *what = word(&args);
	struct lp_str a = lp_cstr(word(&args)), b;

	if (strcmp(what, "client") == 0)
		return is(s, store_mem_client(store, a), args);
	if (strcmp(what, "clients") == 0)
		return is(s, store_mem_clients(store), a.p);
	if (strcmp(what, "waiting") == 0)
		return is(s, store_mem_waiting(store), a.p);
	b = lp_cstr(word(&args));
	if (strcmp(what, "route") == 0)
		return is(s, store_mem_route(store, a, b), args);
	if (strcmp(what, "delivered") == 0)
		return is(s, store_mem_delivered(store, a, strtoull(b.p, NULL, 10)), args);
	if (strcmp(what, "member") == 0) {
		struct lp_str client = lp_cstr(word(&args));

		return is(s, store_mem_member(store, a, b, client), args);
	}
	if (strcmp(what, "late") == 0) {
		struct lp_str client = lp_cstr(word(&args));

		return is(s, store_mem_late(store, a, strtoull(b.p, NULL, 10), client), args);
	}
	if (strcmp(what, "acks") == 0) {
		struct lp_str platform = lp_cstr(word(&args));
		struct lp_str client = lp_cstr(word(&args));
		enum platform p = PLATFORM_WEB;

		if (platform_parse(platform, &p) != LP_OK)
			return fail(s, "no such platform");
		return is(s, store_mem_acks(store, a, strtoull(b.p, NULL, 10), p, client),
			  *args ? args : "1");
	}
	return fail(s, "no such table");
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
		{"replaced", core->replaced},
		{"late", store_mem_late_total(s->world.store)},
		{"sessions", engine_sessions(s->world.engine)},
		{"refused", engine->sessions_refused},
		{"upgrades", engine->upgrades},
	};
	const char *name = word(&args);

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		if (strcmp(values[i].name, name) == 0)
			return is(s, values[i].value, args);
	}
	return fail(s, "no such number");
}

static bool cmd_time(struct script *s, char *args)
{
	char unit[3] = "";
	unsigned n;

	if (sscanf(args, "+%u%2s", &n, unit) != 2)
		return fail(s, "not a time");
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
	const char *name = word(&args);
	unsigned n = (unsigned)atoi(args);

	if (s->started)
		return fail(s, "too late");
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
	else if (strcmp(name, "ack_window") == 0)
		s->world.core_conf.ack_window = n;
	else
		return fail(s, "no such setting");
	return true;
}

/* --- running --- */

static const struct {
	const char *name;
	bool (*run)(struct script *s, char *args);
} commands[] = {
	{"answer", cmd_answer},
	{"bin", cmd_bin},
	{"conf", cmd_conf},
	{"connect", cmd_connect},
	{"dropped", cmd_dropped},
	{"ended", cmd_ended},
	{"expect", cmd_expect},
	{"expect-open", cmd_expect_open},
	{"expect-poll", cmd_expect_poll},
	{"expect-store", cmd_expect_store},
	{"expect-ws", cmd_expect_ws},
	{"kick", cmd_kick},
	{"lose", cmd_lose},
	{"namespace", cmd_namespace},
	{"nothing", cmd_nothing},
	{"offline", cmd_offline},
	{"online", cmd_online},
	{"poll", cmd_poll},
	{"post", cmd_post},
	{"post-begin", cmd_post_begin},
	{"post-end", cmd_post_end},
	{"probe", cmd_probe},
	{"probe-send", cmd_probe_send},
	{"push", cmd_push},
	{"rejoin", cmd_rejoin},
	{"request", cmd_request},
	{"send", cmd_send},
	{"send-both", cmd_send_both},
	{"shutdown", cmd_shutdown},
	{"stat", cmd_stat},
	{"store", cmd_store},
	{"time", cmd_time},
	{"turns", cmd_turns},
	{"type", cmd_type},
	{"waits", cmd_waits},
};

static bool run_line(struct script *s, char *line);

/* repeat N COMMAND */
static bool run_repeated(struct script *s, char *line)
{
	char copy[LINE_MAX_BYTES];
	bool good = true;

	for (int n = atoi(word(&line)); good && n; n--) {
		snprintf(copy, sizeof(copy), "%s", line);
		good = run_line(s, copy);
	}
	return good;
}

static bool run_line(struct script *s, char *line)
{
	const char *name = word(&line);

	if (strcmp(name, "repeat") == 0)
		return run_repeated(s, line);

	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(commands[i].name, name) != 0)
			continue;
		if (!s->started && commands[i].run != cmd_conf) {
			world_start(&s->world);
			s->started = true;
		}
		if (!commands[i].run(s, line))
			return false;
		if (s->started)
			world_settle(&s->world);
		return true;
	}
	return fail(s, "no such command");
}

/* Nothing may be left that the scenario did not look at. */
static bool all_seen(struct script *s)
{
	const struct engine_stats *stats = engine_stats(s->world.engine);

	for (struct peer *p = s->world.peers; p; p = p->next) {
		const struct inbox *in = p->data;

		if (in->first)
			return fail(s, "%s also heard %s", p->name, in->first->text);
	}
	for (int r = 0; r < CLOSE_REASON_COUNT; r++) {
		if (stats->sessions_closed[r] != s->claimed[r])
			return fail(s, "a session was closed: %s",
				    close_reason_name((enum close_reason)r));
	}
	if (!s->routes_unsure && !store_mem_waiting(s->world.store) &&
	    !store_mem_routes_right(s->world.store))
		return fail(s, "the store's routes are not those of its members");
	return true;
}

static void script_clear(struct script *s)
{
	for (struct peer *p = s->world.peers; p; p = p->next) {
		struct inbox *in = p->data;

		while (in->first)
			take_first(in);
		free(in);
		p->heard = NULL;
	}
	world_free(&s->world);
	lp_buf_clear(&s->why);
}

bool script_run(const char *name, struct lp_str text)
{
	struct script s = {0};
	char line[LINE_MAX_BYTES];
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
