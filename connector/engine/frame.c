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

struct lp_str frame_packet(const struct lp_blob *frame)
{
	struct ws_frame f;
	size_t head_len = ws_frame_decode(&f, frame->data, frame->len);

	return lp_str(frame->data + head_len, frame->len - head_len);
}
