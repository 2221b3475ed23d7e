/*
 * The first byte chooses how the rest is read: 0 protocol 4, 1 protocol 3 as text, 2 protocol 3 in
 * binary framing, 3 a JSONP form around a protocol 3 text. The packets found are encoded again and
 * must come back the same; as there is no incremental interface, slices do not arise.
 */
#include "config.h"

#include "connector/proto/eio_payload.h"
#include "connector/proto/utf8.h"
#include "tests/fuzz/fuzz.h"

static void note(struct lp_buf *log, const struct eio_packet *p)
{
	lp_buf_addu(log, p->type);
	lp_buf_addc(log, p->binary ? 'b' : 't');
	lp_buf_addu(log, p->data.n);
	lp_buf_addc(log, ' ');
	lp_buf_adds(log, p->data);
}

/* Packets to log, and to *again in the form that is read alike by every client of that version. */
static void read_all(int version, bool binary, struct lp_str body, struct lp_buf *log,
		     struct lp_buf *again)
{
	struct eio_payload_in in;
	struct eio_packet p;
	bool first = true;
	int rc;

	eio_payload_open(&in, version, binary, body);
	while ((rc = eio_payload_next(&in, &p)) == 1) {
		MUST(p.type <= EIO_NOOP);
		MUST(p.binary || (p.data.n <= body.n && utf8_valid(p.data)));
		note(log, &p);
		if (again && version == 3)
			eio_payload_add_binary(again, &p);
		else if (again)
			eio_payload_add_text(again, version, first, false, &p);
		first = false;
	}
	MUST(rc == 0 || rc == LP_EPROTO);
	MUST(eio_payload_next(&in, &p) == rc);
	eio_payload_close(&in);
}

static void check_packets(int version, bool binary, struct lp_str body)
{
	struct lp_buf log = {0}, again = {0}, log_again = {0};

	read_all(version, binary, body, &log, &again);
	if (again.len)
		read_all(version, version == 3, lp_buf_str(&again), &log_again, NULL);
	MUST(lp_str_eq(lp_buf_str(&log), lp_buf_str(&log_again)));
	lp_buf_clear(&log);
	lp_buf_clear(&again);
	lp_buf_clear(&log_again);
}

/* One text packet in protocol 3's ASCII form: its length is its bytes, and it is ASCII. */
static void check_ascii(struct lp_str text)
{
	struct eio_packet p = {.type = EIO_MESSAGE, .data = text};
	struct lp_buf out = {0};
	struct eio_payload_in in;

	if (!utf8_valid(text))
		return;
	eio_payload_add_text(&out, 3, true, true, &p);
	MUST(utf8_is_ascii(lp_buf_str(&out)));
	eio_payload_open(&in, 3, false, lp_buf_str(&out));
	MUST(eio_payload_next(&in, &p) == 1 && p.type == EIO_MESSAGE && !p.binary);
	MUST(eio_payload_next(&in, &p) == 0);
	eio_payload_close(&in);
	lp_buf_clear(&out);
}

static void check_jsonp(struct lp_str payload)
{
	struct lp_buf out = {0};

	eio_payload_jsonp(&out, payload, payload);
	for (size_t i = 0; i < out.len; i++)
		MUST((unsigned char)out.data[i] >= 0x20);
	MUST(!memmem(out.data, out.len, "\xe2\x80\xa8", 3));
	MUST(!memmem(out.data, out.len, "\xe2\x80\xa9", 3));
	lp_buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_buf form = {0};
	struct lp_str body;

	if (!size)
		return 0;
	body = lp_str((const char *)data + 1, size - 1);
	switch (data[0] % 4) {
	case 0:
		check_packets(4, false, body);
		check_jsonp(body);
		break;
	case 1:
		check_packets(3, false, body);
		check_ascii(body);
		break;
	case 2:
		check_packets(3, true, body);
		break;
	case 3:
		if (eio_payload_from_form(&form, body)) {
			MUST(form.len <= body.n);
			check_packets(3, false, lp_buf_str(&form));
		}
		lp_buf_clear(&form);
		break;
	}
	return 0;
}
