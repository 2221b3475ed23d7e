#include "config.h"

#include <string.h>

#include "common/lp_buf.h"
#include "connector/engine/frame.h"
#include "connector/proto/ws_frame.h"

struct lp_blob *frame_text(struct lp_str a, struct lp_str b, struct lp_str c)
{
	uint8_t head[10];
	size_t head_len = ws_frame_head(head, WS_TEXT, a.n + b.n + c.n);
	struct lp_blob *frame = lp_blob_new(NULL, head_len + a.n + b.n + c.n);
	char *at = frame->data;

	memcpy(at, head, head_len);
	at += head_len;
	if (a.n)
		memcpy(at, a.p, a.n);
	at += a.n;
	if (b.n)
		memcpy(at, b.p, b.n);
	at += b.n;
	if (c.n)
		memcpy(at, c.p, c.n);
	return frame;
}

struct lp_blob *frame_event(struct lp_str nsp, struct lp_str json)
{
	struct lp_buf head = {0};
	struct lp_blob *frame;

	lp_buf_addz(&head, "42");
	if (!lp_str_eq(nsp, LP_STR("/"))) {
		lp_buf_adds(&head, nsp);
		lp_buf_addc(&head, ',');
	}
	frame = frame_text(lp_buf_str(&head), json, LP_STR(""));
	lp_buf_clear(&head);
	return frame;
}

struct lp_blob *frame_binary(int version, struct lp_str data)
{
	uint8_t head[10 + 1];
	size_t type_len = version == 3;
	size_t head_len = ws_frame_head(head, WS_BINARY, type_len + data.n);
	struct lp_blob *frame;

	if (version == 3)
		head[head_len++] = EIO_MESSAGE;
	frame = lp_blob_new(NULL, head_len + data.n);
	memcpy(frame->data, head, head_len);
	if (data.n)
		memcpy(frame->data + head_len, data.p, data.n);
	return frame;
}

struct lp_str frame_payload(const struct lp_blob *frame)
{
	struct ws_frame f;
	size_t head_len = ws_frame_decode(&f, frame->data, frame->len);

	return lp_str(frame->data + head_len, frame->len - head_len);
}

bool frame_is_binary(const struct lp_blob *frame)
{
	return (frame->data[0] & 0x0f) == WS_BINARY;
}

struct eio_packet frame_packet(const struct lp_blob *frame, int version)
{
	struct lp_str payload = frame_payload(frame);
	struct eio_packet p = {.type = EIO_MESSAGE, .binary = frame_is_binary(frame)};

	if (p.binary) {
		p.data = lp_str_from(payload, version == 3);
	} else {
		p.type = (enum eio_type)(payload.p[0] - '0');
		p.data = lp_str_from(payload, 1);
	}
	return p;
}

struct lp_blob *frame_to_base64(const struct lp_blob *frame, int version)
{
	struct eio_packet p = frame_packet(frame, version);
	struct lp_buf text = {0};
	struct lp_blob *out;

	eio_packet_encode_text(&text, version, &p);
	out = frame_text(lp_buf_str(&text), LP_STR(""), LP_STR(""));
	lp_buf_clear(&text);
	return out;
}
