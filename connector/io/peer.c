#include "config.h"

#include <stdlib.h>

#include "common/lp_log.h"
#include "connector/io/client_address.h"
#include "connector/io/peer.h"

static const char *const state_names[] = {
	[PEER_HEAD] = "head", [PEER_BODY] = "body",       [PEER_WAIT] = "wait",
	[PEER_OPEN] = "open", [PEER_CLOSING] = "closing", [PEER_OVER] = "over",
};

void peer_set_state(struct peer *p, enum peer_state state)
{
	lp_debug("conn", "fd=%d %s -> %s", p->conn.fd, state_names[p->state], state_names[state]);
	p->state = (uint8_t)state;
}

void peer_detach(struct peer *p, enum close_reason reason)
{
	peer_set_state(p, PEER_OVER);
	if (p->engine)
		engine_link_lost(p->engine, &p->link, reason, peer_now(p));
}

/* --- what the connection tells --- */

static size_t peer_input(struct conn *c, char *data, size_t len, size_t fresh)
{
	struct peer *p = peer_of_conn(c);

	switch (p->state) {
	case PEER_OPEN:
	case PEER_CLOSING:
		return ws_peer_input(p, data, len);
	default:
		return http_request_input(p, data, len, fresh);
	}
}

static void peer_lost(struct conn *c, enum conn_loss why)
{
	struct peer *p = peer_of_conn(c);
	bool idle = p->state == PEER_HEAD;

	peer_detach(p, why == CONN_LOST_SLOW ? CLOSE_SLOW : CLOSE_TRANSPORT);
	if (idle && why == CONN_LOST_EOF)
		conn_finish(c); /* it may still read the answer */
	else
		conn_close(c);
}

static void peer_drained(struct conn *c)
{
	/* Requests may have been held back while the answers were not taken. */
	if (peer_of_conn(c)->state == PEER_HEAD)
		conn_resume(c);
}

static void peer_destroy(struct conn *c)
{
	struct peer *p = peer_of_conn(c);

	http_request_free(p->request);
	ws_msg_clear(&p->message);
	free(p);
}

static const struct conn_ops conn_ops = {peer_input, peer_lost, peer_drained, peer_destroy};

/* --- what the engine asks for --- */

static void link_send(struct link *l, struct lp_blob *frame)
{
	struct peer *p = peer_of_link(l);

	if (p->state == PEER_OPEN)
		ws_peer_send(p, frame);
}

static void link_respond(struct link *l, const struct http_answer *a)
{
	struct peer *p = peer_of_link(l);

	if (p->request && p->state != PEER_OVER)
		http_request_answer(p, a);
}

static void link_end(struct link *l, uint16_t code)
{
	struct peer *p = peer_of_link(l);

	if (p->state == PEER_OPEN)
		ws_peer_end(p, code);
}

static void link_drop(struct link *l)
{
	struct peer *p = peer_of_link(l);

	peer_set_state(p, PEER_OVER);
	conn_close(&p->conn);
}

static void link_address(struct link *l, const struct http_head *h, struct link_address *a)
{
	struct peer *p = peer_of_link(l);

	client_address_of(a, p->conn.fd, h, peer_server(p)->conf.trusted_proxies);
}

static const struct link_ops link_ops = {link_send, link_respond, link_end, link_drop,
					 link_address};

/* --- time-outs --- */

void peer_head_overdue(struct peer *p)
{
	peer_server(p)->stats.timeouts++;
	if (p->conn.in.len) {
		http_request_refuse(p, 408);
	} else { /* it never asked for anything */
		peer_set_state(p, PEER_OVER);
		conn_close(&p->conn);
	}
}

void peer_body_overdue(struct peer *p)
{
	peer_server(p)->stats.timeouts++;
	peer_detach(p, CLOSE_TRANSPORT);
	http_request_refuse(p, 408);
}

void peer_idle_overdue(struct peer *p)
{
	uint32_t unsent = (uint32_t)conn_pending(&p->conn);

	if (unsent && (!p->unsent || unsent < p->unsent)) {
		/* slow, but it reads its answer */
		p->unsent = unsent;
		deadline_set(&p->conn.deadline, &peer_server(p)->idles, peer_now(p));
		return;
	}
	peer_set_state(p, PEER_OVER);
	conn_close(&p->conn);
}

void peer_new(struct http_server *s, int fd)
{
	struct peer *p = lp_xcalloc(1, sizeof(*p));

	p->link.ops = &link_ops;
	conn_open(&p->conn, &s->conns, fd, &conn_ops);
	deadline_set(&p->conn.deadline, &s->heads, peer_now(p));
}
