#include "config.h"

#include "connector/proto/utf8.h"
#include "tests/unit/lp_test.h"

static const struct {
	struct lp_str text;
	bool valid;
	size_t units;
} texts[] = {
	{BYTES(""), true, 0},
	{BYTES("hello"), true, 5},
	{BYTES("nul \0 inside"), true, 12},
	{BYTES("\x7f"), true, 1},
	{BYTES("h\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), true, 5},
	{BYTES("4\xf0\x9f\x98\x80\xc3\xa9!"), true, 5},
	{BYTES("longer than eight bytes \xc3\xa9 and longer again"), true, 42},
	{BYTES("\xc2\x80"), true, 1},
	{BYTES("\xdf\xbf"), true, 1},
	{BYTES("\xe0\xa0\x80"), true, 1},
	{BYTES("\xed\x9f\xbf"), true, 1},
	{BYTES("\xee\x80\x80"), true, 1},
	{BYTES("\xef\xbf\xbf"), true, 1},
	{BYTES("\xf0\x90\x80\x80"), true, 2},
	{BYTES("\xf4\x8f\xbf\xbf"), true, 2},
	{BYTES("\xe4\xb8\xad\xe6\x96\x87\xe6\xb6\x88\xe6\x81\xaf"
	       "a\xe4\xb8\xad"),
	 true, 6},
	{BYTES("\xe4\xb8\xad\xe0\xa0\x80\xed\x9f\xbf\xe4\xb8\xad"), true, 4},
	{BYTES("\xe4\xb8\xad\xe0\x9f\x80\xe4\xb8\xad"), false, 0},
	{BYTES("\xe4\xb8\xad\xed\xa0\x80\xe4\xb8\xad"), false, 0},
	{BYTES("\xe4\xb8\xad\xe4\xb8\xe4\xb8\xad"), false, 0},
	{BYTES("\xe4\xb8\xad\xe4\xb8"), false, 0},
	{BYTES("\x80"), false, 0},
	{BYTES("12345678\x80"), false, 0},
	{BYTES("1234567\x80 and more of it"), false, 0},
	{BYTES("\xc0\x80"), false, 0},     /* overlong NUL */
	{BYTES("\xc1\xbf"), false, 0},     /* overlong */
	{BYTES("\xe0\x9f\xbf"), false, 0}, /* overlong */
	{BYTES("\xf0\x8f\xbf\xbf"), false, 0},
	{BYTES("\xed\xa0\x80"), false, 0}, /* surrogate */
	{BYTES("\xed\xbf\xbf"), false, 0},
	{BYTES("\xf4\x90\x80\x80"), false, 0}, /* above U+10FFFF */
	{BYTES("\xf5\x80\x80\x80"), false, 0},
	{BYTES("\xff\xfe"), false, 0},
	{BYTES("\xc3"), false, 0},
	{BYTES("\xe2\x82"), false, 0},
	{BYTES("\xf0\x9f\x98"), false, 0},
	{BYTES("\xe2\x28\xa1"), false, 0},
	{BYTES("\xf0\x9f\x98\x28"), false, 0},
};

static void test_valid(void)
{
	for (size_t i = 0; i < COUNT(texts); i++) {
		CHECK_ROW(texts[i].text, utf8_valid(texts[i].text) == texts[i].valid);
		if (texts[i].valid)
			CHECK_ROW(texts[i].text, utf8_utf16_units(texts[i].text) == texts[i].units);
	}
}

/* Every place of a bad byte within and across the blocks of eight. */
static void test_valid_everywhere(void)
{
	char text[40];

	for (size_t i = 0; i < sizeof(text); i++) {
		memset(text, 'a', sizeof(text));
		CHECK(utf8_valid(lp_str(text, i)));
		text[i] = '\xff';
		CHECK(utf8_valid(lp_str(text, i)));
		CHECK(!utf8_valid(lp_str(text, sizeof(text))));
		CHECK(!utf8_is_ascii(lp_str(text, sizeof(text))));
		CHECK(utf8_is_ascii(lp_str(text, i)));
	}
}

static void test_prefix(void)
{
	static const struct {
		struct lp_str text;
		size_t units;
		ssize_t bytes;
	} rows[] = {
		{BYTES("hello"), 0, 0},
		{BYTES("hello"), 5, 5},
		{BYTES("hello"), 6, -1},
		{BYTES("hello world, hello"), 17, 17},
		{BYTES("4\xf0\x9f\x98\x80"), 3, 5},
		{BYTES("4\xf0\x9f\x98\x80"), 2, -1}, /* would cut the pair */
		{BYTES("4\xf0\x9f\x98\x80"), 1, 1},
		{BYTES("h\xc3\xa9\xe2\x82\xac!"), 3, 6},
		{BYTES("12345678\xc3\xa9"), 9, 10},
		{BYTES("12345678\xc3\xa9"), 10, -1},
		{BYTES(""), 0, 0},
		{BYTES(""), 1, -1},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].text,
			  utf8_prefix_of_units(rows[i].text, rows[i].units) == rows[i].bytes);
	for (size_t i = 0; i < COUNT(texts); i++)
		if (texts[i].valid)
			CHECK_ROW(texts[i].text,
				  utf8_prefix_of_units(texts[i].text, texts[i].units) ==
					  (ssize_t)texts[i].text.n);
}

static void test_json_ascii(void)
{
	static const struct {
		struct lp_str in, out;
	} rows[] = {
		{BYTES(""), BYTES("")},
		{BYTES("[\"plain\"]"), BYTES("[\"plain\"]")},
		{BYTES("[\"s2c\",\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"]"),
		 BYTES("[\"s2c\",\"\\u00e9\\u20ac\\ud83d\\ude00\"]")},
		{BYTES("\xc2\x80\xef\xbf\xbf"), BYTES("\\u0080\\uffff")},
		{BYTES("\xf4\x8f\xbf\xbf!"), BYTES("\\udbff\\udfff!")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		utf8_json_ascii(&out, rows[i].in);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].out);
	}
	lp_buf_clear(&out);
}

static void test_undo_double(void)
{
	static const struct {
		struct lp_str in;
		bool twice;
		struct lp_str out;
	} rows[] = {
		/* what a 1.7 client sends for the three characters of the next row */
		{BYTES("\xc3\x83\xc2\xa9\xc3\xa2\xc2\x82\xc2\xac\xc3\xb0\xc2\x9f\xc2\x98\xc2\x80"),
		 true, BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80")},
		{BYTES("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"), false, BYTES("")},
		{BYTES("plain"), false, BYTES("")},
		{BYTES("\xc3\xa9"), false, BYTES("")}, /* e9 alone is no UTF-8 */
		{BYTES("a\xc3\x83\xc2\xa9z"), true, BYTES("a\xc3\xa9z")},
		{BYTES("a\xc3\x83\xc2\xa9\xc4\x80"), false, BYTES("")}, /* U+0100 */
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		lp_buf_addz(&out, "before");
		CHECK_ROW(rows[i].in, utf8_undo_double(&out, rows[i].in) == rows[i].twice);
		CHECK_STR(rows[i].in, lp_str_from(lp_buf_str(&out), 6), rows[i].out);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"valid", test_valid},
		{"a bad byte at every place", test_valid_everywhere},
		{"prefix of units", test_prefix},
		{"JSON escapes", test_json_ascii},
		{"undo double encoding", test_undo_double},
	};

	return lp_test_main("utf8", tests, COUNT(tests));
}
