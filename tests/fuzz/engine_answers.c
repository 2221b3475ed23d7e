#include "config.h"

#include <string.h>

#include "connector/engine/frame.h"
#include "connector/proto/eio_payload.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"
#include "connector/proto/utf8.h"
#include "connector/proto/ws_frame.h"
#include "tests/fuzz/engine_answers.h"

/* --- packets --- */

/* The client gets to know its session. */
static void take_open(struct wire *w, struct lp_str json, int version, bool jsonp)
{
	struct fixture *f = w->fixture;
	struct fuzz_client *c;
	struct lp_str sid;

	MUST(!w->client && f->client_count < FIXTURE_CLIENTS);
	MUST(json_scan_value(json, SIO_JSON_DEPTH) == (ssize_t)json.n);
	MUST(json_scan_member(json, JSON_SCAN_DEPTH_MAX, "sid", &sid) == LP_OK);
	MUST(sid.n > 2 + 16 && sid.n < sizeof(c->sid) + 2);
	c = &f->clients[f->client_count++];
	*c = (struct fuzz_client){.version = version, .jsonp = jsonp};
	memcpy(c->sid, sid.p + 1, sid.n - 2);
	w->client = c;
}

/* A socket.io packet; its attachments follow before anything else does. */
static void take_message(struct wire *w, struct lp_str text)
{
	struct fuzz_client *c = w->client;
	struct sio_packet p;

	MUST(c->due == 0);
	MUST(text.n > 0 && text.p[0] >= '0' && text.p[0] <= '6');
	if (text.p[0] == '4')
		return; /* a refusal: only servers say that */
	MUST(sio_packet_decode(c->version == 3 ? 4 : 5, text, &p) == LP_OK);
	MUST(p.type == SIO_BINARY_EVENT || p.type == SIO_BINARY_ACK || !p.attachments);
	c->due = p.attachments;
}

static void take_packet(struct wire *w, const struct eio_packet *p)
{
	struct fuzz_client *c = w->client;

	MUST(c);
	switch (p->type) {
	case EIO_MESSAGE:
		if (w->fixture->raw)
			break;
		if (!p->binary)
			take_message(w, p->data);
		else
			MUST(c->due-- > 0);
		break;
	case EIO_PING:
		MUST(c->version == 4 && !p->data.n);
		break;
	case EIO_PONG:
		MUST(c->version == 3 || lp_str_eq(p->data, LP_STR("probe")));
		break;
	case EIO_CLOSE:
	case EIO_NOOP:
		MUST(!p->data.n);
		break;
	case EIO_OPEN:
	case EIO_UPGRADE:
		MUST(false);
	}
}

/* --- websockets --- */

void answers_frame(struct wire *w, const struct lp_blob *frame)
{
	struct lp_buf scratch = {0};
	struct eio_packet p;
	struct ws_frame h;
	size_t n = ws_frame_decode(&h, frame->data, frame->len);
	struct lp_str data = lp_str(frame->data + n, frame->len - n);

	MUST(n && h.fin && !h.masked && !h.rsv && h.len == data.n);
	MUST(h.opcode == WS_TEXT || (h.opcode == WS_BINARY && !w->link.base64));
	if (!w->client) {
		MUST(h.opcode == WS_TEXT && data.p[0] == '0');
		take_open(w, lp_str_from(data, 1), memmem(data.p, data.n, "maxPayload", 10) ? 4 : 3,
			  false);
		return;
	}
	if (h.opcode == WS_BINARY) {
		MUST(eio_packet_decode_binary(w->client->version, data, &p) == LP_OK);
	} else {
		MUST(utf8_valid(data));
		MUST(eio_packet_decode_text(w->client->version, data, &scratch, &p) == LP_OK);
	}
	if (w->link.role == LINK_PROBE)
		MUST(lp_str_eq(data, LP_STR("3probe")));
	take_packet(w, &p);
	lp_buf_clear(&scratch);
}

/* --- HTTP --- */

static void take_payload(struct wire *w, bool binary, bool jsonp, struct lp_str body)
{
	struct eio_payload_in in;
	struct eio_packet p;
	int rc;

	if (!w->client) {
		int version = body.n && body.p[0] == '0' ? 4 : 3;

		eio_payload_open(&in, version, binary, body);
		MUST(eio_payload_next(&in, &p) == 1 && p.type == EIO_OPEN && !p.binary);
		take_open(w, p.data, version, jsonp);
	} else {
		eio_payload_open(&in, w->client->version, binary, body);
	}
	MUST(w->client->jsonp == jsonp);
	while ((rc = eio_payload_next(&in, &p)) == 1)
		take_packet(w, &p);
	MUST(rc == 0);
	eio_payload_close(&in);
}

/* ___eio[1]("..."); */
static void unwrap(struct lp_buf *out, struct lp_str body)
{
	size_t from = lp_str_find(body, '(') + 1;

	MUST(lp_str_starts(body, LP_STR("___eio[")) && from + 2 < body.n);
	MUST(json_scan_string(lp_str(body.p + from, body.n - from - 2), out) == LP_OK);
}

static void take_poll(struct wire *w, const struct http_answer *a)
{
	struct lp_buf text = {0};

	MUST(a->content_type && a->no_store);
	if (lp_str_starts(lp_cstr(a->content_type), LP_STR("text/javascript"))) {
		unwrap(&text, a->body);
		take_payload(w, false, true, lp_buf_str(&text));
	} else if (strcmp(a->content_type, "application/octet-stream") == 0) {
		MUST(w->client && w->client->version == 3);
		take_payload(w, true, false, a->body);
	} else {
		take_payload(w, false, false, a->body);
	}
	lp_buf_clear(&text);
}

void answers_http(struct wire *w, const struct http_answer *a)
{
	MUST(a->status >= 200 && a->status < 600);
	MUST(!a->body.n || a->content_type);
	MUST(!a->cookie || w->fixture->conf.cookie[0]);
	if (a->status == 200 && strcmp(a->content_type, "text/html") == 0)
		MUST(lp_str_eq(a->body, LP_STR("ok")));
	else if (a->status == 200)
		take_poll(w, a);
	else if (a->content_type && strcmp(a->content_type, "application/json") == 0)
		MUST(json_scan_value(a->body, 2) == (ssize_t)a->body.n);
}
