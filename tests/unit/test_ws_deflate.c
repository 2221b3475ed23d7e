#include "config.h"

#include "common/lp_mem.h"
#include "connector/proto/ws_deflate.h"
#include "tests/unit/lp_test.h"

#define ACCEPTED "permessage-deflate; server_no_context_takeover; client_no_context_takeover"

static void test_answers(void)
{
	static const struct {
		const char *offers, *want;
	} rows[] = {
		{"permessage-deflate", ACCEPTED},
		{"permessage-deflate; client_max_window_bits", ACCEPTED},
		{"permessage-deflate;client_max_window_bits=10", ACCEPTED},
		{"Permessage-Deflate ; client_max_window_bits = \"15\" ", ACCEPTED},
		{"permessage-deflate; server_no_context_takeover; client_no_context_takeover",
		 ACCEPTED},
		{"permessage-deflate; server_max_window_bits=15",
		 ACCEPTED "; server_max_window_bits=15"},
		/* the second offer */
		{"permessage-deflate; server_max_window_bits=10, permessage-deflate", ACCEPTED},
		{"x-webkit-deflate-frame, permessage-deflate; client_max_window_bits", ACCEPTED},
		{"x; y=\"a, \\\" ,\", permessage-deflate", ACCEPTED},
		/* none to accept */
		{"", NULL},
		{"foo", NULL},
		{"permessage-deflatex", NULL},
		{"permessage-deflate; foo=1", NULL},
		{"permessage-deflate; server_max_window_bits", NULL},
		{"permessage-deflate; server_max_window_bits=10", NULL},
		{"permessage-deflate; server_max_window_bits=015", NULL},
		{"permessage-deflate; client_max_window_bits=7", NULL},
		{"permessage-deflate; client_max_window_bits=16", NULL},
		{"permessage-deflate; client_max_window_bits=", NULL},
		{"permessage-deflate; client_max_window_bits=\"15", NULL},
		{"permessage-deflate; client_max_window_bits; client_max_window_bits", NULL},
		{"permessage-deflate; server_no_context_takeover=1", NULL},
		{"permessage-deflate; client_no_context_takeover=", NULL},
		{"permessage-deflate;", NULL},
		{"permessage-deflate;;server_no_context_takeover", NULL},
		{"permessage-deflate foo", NULL},
		{"permessage-deflate = 1", NULL},
		{"x; y=\"permessage-deflate, permessage-deflate", NULL},
		{",,", NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_STR(lp_cstr(rows[i].offers),
			  lp_cstr(ws_deflate_answer(lp_cstr(rows[i].offers))),
			  lp_cstr(rows[i].want));
}

/* The examples of RFC 7692, section 7.2.3, and what must not pass. */
static void test_inflate(void)
{
	static const struct {
		struct lp_str payload;
		int rc;
		struct lp_str want;
	} rows[] = {
		{BYTES("\xf2\x48\xcd\xc9\xc9\x07\x00"), LP_OK, BYTES("Hello")},
		{BYTES("\x00\x05\x00\xfa\xff\x48\x65\x6c\x6c\x6f\x00"), LP_OK, BYTES("Hello")},
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), LP_OK, BYTES("Hello")},
		{BYTES("\xf2\x48\x05\x00\x00\x00\xff\xff\xca\xc9\xc9\x07\x00"), LP_OK,
		 BYTES("Hello")},
		/* final blocks at the end, and twice */
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00"), LP_OK, BYTES("Hello")},
		{BYTES("\xf3\x48\xcd\xc9\xc9\x07\x00\xf3\x48\xcd\xc9\xc9\x07\x00\x00"), LP_OK,
		 BYTES("HelloHello")},
		{BYTES("\x00"), LP_OK, BYTES("")},
		/* the window of the message before is not there */
		{BYTES("\xf2\x00\x11\x00\x00"), LP_EPROTO, BYTES("")},
		{BYTES("\xf2\x48\xcd\xc9\xc9"), LP_EPROTO, BYTES("")},
		{BYTES("\x00\x05\x00\xfa\xff\x48\x65"), LP_EPROTO, BYTES("")},
		{BYTES("\x00\x05\x00\xfa\xfe\x48\x65"), LP_EPROTO, BYTES("")},
		{BYTES("\xff\xff\xff"), LP_EPROTO, BYTES("")},
		{BYTES("Hello"), LP_EPROTO, BYTES("")},
		{BYTES(""), LP_EPROTO, BYTES("")},
	};
	struct ws_deflate *d = ws_deflate_new();

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str got;

		CHECK_ROW(rows[i].payload,
			  ws_deflate_inflate(d, rows[i].payload, 100, &got) == rows[i].rc);
		if (rows[i].rc == LP_OK)
			CHECK_STR(rows[i].payload, got, rows[i].want);
	}
	ws_deflate_free(d);
}

/* There and back, at the limit and one byte over it. */
static void test_round_trip(void)
{
	static const size_t sizes[] = {0, 1, 5, 1024, 16383, 16384, 16385, 65536, 300000};
	struct ws_deflate *d = ws_deflate_new();
	char *text = lp_xmalloc(300000);

	for (int kind = 0; kind < 2; kind++) {
		uint32_t x = 1;

		for (size_t i = 0; i < 300000; i++) {
			x = x * 1664525 + 1013904223;
			text[i] = kind ? (char)(x >> 24) : (char)('a' + (i / 7) % 5);
		}
		for (size_t i = 0; i < COUNT(sizes); i++) {
			struct lp_str in = lp_str(text, sizes[i]), packed, got;
			char *copy;

			packed = ws_deflate_compress(d, in);
			CHECK(kind || in.n < 1000 || packed.n < in.n / 10);
			copy = lp_xstrndup(packed);
			packed.p = copy;
			CHECK(ws_deflate_inflate(d, packed, in.n, &got) == LP_OK);
			CHECK(lp_str_eq(got, in));
			if (in.n) {
				CHECK(ws_deflate_inflate(d, packed, in.n - 1, &got) == LP_ETOOBIG);
				CHECK(got.n == in.n);
			}
			free(copy);
		}
	}
	free(text);
	ws_deflate_free(d);
}

/* A small payload that stands for very much is given up at the limit. */
static void test_bomb(void)
{
	struct ws_deflate *d = ws_deflate_new();
	struct lp_str zeros = lp_str(lp_xcalloc(1, 20000000), 20000000);
	struct lp_str packed = ws_deflate_compress(d, zeros), got;
	char *copy = lp_xstrndup(packed);

	packed.p = copy;
	CHECK(packed.n < zeros.n / 100);
	CHECK(ws_deflate_inflate(d, packed, 1000, &got) == LP_ETOOBIG);
	CHECK(got.n == 1001);
	CHECK(ws_deflate_inflate(d, packed, zeros.n, &got) == LP_OK);
	CHECK(got.n == zeros.n);
	free(copy);
	free((char *)zeros.p);
	ws_deflate_free(d);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"answers", test_answers},
		{"inflate", test_inflate},
		{"round trip", test_round_trip},
		{"bomb", test_bomb},
	};

	return lp_test_main("ws_deflate", tests, COUNT(tests));
}
