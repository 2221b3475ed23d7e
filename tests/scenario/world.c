#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "connector/engine/frame.h"
#include "connector/proto/eio_payload.h"
#include "connector/proto/json_scan.h"
#include "tests/scenario/world.h"

#define START_MS 1000000

/* The engine, or the test, broke the contract of link.h. */
static _Noreturn void broken(const struct peer *p, const char *what)
{
	fprintf(stderr, "%s: %s\n", p->name, what);
	abort();
}

/* --- what the engine does with a connection --- */

static void take_packet(struct peer *p, struct lp_str packet, bool ws)
{
	static const char mark[] = "\"sid\":\"";
	const char *at;

	if (packet.p[0] != '0' || p->open.len) {
		if (p->heard)
			p->heard(p, packet, ws);
		return;
	}
	lp_buf_adds(&p->open, packet);
	at = strstr(p->open.data, mark);
	if (at) {
		at += sizeof(mark) - 1;
		snprintf(p->sid, sizeof(p->sid), "%.*s", (int)strcspn(at, "\""), at);
	}
}

static void on_send(struct link *l, struct lp_blob *frame)
{
	struct wire *wire = (struct wire *)l;

	if (wire->open && !wire->ended)
		take_packet(wire->peer, frame_payload(frame), true);
}

static void take_payload(struct peer *p, struct lp_str body)
{
	struct lp_buf literal = {0}, packet = {0};
	struct eio_payload_in in;
	struct eio_packet e;

	if (p->jsonp && body.n) {
		size_t from = lp_str_find(body, '(') + 1;

		/* ___eio[0]("..."); */
		if (from + 2 > body.n ||
		    json_scan_string(lp_str(body.p + from, body.n - from - 2), &literal) != LP_OK)
			broken(p, "not JSONP");
		body = lp_buf_str(&literal);
	}
	eio_payload_open(&in, p->version, false, body);
	while (eio_payload_next(&in, &e) == 1) {
		lp_buf_reset(&packet);
		eio_packet_encode_text(&packet, p->version, &e);
		take_packet(p, lp_buf_str(&packet), false);
	}
	eio_payload_close(&in);
	lp_buf_clear(&literal);
	lp_buf_clear(&packet);
}

static void on_respond(struct link *l, const struct http_answer *a)
{
	struct wire *wire = (struct wire *)l;
	struct peer *p = wire->peer;

	if (!wire->waits)
		broken(p, "answered twice, or after it was lost");
	wire->waits = false;
	p->status = a->status;
	lp_buf_reset(&p->body);
	lp_buf_adds(&p->body, a->body);
	lp_buf_reset(&p->head);
	lp_buf_addz(&p->head, a->content_type ? a->content_type : "");
	if (wire == &p->poll && a->status == 200)
		take_payload(p, lp_buf_str(&p->body));
}

static void on_end(struct link *l, uint16_t code)
{
	struct wire *wire = (struct wire *)l;

	(void)code;
	if (!wire->open || wire->ended)
		broken(wire->peer, "ended, but not open");
	wire->ended = true;
}

static void on_drop(struct link *l)
{
	struct wire *wire = (struct wire *)l;

	wire->waits = false;
	wire->dropped = true;
}

static const struct link_ops wire_ops = {
	.send = on_send,
	.respond = on_respond,
	.end = on_end,
	.drop = on_drop,
};

/* --- the world --- */

/* Not random at all, so that every run is the same. */
static void counting(void *buf, size_t len)
{
	static uint64_t state;
	uint8_t *at = buf;

	for (size_t i = 0; i < len; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		at[i] = (uint8_t)(state >> 56);
	}
}

void world_init(struct world *w)
{
	char *error = NULL;

	lp_log_set_level(LP_LOG_ERROR);
	*w = (struct world){.now = START_MS};
	w->engine_conf = (struct engine_conf){
		.tag = "t",
		.polling = true,
		.websocket = true,
		.eio3 = true,
		.eio4 = true,
		.eio_missing_is_3 = true,
		.ping_interval = 25000,
		.ping_timeout = 20000,
		.upgrade_timeout = 10000,
		.connect_timeout = 45000,
		.max_payload = 1000000,
		.send_queue_max = 100000,
		.max_namespaces = 8,
		.max_packets = 1000,
		.max_sessions = 100000,
	};
	w->rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);
	if (!w->rules)
		abort();
	w->core_conf = (struct core_conf){
		.rules = w->rules,
		.max_rooms = 100,
		.ack_window = 100,
		.ack_interval = 20,
		.push_interval = 1000,
		.push_limits = {.expire_h = 1, .expire_max_h = 10, .aps_max = 4000, .rooms_max = 4},
		.pace_queue = 20,
		.token_leeway = 5000,
		.announce = true,
		.system = "test",
		.port = 3000,
	};
	w->store = store_mem_new();
}

void world_start(struct world *w)
{
	w->core = core_new(&w->core_conf, &store_mem_ops, w->store);
	core_set_callbacks(w->core, &callback_mem_ops, &w->callbacks);
	w->engine = engine_new(&w->engine_conf, core_app(), w->core, counting);
	engine_tick(w->engine, w->now);
	core_tick(w->core, w->now);
}

static void peer_free(struct peer *p)
{
	lp_buf_clear(&p->open);
	lp_buf_clear(&p->body);
	lp_buf_clear(&p->head);
	free(p);
}

void world_free(struct world *w)
{
	if (w->engine) {
		engine_free(w->engine);
		store_mem_set_mode(w->store, STORE_MEM_RUNS);
		store_mem_run(w->store);
		core_free(w->core);
	}
	callback_mem_clear(&w->callbacks);
	store_mem_free(w->store);
	ident_rules_free(w->rules);
	while (w->peers) {
		struct peer *p = w->peers;

		w->peers = p->next;
		peer_free(p);
	}
}

void world_hear(struct world *w)
{
	const struct log_mem_entry *e;

	while ((e = log_mem_take(store_mem_log(w->store))))
		core_push(w->core, lp_cstr(e->nsp),
			  &(struct pushed){.room = lp_cstr(e->room),
					   .others = lp_cstr(e->others),
					   .id = e->id,
					   .position = e->position,
					   .except = lp_cstr(e->except),
					   .event = lp_cstr(e->event)});
}

void world_settle(struct world *w)
{
	store_mem_run(w->store);
	while (!w->manual_turns && (core_turn(w->core, w->now) || store_mem_run(w->store)))
		;
	world_hear(w);
	while (!w->manual_turns && core_turn(w->core, w->now))
		;
	engine_flush(w->engine);
	store_mem_run(w->store); /* what those that were closed had to say */
}

void world_advance(struct world *w, uint64_t ms)
{
	uint64_t end = w->now + ms;

	for (;;) {
		unsigned wait = engine_tick(w->engine, w->now);
		unsigned core_wait = core_tick(w->core, w->now);

		world_settle(w);
		if (w->now >= end)
			break;
		if (core_wait < wait)
			wait = core_wait;
		if (!wait)
			wait = 1;
		w->now = wait < end - w->now ? w->now + wait : end;
	}
}

/* --- peers --- */

struct peer *peer_new(struct world *w, const char *name)
{
	struct peer *p = lp_xcalloc(1, sizeof(*p));

	p->world = w;
	p->version = 4;
	snprintf(p->name, sizeof(p->name), "%s", name);
	p->ws.link.ops = p->poll.link.ops = p->post.link.ops = &wire_ops;
	p->ws.peer = p->poll.peer = p->post.peer = p;
	p->next = w->peers;
	w->peers = p;
	return p;
}

struct peer *peer_find(struct world *w, struct lp_str name)
{
	for (struct peer *p = w->peers; p; p = p->next) {
		if (lp_str_eq(lp_cstr(p->name), name))
			return p;
	}
	return NULL;
}

enum engine_verdict peer_request(struct peer *p, struct wire *wire, const char *method,
				 const char *query, bool upgrade)
{
	struct http_head h = {
		.method = lp_cstr(method),
		.query = lp_cstr(query),
		.minor = 1,
		.content_length = -1,
		.keep_alive = true,
		.upgrade_websocket = upgrade,
	};
	enum engine_verdict v;

	if (wire->link.session)
		broken(p, "a request where another one waits: the test needs another peer");
	*wire = (struct wire){.link.ops = &wire_ops, .peer = p, .waits = true};
	v = engine_request(p->world->engine, &wire->link, &h, p->world->now);
	if (v == ENGINE_UPGRADE) {
		wire->waits = false;
		wire->open = true;
		engine_opened(p->world->engine, &wire->link, p->world->now);
	}
	return v;
}

enum engine_verdict peer_session_request(struct peer *p, struct wire *wire, const char *method,
					 const char *transport)
{
	char query[700];

	snprintf(query, sizeof(query), "%s&transport=%s&sid=%s", p->query, transport, p->sid);
	return peer_request(p, wire, method, query, strcmp(transport, "websocket") == 0);
}

bool peer_open(struct peer *p, bool websocket, const char *query)
{
	char all[600];

	p->sid[0] = '\0';
	p->status = 0;
	lp_buf_reset(&p->open);
	snprintf(p->query, sizeof(p->query), "%s", query);
	p->version = strstr(query, "EIO=4") ? 4 : 3;
	p->jsonp = strstr(query, "j=") == query || strstr(query, "&j=");
	snprintf(all, sizeof(all), "%s&transport=%s", query, websocket ? "websocket" : "polling");
	peer_request(p, websocket ? &p->ws : &p->poll, "GET", all, websocket);
	return p->sid[0] != '\0';
}

bool peer_on_websocket(const struct peer *p)
{
	return p->ws.link.role == LINK_WS;
}

void peer_post(struct peer *p, struct lp_str type, struct lp_str body)
{
	if (peer_session_request(p, &p->post, "POST", "polling") == ENGINE_WANT_BODY)
		engine_body(p->world->engine, &p->post.link, type, body, p->world->now);
}

void peer_send(struct peer *p, struct lp_str packet)
{
	struct lp_buf body = {0};
	struct eio_packet e;

	if (peer_on_websocket(p)) {
		engine_message(p->world->engine, &p->ws.link, false, packet, p->world->now);
		return;
	}
	e = (struct eio_packet){.type = (enum eio_type)(packet.p[0] - '0'),
				.data = lp_str_from(packet, 1)};
	eio_payload_add_text(&body, p->version, true, false, &e);
	peer_post(p, LP_STR("text/plain;charset=UTF-8"), lp_buf_str(&body));
	lp_buf_clear(&body);
}

void peer_probe(struct peer *p)
{
	peer_session_request(p, &p->ws, "GET", "websocket");
}

void peer_lose(struct peer *p, struct wire *wire, enum close_reason reason)
{
	if (!wire->open && !wire->waits)
		return;
	wire->open = wire->waits = false;
	engine_link_lost(p->world->engine, &wire->link, reason, p->world->now);
}
