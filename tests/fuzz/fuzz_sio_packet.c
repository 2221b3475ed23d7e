/*
 * The first byte chooses the protocol, 4 or 5; the rest is a socket.io packet. What is accepted
 * must come back the same after encoding, and its JSON is cut further.
 */
#include "config.h"

#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"
#include "connector/proto/utf8.h"
#include "tests/fuzz/fuzz.h"

static void check_json(struct lp_str json)
{
	struct lp_str elements[8];
	struct lp_buf out = {0};
	ssize_t count;

	if (json.p[0] != '[')
		return;
	count = json_scan_array(json, SIO_JSON_DEPTH, elements, 8);
	MUST(count >= 0);
	for (ssize_t i = 0; i < count && i < 8; i++) {
		MUST(inside(elements[i], json.p, json.n));
		MUST(json_scan_value(elements[i], SIO_JSON_DEPTH) == (ssize_t)elements[i].n);
		lp_buf_reset(&out);
		if (elements[i].p[0] != '"')
			continue;
		MUST(json_scan_string(elements[i], &out) == LP_OK);
		MUST(out.len <= elements[i].n);
		MUST(utf8_valid(lp_buf_str(&out)) || !utf8_valid(elements[i]));
	}
	lp_buf_clear(&out);
}

static void check_round_trip(int protocol, const struct sio_packet *p)
{
	struct lp_buf text = {0};
	struct sio_packet again;

	sio_packet_encode(&text, p);
	MUST(sio_packet_decode(protocol, lp_buf_str(&text), &again) == LP_OK);
	MUST(again.type == p->type && again.attachments == p->attachments);
	MUST(lp_str_eq(again.nsp, p->nsp) && !again.query.n);
	MUST(lp_str_eq(again.ack, p->ack) && lp_str_eq(again.json, p->json));
	lp_buf_clear(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sio_packet p;
	struct lp_str text;
	int protocol, rc;

	if (!size)
		return 0;
	protocol = data[0] % 2 ? 5 : 4;
	text = lp_str((const char *)data + 1, size - 1);
	MUST(json_scan_value(text, SIO_JSON_DEPTH) <= (ssize_t)text.n);
	rc = sio_packet_decode(protocol, text, &p);
	MUST(rc == LP_OK || rc == LP_EPROTO || rc == LP_ENOENT);
	if (rc != LP_OK)
		return 0;
	MUST(p.nsp.n > 0 && p.nsp.n <= SIO_NSP_MAX && p.nsp.p[0] == '/');
	MUST(p.query.n <= SIO_QUERY_MAX && p.ack.n <= SIO_ACK_DIGITS);
	MUST(p.attachments <= SIO_ATTACHMENTS_MAX);
	MUST(inside(p.json, data, size) && inside(p.ack, data, size));
	if (p.json.n)
		check_json(p.json);
	check_round_trip(protocol, &p);
	return 0;
}
