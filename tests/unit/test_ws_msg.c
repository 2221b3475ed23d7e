#include "config.h"

#include "connector/proto/ws_deflate.h"
#include "connector/proto/ws_frame.h"
#include "connector/proto/ws_msg.h"
#include "tests/unit/lp_test.h"

#define MAX       1000
#define FRAGMENTS 8
#define KEY       "\0\0\0\0" /* a mask that leaves the table readable */

/*
 * Feeds the bytes in slices and writes the events down: T(text) B(binary) P(ping) O(pong)
 * C1000(reason), E1002. Ends at the first close or error, as a connection does.
 */
static void transcript(struct lp_str bytes, size_t slice, struct ws_deflate *deflate,
		       struct lp_buf *log)
{
	struct ws_msg m = {.deflate = deflate};
	struct lp_buf in = {0};
	bool over = false;

	lp_buf_reset(log);
	for (size_t at = 0; at < bytes.n && !over; at += slice) {
		struct ws_result r;

		lp_buf_add(&in, bytes.p + at, bytes.n - at < slice ? bytes.n - at : slice);
		do {
			ws_msg_next(&m, in.data, in.len, MAX, FRAGMENTS, &r);
			over = r.event == WS_EV_CLOSE || r.event == WS_EV_ERROR;
			if (r.event != WS_EV_MORE)
				lp_buf_addc(log, ".TBPOCE"[r.event]);
			if (over)
				lp_buf_addu(log, r.code);
			if (r.event != WS_EV_MORE && r.event != WS_EV_ERROR) {
				lp_buf_addc(log, '(');
				lp_buf_adds(log, r.data);
				lp_buf_addc(log, ')');
			}
			CHECK(r.used <= in.len);
			lp_buf_consume(&in, r.used);
		} while (r.event != WS_EV_MORE && !over);
	}
	ws_msg_clear(&m);
	lp_buf_clear(&in);
}

static const struct {
	struct lp_str bytes, want;
} rows[] = {
	{BYTES("\x81\x86\x37\xfa\x21\x3d\x05\x8a\x53\x52\x55\x9f"), BYTES("T(2probe)")},
	{BYTES("\x81\x85" KEY "hello"), BYTES("T(hello)")},
	{BYTES("\x81\x80" KEY), BYTES("T()")},
	{BYTES("\x82\x80" KEY), BYTES("B()")},
	{BYTES("\x82\x83\x01\x02\x03\x04\x01\x02\x03"), BYTES("B(\0\0\0)")},
	{BYTES("\x81\x85" KEY "hello\x82\x81" KEY "x"), BYTES("T(hello)B(x)")},
	{BYTES("\x81\xfe\x00\x05" KEY "hello"), BYTES("T(hello)")}, /* not minimal */
	{BYTES("\x81\xff\0\0\0\0\0\0\0\x05" KEY "hello"), BYTES("T(hello)")},
	/* fragments, control frames between them, zero-length ones */
	{BYTES("\x01\x82" KEY "he\x00\x82" KEY "ll\x80\x81" KEY "o"), BYTES("T(hello)")},
	{BYTES("\x02\x81" KEY "a\x80\x81" KEY "b\x81\x81" KEY "c"), BYTES("B(ab)T(c)")},
	{BYTES("\x01\x82" KEY "he\x89\x81" KEY "p\x80\x83" KEY "llo"), BYTES("P(p)T(hello)")},
	{BYTES("\x01\x80" KEY "\x80\x80" KEY), BYTES("T()")},
	{BYTES("\x01\x81" KEY "\xc3\x80\x81" KEY "\xa9"), BYTES("T(\xc3\xa9)")},
	{BYTES("\x89\x80" KEY), BYTES("P()")},
	{BYTES("\x8a\x82" KEY "ok"), BYTES("O(ok)")},
	/* close */
	{BYTES("\x88\x80" KEY), BYTES("C0()")},
	{BYTES("\x88\x82" KEY "\x03\xe8"), BYTES("C1000()")},
	{BYTES("\x88\x85" KEY "\x03\xe9"
	       "bye"),
	 BYTES("C1001(bye)")},
	{BYTES("\x88\x82" KEY "\x0f\xa0"), BYTES("C4000()")},
	{BYTES("\x88\x82" KEY "\x13\x87"), BYTES("C4999()")},
	{BYTES("\x88\x81" KEY "\x03"), BYTES("E1002")},
	{BYTES("\x88\x82" KEY "\x03\xe7"), BYTES("E1002")}, /* 999 */
	{BYTES("\x88\x82" KEY "\x03\xec"), BYTES("E1002")}, /* 1004 */
	{BYTES("\x88\x82" KEY "\x03\xed"), BYTES("E1002")}, /* 1005 */
	{BYTES("\x88\x82" KEY "\x03\xee"), BYTES("E1002")}, /* 1006 */
	{BYTES("\x88\x82" KEY "\x03\xef"), BYTES("C1007()")},
	{BYTES("\x88\x82" KEY "\x03\xf6"), BYTES("C1014()")},
	{BYTES("\x88\x82" KEY "\x03\xf7"), BYTES("E1002")}, /* 1015 */
	{BYTES("\x88\x82" KEY "\x03\xf8"), BYTES("E1002")}, /* 1016 */
	{BYTES("\x88\x82" KEY "\x0b\xb7"), BYTES("E1002")}, /* 2999 */
	{BYTES("\x88\x82" KEY "\x13\x88"), BYTES("E1002")}, /* 5000 */
	{BYTES("\x88\x83" KEY "\x03\xe8\xff"), BYTES("E1007")},
	/* broken rules */
	{BYTES("\x81\x05hello"), BYTES("E1002")}, /* unmasked */
	{BYTES("\xc1\x85" KEY "hello"), BYTES("E1002")},
	{BYTES("\xa1\x85" KEY "hello"), BYTES("E1002")},
	{BYTES("\x91\x85" KEY "hello"), BYTES("E1002")},
	{BYTES("\x83\x80" KEY), BYTES("E1002")},
	{BYTES("\x87\x80" KEY), BYTES("E1002")},
	{BYTES("\x8b\x80" KEY), BYTES("E1002")},
	{BYTES("\x8f\x80" KEY), BYTES("E1002")},
	{BYTES("\x80\x81" KEY "x"), BYTES("E1002")}, /* continues nothing */
	{BYTES("\x01\x81" KEY "x\x81\x81" KEY "y"), BYTES("E1002")},
	{BYTES("\x01\x81" KEY "x\x02\x81" KEY "y"), BYTES("E1002")},
	{BYTES("\x81\x81" KEY "x\x80\x81" KEY "y"), BYTES("T(x)E1002")},
	{BYTES("\x09\x81" KEY "x"), BYTES("E1002")},     /* fragmented ping */
	{BYTES("\x89\xfe\x00\x7e" KEY), BYTES("E1002")}, /* ping of 126 bytes */
	{BYTES("\x81\x82" KEY "\xff\xfe"), BYTES("E1007")},
	{BYTES("\x01\x81" KEY "\xc3\x80\x81" KEY "x"), BYTES("E1007")},
	/* too long, told by the header alone */
	{BYTES("\x82\xfe\x03\xe9" KEY), BYTES("E1009")},
	{BYTES("\x82\xff\x80\0\0\0\0\0\0\0" KEY), BYTES("E1009")},
	{BYTES("\x82\xff\x00\x20\0\0\0\0\0\0" KEY), BYTES("E1009")},
	{BYTES("\x82\xff\xff\xff\xff\xff\xff\xff\xff\xff" KEY), BYTES("E1009")},
	{BYTES("\x02\x81" KEY "x\x80\xfe\x03\xe8" KEY), BYTES("E1009")}, /* the sum */
	/* two messages with more fragments together than one may have */
	{BYTES("\x01\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\x80\x81" KEY "x\x02\x80" KEY
	       "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\x80\x81" KEY "y"),
	 BYTES("T(x)B(y)")},
	/* one fragment more than allowed */
	{BYTES("\x02\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY
	       "\0\x80" KEY "\x80\x81" KEY "x"),
	 BYTES("B(x)")},
	{BYTES("\x02\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY "\0\x80" KEY
	       "\0\x80" KEY "\0\x80" KEY "\x80\x81" KEY "x"),
	 BYTES("E1009")},
};

static void test_table(void)
{
	struct lp_buf log = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str b = rows[i].bytes;

		for (size_t slice = 1; slice <= b.n; slice++) {
			transcript(b, slice, NULL, &log);
			CHECK_STR(b, lp_buf_str(&log), rows[i].want);
		}
	}
	lp_buf_clear(&log);
}

/* With permessage-deflate agreed on; the payloads are those of RFC 7692. */
static void test_compressed(void)
{
	static const struct {
		struct lp_str bytes, want;
	} table[] = {
		{BYTES("\xc1\x87" KEY "\xf2\x48\xcd\xc9\xc9\x07\x00"), BYTES("T(Hello)")},
		{BYTES("\xc2\x87" KEY "\xf2\x48\xcd\xc9\xc9\x07\x00"), BYTES("B(Hello)")},
		{BYTES("\xc1\x87\1\1\1\1\xf3\x49\xcc\xc8\xc8\x06\x01"), BYTES("T(Hello)")},
		{BYTES("\x41\x83" KEY "\xf2\x48\xcd\x89\x81" KEY "p\x80\x84" KEY
		       "\xc9\xc9\x07\x00\x81\x81" KEY "x"),
		 BYTES("P(p)T(Hello)T(x)")},
		/* one compressed, then fragments of one that is not */
		{BYTES("\xc1\x87" KEY "\xf2\x48\xcd\xc9\xc9\x07\x00\x01\x81" KEY "x\x80\x81" KEY
		       "y"),
		 BYTES("T(Hello)T(xy)")},
		{BYTES("\x81\x85" KEY "Hello"), BYTES("T(Hello)")},
		/* RSV1 where it must not be, and other bits */
		{BYTES("\x41\x83" KEY "\xf2\x48\xcd\xc0\x84" KEY "\xc9\xc9\x07\x00"),
		 BYTES("E1002")},
		{BYTES("\xc9\x80" KEY), BYTES("E1002")},
		{BYTES("\xc8\x80" KEY), BYTES("E1002")},
		{BYTES("\xe1\x80" KEY), BYTES("E1002")},
		{BYTES("\xd1\x80" KEY), BYTES("E1002")},
		{BYTES("\xa1\x80" KEY), BYTES("E1002")},
		/* no deflate stream; and the text in it is not UTF-8 */
		{BYTES("\xc1\x83" KEY "abc"), BYTES("E1007")},
		{BYTES("\xc1\x80" KEY), BYTES("E1007")},
		{BYTES("\xc1\x87" KEY "\x00\x01\x00\xfe\xff\xff\x00"), BYTES("E1007")},
		{BYTES("\xc2\x87" KEY "\x00\x01\x00\xfe\xff\xff\x00"), BYTES("B(\xff)")},
	};
	struct ws_deflate *d = ws_deflate_new();
	struct lp_buf log = {0};

	for (size_t i = 0; i < COUNT(table); i++) {
		struct lp_str b = table[i].bytes;

		for (size_t slice = 1; slice <= b.n; slice++) {
			transcript(b, slice, d, &log);
			CHECK_STR(b, lp_buf_str(&log), table[i].want);
		}
	}
	lp_buf_clear(&log);
	ws_deflate_free(d);
}

/* What is short on the way and too long behind it. */
static void test_compressed_too_long(void)
{
	for (size_t over = 0; over < 2; over++) {
		struct ws_deflate *d = ws_deflate_new();
		struct lp_buf frame = {0}, log = {0};
		char text[MAX + 1];
		struct lp_str packed;

		memset(text, 'x', sizeof(text));
		packed = ws_deflate_compress(d, lp_str(text, MAX + over));
		CHECK(packed.n < 100);
		lp_buf_addc(&frame, (char)0xc1);
		lp_buf_addc(&frame, (char)(0x80 | packed.n));
		lp_buf_adds(&frame, LP_STR(KEY));
		lp_buf_adds(&frame, packed);
		transcript(lp_buf_str(&frame), frame.len, d, &log);
		if (over)
			CHECK_STR(LP_STR("over"), lp_buf_str(&log), LP_STR("E1009"));
		else
			CHECK(log.len == MAX + 3);
		lp_buf_clear(&frame);
		lp_buf_clear(&log);
		ws_deflate_free(d);
	}
}

/* No prefix of a lone frame gives an event, and none is touched before it is whole. */
static void test_prefixes(void)
{
	static const char frame[] = "\x81\x86\x37\xfa\x21\x3d\x05\x8a\x53\x52\x55\x9f";
	char copy[sizeof(frame)];
	struct ws_result r;

	for (size_t n = 0; n < sizeof(frame) - 1; n++) {
		struct ws_msg m = {0};

		memcpy(copy, frame, sizeof(frame));
		ws_msg_next(&m, copy, n, MAX, FRAGMENTS, &r);
		CHECK(r.event == WS_EV_MORE && r.used == 0);
		CHECK(memcmp(copy, frame, sizeof(frame)) == 0);
		ws_msg_clear(&m);
	}
}

static void test_no_copy(void)
{
	char frame[] = "\x81\x85" KEY "hello\x89";
	struct ws_msg m = {0};
	struct ws_result r;

	ws_msg_next(&m, frame, sizeof(frame) - 1, MAX, FRAGMENTS, &r);
	CHECK(r.event == WS_EV_TEXT && r.used == 11);
	CHECK(r.data.p == frame + 6);
	CHECK(m.parts.cap == 0);
	ws_msg_clear(&m);
}

/* The memory of a fragmented message goes back once it was given out. */
static void test_gives_memory_back(void)
{
	char frames[] = "\x01\x82" KEY "he\x80\x83" KEY "llo";
	struct ws_msg m = {0};
	struct ws_result r;

	ws_msg_next(&m, frames, sizeof(frames) - 1, MAX, FRAGMENTS, &r);
	CHECK(r.event == WS_EV_TEXT && r.used == sizeof(frames) - 1);
	CHECK(m.parts.cap > 0);
	ws_msg_next(&m, NULL, 0, MAX, FRAGMENTS, &r);
	CHECK(r.event == WS_EV_MORE);
	CHECK(m.parts.cap == 0);
	ws_msg_clear(&m);
}

static void test_exact_max(void)
{
	char frame[8 + MAX];
	struct ws_msg m = {0};
	struct ws_result r;

	memset(frame, 'a', sizeof(frame));
	memcpy(frame, "\x81\xfe\x03\xe8" KEY, 8);
	ws_msg_next(&m, frame, sizeof(frame), MAX, FRAGMENTS, &r);
	CHECK(r.event == WS_EV_TEXT && r.data.n == MAX);
	memcpy(frame, "\x81\xfe\x03\xe8" KEY, 8);
	ws_msg_next(&m, frame, sizeof(frame), MAX - 1, FRAGMENTS, &r);
	CHECK(r.event == WS_EV_ERROR && r.code == 1009);
	ws_msg_clear(&m);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"table, in slices of any size", test_table},
		{"prefixes", test_prefixes},
		{"a whole frame is not copied", test_no_copy},
		{"memory of fragments", test_gives_memory_back},
		{"exactly the longest message", test_exact_max},
		{"compressed", test_compressed},
		{"compressed, too long", test_compressed_too_long},
	};

	return lp_test_main("ws_msg", tests, COUNT(tests));
}
