#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "connector/engine/assembly.h"
#include "connector/engine/engine_int.h"
#include "connector/engine/frame.h"
#include "connector/engine/raw.h"
#include "connector/proto/eio_payload.h"
#include "connector/proto/ws_frame.h"

/* How long the attachments of a packet may take. */
#define ASSEMBLY_TIME 30000 /* ms */
/* How long a client that polls may come for the rest of a session the server closed. */
#define ENDING_GRACE 30000 /* ms */
/* A ping sent later than this counts from when it was sent. */
#define PING_LATE_MAX 50 /* ms */

static bool polls(const struct session *s)
{
	return s->state == SESSION_POLLING || s->state == SESSION_PROBING;
}

/* --- time-outs --- */

static void set_timer(struct session *s)
{
	uint64_t due = s->heartbeat_due;

	if (s->connect_due && s->connect_due < due)
		due = s->connect_due;
	if (s->probe_due && s->probe_due < due)
		due = s->probe_due;
	if (s->assembly_due && s->assembly_due < due)
		due = s->assembly_due;
	/* One that fires too early only looks again, so later times need no move now. */
	if (!s->timer.prev || due < s->timer.due)
		wheel_set(&s->engine->wheel, &s->timer, due);
}

/* Something came that proves the client is there. */
static void heard(struct session *s)
{
	const struct engine_conf *conf = &s->engine->conf;

	if (s->version == 3)
		s->heartbeat_due = s->engine->now + conf->ping_interval + conf->ping_timeout;
}

/* By the first heartbeat it has joined what it came for: nobody asks for the cookie any more. */
static void forget_cookie(struct session *s)
{
	free(s->cookie);
	s->cookie = NULL;
}

/*
 * Version 4: the pong to a ping sent from now on. Version 3: the client's next ping may be under way
 * already, the one after it is not sent before our pong, and so what went before that, has come.
 */
void session_prove(struct session *s)
{
	s->proof = s->version == 3 || s->ping_sent ? 2 : 1;
}

static void heartbeat_heard(struct session *s)
{
	if (s->proof && --s->proof == 0)
		sockets_proved(s);
}

static void pong_came(struct session *s)
{
	s->ping_sent = false;
	s->heartbeat_due = s->engine->now + s->engine->conf.ping_interval;
	set_timer(s);
}

static void heartbeat(struct session *s)
{
	uint64_t now = s->engine->now;
	uint64_t due = s->heartbeat_due;

	if (s->version == 3 || s->ping_sent) {
		session_close(s, CLOSE_PING_TIMEOUT);
		return;
	}
	s->ping_sent = true;
	/* A little lateness of ours is not the peer's gain; after a pause it has its full time. */
	s->heartbeat_due = (now - due > PING_LATE_MAX ? now : due) + s->engine->conf.ping_timeout;
	session_send(s, s->engine->ping);
}

static void end_probe(struct session *s)
{
	struct link *probe = s->probe;

	s->probe = NULL;
	s->probe_due = 0;
	if (s->state == SESSION_PROBING)
		s->state = SESSION_POLLING;
	if (probe) {
		probe->session = NULL;
		probe->role = LINK_NONE;
		probe->ops->end(probe, 0);
	}
}

void session_due(struct session *s)
{
	uint64_t now = s->engine->now;

	if (s->state == SESSION_CLOSED)
		return;
	if (s->state == SESSION_ENDING) {
		if (now >= s->heartbeat_due)
			session_close(s, CLOSE_SERVER);
		else
			set_timer(s);
		return;
	}
	if (s->probe_due && now >= s->probe_due)
		end_probe(s);
	if (s->connect_due && now >= s->connect_due) {
		session_close(s, CLOSE_CONNECT_TIMEOUT);
		return;
	}
	if (s->assembly_due && now >= s->assembly_due) {
		session_close(s, CLOSE_PROTOCOL);
		return;
	}
	if (now >= s->heartbeat_due)
		heartbeat(s);
	if (s->state != SESSION_CLOSED)
		set_timer(s);
}

void session_connected(struct session *s)
{
	s->connect_due = 0;
}

void session_assemble(struct session *s, struct assembly *a)
{
	s->assembly = a;
	s->assembly_due = a ? s->engine->now + ASSEMBLY_TIME : 0;
	if (a)
		set_timer(s);
}

/* --- life --- */

struct session *session_new(struct engine *e, int version, struct lp_str query,
			    struct lp_str cookie)
{
	struct session *s = lp_xcalloc(1, sizeof(*s) + query.n + 1);
	uint8_t random[16];

	s->engine = e;
	s->version = (uint8_t)version;
	if (query.n)
		memcpy(s->query, query.p, query.n);
	s->cookie = cookie.n ? lp_xstrndup(cookie) : NULL;
	e->random(random, sizeof(random));
	session_id_make(s->id, lp_cstr(e->conf.tag), random);
	HASH_ADD_STR(e->sessions, id, s);
	e->stats.sessions_opened++;
	s->heartbeat_due = e->now + e->conf.ping_interval;
	if (version == 3)
		heard(s);
	else if (!e->raw)
		s->connect_due = e->now + e->conf.connect_timeout;
	set_timer(s);
	return s;
}

static void clear_queue(struct session *s)
{
	for (unsigned i = 0; i < s->queued; i++)
		lp_blob_unref(s->queue[i]);
	free(s->queue);
	s->queue = NULL;
	s->queued = s->queue_room = 0;
	s->queue_bytes = 0;
}

void session_free(struct session *s)
{
	clear_queue(s);
	assembly_free(s->assembly);
	free(s->cookie);
	free(s->jsonp);
	free(s);
}

static void finish(struct session *s)
{
	struct engine *e = s->engine;

	s->state = SESSION_CLOSED;
	wheel_cancel(&e->wheel, &s->timer);
	address_count_drop(&e->addresses, s->address);
	HASH_DEL(e->sessions, s);
	s->next_closed = e->closed;
	e->closed = s;
}

void session_start(struct session *s)
{
	const struct engine_conf *conf = &s->engine->conf;
	bool upgrades = s->state != SESSION_WEBSOCKET && conf->websocket && !s->jsonp;
	struct lp_buf *text = &s->engine->scratch;
	struct lp_blob *frame;

	lp_buf_reset(text);
	lp_buf_addz(text, "0{\"sid\":\"");
	lp_buf_addz(text, s->id);
	lp_buf_addz(text, upgrades ? "\",\"upgrades\":[\"websocket\"],\"pingInterval\":"
				   : "\",\"upgrades\":[],\"pingInterval\":");
	lp_buf_addu(text, conf->ping_interval);
	lp_buf_addz(text, ",\"pingTimeout\":");
	lp_buf_addu(text, conf->ping_timeout);
	if (s->version == 4) {
		lp_buf_addz(text, ",\"maxPayload\":");
		lp_buf_addu(text, conf->max_payload);
	}
	lp_buf_addc(text, '}');
	frame = frame_text(lp_buf_str(text), LP_STR(""), LP_STR(""));
	session_send(s, frame);
	lp_blob_unref(frame);
	if (s->engine->raw) {
		if (s->engine->raw->open)
			s->engine->raw->open(s);
	} else if (s->version == 3) {
		sockets_join_root(s);
	}
}

/* --- sending --- */

void session_mark_dirty(struct session *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	s->next_dirty = s->engine->dirty;
	s->engine->dirty = s;
}

static void enqueue(struct session *s, struct lp_blob *frame)
{
	if (s->queued == s->queue_room) {
		s->queue_room = s->queue_room ? s->queue_room * 2 : 4;
		s->queue = lp_xrealloc(s->queue, s->queue_room * sizeof(s->queue[0]));
	}
	s->queue[s->queued++] = lp_blob_ref(frame);
	s->queue_bytes += frame->len;
}

static void send_ws(struct session *s, struct lp_blob *frame)
{
	struct lp_blob *text;

	if (!s->ws)
		return;
	if (!s->ws->base64 || !frame_is_binary(frame)) {
		s->ws->ops->send(s->ws, frame);
		return;
	}
	text = frame_to_base64(frame, s->version);
	s->ws->ops->send(s->ws, text);
	lp_blob_unref(text);
}

void session_send(struct session *s, struct lp_blob *frame)
{
	if (s->state == SESSION_WEBSOCKET) {
		s->engine->stats.packets_out++;
		send_ws(s, frame);
		return;
	}
	if (!polls(s) || s->overflow)
		return;
	if (s->queue_bytes + frame->len > s->engine->conf.send_queue_max && s->queued)
		session_answer_poll(s); /* if one waits */
	if (s->queue_bytes + frame->len > s->engine->conf.send_queue_max && s->queued) {
		clear_queue(s);
		s->overflow = true;
		session_mark_dirty(s);
		return;
	}
	s->engine->stats.packets_out++;
	enqueue(s, frame);
	if (s->poll)
		session_mark_dirty(s);
}

/* True when the answer must be in the binary framing of version 3. */
static bool binary_answer(const struct session *s)
{
	if (s->version == 4 || s->base64)
		return false;
	for (unsigned i = 0; i < s->queued; i++) {
		if (frame_is_binary(s->queue[i]))
			return true;
	}
	return false;
}

/* What the queue holds, in the form this client reads. Returns its content type. */
static const char *build_answer(struct session *s, struct lp_buf *out)
{
	/* socket.io packets are JSON, so version 3 gets them in ASCII: both of its dialects read
	 * that alike, and lengths are bytes. */
	bool ascii = s->version == 3 && !s->engine->raw;
	bool binary = binary_answer(s);

	lp_buf_reset(out);
	for (unsigned i = 0; i < s->queued; i++) {
		struct eio_packet p = frame_packet(s->queue[i], s->version);

		if (binary)
			eio_payload_add_binary(out, &p);
		else
			eio_payload_add_text(out, s->version, i == 0, ascii, &p);
	}
	if (s->jsonp) {
		struct lp_buf wrapped = {0};

		eio_payload_jsonp(&wrapped, lp_cstr(s->jsonp), lp_buf_str(out));
		lp_buf_clear(out);
		*out = wrapped;
		return "text/javascript; charset=UTF-8";
	}
	return binary ? "application/octet-stream" : "text/plain; charset=UTF-8";
}

/* The cookie that answers of this session carry, NULL for none. In version 3 all of them do, as its
 * servers had it; in version 4 only the first. */
const char *session_cookie(struct session *s, bool handshake)
{
	struct engine *e = s->engine;

	if (!e->conf.cookie[0] || (s->version == 4 && !handshake))
		return NULL;
	lp_buf_reset(&e->cookie);
	lp_buf_addf(&e->cookie, "%s=%s; Path=/; HttpOnly; SameSite=%s", e->conf.cookie, s->id,
		    s->version == 3 ? "Strict" : "Lax");
	return e->cookie.data;
}

void session_answer_poll(struct session *s)
{
	struct link *l = s->poll;
	struct lp_buf *out = &s->engine->scratch;
	struct http_answer a = {.status = 200, .no_store = true};

	if (!l)
		return;
	if (!s->queued)
		enqueue(s, s->engine->noop);
	a.content_type = build_answer(s, out);
	a.body = lp_buf_str(out);
	a.cookie = session_cookie(s, !s->greeted);
	s->greeted = true;
	s->poll = NULL;
	l->session = NULL;
	l->role = LINK_NONE;
	clear_queue(s);
	l->ops->respond(l, &a);
}

void session_poll(struct session *s, struct link *l)
{
	s->poll = l;
	heard(s);
	if (s->state == SESSION_ENDING) {
		bool last = !s->queued;

		if (last)
			enqueue(s, s->engine->close);
		session_answer_poll(s);
		if (last)
			finish(s);
		return;
	}
	/* While a websocket is being tried the client waits for its poll to end before it goes
	 * over: never let it wait. */
	if (s->state == SESSION_PROBING || s->queued)
		session_mark_dirty(s);
}

/* --- receiving --- */

static bool close_with(struct session *s, enum close_reason reason)
{
	session_close(s, reason);
	return false;
}

bool session_packet(struct session *s, const struct eio_packet *p)
{
	s->engine->stats.packets_in++;
	heard(s);
	switch (p->type) {
	case EIO_CLOSE:
		return close_with(s, CLOSE_CLIENT);
	case EIO_PING:
		if (s->version == 4)
			return close_with(s, CLOSE_PROTOCOL);
		forget_cookie(s);
		heartbeat_heard(s);
		session_send(s, s->engine->pong);
		break;
	case EIO_PONG:
		if (s->version == 4) {
			forget_cookie(s);
			heartbeat_heard(s);
			pong_came(s);
		}
		break;
	case EIO_MESSAGE:
		if (s->engine->raw) {
			s->engine->raw->message(s, p->binary, p->data);
			break;
		}
		return p->binary ? sockets_binary(s, p->data) : sockets_text(s, p->data);
	case EIO_OPEN:
	case EIO_UPGRADE:
	case EIO_NOOP:
		break;
	}
	return session_open(s);
}

static void take_over(struct session *s)
{
	struct link *ws = s->probe;

	s->probe = NULL;
	s->probe_due = 0;
	s->state = SESSION_WEBSOCKET;
	s->ws = ws;
	ws->role = LINK_WS;
	s->engine->stats.upgrades++;
	for (unsigned i = 0; i < s->queued; i++)
		send_ws(s, s->queue[i]);
	clear_queue(s);
	/* A GET that still waits belongs to the transport the client has left. */
	session_answer_poll(s);
}

void session_probe_message(struct session *s, bool binary, struct lp_str data)
{
	struct link *l = s->probe;

	if (!binary && lp_str_eq(data, LP_STR("2probe"))) {
		l->ops->send(l, s->engine->probe_pong);
		s->state = SESSION_PROBING;
		if (s->poll)
			session_mark_dirty(s);
	} else if (!binary && lp_str_eq(data, LP_STR("5"))) {
		take_over(s);
	} else {
		end_probe(s);
	}
}

/* --- closing --- */

static void close_polling(struct session *s, enum close_reason reason)
{
	struct engine *e = s->engine;
	bool rest = (reason == CLOSE_SERVER || reason == CLOSE_SHUTDOWN) && s->queued;
	bool wait = rest || reason == CLOSE_PACKET;

	/* What is queued gets an answer of its own: clients of 4.x act on a close packet before the
	 * packets in front of it, so a DISCONNECT would look like a lost connection to them. */
	if (s->poll && rest)
		session_answer_poll(s);
	if (s->poll) {
		if (reason != CLOSE_CLIENT)
			enqueue(s, e->close);
		session_answer_poll(s);
		finish(s);
	} else if (wait) {
		s->state = SESSION_ENDING;
		s->ping_sent = false;
		s->connect_due = s->probe_due = s->assembly_due = 0;
		s->heartbeat_due = e->now + ENDING_GRACE;
		wheel_set(&e->wheel, &s->timer, s->heartbeat_due);
	} else {
		finish(s);
	}
}

void session_close(struct session *s, enum close_reason reason)
{
	struct engine *e = s->engine;
	struct link *post = s->post;

	if (s->state == SESSION_CLOSED)
		return;
	if (s->state == SESSION_ENDING) {
		finish(s);
		return;
	}
	if (s->closing)
		return; /* the application asks for it while it is being told */
	s->closing = true;
	e->stats.sessions_closed[reason]++;
	if (!e->raw)
		sockets_closed(s, reason);
	else if (e->raw->closed)
		e->raw->closed(s, reason);
	end_probe(s);
	if (post) {
		/* Its body will find no session and be answered so. */
		s->post = NULL;
		post->session = NULL;
		post->role = LINK_NONE;
		if (reason == CLOSE_OVERLAP)
			post->ops->drop(post);
	}
	if (s->state == SESSION_WEBSOCKET) {
		struct link *ws = s->ws;

		s->ws = NULL;
		finish(s);
		if (ws) {
			ws->session = NULL;
			ws->role = LINK_NONE;
			ws->ops->end(ws, 0);
		}
	} else {
		close_polling(s, reason);
	}
}
