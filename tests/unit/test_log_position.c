#include "config.h"

#include "common/model/log_position.h"
#include "tests/unit/lp_test.h"

static void test_parse(void)
{
	static const struct {
		struct lp_str in;
		uint64_t time;
		const char *out;
	} rows[] = {
		{BYTES("0-1"), 0, "0-1"},
		{BYTES("1700000000000-0"), 1700000000000, "1700000000000-0"},
		{BYTES("1700000000000-4194303"), 1700000000000, "1700000000000-4194303"},
		{BYTES("1700000000000-4194304"), 1700000000000, "1700000000000-4194303"},
		{BYTES("1-99999999999999999999999"), 1, "1-4194303"},
		{BYTES("99999999999999999999-5"), UINT64_MAX >> 22, "4398046511103-5"},
		{BYTES(""), 0, NULL},
		{BYTES("-"), 0, NULL},
		{BYTES("1"), 0, NULL},
		{BYTES("1-"), 0, NULL},
		{BYTES("-1"), 0, NULL},
		{BYTES("1-2-3"), 0, NULL},
		{BYTES("1x-2"), 0, NULL},
		{BYTES("1- 2"), 0, NULL},
		{BYTES("1-2\0"), 0, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t position = log_position_parse(rows[i].in);
		struct lp_buf out = {0};

		CHECK_ROW(rows[i].in, (position != 0) == (rows[i].out != NULL));
		CHECK_ROW(rows[i].in, log_position_time(position) == rows[i].time);
		log_position_write(&out, position);
		CHECK_ROW(rows[i].in,
			  !rows[i].out || lp_str_eq(lp_buf_str(&out), lp_cstr(rows[i].out)));
		lp_buf_clear(&out);
	}
}

static void test_order(void)
{
	static const char *const rows[] = {"1-0", "1-1", "1-4194303", "2-0", "1700000000000-7"};

	for (size_t i = 1; i < COUNT(rows); i++)
		CHECK_ROW(lp_cstr(rows[i]), log_position_parse(lp_cstr(rows[i - 1])) <
						    log_position_parse(lp_cstr(rows[i])));
	CU_ASSERT_EQUAL(log_position_before(2), log_position_parse(LP_STR("1-4194303")));
	CU_ASSERT_EQUAL(log_position_before(0), 0);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"parse and write", test_parse},
		{"order", test_order},
	};

	return lp_test_main("log_position", tests, COUNT(tests));
}
