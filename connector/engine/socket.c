#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "connector/engine/frame.h"
#include "connector/engine/socket_int.h"
#include "common/base64.h"

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

/* --- sending --- */

void socket_send_packet(struct session *s, const struct sio_packet *p,
			const struct lp_str *attachments)
{
	struct lp_buf *text = &s->engine->packet;
	struct lp_blob *frame;

	lp_buf_reset(text);
	lp_buf_addc(text, '0' + EIO_MESSAGE);
	sio_packet_encode(text, p);
	frame = frame_text(lp_buf_str(text), LP_STR(""), LP_STR(""));
	session_send(s, frame);
	lp_blob_unref(frame);
	for (unsigned i = 0; i < p->attachments; i++) {
		frame = frame_binary(s->version, attachments[i]);
		session_send(s, frame);
		lp_blob_unref(frame);
	}
}

static void send_simple(struct socket *k, enum sio_type type, struct lp_str json)
{
	struct sio_packet p = {.type = type, .nsp = lp_cstr(k->nsp), .json = json};

	socket_send_packet(k->session, &p, NULL);
}

static void send_message(struct socket *k, bool event, const struct socket_message *m)
{
	struct sio_packet p = {
		.nsp = lp_cstr(k->nsp),
		.ack = m->ack,
		.json = m->json,
		.attachments = m->attachment_count,
	};

	if (event)
		p.type = p.attachments ? SIO_BINARY_EVENT : SIO_EVENT;
	else
		p.type = p.attachments ? SIO_BINARY_ACK : SIO_ACK;
	socket_send_packet(k->session, &p, m->attachments);
}

void socket_send(struct socket *k, struct lp_blob *frame)
{
	session_send(k->session, frame);
}

void socket_emit(struct socket *k, struct lp_str json)
{
	send_simple(k, SIO_EVENT, json);
}

void socket_emit_message(struct socket *k, const struct socket_message *m)
{
	send_message(k, true, m);
}

void socket_ack(struct socket *k, struct lp_str ack, struct lp_str json)
{
	send_message(k, false, &(struct socket_message){.ack = ack, .json = json});
}

void socket_ack_message(struct socket *k, const struct socket_message *m)
{
	send_message(k, false, m);
}

/* --- deciding --- */

/* Takes it off its session; the caller frees it. */
static void detach(struct socket *k)
{
	struct socket **at = &k->session->sockets;

	while (*at != k)
		at = &(*at)->next;
	*at = k->next;
	k->session->socket_count--;
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
	send_simple(k, SIO_CONNECT, lp_buf_str(&json));
	lp_buf_clear(&json);
	session_mark_dirty(s); /* connects may have waited for this */
}

/* The older protocol's clients break on an object as a message, the newer ones need one. */
static void refusal(struct lp_buf *json, int version, struct lp_str message, struct lp_str data)
{
	if (version == 3 && data.n) {
		lp_buf_adds(json, data);
		return;
	}
	if (version == 4)
		lp_buf_addz(json, "{\"message\":");
	lp_json_quote(json, message);
	if (version == 4 && data.n) {
		lp_buf_addz(json, ",\"data\":");
		lp_buf_adds(json, data);
	}
	if (version == 4)
		lp_buf_addc(json, '}');
}

void socket_refuse_with(struct socket *k, struct lp_str message, struct lp_str data)
{
	struct session *s = k->session;
	struct lp_buf json = {0};

	refusal(&json, s->version, message, data);
	send_simple(k, SIO_ERROR, lp_buf_str(&json));
	lp_buf_clear(&json);
	detach(k);
	free(k);
	s->refused++;
	session_mark_dirty(s); /* connects may have waited for this */
}

void socket_refuse(struct socket *k, struct lp_str message)
{
	socket_refuse_with(k, message, LP_STR(""));
}

/* --- ending --- */

void socket_gone(struct socket *k, enum close_reason reason)
{
	const struct app_ops *app = k->session->engine->app;

	detach(k);
	app->closed(k, reason);
	free(k);
}

void socket_prove(struct socket *k)
{
	k->proving = true;
	session_prove(k->session);
}

bool socket_is_last(const struct socket *s)
{
	for (const struct socket *k = s->session->sockets; k; k = k->next) {
		if (k != s && strcmp(k->nsp, "/") != 0)
			return false;
	}
	return true;
}

/* All namespaces of the session, "/" first, then as they were joined. */
static void disconnect_all(struct session *s, enum close_reason reason)
{
	while (s->sockets) {
		struct socket *next = s->sockets;

		for (struct socket *k = s->sockets; k; k = k->next) {
			if (strcmp(next->nsp, "/") != 0)
				next = k; /* the list has the latest first */
		}
		send_simple(next, SIO_DISCONNECT, LP_STR(""));
		socket_gone(next, reason);
	}
}

void socket_disconnect(struct socket *k, bool close_session, enum close_reason reason)
{
	struct session *s = k->session;

	if (close_session) {
		disconnect_all(s, reason);
		session_close(s, reason);
	} else {
		send_simple(k, SIO_DISCONNECT, LP_STR(""));
		socket_gone(k, reason);
	}
}
