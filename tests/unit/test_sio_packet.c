#include "config.h"

#include "connector/proto/sio_packet.h"
#include "tests/unit/lp_test.h"

/* type attachments nsp ?query #ack json, as "2 /demo #0 [...]"; or the name of the result. */
static void describe(int protocol, struct lp_str text, struct lp_buf *out)
{
	struct sio_packet p;
	int rc = sio_packet_decode(protocol, text, &p);

	lp_buf_reset(out);
	if (rc != LP_OK) {
		lp_buf_addz(out, rc == LP_EPROTO ? "close" : rc == LP_ENOENT ? "ignore" : "?");
		return;
	}
	lp_buf_addf(out, "%d", (int)p.type);
	if (p.attachments)
		lp_buf_addf(out, "+%u", p.attachments);
	lp_buf_addf(out, " %.*s", LP_FMT(p.nsp));
	if (p.query.p)
		lp_buf_addf(out, " ?%.*s", LP_FMT(p.query));
	if (p.ack.n)
		lp_buf_addf(out, " #%.*s", LP_FMT(p.ack));
	if (p.json.n)
		lp_buf_addf(out, " %.*s", LP_FMT(p.json));
}

#define PLACEHOLDER "{\"_placeholder\":true,\"num\":0}"

/* Texts as the engine.io message brings them, without its 4. */
static const struct {
	struct lp_str text;
	const char *want4; /* protocol 4 */
	const char *want5; /* protocol 5; NULL: the same */
} rows[] = {
	/* CONNECT */
	{BYTES("0"), "0 /", NULL},
	{BYTES("0/,"), "0 /", NULL},
	{BYTES("0/"), "0 /", NULL},
	{BYTES("0/demo,"), "0 /demo", NULL},
	{BYTES("0/demo"), "0 /demo", NULL},
	{BYTES("0//,"), "0 //", NULL},
	{BYTES("0/demo?uuid=u&userid=x,"), "0 /demo ?uuid=u&userid=x", "0 /demo?uuid=u&userid=x"},
	{BYTES("0/demo?uuid=u&userid=x"), "0 /demo ?uuid=u&userid=x", "0 /demo?uuid=u&userid=x"},
	{BYTES("0/demo?uuid=a&x=1,2&y=/z,"), "0 /demo ?uuid=a&x=1,2&y=/z", "close"},
	{BYTES("0/demo?uuid=a,,"), "0 /demo ?uuid=a,", "close"},
	{BYTES("0/demo?"), "0 /demo ?", "0 /demo?"},
	{BYTES("0/demo?,"), "0 /demo ?", "0 /demo?"},
	{BYTES("0/?a=1,"), "0 / ?a=1", "0 /?a=1"},
	{BYTES("0/demo,?a=1"), "close", NULL},
	{BYTES("0{\"token\":\"abc\"}"), "close", "0 / {\"token\":\"abc\"}"},
	{BYTES("0/demo,{\"token\":\"abc\"}"), "close", "0 /demo {\"token\":\"abc\"}"},
	{BYTES("0/demo,{}"), "close", "0 /demo {}"},
	{BYTES("0/demo,{}x"), "close", NULL},
	{BYTES("0/demo,{"), "close", NULL},
	{BYTES("0[]"), "close", NULL},
	{BYTES("0\"x\""), "close", NULL},
	{BYTES("0null"), "close", NULL},
	{BYTES("0,"), "close", NULL},
	{BYTES("0demo"), "close", NULL},
	{BYTES("012"), "close", NULL},
	{BYTES("0/de\nmo,"), "close", NULL},
	{BYTES("0/de\0mo,"), "close", NULL},
	{BYTES("0/demo?a=\x7f,"), "close", NULL},
	/* DISCONNECT */
	{BYTES("1"), "1 /", NULL},
	{BYTES("1/demo,"), "1 /demo", NULL},
	{BYTES("1/demo"), "1 /demo", NULL},
	{BYTES("1/,"), "1 /", NULL},
	{BYTES("1[]"), "close", NULL},
	{BYTES("1,"), "close", NULL},
	{BYTES("1/demo,{}"), "close", NULL},
	/* EVENT */
	{BYTES("2[\"echo\",1]"), "2 / [\"echo\",1]", NULL},
	{BYTES("2/,[\"echo\",1]"), "2 / [\"echo\",1]", NULL},
	{BYTES("2/demo,[\"echo\",1]"), "2 /demo [\"echo\",1]", NULL},
	{BYTES("21[\"echo\",1]"), "2 / #1 [\"echo\",1]", NULL},
	{BYTES("2/demo,0[\"echo\",\"x\"]"), "2 /demo #0 [\"echo\",\"x\"]", NULL},
	{BYTES("2007[\"echo\",1]"), "2 / #007 [\"echo\",1]", NULL},
	{BYTES("2456[\"echo\",1,\"2\",{\"3\":[false]}]"),
	 "2 / #456 [\"echo\",1,\"2\",{\"3\":[false]}]", NULL},
	{BYTES("2123456789012345[\"e\"]"), "2 / #123456789012345 [\"e\"]", NULL},
	{BYTES("21234567890123456[\"e\"]"), "close", NULL},
	{BYTES("2/demo?a=1,[\"e\"]"), "2 /demo?a=1 [\"e\"]", NULL},
	{BYTES("2[1,2]"), "2 / [1,2]", NULL},
	{BYTES("2[-1]"), "2 / [-1]", NULL},
	{BYTES("2[\"__proto__\",1]"), "2 / [\"__proto__\",1]", NULL},
	{BYTES("2[\"echo\"," PLACEHOLDER "]"), "2 / [\"echo\"," PLACEHOLDER "]", NULL},
	{BYTES("2[\"echo\",\"\\ud800\"]"), "2 / [\"echo\",\"\\ud800\"]", NULL},
	{BYTES("2[\"a\",1e400,{\"k\":1,\"k\":2}]"), "2 / [\"a\",1e400,{\"k\":1,\"k\":2}]", NULL},
	{BYTES("2"), "ignore", NULL},
	{BYTES("2/demo,"), "ignore", NULL},
	{BYTES("2/demo,7"), "ignore", NULL},
	{BYTES("2[]"), "close", NULL},
	{BYTES("2{}"), "close", NULL},
	{BYTES("2\"x\""), "close", NULL},
	{BYTES("2null"), "close", NULL},
	{BYTES("2[null]"), "close", NULL},
	{BYTES("2[true]"), "close", NULL},
	{BYTES("2[{}]"), "close", NULL},
	{BYTES("2[[\"echo\"]]"), "close", NULL},
	{BYTES("2[\"echo\""), "close", NULL},
	{BYTES("2[\"echo\",1]x"), "close", NULL},
	{BYTES("2abc[\"echo\"]"), "close", NULL},
	{BYTES("2-1[\"echo\"]"), "close", NULL},
	{BYTES("21.5[\"echo\"]"), "close", NULL},
	{BYTES("2 [\"echo\",1]"), "close", NULL},
	/* ACK */
	{BYTES("3/demo,0[\"x\"]"), "3 /demo #0 [\"x\"]", NULL},
	{BYTES("31[]"), "3 / #1 []", NULL},
	{BYTES("3999[1]"), "3 / #999 [1]", NULL},
	{BYTES("3"), "ignore", NULL},
	{BYTES("30"), "ignore", NULL},
	{BYTES("3[1]"), "ignore", NULL},
	{BYTES("30{}"), "close", NULL},
	{BYTES("30[1"), "close", NULL},
	/* ERROR comes from servers only */
	{BYTES("4\"x\""), "ignore", "close"},
	{BYTES("4{\"message\":\"x\"}"), "ignore", "close"},
	{BYTES("4"), "ignore", "close"},
	/* binary */
	{BYTES("51-/demo,[\"echo\"," PLACEHOLDER ",\"x\"]"),
	 "5+1 /demo [\"echo\"," PLACEHOLDER ",\"x\"]", NULL},
	{BYTES("51-/demo,1[\"echo\"," PLACEHOLDER "]"), "5+1 /demo #1 [\"echo\"," PLACEHOLDER "]",
	 NULL},
	{BYTES("52-789[\"echo\"]"), "5+2 / #789 [\"echo\"]", NULL},
	{BYTES("510-[\"e\"]"), "5+10 / [\"e\"]", NULL},
	{BYTES("511-[\"e\"]"), "close", NULL},
	{BYTES("61-/demo,1[" PLACEHOLDER "]"), "6+1 /demo #1 [" PLACEHOLDER "]", NULL},
	{BYTES("50-[\"echo\",1]"), "2 / [\"echo\",1]", NULL},
	{BYTES("60-3[1]"), "3 / #3 [1]", NULL},
	{BYTES("50-"), "ignore", NULL},
	{BYTES("51-"), "close", NULL},
	{BYTES("61-0"), "close", NULL},
	{BYTES("61-[1]"), "close", NULL},
	{BYTES("5-[\"e\"]"), "close", NULL},
	{BYTES("5[\"e\"]"), "close", NULL},
	{BYTES("5x-[\"e\"]"), "close", NULL},
	{BYTES("51.5-[\"e\"]"), "close", NULL},
	{BYTES("5-1-[\"e\"]"), "close", NULL},
	{BYTES("51"), "close", NULL},
	{BYTES("5999999999999-[\"e\"]"), "close", NULL},
	{BYTES("51-\"x\""), "close", NULL},
	/* no type */
	{BYTES(""), "close", NULL},
	{BYTES("7"), "close", NULL},
	{BYTES("9"), "close", NULL},
	{BYTES("abc"), "close", NULL},
	{BYTES("-1"), "close", NULL},
};

static void test_decode(void)
{
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *want5 = rows[i].want5 ? rows[i].want5 : rows[i].want4;

		describe(4, rows[i].text, &got);
		CHECK_STR(rows[i].text, lp_buf_str(&got), lp_cstr(rows[i].want4));
		describe(5, rows[i].text, &got);
		CHECK_STR(rows[i].text, lp_buf_str(&got), lp_cstr(want5));
	}
	lp_buf_clear(&got);
}

/* Lengths and depth right at their limits: up to `last` is fine, one more is not. */
static void test_limits(void)
{
	static const struct {
		const char *head;
		char fill;
		const char *tail;
		size_t last;
	} limits[] = {
		{"0/", 'n', ",", SIO_NSP_MAX - 1},
		{"0/n?", 'q', ",", SIO_QUERY_MAX},
		{"2", '7', "[1]", SIO_ACK_DIGITS},
	};
	struct lp_buf text = {0};
	struct sio_packet p;

	for (size_t i = 0; i < COUNT(limits); i++) {
		for (size_t over = 0; over < 2; over++) {
			lp_buf_reset(&text);
			lp_buf_addz(&text, limits[i].head);
			for (size_t k = 0; k < limits[i].last + over; k++)
				lp_buf_addc(&text, limits[i].fill);
			lp_buf_addz(&text, limits[i].tail);
			CHECK_ROW(lp_cstr(limits[i].head),
				  sio_packet_decode(4, lp_buf_str(&text), &p) ==
					  (over ? LP_EPROTO : LP_OK));
		}
	}
	for (size_t depth = SIO_JSON_DEPTH - 1; depth <= SIO_JSON_DEPTH; depth++) {
		lp_buf_reset(&text);
		lp_buf_addz(&text, "2[1,");
		for (size_t k = 0; k < depth; k++)
			lp_buf_addc(&text, '[');
		for (size_t k = 0; k <= depth; k++)
			lp_buf_addc(&text, ']');
		CHECK(sio_packet_decode(5, lp_buf_str(&text), &p) ==
		      (depth < SIO_JSON_DEPTH ? LP_OK : LP_EPROTO));
	}
	lp_buf_clear(&text);
}

/* What is decoded encodes to a text that decodes the same, and the short spelling is kept. */
static void test_round_trip(void)
{
	struct lp_buf first = {0}, again = {0}, text = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sio_packet p;

		if (sio_packet_decode(5, rows[i].text, &p) != LP_OK)
			continue;
		lp_buf_reset(&text);
		sio_packet_encode(&text, &p);
		describe(5, rows[i].text, &first);
		describe(5, lp_buf_str(&text), &again);
		CHECK_STR(rows[i].text, lp_buf_str(&again), lp_buf_str(&first));
	}
	lp_buf_clear(&first);
	lp_buf_clear(&again);
	lp_buf_clear(&text);
}

static void test_encode(void)
{
	static const struct {
		struct sio_packet p;
		struct lp_str want;
	} packets[] = {
		{{.type = SIO_CONNECT, .nsp = BYTES("/")}, BYTES("0")},
		{{.type = SIO_CONNECT}, BYTES("0")},
		{{.type = SIO_CONNECT, .nsp = BYTES("/demo"), .query = BYTES("a=1")},
		 BYTES("0/demo,")},
		{{.type = SIO_CONNECT, .nsp = BYTES("/demo"), .json = BYTES("{\"sid\":\"x\"}")},
		 BYTES("0/demo,{\"sid\":\"x\"}")},
		{{.type = SIO_DISCONNECT, .nsp = BYTES("/demo")}, BYTES("1/demo,")},
		{{.type = SIO_EVENT, .nsp = BYTES("/"), .json = BYTES("[\"echo\",1]")},
		 BYTES("2[\"echo\",1]")},
		{{.type = SIO_ACK,
		  .nsp = BYTES("/demo"),
		  .ack = BYTES("0"),
		  .json = BYTES("[\"x\"]")},
		 BYTES("3/demo,0[\"x\"]")},
		{{.type = SIO_ERROR, .nsp = BYTES("/nope"), .json = BYTES("\"Invalid namespace\"")},
		 BYTES("4/nope,\"Invalid namespace\"")},
		{{.type = SIO_BINARY_ACK,
		  .attachments = 1,
		  .nsp = BYTES("/demo"),
		  .ack = BYTES("1"),
		  .json = BYTES("[" PLACEHOLDER "]")},
		 BYTES("61-/demo,1[" PLACEHOLDER "]")},
	};
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(packets); i++) {
		lp_buf_reset(&got);
		sio_packet_encode(&got, &packets[i].p);
		CHECK_STR(packets[i].want, lp_buf_str(&got), packets[i].want);
	}
	lp_buf_clear(&got);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"decode", test_decode},
		{"limits", test_limits},
		{"round trip", test_round_trip},
		{"encode", test_encode},
	};

	return lp_test_main("sio_packet", tests, COUNT(tests));
}
