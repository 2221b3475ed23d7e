#include "config.h"

#include "connector/proto/utf8.h"
#include "connector/proto/ws_deflate.h"
#include "connector/proto/ws_frame.h"
#include "connector/proto/ws_msg.h"

#define CODE_PROTOCOL 1002
#define CODE_TEXT     1007
#define CODE_TOOBIG   1009
#define CONTROL_MAX   125
#define RSV1          4 /* of struct ws_frame's rsv: the message is compressed */

static void fail(struct ws_result *out, uint16_t code)
{
	out->event = WS_EV_ERROR;
	out->code = code;
}

/* Which of RFC 6455's rules the header breaks, as a close code; 0 when none. */
static uint16_t check_head(const struct ws_msg *m, const struct ws_frame *f, size_t max,
			   unsigned fragments_max)
{
	bool starts = f->opcode == WS_TEXT || f->opcode == WS_BINARY;

	if ((f->rsv && !(f->rsv == RSV1 && m->deflate && starts)) || !f->masked)
		return CODE_PROTOCOL;
	switch (f->opcode) {
	case WS_CLOSE:
	case WS_PING:
	case WS_PONG:
		return f->fin && f->len <= CONTROL_MAX ? 0 : CODE_PROTOCOL;
	case WS_CONT:
		if (!m->opcode)
			return CODE_PROTOCOL;
		break;
	case WS_TEXT:
	case WS_BINARY:
		if (m->opcode)
			return CODE_PROTOCOL;
		break;
	default:
		return CODE_PROTOCOL;
	}
	if (f->len > max || m->parts.len > max - f->len || m->fragments >= fragments_max)
		return CODE_TOOBIG;
	return 0;
}

/* Section 7.4: codes a peer may send. */
static bool close_code_valid(unsigned code)
{
	if (code >= 3000)
		return code < 5000;
	return code >= 1000 && code < 1015 && (code < 1004 || code > 1006);
}

static void take_close(struct lp_str payload, struct ws_result *out)
{
	unsigned code;

	out->event = WS_EV_CLOSE;
	if (!payload.n)
		return;
	if (payload.n == 1) {
		fail(out, CODE_PROTOCOL);
		return;
	}
	code = (unsigned)((uint8_t)payload.p[0] << 8 | (uint8_t)payload.p[1]);
	if (!close_code_valid(code)) {
		fail(out, CODE_PROTOCOL);
		return;
	}
	out->code = (uint16_t)code;
	out->data = lp_str_from(payload, 2);
	if (!utf8_valid(out->data))
		fail(out, CODE_TEXT);
}

static void give_message(const struct ws_msg *m, uint8_t opcode, bool compressed,
			 struct lp_str data, size_t max, struct ws_result *out)
{
	int rc = LP_OK;

	out->event = opcode == WS_TEXT ? WS_EV_TEXT : WS_EV_BINARY;
	if (compressed)
		rc = ws_deflate_inflate(m->deflate, data, max, &data);
	if (rc == LP_ETOOBIG)
		fail(out, CODE_TOOBIG);
	else if (rc != LP_OK || (opcode == WS_TEXT && !utf8_valid(data)))
		fail(out, CODE_TEXT);
	else
		out->data = data;
}

/* One whole, unmasked frame. Leaves WS_EV_MORE when it was a fragment that ends nothing. */
static void take_frame(struct ws_msg *m, const struct ws_frame *f, struct lp_str payload,
		       size_t max, struct ws_result *out)
{
	switch (f->opcode) {
	case WS_CLOSE:
		take_close(payload, out);
		return;
	case WS_PING:
	case WS_PONG:
		out->event = f->opcode == WS_PING ? WS_EV_PING : WS_EV_PONG;
		out->data = payload;
		return;
	}
	if (f->fin && !m->opcode) { /* the usual case: no copy */
		give_message(m, f->opcode, f->rsv, payload, max, out);
		return;
	}
	if (f->opcode != WS_CONT) {
		m->opcode = f->opcode;
		m->compressed = f->rsv;
	}
	m->fragments++;
	lp_buf_adds(&m->parts, payload);
	if (f->fin) {
		give_message(m, m->opcode, m->compressed, lp_buf_str(&m->parts), max, out);
		m->opcode = 0;
		m->fragments = 0;
	}
}

void ws_msg_next(struct ws_msg *m, void *data, size_t len, size_t max, unsigned fragments_max,
		 struct ws_result *out)
{
	char *p = data;

	*out = (struct ws_result){.event = WS_EV_MORE};
	if (!m->opcode && m->parts.cap)
		lp_buf_clear(&m->parts); /* the message given last time */
	while (out->event == WS_EV_MORE && out->used < len) {
		struct ws_frame f;
		size_t head = ws_frame_decode(&f, p + out->used, len - out->used);
		uint16_t code;

		if (!head)
			return;
		code = check_head(m, &f, max, fragments_max);
		if (code) {
			fail(out, code);
			return;
		}
		if (f.len > len - out->used - head)
			return;
		ws_mask(p + out->used + head, (size_t)f.len, f.mask, 0);
		take_frame(m, &f, lp_str(p + out->used + head, (size_t)f.len), max, out);
		out->used += head + (size_t)f.len;
	}
}

void ws_msg_clear(struct ws_msg *m)
{
	lp_buf_clear(&m->parts);
	*m = (struct ws_msg){.deflate = m->deflate};
}
