#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "connector/engine/engine_int.h"
#include "connector/engine/frame.h"
#include "connector/proto/base64.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"

enum socket_state {
	SOCKET_ASKING = 0, /* the application has not decided yet */
	SOCKET_JOINED,
};

struct socket {
	struct socket *next;
	struct session *session;
	void *data;
	enum socket_state state;
	char nsp[];
};

static bool close_protocol(struct session *s)
{
	session_close(s, CLOSE_PROTOCOL);
	return false;
}

static struct socket *find(struct session *s, struct lp_str nsp)
{
	for (struct socket *k = s->sockets; k; k = k->next) {
		if (lp_str_eq(lp_cstr(k->nsp), nsp))
			return k;
	}
	return NULL;
}

static struct socket *add(struct session *s, struct lp_str nsp)
{
	struct socket *k = lp_xcalloc(1, sizeof(*k) + nsp.n + 1);

	k->session = s;
	memcpy(k->nsp, nsp.p, nsp.n);
	k->next = s->sockets;
	s->sockets = k;
	s->socket_count++;
	return k;
}

/* Takes it off its session; the caller frees it. */
static void detach(struct socket *k)
{
	struct socket **at = &k->session->sockets;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	k->session->socket_count--;
}

static void send_packet(struct session *s, enum sio_type type, const char *nsp, struct lp_str ack,
			struct lp_str json)
{
	struct sio_packet p = {.type = type, .nsp = lp_cstr(nsp), .ack = ack, .json = json};
	struct lp_buf *text = &s->engine->packet;
	struct lp_blob *frame;

	lp_buf_reset(text);
	lp_buf_addc(text, '4');
	sio_packet_encode(text, &p);
	frame = frame_text(lp_buf_str(text), LP_STR(""), LP_STR(""));
	session_send(s, frame);
	lp_blob_unref(frame);
}

/* --- the application's side --- */

struct engine *socket_engine(const struct socket *s)
{
	return s->session->engine;
}

void *socket_data(const struct socket *s)
{
	return s->data;
}

void socket_set_data(struct socket *s, void *data)
{
	s->data = data;
}

const char *socket_tag(const struct socket *s)
{
	static char tag[9];

	snprintf(tag, sizeof(tag), "%08x", s->session->serial);
	return tag;
}

void socket_accept(struct socket *k)
{
	struct session *s = k->session;
	struct lp_buf json = {0};
	uint8_t random[15];

	k->state = SOCKET_JOINED;
	session_connected(s);
	if (s->version == 4) {
		/* Unrelated to the session id, which is a secret. */
		s->engine->random(random, sizeof(random));
		lp_buf_addz(&json, "{\"sid\":\"");
		base64url_encode(&json, lp_str((const char *)random, sizeof(random)));
		lp_buf_addz(&json, "\"}");
	}
	send_packet(s, SIO_CONNECT, k->nsp, LP_STR(""), lp_buf_str(&json));
	lp_buf_clear(&json);
}

void socket_refuse(struct socket *k, struct lp_str message)
{
	struct session *s = k->session;
	struct lp_buf json = {0};

	/* The older protocol's clients break on an object, the newer ones need one. */
	if (s->version == 4)
		lp_buf_addz(&json, "{\"message\":");
	lp_json_quote(&json, message);
	if (s->version == 4)
		lp_buf_addc(&json, '}');
	send_packet(s, SIO_ERROR, k->nsp, LP_STR(""), lp_buf_str(&json));
	lp_buf_clear(&json);
	detach(k);
	free(k);
}

void socket_send(struct socket *k, struct lp_blob *frame)
{
	session_send(k->session, frame);
}

void socket_emit(struct socket *k, struct lp_str json)
{
	struct lp_blob *frame = frame_event(lp_cstr(k->nsp), json);

	session_send(k->session, frame);
	lp_blob_unref(frame);
}

void socket_ack(struct socket *k, struct lp_str ack, struct lp_str json)
{
	send_packet(k->session, SIO_ACK, k->nsp, ack, json);
}

/* The socket is over: off the list, application told, freed. */
static void gone(struct socket *k, enum close_reason reason)
{
	const struct app_ops *app = k->session->engine->app;

	detach(k);
	app->closed(k, reason);
	free(k);
}

void socket_disconnect(struct socket *k, bool close_session, enum close_reason reason)
{
	struct session *s = k->session;

	send_packet(s, SIO_DISCONNECT, k->nsp, LP_STR(""), LP_STR(""));
	gone(k, reason);
	if (close_session)
		session_close(s, reason);
}

/* --- the session's side --- */

void sockets_closed(struct session *s, enum close_reason reason)
{
	while (s->sockets)
		gone(s->sockets, reason);
}

static void ask(struct socket *k, const struct sio_packet *p)
{
	struct session *s = k->session;
	struct socket_request req = {
		.nsp = lp_cstr(k->nsp),
		.url_query = lp_cstr(s->query),
	};

	if (p) {
		req.packet_query = p->query;
		req.auth = p->json;
	}
	s->engine->app->connect(k, &req);
}

void sockets_join_root(struct session *s)
{
	ask(add(s, LP_STR("/")), NULL);
}

static bool on_connect(struct session *s, const struct sio_packet *p)
{
	struct socket *k = find(s, p->nsp);

	if (k && s->version == 4)
		return close_protocol(s);
	if (k) {
		/* Clients of protocol 4 may ask twice, and never ask for "/" themselves. */
		if (k->state == SOCKET_JOINED && strcmp(k->nsp, "/") != 0)
			send_packet(s, SIO_CONNECT, k->nsp, LP_STR(""), LP_STR(""));
		return true;
	}
	if (s->socket_count >= s->engine->conf.max_namespaces)
		return close_protocol(s);
	ask(add(s, p->nsp), p);
	return session_open(s);
}

/* Names that socket.io itself uses; a client that sends them as events is broken or hostile. */
static bool reserved(struct lp_str name)
{
	static const char *const names[] = {
		"connect",       "connect_error", "disconnect",
		"disconnecting", "newListener",   "removeListener",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (lp_str_eq(name, lp_cstr(names[i])))
			return true;
	}
	return false;
}

static bool on_event(struct session *s, struct socket *k, const struct sio_packet *p)
{
	struct lp_str elements[1 + SOCKET_ARGS_MAX];
	struct socket_event ev = {.ack = p->ack};
	struct lp_buf *name = &s->engine->name;
	ssize_t count = json_scan_array(p->json, SIO_JSON_DEPTH, elements, 1 + SOCKET_ARGS_MAX);

	if (count < 1)
		return close_protocol(s);
	/* A number is a name nobody listens to. */
	if (elements[0].p[0] != '"')
		return true;
	lp_buf_reset(name);
	if (json_scan_string(elements[0], name) != LP_OK)
		return close_protocol(s);
	ev.name = lp_buf_str(name);
	ev.argc = (size_t)count - 1;
	for (size_t i = 0; i < ev.argc && i < SOCKET_ARGS_MAX; i++)
		ev.args[i] = elements[i + 1];
	if (!reserved(ev.name))
		s->engine->app->event(k, &ev);
	else if (s->version == 4)
		return close_protocol(s);
	return session_open(s);
}

bool sockets_text(struct session *s, struct lp_str text)
{
	struct sio_packet p;
	struct socket *k;
	int rc;

	if (s->attachments_due)
		return close_protocol(s);
	rc = sio_packet_decode(s->version == 3 ? 4 : 5, text, &p);
	if (rc == LP_ENOENT)
		return true;
	if (rc != LP_OK)
		return close_protocol(s);
	if (p.type == SIO_CONNECT)
		return on_connect(s, &p);
	k = find(s, p.nsp);
	if (k && p.type == SIO_DISCONNECT && s->version == 3) {
		gone(k, CLOSE_CLIENT); /* also one that the application has not decided on */
		return true;
	}
	if (!k || k->state != SOCKET_JOINED) {
		/* Protocol 4 clients may have left already when this was under way. */
		return s->version == 3 ? true : close_protocol(s);
	}
	switch (p.type) {
	case SIO_DISCONNECT:
		gone(k, CLOSE_CLIENT);
		return true;
	case SIO_EVENT:
		return on_event(s, k, &p);
	case SIO_BINARY_EVENT:
	case SIO_BINARY_ACK:
		/* No event of an application here takes binaries: they are read past. */
		s->attachments_due = p.attachments;
		return true;
	default:
		return true;
	}
}

bool sockets_binary(struct session *s, struct lp_str bytes)
{
	(void)bytes;
	if (!s->attachments_due)
		return close_protocol(s);
	s->attachments_due--;
	return true;
}
