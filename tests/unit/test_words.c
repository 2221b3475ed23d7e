#include "config.h"

#include "common/archive/words.h"
#include "tests/unit/lp_test.h"

static void check(const char *in, struct lp_buf *got, const char *expected)
{
	if (!lp_str_eq(lp_buf_str(got), lp_cstr(expected))) {
		fprintf(stderr, "  %s\n    got      %.*s\n    expected %s\n", in,
			LP_FMT(lp_buf_str(got)), expected);
		CU_FAIL("differs");
	}
	lp_buf_clear(got);
}

static void test_words(void)
{
	static const struct {
		const char *in;
		bool json;
		size_t count;
		const char *out;
	} rows[] = {
		{"", false, 0, ""},
		{"Hello, World!", false, 2, "hello world "},
		{"a_b-c.d@e", false, 5, "a b c d e "},
		{"你好", false, 2, "你 好 "},
		{"订单10086号", false, 4, "订 单 10086 号 "},
		{"你好，世界。", false, 4, "你 好 世 界 "},
		{"カタカナ・ひら", false, 6, "カ タ カ ナ ひ ら "},
		{"한국", false, 2, "한 국 "},
		{"Ünïcode Ж", false, 2, "Ünïcode Ж "},
		{"x😀y", false, 2, "x y "},
		{"𠀀𠀁", false, 2, "𠀀 𠀁 "},
		{"{\"a\":\"one\\ntwo\\\\three\"}", true, 4, "a one two three "},
		{"one\\ntwo", false, 2, "one ntwo "},
		{"\\", true, 0, ""},
		{"\\你x", true, 1, "x "},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};

		CU_ASSERT_EQUAL(words_add(&out, lp_cstr(rows[i].in), rows[i].json, LP_STR("")),
				rows[i].count);
		check(rows[i].in, &out, rows[i].out);
	}
}

static void test_bound(void)
{
	struct lp_buf text = {0}, out = {0};

	for (unsigned i = 0; i < WORDS_TEXT_MAX + 10; i++)
		lp_buf_addz(&text, "中");
	CU_ASSERT_EQUAL(words_add(&out, lp_buf_str(&text), false, LP_STR("16383/")),
			WORDS_TEXT_MAX);
	CU_ASSERT_EQUAL(out.len, WORDS_TEXT_MAX * strlen("16383/中 "));
	lp_buf_clear(&text);
	lp_buf_clear(&out);
}

static void test_plain(void)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
		{"{\"a\":1}", "{\"a\":1}"},
		{"\"\\u4e2d\\u56FD\"", "\"中国\""},
		{"\"\\ud83d\\ude00\"", "\"😀\""},
		{"\"\\u00e9\\u0041\"", "\"éA\""},
		/* what must stay as it is */
		{"\"\\u0022\\u005c\\u0000\\u000a\\n\\\\u4e2d\"",
		 "\"\\u0022\\u005c\\u0000\\u000a\\n\\\\u4e2d\""},
		{"\"\\ud83d\"", "\"\\ud83d\""},
		{"\"\\ude00\\ud83d\"", "\"\\ude00\\ud83d\""},
		{"\"\\ud83d\\u0041\"", "\"\\ud83dA\""},
		{"\\", "\\"},
		{"\\u12", "\\u12"},
		{"\\u00g1", "\\u00g1"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};

		words_plain(&out, lp_cstr(rows[i].in));
		check(rows[i].in, &out, rows[i].out);
	}
}

static void test_query(void)
{
	static const struct {
		const char *in;
		enum sql_dialect dialect;
		size_t count;
		const char *out;
	} rows[] = {
		{" \t", SQL_SQLITE, 0, ""},
		{"!?", SQL_SQLITE, 0, ""},
		{"!?", SQL_POSTGRESQL, 0, ""},
		{"hello", SQL_SQLITE, 1, "\"12/hello\""},
		{"中国 A-1", SQL_SQLITE, 4, "\"12/中 12/国\" AND \"12/a 12/1\""},
		{"\"' OR x", SQL_SQLITE, 2, "\"12/or\" AND \"12/x\""},
		{"中国 A", SQL_POSTGRESQL, 3, "('中' & '国') & ('a')"},
		{"it's", SQL_POSTGRESQL, 2, "('it' & 's')"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};

		CU_ASSERT_EQUAL(words_query(&out, rows[i].dialect, 12, lp_cstr(rows[i].in)),
				rows[i].count);
		check(rows[i].in, &out, rows[i].out);
	}
}

static void test_match(void)
{
	static const struct {
		const char *q, *json;
		bool want;
	} rows[] = {
		{"", "{}", true},
		{"!?", "{}", true},
		{"a", "{\"a\":1}", true},
		{"A", "[\"a\"]", true},
		{"a", "[\"ab\"]", false},
		{"b a", "[\"a\",\"b\"]", true},
		{"a c", "[\"a\",\"b\"]", false},
		{"b-a", "[\"a b\"]", false},
		{"a-b", "[\"x\",\"a\",\"b\"]", true},
		{"订单", "{\"t\":\"您的订单已发货\"}", true},
		{"单订", "{\"t\":\"您的订单已发货\"}", false},
		{"发货 订单", "{\"t\":\"您的订单已发货\"}", true},
		{"发货x", "{\"t\":\"您的订单已发货\"}", false},
		{"n", "[\"\\n\"]", false}, /* a new line is no word */
		{"ÄRGER", "[\"ärger\"]", true},
		{"привет", "[\"ПРИВЕТ\"]", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf phrases = {0};

		words_phrases(&phrases, lp_cstr(rows[i].q));
		CHECK_ROW(lp_cstr(rows[i].q),
			  words_match(lp_buf_str(&phrases), lp_cstr(rows[i].json)) == rows[i].want);
		lp_buf_clear(&phrases);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"words of texts", test_words},
		{"a long text", test_bound},
		{"JSON without needless escapes", test_plain},
		{"queries", test_query},
		{"matches", test_match},
	};

	return lp_test_main("words", tests, COUNT(tests));
}
