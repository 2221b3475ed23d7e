#include "config.h"

#include "common/base64.h"
#include "fcgi-api/history_cursor.h"
#include "tests/unit/lp_test.h"

static void test_round(void)
{
	static const int64_t rows[] = {0, 17, 1763856000123, INT64_MAX};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct history_cursor c = {.set = true, .no = rows[i]}, got;
		struct lp_buf text = {0};

		history_cursor_encode(&text, 77, &c);
		CHECK(history_cursor_decode(&got, 77, lp_buf_str(&text)) == LP_OK);
		CHECK(got.set && got.no == rows[i]);
		/* of another query; cut off; with more behind it */
		CHECK(history_cursor_decode(&got, 78, lp_buf_str(&text)) == LP_EINVAL);
		CHECK(history_cursor_decode(&got, 77, lp_str(text.data, 22)) == LP_EINVAL);
		lp_buf_addc(&text, 'A');
		CHECK(history_cursor_decode(&got, 77, lp_buf_str(&text)) == LP_EINVAL);
		lp_buf_clear(&text);
	}
}

static void test_bad(void)
{
	static const char *const rows[] = {
		"000000000000004d",
		"000000000000004d ",
		"000000000000004d 1 ",
		"000000000000004d 1 2",
		"000000000000004d -2",
		"000000000000004d +2",
		"000000000000004d 01",
		"000000000000004d 00",
		"000000000000004d  2",
		"000000000000004d 3x",
		"000000000000004d 9223372036854775808",
		"000000000000004d 99999999999999999999999999999999",
		"000000000000004D 1",
		"00000000000004d 1",
	};
	struct history_cursor got;
	struct lp_buf text = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&text);
		base64url_encode(&text, lp_cstr(rows[i]));
		CHECK_ROW(lp_cstr(rows[i]),
			  history_cursor_decode(&got, 77, lp_buf_str(&text)) == LP_EINVAL);
	}
	CHECK(history_cursor_decode(&got, 77, LP_STR("")) == LP_OK);
	CHECK(!got.set);
	CHECK(history_cursor_decode(&got, 77, LP_STR("!")) == LP_EINVAL);
	lp_buf_reset(&text);
	for (int i = 0; i < 132; i++)
		lp_buf_addc(&text, 'A');
	CHECK(history_cursor_decode(&got, 77, lp_buf_str(&text)) == LP_EINVAL);
	lp_buf_clear(&text);
}

int main(void)
{
	static const struct lp_test tests[] = {{"round", test_round}, {"bad", test_bad}};

	return lp_test_main("history_cursor", tests, COUNT(tests));
}
