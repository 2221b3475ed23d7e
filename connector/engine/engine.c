#include "config.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "connector/engine/engine_int.h"
#include "connector/engine/frame.h"
#include "connector/engine/raw.h"
#include "connector/proto/eio_payload.h"
#include "common/model/url_query.h"

#define JSONP_DIGITS_MAX 10

/* Refusals of a request, by the code clients know. */
static const struct {
	int status;
	const char *message;
} refusals[] = {
	{400, "Transport unknown"},
	{400, "Session ID unknown"},
	{400, "Bad handshake method"},
	{400, "Bad request"},
	{403, "Forbidden"},
	{400, "Unsupported protocol version"},
};
enum { TRANSPORT_UNKNOWN, SESSION_UNKNOWN, BAD_METHOD, BAD_REQUEST, FORBIDDEN, BAD_VERSION };

/* What the query of a request says. */
struct ask {
	char transport[16];
	char version[8];
	bool has_version;
	char sid[SESSION_ID_MAX + 1];
	char jsonp[JSONP_DIGITS_MAX + 1];
	bool has_sid;
	bool has_jsonp;
	bool base64;
};

const char *close_reason_name(enum close_reason r)
{
	static const char *const names[CLOSE_REASON_COUNT] = {
		[CLOSE_CLIENT] = "client",
		[CLOSE_SERVER] = "server",
		[CLOSE_TRANSPORT] = "transport",
		[CLOSE_PING_TIMEOUT] = "ping_timeout",
		[CLOSE_CONNECT_TIMEOUT] = "connect_timeout",
		[CLOSE_PROTOCOL] = "protocol",
		[CLOSE_PACKET] = "packet",
		[CLOSE_OVERLAP] = "overlap",
		[CLOSE_SLOW] = "slow",
		[CLOSE_SHUTDOWN] = "shutdown",
	};

	return names[r];
}

static struct lp_blob *text_frame(const char *text)
{
	return frame_text(lp_cstr(text), LP_STR(""), LP_STR(""));
}

static struct engine *make(const struct engine_conf *conf, void *app_data,
			   void (*random)(void *buf, size_t len))
{
	struct engine *e = lp_xcalloc(1, sizeof(*e));

	e->conf = *conf;
	e->app_data = app_data;
	e->random = random;
	e->ping = text_frame("2");
	e->pong = text_frame("3");
	e->probe_pong = text_frame("3probe");
	e->noop = text_frame("6");
	e->close = text_frame("1");
	wheel_init(&e->wheel, 0);
	return e;
}

struct engine *engine_new(const struct engine_conf *conf, const struct app_ops *app, void *app_data,
			  void (*random)(void *buf, size_t len))
{
	struct engine *e = make(conf, app_data, random);

	e->app = app;
	return e;
}

struct engine *engine_new_raw(const struct engine_conf *conf, const struct raw_ops *raw,
			      void *app_data, void (*random)(void *buf, size_t len))
{
	struct engine *e = make(conf, app_data, random);

	e->raw = raw;
	return e;
}

void raw_send(struct session *s, bool binary, struct lp_str data)
{
	struct lp_blob *frame =
		binary ? frame_binary(s->version, data) : frame_text(LP_STR("4"), data, LP_STR(""));

	session_send(s, frame);
	lp_blob_unref(frame);
}

void engine_free(struct engine *e)
{
	/* The first time some only begin to end, for clients that might still poll. */
	engine_close_all(e, CLOSE_SHUTDOWN);
	engine_close_all(e, CLOSE_SHUTDOWN);
	engine_flush(e);
	lp_blob_unref(e->ping);
	lp_blob_unref(e->pong);
	lp_blob_unref(e->probe_pong);
	lp_blob_unref(e->noop);
	lp_blob_unref(e->close);
	lp_buf_clear(&e->scratch);
	lp_buf_clear(&e->packet);
	lp_buf_clear(&e->name);
	lp_buf_clear(&e->cookie);
	free(e);
}

void *engine_app(struct engine *e)
{
	return e->app_data;
}

size_t engine_sessions(const struct engine *e)
{
	return HASH_COUNT(e->sessions);
}

uint64_t engine_now(const struct engine *e)
{
	return e->now;
}

const struct engine_stats *engine_stats(const struct engine *e)
{
	return &e->stats;
}

/* --- requests --- */

static enum engine_verdict answer_status(struct link *l, int status)
{
	l->ops->respond(l, &(struct http_answer){.status = status});
	return ENGINE_DONE;
}

static enum engine_verdict refuse_with(struct link *l, const struct http_head *h, int code,
				       const char *message)
{
	struct http_answer a = {.status = refusals[code].status};
	struct lp_buf json = {0};

	if (h->upgrade_websocket) {
		a.status = 400;
		a.content_type = "text/html";
		a.body = lp_cstr(message);
		a.close = true;
	} else {
		lp_buf_addf(&json, "{\"code\":%d,\"message\":", code);
		lp_json_quote(&json, lp_cstr(message));
		lp_buf_addc(&json, '}');
		a.content_type = "application/json";
		a.body = lp_buf_str(&json);
	}
	l->ops->respond(l, &a);
	lp_buf_clear(&json);
	return ENGINE_DONE;
}

static enum engine_verdict refuse(struct link *l, const struct http_head *h, int code)
{
	return refuse_with(l, h, code, refusals[code].message);
}

/* Copies a decoded value; one that does not fit becomes a text that is never valid. */
static void keep(char *to, size_t size, struct lp_str value)
{
	if (value.n >= size || memchr(value.p, '\0', value.n))
		value = LP_STR("?");
	memcpy(to, value.p, value.n);
	to[value.n] = '\0';
}

static void keep_digits(char *to, size_t size, struct lp_str value)
{
	size_t n = 0;

	for (size_t i = 0; i < value.n && n + 1 < size; i++) {
		if (isdigit((unsigned char)value.p[i]))
			to[n++] = value.p[i];
	}
	to[n] = '\0';
}

static void read_query(struct engine *e, struct lp_str query, struct ask *ask)
{
	struct lp_str name, raw;

	*ask = (struct ask){0};
	while (url_query_next(&query, &name, &raw)) {
		struct lp_str value;

		lp_buf_reset(&e->scratch);
		lp_buf_reserve(&e->scratch, 1);
		url_decode(&e->scratch, raw);
		value = lp_buf_str(&e->scratch);
		if (lp_str_eq(name, LP_STR("transport"))) {
			keep(ask->transport, sizeof(ask->transport), value);
		} else if (lp_str_eq(name, LP_STR("EIO"))) {
			ask->has_version = true;
			keep(ask->version, sizeof(ask->version), value);
		} else if (lp_str_eq(name, LP_STR("sid"))) {
			ask->has_sid = value.n > 0;
			keep(ask->sid, sizeof(ask->sid), value);
		} else if (lp_str_eq(name, LP_STR("j"))) {
			ask->has_jsonp = true;
			keep_digits(ask->jsonp, sizeof(ask->jsonp), value);
		} else if (lp_str_eq(name, LP_STR("b64"))) {
			ask->base64 = value.n > 0;
		}
	}
}

static int version_of(const struct engine *e, const struct ask *ask)
{
	if (!ask->has_version)
		return e->conf.eio3 && e->conf.eio_missing_is_3 ? 3 : 0;
	if (strcmp(ask->version, "3") == 0)
		return e->conf.eio3 ? 3 : 0;
	return e->conf.eio4 && strcmp(ask->version, "4") == 0 ? 4 : 0;
}

/* False at a limit on sessions, answered. *address: to be dropped with the session. */
static bool may_open(struct engine *e, struct link *l, const struct http_head *h,
		     struct address_count **address)
{
	int status = 503;

	*address = NULL;
	if (HASH_COUNT(e->sessions) >= e->conf.max_sessions) {
		e->stats.sessions_refused++;
	} else if (!e->conf.sessions_per_address) {
		return true;
	} else {
		struct link_address from;

		l->ops->address(l, h, &from);
		*address = address_count_take(&e->addresses, &from, e->conf.sessions_per_address);
		if (*address)
			return true;
		e->stats.addresses_refused++;
		status = 429;
	}
	l->ops->respond(l, &(struct http_answer){.status = status, .close = true});
	return false;
}

static enum engine_verdict handshake(struct engine *e, struct link *l, const struct http_head *h,
				     const struct ask *ask, bool websocket)
{
	struct address_count *address;
	struct session *s;
	const char *reason;
	int version;

	if (!lp_str_eq(h->method, LP_STR("GET")))
		return refuse(l, h, BAD_METHOD);
	if (websocket != h->upgrade_websocket)
		return refuse(l, h, BAD_REQUEST);
	reason = e->app && e->app->allow ? e->app->allow(e->app_data, h) : NULL;
	if (reason)
		return refuse_with(l, h, FORBIDDEN, *reason ? reason : refusals[FORBIDDEN].message);
	version = version_of(e, ask);
	if (!version)
		return refuse(l, h, BAD_VERSION);
	if (!may_open(e, l, h, &address))
		return ENGINE_DONE;
	s = session_new(e, version, h->query, http_head_get(h, "cookie"));
	s->address = address;
	l->session = s;
	l->base64 = ask->base64;
	if (websocket) {
		s->state = SESSION_WEBSOCKET;
		s->ws = l;
		l->role = LINK_WS;
		return ENGINE_UPGRADE;
	}
	s->base64 = ask->base64 || ask->has_jsonp; /* the answer is a string */
	if (ask->has_jsonp)
		s->jsonp = lp_xstrdup(ask->jsonp);
	l->role = LINK_POLL;
	s->poll = l;
	session_start(s);
	session_answer_poll(s);
	return ENGINE_DONE;
}

static enum engine_verdict upgrade(struct engine *e, struct link *l, const struct http_head *h,
				   const struct ask *ask, struct session *s)
{
	if (!h->upgrade_websocket || !lp_str_eq(h->method, LP_STR("GET")))
		return refuse(l, h, BAD_REQUEST);
	if (s->state != SESSION_POLLING || s->probe) {
		/* It is opened and closed at once, see engine_opened(); the session goes on. */
		l->session = NULL;
		l->role = LINK_NONE;
		return ENGINE_UPGRADE;
	}
	l->base64 = ask->base64;
	s->probe = l;
	s->probe_due = e->now + e->conf.upgrade_timeout;
	l->session = s;
	l->role = LINK_PROBE;
	session_due(s);
	return ENGINE_UPGRADE;
}

static enum engine_verdict poll_request(struct link *l, struct session *s)
{
	if (s->poll) {
		session_close(s, CLOSE_OVERLAP);
		return answer_status(l, 400);
	}
	l->session = s;
	l->role = LINK_POLL;
	session_poll(s, l);
	return ENGINE_DONE;
}

static enum engine_verdict post_request(struct link *l, const struct http_head *h,
					struct session *s)
{
	if (s->state == SESSION_ENDING)
		return refuse(l, h, SESSION_UNKNOWN);
	if (s->post) {
		session_close(s, CLOSE_OVERLAP);
		return answer_status(l, 400);
	}
	s->post = l;
	l->session = s;
	l->role = LINK_POST;
	return ENGINE_WANT_BODY;
}

enum engine_verdict engine_request(struct engine *e, struct link *l, const struct http_head *h,
				   uint64_t now)
{
	struct session *s = NULL;
	bool websocket;
	struct ask ask;

	e->now = now;
	read_query(e, h->query, &ask);
	websocket = strcmp(ask.transport, "websocket") == 0;
	if (!(websocket && e->conf.websocket) &&
	    !(strcmp(ask.transport, "polling") == 0 && e->conf.polling))
		return refuse(l, h, TRANSPORT_UNKNOWN);
	if (!ask.has_sid)
		return handshake(e, l, h, &ask, websocket);
	HASH_FIND_STR(e->sessions, ask.sid, s);
	/* Time-outs are seen to the millisecond, not to the tick of the wheel. */
	if (s)
		session_due(s);
	if (!s || s->state == SESSION_CLOSED)
		return refuse(l, h, SESSION_UNKNOWN);
	if (websocket)
		return upgrade(e, l, h, &ask, s);
	if (h->upgrade_websocket || s->state == SESSION_WEBSOCKET)
		return refuse(l, h, BAD_REQUEST);
	if (lp_str_eq(h->method, LP_STR("GET")))
		return poll_request(l, s);
	if (lp_str_eq(h->method, LP_STR("POST")))
		return post_request(l, h, s);
	return answer_status(l, 405);
}

/* Works through the packets of a body; false when it can not be read to its end. */
static bool take_payload(struct engine *e, struct session *s, bool binary, struct lp_str body)
{
	struct eio_payload_in in;
	struct eio_packet p;
	unsigned count = 0;
	int rc;

	eio_payload_open(&in, s->version, binary, body);
	while ((rc = eio_payload_next(&in, &p)) == 1) {
		if (++count > e->conf.max_packets) {
			e->stats.payloads_refused++;
			rc = LP_ETOOBIG;
			break;
		}
		if (!session_packet(s, &p)) {
			rc = LP_OK; /* it is closed already, for its own reason */
			break;
		}
	}
	eio_payload_close(&in);
	return rc == LP_OK;
}

void engine_body(struct engine *e, struct link *l, struct lp_str content_type, struct lp_str body,
		 uint64_t now)
{
	struct http_answer ok = {
		.status = 200, .content_type = "text/html", .body = LP_STR("ok"), .no_store = true};
	struct session *s = l->session;
	bool binary = lp_str_starts(content_type, LP_STR("application/octet-stream"));
	struct lp_buf form = {0};
	bool good = true;

	e->now = now;
	if (!s) {
		const struct http_head none = {0};

		refuse(l, &none, SESSION_UNKNOWN);
		return;
	}
	if (binary && s->version == 4) {
		session_close(s, CLOSE_PROTOCOL);
		answer_status(l, 400);
		return;
	}
	if (s->jsonp && !binary) {
		/* Without the field d there is nothing to do. */
		if (eio_payload_from_form(&form, body))
			good = take_payload(e, s, false, lp_buf_str(&form));
		lp_buf_clear(&form);
	} else {
		good = take_payload(e, s, binary, body);
	}
	if (s->post == l)
		s->post = NULL;
	l->session = NULL;
	l->role = LINK_NONE;
	if (!good)
		session_close(s, CLOSE_PROTOCOL);
	ok.cookie = session_cookie(s, false);
	l->ops->respond(l, &ok);
}

/* --- websockets --- */

void engine_opened(struct engine *e, struct link *l, uint64_t now)
{
	e->now = now;
	if (l->role == LINK_WS)
		session_start(l->session);
	else if (l->role == LINK_NONE)
		l->ops->end(l, 0);
}

void engine_message(struct engine *e, struct link *l, bool binary, struct lp_str data, uint64_t now)
{
	struct session *s = l->session;
	struct eio_packet p;
	int rc;

	e->now = now;
	if (!s)
		return;
	if (l->role == LINK_PROBE) {
		session_probe_message(s, binary, data);
		return;
	}
	if (binary)
		rc = eio_packet_decode_binary(s->version, data, &p);
	else
		rc = eio_packet_decode_text(s->version, data, &e->scratch, &p);
	if (rc == LP_ENOENT)
		return;
	if (rc != LP_OK)
		session_close(s, CLOSE_PROTOCOL);
	else
		session_packet(s, &p);
}

void engine_link_lost(struct engine *e, struct link *l, enum close_reason reason, uint64_t now)
{
	struct session *s = l->session;
	enum link_role role = l->role;

	e->now = now;
	l->session = NULL;
	l->role = LINK_NONE;
	if (!s)
		return;
	switch (role) {
	case LINK_POLL:
		s->poll = NULL;
		break;
	case LINK_POST:
		s->post = NULL;
		break;
	case LINK_WS:
		s->ws = NULL;
		break;
	case LINK_PROBE:
		s->probe = NULL;
		s->probe_due = 0;
		if (s->state == SESSION_PROBING)
			s->state = SESSION_POLLING;
		return; /* polling goes on */
	case LINK_NONE:
		return;
	}
	session_close(s, reason);
}

/* --- turns of the loop --- */

static void fire(struct timer *t, void *arg)
{
	struct session *s = (struct session *)((char *)t - offsetof(struct session, timer));

	(void)arg;
	session_due(s);
}

unsigned engine_tick(struct engine *e, uint64_t now)
{
	e->now = now;
	wheel_run(&e->wheel, now, fire, NULL);
	return wheel_wait(&e->wheel, now, 1000);
}

void engine_flush(struct engine *e)
{
	struct session *s;

	while ((s = e->dirty)) {
		e->dirty = s->next_dirty;
		s->dirty = false;
		sockets_go_on(s);
		if (s->overflow)
			session_close(s, CLOSE_SLOW);
		else if (s->queued || s->state == SESSION_PROBING)
			session_answer_poll(s);
	}
	while ((s = e->closed)) {
		e->closed = s->next_closed;
		session_free(s);
	}
}

void engine_close_all(struct engine *e, enum close_reason reason)
{
	struct session *s, *next;

	HASH_ITER(hh, e->sessions, s, next)
	session_close(s, reason);
}
