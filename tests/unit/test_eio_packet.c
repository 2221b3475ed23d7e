#include "config.h"

#include "connector/proto/eio_packet.h"
#include "tests/unit/lp_test.h"

static const struct {
	int version;
	struct lp_str text;
	int rc;
	struct eio_packet want;
	bool canonical; /* encodes to the same text */
} texts[] = {
	{4, BYTES("4hello"), LP_OK, {EIO_MESSAGE, false, BYTES("hello")}, true},
	{3, BYTES("4hello"), LP_OK, {EIO_MESSAGE, false, BYTES("hello")}, true},
	{4, BYTES("0{\"sid\":\"x\"}"), LP_OK, {EIO_OPEN, false, BYTES("{\"sid\":\"x\"}")}, true},
	{4, BYTES("1"), LP_OK, {EIO_CLOSE, false, BYTES("")}, true},
	{4, BYTES("2probe"), LP_OK, {EIO_PING, false, BYTES("probe")}, true},
	{3, BYTES("3probe"), LP_OK, {EIO_PONG, false, BYTES("probe")}, true},
	{4, BYTES("5"), LP_OK, {EIO_UPGRADE, false, BYTES("")}, true},
	{4, BYTES("6"), LP_OK, {EIO_NOOP, false, BYTES("")}, true},
	{4, BYTES("40\0x"), LP_OK, {EIO_MESSAGE, false, BYTES("0\0x")}, true},
	{3, BYTES("b4AQID"), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3")}, true},
	{4, BYTES("bAQID"), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3")}, true},
	{4, BYTES("bAQIDBA=="), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3\4")}, true},
	{3, BYTES("b4AQIDBA=="), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3\4")}, true},
	{4, BYTES("bAQ\nIDBA==\n"), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3\4")}, false},
	{3, BYTES("b2"), LP_OK, {EIO_PING, true, BYTES("")}, true},
	{4, BYTES("b"), LP_OK, {EIO_MESSAGE, true, BYTES("")}, true},
	{4, BYTES(""), LP_EPROTO, {0}, false},
	{3, BYTES(""), LP_EPROTO, {0}, false},
	{4, BYTES("7"), LP_EPROTO, {0}, false},
	{4, BYTES("9"), LP_EPROTO, {0}, false},
	{3, BYTES("abc"), LP_EPROTO, {0}, false},
	{4, BYTES("\0"), LP_EPROTO, {0}, false},
	{3, BYTES("b"), LP_EPROTO, {0}, false},
	{3, BYTES("b7AQID"), LP_EPROTO, {0}, false},
	{3, BYTES("bAQID"), LP_EPROTO, {0}, false},
	{4, BYTES("bAQ*D"), LP_EPROTO, {0}, false},
};

static void test_text(void)
{
	struct lp_buf scratch = {0}, back = {0};

	for (size_t i = 0; i < COUNT(texts); i++) {
		const struct eio_packet *want = &texts[i].want;
		struct lp_str t = texts[i].text;
		struct eio_packet p;
		int rc = eio_packet_decode_text(texts[i].version, t, &scratch, &p);

		if (!CHECK_ROW(t, rc == texts[i].rc) || rc != LP_OK)
			continue;
		CHECK_ROW(t, p.type == want->type && p.binary == want->binary);
		CHECK_STR(t, p.data, want->data);
		if (!texts[i].canonical)
			continue;
		lp_buf_reset(&back);
		eio_packet_encode_text(&back, texts[i].version, &p);
		CHECK_STR(t, lp_buf_str(&back), t);
	}
	lp_buf_clear(&scratch);
	lp_buf_clear(&back);
}

static void test_binary(void)
{
	static const struct {
		int version;
		struct lp_str bytes;
		int rc;
		struct eio_packet want;
	} rows[] = {
		{3, BYTES("\4\1\2\3"), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3")}},
		{3, BYTES("\2"), LP_OK, {EIO_PING, true, BYTES("")}},
		{3, BYTES("\6"), LP_OK, {EIO_NOOP, true, BYTES("")}},
		{3, BYTES(""), LP_ENOENT, {0}},
		{3, BYTES("\7x"), LP_ENOENT, {0}},
		{3, BYTES("4x"), LP_ENOENT, {0}},
		{3, BYTES("\xff"), LP_ENOENT, {0}},
		{4, BYTES("\1\2\3"), LP_OK, {EIO_MESSAGE, true, BYTES("\1\2\3")}},
		{4, BYTES(""), LP_OK, {EIO_MESSAGE, true, BYTES("")}},
	};
	struct lp_buf back = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct eio_packet p;
		int rc = eio_packet_decode_binary(rows[i].version, rows[i].bytes, &p);

		if (!CHECK_ROW(rows[i].bytes, rc == rows[i].rc) || rc != LP_OK)
			continue;
		CHECK_ROW(rows[i].bytes, p.type == rows[i].want.type && p.binary);
		CHECK_STR(rows[i].bytes, p.data, rows[i].want.data);
		lp_buf_reset(&back);
		eio_packet_encode_binary(&back, rows[i].version, &p);
		CHECK_STR(rows[i].bytes, lp_buf_str(&back), rows[i].bytes);
	}
	lp_buf_clear(&back);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"text", test_text},
		{"binary", test_binary},
	};

	return lp_test_main("eio_packet", tests, COUNT(tests));
}
