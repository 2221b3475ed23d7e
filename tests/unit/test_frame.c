#include "config.h"

#include "connector/engine/frame.h"
#include "tests/unit/lp_test.h"

/* The three forms of a length. */
static void test_text(void)
{
	static const struct {
		size_t len;
		struct lp_str head;
	} rows[] = {
		{1, BYTES("\x81\x01")},
		{125, BYTES("\x81\x7d")},
		{126, BYTES("\x81\x7e\x00\x7e")},
		{65535, BYTES("\x81\x7e\xff\xff")},
		{65536, BYTES("\x81\x7f\0\0\0\0\0\x01\0\0")},
	};
	static char text[65536];

	memset(text, 'x', sizeof(text));
	text[0] = '4';
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t half = rows[i].len / 2;
		struct lp_str want = lp_str(text, rows[i].len);
		struct lp_blob *frame = frame_text(lp_str(text, half), LP_STR(""),
						   lp_str(text + half, rows[i].len - half));

		CHECK(frame->refs == 1);
		CHECK_STR(rows[i].head, lp_str(frame->data, rows[i].head.n), rows[i].head);
		CHECK_STR(rows[i].head, frame_payload(frame), want);
		CHECK(!frame_is_binary(frame));
		CHECK(frame_packet(frame, 4).type == EIO_MESSAGE);
		CHECK_STR(rows[i].head, frame_packet(frame, 4).data, lp_str_from(want, 1));
		lp_blob_unref(frame);
	}
}

static void test_event(void)
{
	static const struct {
		const char *nsp, *json, *packet;
	} rows[] = {
		{"/", "[\"a\"]", "42[\"a\"]"},
		{"/demo", "[\"push\",{\"id\":1}]", "42/demo,[\"push\",{\"id\":1}]"},
		{"/x", "[]", "42/x,[]"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_blob *frame = frame_event(lp_cstr(rows[i].nsp), lp_cstr(rows[i].json));

		CHECK_STR(lp_cstr(rows[i].nsp), frame_payload(frame), lp_cstr(rows[i].packet));
		lp_blob_unref(frame);
	}
}

static void test_binary(void)
{
	static const struct {
		int version;
		struct lp_str data, frame, base64;
	} rows[] = {
		{4, BYTES("\x01\x02\x03"), BYTES("\x82\x03\x01\x02\x03"),
		 BYTES("\x81\x05"
		       "bAQID")},
		{3, BYTES("\x01\x02\x03"), BYTES("\x82\x04\x04\x01\x02\x03"),
		 BYTES("\x81\x06"
		       "b4AQID")},
		{4, BYTES(""), BYTES("\x82\x00"),
		 BYTES("\x81\x01"
		       "b")},
		{3, BYTES(""), BYTES("\x82\x01\x04"),
		 BYTES("\x81\x02"
		       "b4")},
		{4, BYTES("4"), BYTES("\x82\x01\x34"),
		 BYTES("\x81\x05"
		       "bNA==")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_blob *frame = frame_binary(rows[i].version, rows[i].data);
		struct lp_blob *text = frame_to_base64(frame, rows[i].version);
		struct eio_packet p = frame_packet(frame, rows[i].version);

		CHECK_STR(rows[i].frame, lp_str(frame->data, frame->len), rows[i].frame);
		CHECK_STR(rows[i].frame, lp_str(text->data, text->len), rows[i].base64);
		CHECK(frame_is_binary(frame));
		CHECK(!frame_is_binary(text));
		CHECK(p.binary);
		CHECK(p.type == EIO_MESSAGE);
		CHECK_STR(rows[i].frame, p.data, rows[i].data);
		lp_blob_unref(frame);
		lp_blob_unref(text);
	}
}

static const struct lp_test tests[] = {
	{"text", test_text},
	{"event", test_event},
	{"binary", test_binary},
};

int main(void)
{
	return lp_test_main("frame", tests, COUNT(tests));
}
