/* The first byte chooses the slice; the rest is what a client sends after the upgrade. */
#include "config.h"

#include "connector/proto/utf8.h"
#include "connector/proto/ws_msg.h"
#include "tests/fuzz/fuzz.h"

#define MAX       300
#define FRAGMENTS 10

static void note(struct lp_buf *log, const struct ws_result *r)
{
	lp_buf_addu(log, r->event);
	lp_buf_addc(log, ' ');
	lp_buf_addu(log, r->code);
	lp_buf_addc(log, ' ');
	lp_buf_addu(log, r->data.n);
	lp_buf_addc(log, ' ');
	lp_buf_adds(log, r->data);
}

static void check_result(const struct ws_result *r)
{
	switch (r->event) {
	case WS_EV_TEXT:
		MUST(utf8_valid(r->data));
		MUST(r->data.n <= MAX);
		break;
	case WS_EV_BINARY:
		MUST(r->data.n <= MAX);
		break;
	case WS_EV_PING:
	case WS_EV_PONG:
		MUST(r->data.n <= 125);
		break;
	case WS_EV_CLOSE:
		MUST(r->code == 0 || (r->code >= 1000 && r->code < 5000));
		MUST(utf8_valid(r->data));
		break;
	case WS_EV_ERROR:
		MUST(r->code == 1002 || r->code == 1007 || r->code == 1009);
		break;
	case WS_EV_MORE:
		MUST(r->code == 0 && r->data.n == 0);
		break;
	}
}

/* Feeds the bytes in slices; the events and their data go to log. */
static void run(const uint8_t *data, size_t size, size_t slice, struct lp_buf *log)
{
	struct ws_msg m = {0};
	struct lp_buf in = {0};
	bool over = false;

	for (size_t at = 0; at < size && !over; at += slice) {
		struct ws_result r;

		lp_buf_add(&in, data + at, size - at < slice ? size - at : slice);
		do {
			ws_msg_next(&m, in.data, in.len, MAX, FRAGMENTS, &r);
			MUST(r.used <= in.len);
			MUST(m.parts.len <= MAX && m.fragments <= FRAGMENTS);
			check_result(&r);
			over = r.event == WS_EV_CLOSE || r.event == WS_EV_ERROR;
			if (r.event != WS_EV_MORE)
				note(log, &r);
			lp_buf_consume(&in, r.used);
		} while (r.event != WS_EV_MORE && !over);
	}
	ws_msg_clear(&m);
	lp_buf_clear(&in);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_buf whole = {0}, parts = {0};

	if (size < 2)
		return 0;
	run(data + 1, size - 1, size, &whole);
	run(data + 1, size - 1, 1 + data[0] % 16, &parts);
	MUST(lp_str_eq(lp_buf_str(&whole), lp_buf_str(&parts)));
	lp_buf_clear(&whole);
	lp_buf_clear(&parts);
	return 0;
}
