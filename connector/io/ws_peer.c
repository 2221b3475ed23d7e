#include "config.h"

#include "connector/io/peer.h"
#include "connector/proto/ws_frame.h"

#define RSV1        0x40 /* in the first byte of a frame */
#define CODE_POLICY 1008
#define CODE_TOOBIG 1009

static void send_control(struct peer *p, enum ws_opcode opcode, struct lp_str data, bool bounded)
{
	uint8_t head[10];
	size_t n = ws_frame_head(head, opcode, data.n);
	struct lp_blob *b = lp_blob_new(NULL, n + data.n);

	memcpy(b->data, head, n);
	if (data.n)
		memcpy(b->data + n, data.p, data.n);
	conn_send(&p->conn, b, bounded);
	lp_blob_unref(b);
}

static void send_close(struct peer *p, uint16_t code)
{
	char bytes[2] = {(char)(code >> 8), (char)code};

	send_control(p, WS_CLOSE, lp_str(bytes, code ? sizeof(bytes) : 0), false);
}

/*
 * The frame for those who can inflate it. It is the same for all of them, so the first one's is kept
 * with the block. No smaller: as it is.
 */
static struct lp_blob *packed(struct http_server *s, struct lp_blob *frame)
{
	struct lp_blob *b = frame;
	struct lp_str payload, small;
	struct ws_frame f;

	if (frame->packed)
		return frame->packed;
	payload = lp_str_from(lp_str(frame->data, frame->len),
			      ws_frame_decode(&f, frame->data, frame->len));
	small = payload;
	if (payload.n >= s->conf.compression_threshold)
		small = ws_deflate_compress(s->deflate, payload);
	if (small.n < payload.n) {
		uint8_t head[10];
		size_t n = ws_frame_head(head, (enum ws_opcode)f.opcode, small.n);

		head[0] |= RSV1;
		b = lp_blob_new(NULL, n + small.n);
		memcpy(b->data, head, n);
		memcpy(b->data + n, small.p, small.n);
	}
	lp_blob_pack(frame, b);
	return b;
}

void ws_peer_send(struct peer *p, struct lp_blob *frame)
{
	conn_send(&p->conn, p->message.deflate ? packed(peer_server(p), frame) : frame, true);
}

void ws_peer_end(struct peer *p, uint16_t code)
{
	send_close(p, code);
	peer_set_state(p, PEER_CLOSING);
	deadline_set(&p->conn.deadline, &peer_server(p)->conns.closing, peer_now(p));
}

static void fail(struct peer *p, uint16_t code)
{
	struct http_server_stats *stats = &peer_server(p)->stats;

	stats->bad_frames++;
	stats->large_messages += code == CODE_TOOBIG;
	stats->control_floods += code == CODE_POLICY;
	send_close(p, code);
	peer_detach(p, CLOSE_PROTOCOL);
	conn_finish(&p->conn);
}

/* The peer's CLOSE, or our end of the wait for it. */
static void close_came(struct peer *p, uint16_t code)
{
	if (p->state == PEER_OPEN) {
		send_close(p, code);
		peer_detach(p, CLOSE_TRANSPORT);
	}
	conn_finish(&p->conn);
}

static void take_event(struct peer *p, const struct ws_result *r)
{
	bool open = p->state == PEER_OPEN;

	switch (r->event) {
	case WS_EV_TEXT:
	case WS_EV_BINARY:
		if (open)
			engine_message(p->engine, &p->link, r->event == WS_EV_BINARY, r->data,
				       peer_now(p));
		break;
	case WS_EV_PING:
		if (open)
			send_control(p, WS_PONG, r->data, true);
		break;
	case WS_EV_CLOSE:
		close_came(p, r->code);
		break;
	case WS_EV_ERROR:
		if (open)
			fail(p, r->code);
		else
			conn_finish(&p->conn);
		break;
	case WS_EV_PONG:
	case WS_EV_MORE:
		break;
	}
}

size_t ws_peer_input(struct peer *p, char *data, size_t len)
{
	const struct http_server_conf *conf = &peer_server(p)->conf;
	unsigned control = 0;
	size_t used = 0;

	while (used < len && !conn_is_over(&p->conn)) {
		struct ws_result r;

		ws_msg_next(&p->message, data + used, len - used, conf->max_payload,
			    conf->max_fragments, &r);
		used += r.used;
		if (r.event == WS_EV_MORE)
			break;
		if ((r.event == WS_EV_PING || r.event == WS_EV_PONG) &&
		    ++control > conf->max_control_frames) {
			r.event = WS_EV_ERROR;
			r.code = CODE_POLICY;
		}
		take_event(p, &r);
	}
	if (!p->message.opcode && p->message.parts.cap)
		ws_msg_clear(&p->message); /* a message of several fragments was handed over */
	return used;
}
