#include "config.h"

#include <ctype.h>
#include <string.h>

#include "connector/engine/frame.h"
#include "connector/engine/raw.h"
#include "connector/proto/ws_frame.h"
#include "tests/fuzz/engine_answers.h"
#include "tests/fuzz/engine_fixture.h"

#define START_MS      1000000
#define FRAGMENTS_MAX 8

/* --- what the engine does with a connection --- */

static void note(struct fixture *f, const struct link *l, const char *what, struct lp_str data)
{
	if (!f->log)
		return;
	lp_buf_addu(f->log, (uint64_t)((const struct wire *)l - f->wires));
	lp_buf_addz(f->log, what);
	lp_buf_adds(f->log, data);
	lp_buf_addc(f->log, '\n');
}

static void on_send(struct link *l, struct lp_blob *frame)
{
	struct wire *w = (struct wire *)l;

	MUST(w->state == WIRE_OPEN);
	note(w->fixture, l, " frame ", lp_str(frame->data, frame->len));
	answers_frame(w, frame);
}

static void on_respond(struct link *l, const struct http_answer *a)
{
	struct wire *w = (struct wire *)l;

	MUST(w->state == WIRE_ASKS || w->state == WIRE_BODY);
	w->state = WIRE_FREE;
	note(w->fixture, l, " answer ", a->body);
	answers_http(w, a);
}

static void on_end(struct link *l, uint16_t code)
{
	struct wire *w = (struct wire *)l;

	MUST(w->state == WIRE_OPEN);
	MUST(code == 0);
	w->state = WIRE_FREE;
	note(w->fixture, l, " end", LP_STR(""));
}

static void on_drop(struct link *l)
{
	struct wire *w = (struct wire *)l;

	MUST(w->state != WIRE_FREE);
	w->state = WIRE_FREE;
	note(w->fixture, l, " drop", LP_STR(""));
}

static void on_address(struct link *l, const struct http_head *h, struct link_address *a)
{
	*a = (struct link_address){.bytes = {1}};
	a->bytes[1] = (uint8_t)(((struct wire *)l - ((struct wire *)l)->fixture->wires) % 2);
}

static const struct link_ops wire_ops = {
	.send = on_send,
	.respond = on_respond,
	.end = on_end,
	.drop = on_drop,
	.address = on_address,
};

/* --- begin and end --- */

static uint64_t random_state;

/* The same ids in every run. */
static void counting(void *buf, size_t len)
{
	uint8_t *at = buf;

	for (size_t i = 0; i < len; i++) {
		random_state = random_state * 6364136223846793005u + 1442695040888963407u;
		at[i] = (uint8_t)(random_state >> 56);
	}
}

static void raw_message(struct session *s, bool binary, struct lp_str data)
{
	raw_send(s, binary, data);
}

static const struct raw_ops raw_ops = {.message = raw_message};

static void set(struct fixture *f, char letter)
{
	struct engine_conf *conf = &f->conf;

	switch (letter) {
	case 'r':
		f->raw = true;
		break;
	case 'l':
		f->app.root = RUDE_ROOT_LATER;
		break;
	case 'n':
		f->app.root = RUDE_ROOT_REFUSE;
		break;
	case 'q':
		conf->send_queue_max = 200;
		break;
	case 'c':
		memcpy(conf->cookie, "io", sizeof("io"));
		break;
	case 'p':
		conf->max_packets = 3;
		break;
	case 'a':
		conf->sessions_per_address = 3;
		break;
	case '3':
		conf->eio4 = false;
		break;
	case '4':
		conf->eio3 = false;
		break;
	case 's':
		conf->eio_missing_is_3 = false;
		break;
	default:
		break;
	}
}

void fixture_open(struct fixture *f, struct lp_str *input)
{
	random_state = 0;
	*f = (struct fixture){.now = START_MS, .log = f->log};
	f->conf = (struct engine_conf){
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
		.max_payload = 1000,
		.send_queue_max = 4000,
		.max_namespaces = 4,
		.max_packets = 50,
		.max_sessions = FIXTURE_CLIENTS,
	};
	if (input->n && input->p[0] == '=') {
		size_t end = lp_str_find(*input, '\n');

		for (size_t i = 1; i < end; i++)
			set(f, input->p[i]);
		*input = lp_str_from(*input, end + 1);
	}
	for (unsigned i = 0; i < FIXTURE_WIRES; i++) {
		f->wires[i].link.ops = &wire_ops;
		f->wires[i].fixture = f;
	}
	f->engine = f->raw ? engine_new_raw(&f->conf, &raw_ops, f, counting)
			   : engine_new(&f->conf, &rude_app_ops, f, counting);
	engine_tick(f->engine, f->now);
}

void fixture_close(struct fixture *f)
{
	/* 25 s to the ping and 20 s to its answer, or 30 s for the rest of what was sent. */
	for (unsigned i = 0; i < 4; i++)
		fixture_wait(f, 9);
	MUST(engine_sessions(f->engine) == 0);
	MUST(f->app.count == 0);
	engine_free(f->engine);
	for (unsigned i = 0; i < FIXTURE_WIRES; i++) {
		MUST(f->wires[i].link.session == NULL);
		ws_msg_clear(&f->wires[i].message);
		lp_buf_clear(&f->wires[i].in);
	}
}

/* --- lines --- */

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

static void unescape(struct lp_buf *out, struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		bool more = s.p[i] == '\\' && i + 1 < s.n;

		if (more && (s.p[i + 1] == '\\' || s.p[i + 1] == 'n')) {
			lp_buf_addc(out, s.p[++i] == 'n' ? '\n' : '\\');
		} else if (more && s.p[i + 1] == 'x' && i + 3 < s.n &&
			   isxdigit((unsigned char)s.p[i + 2]) &&
			   isxdigit((unsigned char)s.p[i + 3])) {
			lp_buf_addc(out, (char)(hex(s.p[i + 2]) * 16 + hex(s.p[i + 3])));
			i += 3;
		} else {
			lp_buf_addc(out, s.p[i]);
		}
	}
}

bool fuzz_line_next(struct lp_str *input, struct lp_buf *scratch, struct fuzz_line *line)
{
	size_t end;

	if (!input->n)
		return false;
	end = lp_str_find(*input, '\n');
	lp_buf_reset(scratch);
	unescape(scratch, lp_str(input->p, end));
	*input = lp_str_from(*input, end + 1);
	line->rest = lp_buf_str(scratch);
	line->letter = line->rest.n ? line->rest.p[0] : '.';
	line->rest = lp_str_from(line->rest, 1);
	return true;
}

unsigned fuzz_line_number(struct fuzz_line *line)
{
	unsigned char c = line->rest.n ? (unsigned char)line->rest.p[0] : 0;

	if (!isalnum(c))
		return 0;
	line->rest = lp_str_from(line->rest, 1);
	return (unsigned)hex((char)c);
}

bool fixture_common(struct fixture *f, struct fuzz_line *line)
{
	char what;

	switch (line->letter) {
	case '.':
		fixture_flush(f);
		return true;
	case 'a':
		what = line->rest.n ? line->rest.p[0] : '?';
		line->rest = lp_str_from(line->rest, 1);
		rude_app_act(&f->app, what, fuzz_line_number(line));
		return true;
	case 'l':
		fixture_lose(f, fuzz_line_number(line), CLOSE_TRANSPORT);
		return true;
	case 't':
		fixture_wait(f, fuzz_line_number(line));
		return true;
	default:
		return false;
	}
}

/* --- requests --- */

static struct wire *free_wire(struct fixture *f, struct fuzz_client *c)
{
	for (unsigned i = 0; i < FIXTURE_WIRES; i++) {
		struct wire *w = &f->wires[i];

		if (w->state != WIRE_FREE)
			continue;
		MUST(!w->link.session && w->link.role == LINK_NONE);
		w->link.base64 = false;
		w->client = c;
		ws_msg_clear(&w->message);
		w->message = (struct ws_msg){0};
		lp_buf_clear(&w->in);
		return w;
	}
	return NULL;
}

static struct fuzz_client *client(struct fixture *f, unsigned i)
{
	return f->client_count ? &f->clients[i % f->client_count] : NULL;
}

static struct wire *request(struct fixture *f, struct fuzz_client *c, struct lp_str method,
			    struct lp_str query, bool upgrade)
{
	struct http_head h = {
		.method = method,
		.query = query,
		.minor = 1,
		.content_length = -1,
		.keep_alive = true,
		.upgrade_websocket = upgrade,
	};
	struct wire *w = free_wire(f, c);

	if (!w)
		return NULL;
	w->state = WIRE_ASKS;
	switch (engine_request(f->engine, &w->link, &h, f->now)) {
	case ENGINE_DONE:
		MUST(w->state == WIRE_FREE || w->link.role == LINK_POLL);
		break;
	case ENGINE_WANT_BODY:
		MUST(w->state == WIRE_ASKS && w->link.role == LINK_POST);
		w->state = WIRE_BODY;
		break;
	case ENGINE_UPGRADE:
		MUST(upgrade && w->state == WIRE_ASKS);
		w->state = WIRE_OPEN;
		engine_opened(f->engine, &w->link, f->now);
		break;
	}
	return w;
}

static struct wire *session_request(struct fixture *f, unsigned i, struct lp_str method,
				    const char *transport, struct lp_str more)
{
	struct fuzz_client *c = client(f, i);
	struct lp_buf query = {0};
	struct wire *w;

	if (!c)
		return NULL;
	lp_buf_addf(&query, "EIO=%d&transport=%s&sid=%s", c->version, transport, c->sid);
	lp_buf_adds(&query, more);
	w = request(f, c, method, lp_buf_str(&query), strcmp(transport, "websocket") == 0);
	lp_buf_clear(&query);
	return w;
}

void fixture_handshake(struct fixture *f, unsigned version, bool websocket, struct lp_str rest)
{
	struct lp_buf query = {0};

	if (f->client_count == FIXTURE_CLIENTS)
		return;
	lp_buf_addf(&query, "transport=%s", websocket ? "websocket" : "polling");
	if (version)
		lp_buf_addf(&query, "&EIO=%u", version);
	lp_buf_adds(&query, rest);
	request(f, NULL, LP_STR("GET"), lp_buf_str(&query), websocket);
	lp_buf_clear(&query);
}

void fixture_poll(struct fixture *f, unsigned i, struct lp_str method)
{
	session_request(f, i, method.n ? method : LP_STR("GET"), "polling", LP_STR(""));
}

void fixture_post(struct fixture *f, unsigned i)
{
	session_request(f, i, LP_STR("POST"), "polling", LP_STR(""));
}

void fixture_upgrade(struct fixture *f, unsigned i, struct lp_str rest)
{
	session_request(f, i, LP_STR("GET"), "websocket", rest);
}

static struct wire *wire_with_body(struct fixture *f, const struct fuzz_client *c)
{
	for (unsigned i = 0; i < FIXTURE_WIRES; i++) {
		if (f->wires[i].state == WIRE_BODY && f->wires[i].client == c)
			return &f->wires[i];
	}
	return NULL;
}

void fixture_body(struct fixture *f, unsigned i, char type, struct lp_str body)
{
	struct fuzz_client *c = client(f, i);
	struct lp_str name = LP_STR("text/plain;charset=UTF-8");
	struct wire *w;

	if (!c)
		return;
	w = wire_with_body(f, c);
	if (!w)
		w = session_request(f, i, LP_STR("POST"), "polling", LP_STR(""));
	if (!w || w->state != WIRE_BODY)
		return;
	if (type == 'o')
		name = LP_STR("application/octet-stream");
	else if (type == 'f')
		name = LP_STR("application/x-www-form-urlencoded");
	if (body.n > f->conf.max_payload)
		body.n = f->conf.max_payload; /* io/ takes no more */
	engine_body(f->engine, &w->link, name, body, f->now);
	MUST(w->state == WIRE_FREE);
}

/* --- websockets --- */

static struct wire *open_wire(struct fixture *f, unsigned i)
{
	struct wire *found[FIXTURE_WIRES];
	unsigned count = 0;

	for (unsigned k = 0; k < FIXTURE_WIRES; k++) {
		if (f->wires[k].state == WIRE_OPEN)
			found[count++] = &f->wires[k];
	}
	return count ? found[i % count] : NULL;
}

/* The peer or we have ended this websocket. */
static void lose(struct wire *w, enum close_reason reason)
{
	struct fixture *f = w->fixture;

	w->state = WIRE_FREE;
	engine_link_lost(f->engine, &w->link, reason, f->now);
	MUST(!w->link.session && w->link.role == LINK_NONE);
}

/* What ws_peer.c does with what came. */
static void take_messages(struct wire *w)
{
	struct fixture *f = w->fixture;
	struct ws_result r;

	do {
		ws_msg_next(&w->message, w->in.data, w->in.len, f->conf.max_payload, FRAGMENTS_MAX,
			    &r);
		switch (r.event) {
		case WS_EV_TEXT:
		case WS_EV_BINARY:
			engine_message(f->engine, &w->link, r.event == WS_EV_BINARY, r.data,
				       f->now);
			break;
		case WS_EV_CLOSE:
			lose(w, CLOSE_TRANSPORT);
			break;
		case WS_EV_ERROR:
			lose(w, CLOSE_PROTOCOL);
			break;
		case WS_EV_PING:
		case WS_EV_PONG:
		case WS_EV_MORE:
			break;
		}
		lp_buf_consume(&w->in, r.used);
	} while (w->state == WIRE_OPEN && r.event != WS_EV_MORE);
}

static void give(struct wire *w, struct lp_str bytes, size_t slice)
{
	while (bytes.n && w->state == WIRE_OPEN) {
		size_t n = bytes.n < slice ? bytes.n : slice;

		lp_buf_add(&w->in, bytes.p, n);
		bytes = lp_str_from(bytes, n);
		take_messages(w);
	}
}

void fixture_bytes(struct fixture *f, unsigned i, struct lp_str bytes, size_t slice)
{
	struct wire *w = open_wire(f, i);

	if (w)
		give(w, bytes, slice);
}

void fixture_message(struct fixture *f, unsigned i, bool binary, struct lp_str data, size_t slice)
{
	struct wire *w = open_wire(f, i);
	struct lp_buf frame = {0};
	uint8_t head[10];
	size_t n;

	if (!w)
		return;
	n = ws_frame_head(head, binary ? WS_BINARY : WS_TEXT, data.n);
	head[1] |= 0x80;
	lp_buf_add(&frame, head, n);
	lp_buf_add(&frame, "\0\0\0\0", 4);
	lp_buf_adds(&frame, data);
	give(w, lp_buf_str(&frame), slice);
	lp_buf_clear(&frame);
}

/* --- losses and time --- */

void fixture_lose(struct fixture *f, unsigned i, enum close_reason reason)
{
	for (unsigned k = 0; k < FIXTURE_WIRES; k++) {
		struct wire *w = &f->wires[(i + k) % FIXTURE_WIRES];

		if (w->state == WIRE_FREE)
			continue;
		lose(w, reason);
		return;
	}
	/* io/ says so of connections that belong to no session, too */
	engine_link_lost(f->engine, &f->wires[0].link, reason, f->now);
}

void fixture_wait(struct fixture *f, unsigned how_long)
{
	static const unsigned times[] = {1, 10, 100, 1000, 5000, 9999, 19990, 25000, 30000, 60000};
	uint64_t end = f->now + times[how_long % (sizeof(times) / sizeof(times[0]))];

	/* A few steps as the engine asks for them, then the rest at once: it was busy. */
	for (unsigned steps = 0;; steps++) {
		unsigned wait = engine_tick(f->engine, f->now);

		MUST(wait <= 1000);
		fixture_flush(f);
		if (f->now >= end)
			break;
		if (!wait)
			wait = 1;
		f->now = steps < 8 && wait < end - f->now ? f->now + wait : end;
	}
}

void fixture_flush(struct fixture *f)
{
	engine_flush(f->engine);
}
