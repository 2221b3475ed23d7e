#include "config.h"

#include "connector/proto/ws_frame.h"
#include "tests/unit/lp_test.h"

static const struct {
	struct lp_str bytes; /* a header and no more */
	struct ws_frame want;
} heads[] = {
	{BYTES("\x81\x86\x37\xfa\x21\x3d"),
	 {.fin = true, .masked = true, .opcode = 1, .mask = {0x37, 0xfa, 0x21, 0x3d}, .len = 6}},
	{BYTES("\x81\x06"), {.fin = true, .opcode = 1, .len = 6}},
	{BYTES("\x88\x80\1\2\3\4"),
	 {.fin = true, .masked = true, .opcode = 8, .mask = {1, 2, 3, 4}}},
	{BYTES("\x02\xfe\x01\x00\0\0\0\0"), {.masked = true, .opcode = 2, .len = 256}},
	{BYTES("\x82\x7e\x00\x05"), {.fin = true, .opcode = 2, .len = 5}}, /* not minimal */
	{BYTES("\xff\xff\x80\0\0\0\0\0\0\0\xff\xff\xff\xff"),
	 {.fin = true,
	  .masked = true,
	  .rsv = 7,
	  .opcode = 15,
	  .mask = {0xff, 0xff, 0xff, 0xff},
	  .len = 1ULL << 63}},
	{BYTES("\x00\x7f\x01\x02\x03\x04\x05\x06\x07\x08"), {.len = 0x0102030405060708}},
};

static void test_decode(void)
{
	for (size_t i = 0; i < COUNT(heads); i++) {
		const struct ws_frame *want = &heads[i].want;
		struct lp_str b = heads[i].bytes;
		struct ws_frame f;

		for (size_t n = 0; n < b.n; n++)
			CHECK_ROW(b, ws_frame_decode(&f, b.p, n) == 0);
		CHECK_ROW(b, ws_frame_decode(&f, b.p, b.n) == b.n);
		CHECK_ROW(b, f.fin == want->fin && f.masked == want->masked);
		CHECK_ROW(b, f.rsv == want->rsv && f.opcode == want->opcode);
		CHECK_ROW(b, f.len == want->len);
		CHECK_ROW(b, memcmp(f.mask, want->mask, 4) == 0);
	}
}

static void test_head(void)
{
	static const struct {
		uint64_t len;
		struct lp_str want;
	} rows[] = {
		{0, BYTES("\x81\x00")},
		{6, BYTES("\x81\x06")},
		{125, BYTES("\x81\x7d")},
		{126, BYTES("\x81\x7e\x00\x7e")},
		{65535, BYTES("\x81\x7e\xff\xff")},
		{65536, BYTES("\x81\x7f\0\0\0\0\0\1\0\0")},
		{0x0102030405060708, BYTES("\x81\x7f\1\2\3\4\5\6\7\x08")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint8_t out[10];
		size_t n = ws_frame_head(out, WS_TEXT, rows[i].len);
		struct ws_frame f;

		CHECK_STR(rows[i].want, lp_str((char *)out, n), rows[i].want);
		CHECK(ws_frame_decode(&f, out, n) == n);
		CHECK(f.len == rows[i].len && f.fin && !f.masked && f.opcode == WS_TEXT);
	}
}

/* Any length, alignment and cut gives what the byte-wise definition gives. */
static void test_mask(void)
{
	static const uint8_t key[4] = {0x37, 0xfa, 0x21, 0x3d};
	uint8_t want[64], got[64];

	for (size_t from = 0; from < 9; from++) {
		for (size_t cut = from; cut <= sizeof(got); cut++) {
			for (size_t i = 0; i < sizeof(got); i++) {
				got[i] = want[i] = (uint8_t)(i * 5);
				if (i >= from)
					want[i] ^= key[(i - from) % 4];
			}
			ws_mask(got + from, cut - from, key, 0);
			ws_mask(got + cut, sizeof(got) - cut, key, cut - from);
			CHECK(memcmp(got, want, sizeof(got)) == 0);
		}
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"decode", test_decode},
		{"head", test_head},
		{"mask", test_mask},
	};

	return lp_test_main("ws_frame", tests, COUNT(tests));
}
