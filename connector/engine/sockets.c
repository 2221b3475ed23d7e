/* The socket.io layer of a session: what its packets mean for the sockets in it. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "connector/engine/assembly.h"
#include "connector/engine/socket_int.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_binary.h"

/* A CONNECT of protocol 4 that waits until "/" is joined. */
struct held {
	struct held *next;
	size_t len;
	char text[];
};

static bool close_packet(struct session *s)
{
	session_close(s, CLOSE_PACKET);
	return false;
}

static bool close_too_many(struct session *s)
{
	s->engine->stats.namespaces_refused++;
	return close_packet(s);
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

/* --- connecting --- */

static void ask(struct socket *k, const struct sio_packet *p)
{
	struct session *s = k->session;
	struct socket_request req = {
		.nsp = lp_cstr(k->nsp),
		.url_query = lp_cstr(s->query),
		.cookie = lp_cstr(s->cookie),
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

/* Protocol 4: whether the application still thinks about "/", which comes before all others. */
static bool root_undecided(struct session *s)
{
	struct socket *root = s->version == 3 ? find(s, LP_STR("/")) : NULL;

	return root && root->state == SOCKET_ASKING;
}

static bool hold(struct session *s, struct lp_str text)
{
	struct held **at = &s->held;
	struct held *h;
	unsigned count = 0;

	for (; *at; at = &(*at)->next)
		count++;
	if (count + s->socket_count >= s->engine->conf.max_namespaces)
		return close_too_many(s);
	h = lp_xmalloc(sizeof(*h) + text.n);
	h->next = NULL;
	h->len = text.n;
	memcpy(h->text, text.p, text.n);
	*at = h;
	return true;
}

static bool join(struct session *s, const struct sio_packet *p)
{
	struct socket *k = find(s, p->nsp);

	if (k && s->version == 4)
		return close_packet(s);
	if (k) {
		/* Clients of protocol 4 may ask twice. */
		if (k->state == SOCKET_JOINED)
			socket_send_packet(
				s, &(struct sio_packet){.type = SIO_CONNECT, .nsp = p->nsp}, NULL);
		return true;
	}
	/* Each one asked for costs the application something, also those it refuses. */
	if (s->socket_count + s->refused >= s->engine->conf.max_namespaces)
		return close_too_many(s);
	ask(add(s, p->nsp), p);
	return session_open(s);
}

static bool on_connect(struct session *s, const struct sio_packet *p, struct lp_str text)
{
	bool root = lp_str_eq(p->nsp, LP_STR("/"));

	if (root && s->version == 3 && find(s, p->nsp))
		return true; /* joined by itself */
	if (!root && (s->held || root_undecided(s)))
		return hold(s, text);
	return join(s, p);
}

/* Not at once when the application decides, which may be about to use its socket. */
void sockets_go_on(struct session *s)
{
	while (s->held && session_open(s) && !root_undecided(s)) {
		struct held *h = s->held;
		struct sio_packet p;

		s->held = h->next;
		if (sio_packet_decode(4, lp_str(h->text, h->len), &p) == LP_OK)
			join(s, &p);
		free(h);
	}
}

/* --- events and acks --- */

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

static bool on_event(struct socket *k, struct socket_event *ev)
{
	struct session *s = k->session;
	struct lp_str elements[1 + SOCKET_ARGS_MAX];
	struct lp_buf *name = &s->engine->name;
	ssize_t count = json_scan_array(ev->json, SIO_JSON_DEPTH, elements, 1 + SOCKET_ARGS_MAX);

	if (count < 1)
		return close_packet(s);
	/* A number is a name nobody listens to. */
	if (elements[0].p[0] != '"')
		return true;
	lp_buf_reset(name);
	if (json_scan_string(elements[0], name) != LP_OK)
		return close_packet(s);
	ev->name = lp_buf_str(name);
	ev->argc = (size_t)count - 1;
	for (size_t i = 0; i < ev->argc && i < SOCKET_ARGS_MAX; i++)
		ev->args[i] = elements[i + 1];
	if (!reserved(ev->name))
		s->engine->app->event(k, ev);
	else if (s->version == 4)
		return close_packet(s);
	return session_open(s);
}

static bool has_joined(const struct socket *k)
{
	return k && k->state == SOCKET_JOINED;
}

/* A packet that is complete, for a namespace. attachments are numbered as its JSON does. */
static bool dispatch(struct session *s, const struct sio_packet *p, struct lp_str json,
		     const struct lp_str *attachments, unsigned count)
{
	struct socket *k = find(s, p->nsp);
	struct socket_event ev = {
		.ack = p->ack, .json = json, .attachments = attachments, .attachment_count = count};

	if (k && p->type == SIO_DISCONNECT && s->version == 3) {
		/* Also one that is not decided on, which costs as much as one that is refused. */
		s->refused += !has_joined(k);
		socket_gone(k, CLOSE_CLIENT);
		return session_open(s);
	}
	if (!has_joined(k)) {
		/* Protocol 4 clients may have left already when this was under way. */
		return s->version == 3 ? true : close_packet(s);
	}
	switch (p->type) {
	case SIO_DISCONNECT:
		socket_gone(k, CLOSE_CLIENT);
		break;
	case SIO_EVENT:
	case SIO_BINARY_EVENT:
		return on_event(k, &ev);
	case SIO_ACK:
	case SIO_BINARY_ACK:
		if (s->engine->app->acked)
			s->engine->app->acked(k, &ev);
		break;
	default:
		break;
	}
	return session_open(s);
}

bool sockets_text(struct session *s, struct lp_str text)
{
	struct sio_packet p;
	int rc;

	if (s->assembly)
		return close_packet(s); /* its attachments come first */
	rc = sio_packet_decode(s->version == 3 ? 4 : 5, text, &p);
	if (rc == LP_ENOENT)
		return s->version == 3 || has_joined(find(s, p.nsp)) ? true : close_packet(s);
	if (rc != LP_OK)
		return close_packet(s);
	if (p.type == SIO_CONNECT)
		return on_connect(s, &p, text);
	if (!p.attachments)
		return dispatch(s, &p, p.json, NULL, 0);
	if (text.n > s->engine->conf.max_payload)
		return close_packet(s);
	session_assemble(s, assembly_new(text, p.attachments));
	return true;
}

/* All attachments of a packet are here. */
static bool assembled(struct session *s, const struct assembly *a)
{
	struct lp_str attachments[SIO_ATTACHMENTS_MAX];
	unsigned order[SIO_ATTACHMENTS_MAX];
	struct lp_buf json = {0};
	struct sio_packet p;
	int count;
	bool open;

	if (sio_packet_decode(s->version == 3 ? 4 : 5, lp_buf_str(&a->text), &p) != LP_OK)
		return close_packet(s);
	count = sio_binary_renumber(&json, p.json, a->due, order);
	if (count < 0) {
		open = close_packet(s);
	} else {
		for (int i = 0; i < count; i++)
			attachments[i] = assembly_get(a, order[i]);
		open = dispatch(s, &p, lp_buf_str(&json), attachments, (unsigned)count);
	}
	lp_buf_clear(&json);
	return open;
}

bool sockets_binary(struct session *s, struct lp_str bytes)
{
	struct assembly *a = s->assembly;
	bool open;

	if (!a || !assembly_add(a, bytes, s->engine->conf.max_payload))
		return close_packet(s);
	if (a->count < a->due)
		return true;
	session_assemble(s, NULL);
	open = assembled(s, a);
	assembly_free(a);
	return open;
}

void sockets_proved(struct session *s)
{
	const struct app_ops *app = s->engine->app;

	for (struct socket *k = s->sockets; k; k = k->next) {
		if (k->proving && app->proved)
			app->proved(k);
		k->proving = false;
	}
}

void sockets_closed(struct session *s, enum close_reason reason)
{
	while (s->held) {
		struct held *h = s->held;

		s->held = h->next;
		free(h);
	}
	while (s->sockets)
		socket_gone(s->sockets, reason);
}
