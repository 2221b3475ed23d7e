#include "config.h"

#include "common/base64.h"
#include "fcgi-api/list_cursor.h"
#include "tests/unit/lp_test.h"

static void test_round(void)
{
	static const struct list_cursor rows[] = {
		{.scan = "0"},
		{.scan = "18446744073709551615", .source = 2},
		{.scan = "7", .seen = 0x0123456789abcdef, .source = 1, .whole = true},
	};
	static const char *const lasts[] = {"", "a", "a b ", "\xc3\xbc 1"};

	for (size_t i = 0; i < COUNT(rows) * COUNT(lasts); i++) {
		struct list_cursor c = rows[i % COUNT(rows)], got = {0};
		struct lp_str last = lp_cstr(lasts[i / COUNT(rows)]);
		struct lp_buf text = {0};

		lp_buf_adds(&c.last, last);
		list_cursor_encode(&text, 77, &c);
		CHECK(list_cursor_decode(&got, 77, 3, lp_buf_str(&text)) == LP_OK);
		CHECK(got.source == c.source && got.whole == c.whole && got.seen == c.seen);
		CHECK_STR(last, lp_cstr(got.scan), lp_cstr(c.scan));
		CHECK_STR(last, lp_buf_str(&got.last), last);
		list_cursor_clear(&got);
		/* of another list, or one with fewer sets */
		CHECK(list_cursor_decode(&got, 78, 3, lp_buf_str(&text)) == LP_EINVAL);
		list_cursor_clear(&got);
		CHECK((list_cursor_decode(&got, 77, 1, lp_buf_str(&text)) == LP_OK) == !c.source);
		list_cursor_clear(&got);
		lp_buf_clear(&text);
		list_cursor_clear(&c);
	}
}

static void test_bad(void)
{
	static const char *const rows[] = {
		"",
		"000000000000004d",
		"000000000000004d 00 5 0000000000000000",
		"000000000000004 00 5 0000000000000000 ",
		"000000000000004D 00 5 0000000000000000 ",
		"000000000000004d -1 5 0000000000000000 ",
		"000000000000004d 30 5 0000000000000000 ",
		"000000000000004d 0 5 0000000000000000 ",
		"000000000000004d  5 0000000000000000 ",
		"000000000000004d 00  0000000000000000 ",
		"000000000000004d 00 -5 0000000000000000 ",
		"000000000000004d 00 5x 0000000000000000 ",
		"000000000000004d 00 123456789012345678901 0000000000000000 ",
		"000000000000004d 00 18446744073709551616 0000000000000000 ",
		"000000000000004d 00 5 000000000000000 ",
		"000000000000004d 00 5 00000000000000000 ",
		"000000000000004d 00 5 000000000000000g ",
	};
	struct list_cursor got = {0};
	struct lp_buf text = {0};

	for (size_t i = 1; i < COUNT(rows); i++) {
		lp_buf_reset(&text);
		base64url_encode(&text, lp_cstr(rows[i]));
		CHECK_ROW(lp_cstr(rows[i]),
			  list_cursor_decode(&got, 77, 3, lp_buf_str(&text)) == LP_EINVAL);
		list_cursor_clear(&got);
	}
	/* of no text there is the beginning; what is no base64url, or too long */
	CHECK(list_cursor_decode(&got, 77, 3, LP_STR("")) == LP_OK);
	CHECK_STR(LP_STR(""), lp_cstr(got.scan), LP_STR("0"));
	CHECK(list_cursor_decode(&got, 77, 3, LP_STR("!")) == LP_EINVAL);
	lp_buf_reset(&text);
	for (int i = 0; i < 2052; i++)
		lp_buf_addc(&text, 'A');
	CHECK(list_cursor_decode(&got, 77, 3, lp_buf_str(&text)) == LP_EINVAL);
	lp_buf_clear(&text);
}

static void test_hash(void)
{
	static const struct lp_str a[] = {{"ab", 2}, {"c", 1}}, b[] = {{"a", 1}, {"bc", 2}};

	CHECK(list_cursor_hash(a, 2) == list_cursor_hash(a, 2));
	CHECK(list_cursor_hash(a, 2) != list_cursor_hash(b, 2));
	CHECK(list_cursor_hash(a, 2) != list_cursor_hash(a, 1));
	CHECK(list_cursor_hash(a, 0) == list_cursor_hash(b, 0));
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"round", test_round}, {"bad", test_bad}, {"hash", test_hash}};

	return lp_test_main("list_cursor", tests, COUNT(tests));
}
