#include "config.h"

#include "common/lp_json.h"
#include "tests/unit/lp_test.h"

static void test_accepted(void)
{
	static const struct {
		struct lp_str in, out;
	} rows[] = {
		{BYTES("{}"), BYTES("{}")},
		{BYTES(" \r\n\t[ 1 , 2 ] \n"), BYTES("[1,2]")},
		{BYTES("null"), BYTES("null")},
		{BYTES(" null "), BYTES("null")},
		{BYTES("true"), BYTES("true")},
		{BYTES("7"), BYTES("7")},
		{BYTES("-7"), BYTES("-7")},
		{BYTES("1.50"), BYTES("1.50")},
		{BYTES("1e5"), BYTES("1e5")},
		{BYTES("-0.5E-3"), BYTES("-0.5E-3")},
		{BYTES("0"), BYTES("0")},
		{BYTES("999999999999999999"), BYTES("999999999999999999")},
		{BYTES("-999999999999999999"), BYTES("-999999999999999999")},
		{BYTES("9223372036854775807"), BYTES("9223372036854775807")},
		{BYTES("18446744073709551615"), BYTES("18446744073709551615")},
		{BYTES("12345678901234567890.5"), BYTES("12345678901234567890.5")},
		{BYTES("0.1000000000000000055"), BYTES("0.1000000000000000055")},
		{BYTES("{\"a\":1,\"a\":2}"), BYTES("{\"a\":2}")},
		{BYTES("\"\\ud800\""), BYTES("\"\xef\xbf\xbd\"")},
		{BYTES("\"a\\u00e9\\/\""), BYTES("\"a\xc3\xa9/\"")},
		{BYTES("\"\\u0000\""), BYTES("\"\\u0000\"")},
		{BYTES("\"\\ud83d\\ude00\""), BYTES("\"\xf0\x9f\x98\x80\"")},
		{BYTES("{\"a\":{\"b\":[null,false,\"x\"]}}"),
		 BYTES("{\"a\":{\"b\":[null,false,\"x\"]}}")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value = NULL;
		struct lp_buf out = {0};

		if (CHECK_ROW(rows[i].in, lp_json_parse(rows[i].in, &value) == LP_OK)) {
			lp_json_text(&out, value);
			CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].out);
		}
		json_object_put(value);
		lp_buf_clear(&out);
	}
}

static void test_refused(void)
{
	static const struct lp_str rows[] = {
		BYTES(""),
		BYTES(" "),
		BYTES("{"),
		BYTES("[1"),
		BYTES("\"a"),
		BYTES("{}x"),
		BYTES("{} {}"),
		BYTES("[1,]"),
		BYTES("{\"a\":1,}"),
		BYTES("{a:1}"),
		BYTES("{'a':1}"),
		BYTES("nul"),
		BYTES("NaN"),
		BYTES("Infinity"),
		BYTES("-"),
		BYTES("01"),
		BYTES("1x"),
		BYTES("/**/1"),
		BYTES("1."),
		BYTES(".5"),
		BYTES("+1"),
		BYTES("1e"),
		BYTES("-01"),
		BYTES("nan"),
		BYTES("-Infinity"),
		BYTES("True"),
		BYTES("\"\\x\""),
		BYTES("\"\\\n\""),
		BYTES("1 2"),
		BYTES("[1 2]"),
		BYTES("{\"a\" 1}"),
		BYTES("[1}"),
		BYTES("--1"),
		BYTES("1-"),
		BYTES("1e+"),
		BYTES("\"\\u12g4\""),
		BYTES("\"\xff\""),
		BYTES("\"\xed\xa0\x80\""),
		BYTES("\"a\nb\""),
		BYTES("{}\0"),
		BYTES("\"a\0b\""),
		BYTES("[1]\0]"),
		BYTES("\xef\xbb\xbf{}"),
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value = NULL;

		CHECK_ROW(rows[i], lp_json_parse(rows[i], &value) == LP_EINVAL && !value);
		json_object_put(value);
	}
}

static void test_depth(void)
{
	static const struct {
		int depth;
		int rc;
	} rows[] = {{1, LP_OK},
		    {LP_JSON_DEPTH - 1, LP_OK},
		    {LP_JSON_DEPTH + 1, LP_EINVAL},
		    {100000, LP_EINVAL}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value = NULL;
		struct lp_buf text = {0};

		for (int d = 0; d < rows[i].depth; d++)
			lp_buf_addc(&text, '[');
		for (int d = 0; d < rows[i].depth; d++)
			lp_buf_addc(&text, ']');
		CHECK(lp_json_parse(lp_buf_str(&text), &value) == rows[i].rc);
		json_object_put(value);
		lp_buf_clear(&text);
	}
}

static void test_str(void)
{
	static const struct {
		const char *key;
		struct lp_str value;
		bool there;
	} rows[] = {
		{"a", BYTES("x"), true},      {"empty", BYTES(""), true},
		{"nul", BYTES("a\0b"), true}, {"number", BYTES(""), false},
		{"null", BYTES(""), false},   {"none", BYTES(""), false},
	};
	struct json_object *obj = NULL, *array = NULL;

	CHECK(lp_json_parse(LP_STR("{\"a\":\"x\",\"empty\":\"\",\"nul\":\"a\\u0000b\","
				   "\"number\":1,\"null\":null}"),
			    &obj) == LP_OK);
	CHECK(lp_json_parse(LP_STR("[\"a\"]"), &array) == LP_OK);
	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_STR(lp_cstr(rows[i].key), lp_json_str(obj, rows[i].key), rows[i].value);
		CHECK_ROW(lp_cstr(rows[i].key),
			  (lp_json_str(obj, rows[i].key).p != NULL) == rows[i].there);
	}
	CHECK(lp_json_str(array, "a").p == NULL);
	CHECK(lp_json_str(NULL, "a").p == NULL);
	json_object_put(array);
	json_object_put(obj);
}

static void test_quote(void)
{
	static const struct {
		struct lp_str in, out;
	} rows[] = {
		{BYTES(""), BYTES("\"\"")},
		{BYTES("a/b"), BYTES("\"a/b\"")},
		{BYTES("\"\\"), BYTES("\"\\\"\\\\\"")},
		{BYTES("a\n\t\rb"), BYTES("\"a\\n\\t\\rb\"")},
		{BYTES("\0\x1f\x7f"), BYTES("\"\\u0000\\u001f\x7f\"")},
		{BYTES("\xe9\x80\x9a"), BYTES("\"\xe9\x80\x9a\"")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value = NULL;
		struct lp_buf out = {0};

		lp_json_quote(&out, rows[i].in);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].out);
		CHECK_ROW(rows[i].in, lp_json_parse(lp_buf_str(&out), &value) == LP_OK);
		CHECK_STR(rows[i].in,
			  lp_str(json_object_get_string(value),
				 (size_t)json_object_get_string_len(value)),
			  rows[i].in);
		json_object_put(value);
		lp_buf_clear(&out);
	}
}

static void test_few(void)
{
	static const struct {
		struct lp_str in;
		size_t values;
	} rows[] = {
		{BYTES(""), 1},
		{BYTES("1"), 1},
		{BYTES("[1,2,3]"), 4},
		{BYTES("{\"a\":1,\"b\":[2,{\"c\":3}]}"), 6},
		{BYTES("[\"a,b\",\"[{\",\"\\\",\"]"), 4},
		{BYTES("\"a\\\\\",1,1"), 3},
		{BYTES("\",,,"), 1},
		{BYTES("\"\\"), 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_ROW(rows[i].in, lp_json_few(rows[i].in, rows[i].values));
		CHECK_ROW(rows[i].in, !lp_json_few(rows[i].in, rows[i].values - 1));
	}
}

static void test_utf8(void)
{
	static const struct {
		struct lp_str in;
		bool valid;
	} rows[] = {
		{BYTES(""), true},
		{BYTES("a\0b"), true},
		{BYTES("\x7f"), true},
		{BYTES("\x80"), false},
		{BYTES("\xc1\xbf"), false},
		{BYTES("\xc2\x80"), true},
		{BYTES("\xdf\xbf"), true},
		{BYTES("\xc2"), false},
		{BYTES("\xc2\x41"), false},
		{BYTES("\xe0\x9f\xbf"), false},
		{BYTES("\xe0\xa0\x80"), true},
		{BYTES("\xed\x9f\xbf"), true},
		{BYTES("\xed\xa0\x80"), false},
		{BYTES("\xee\x80\x80"), true},
		{BYTES("\xef\xbf\xbf"), true},
		{BYTES("\xe1\x80"), false},
		{BYTES("\xe1\x80\xc0"), false},
		{BYTES("\xf0\x8f\xbf\xbf"), false},
		{BYTES("\xf0\x90\x80\x80"), true},
		{BYTES("\xf4\x8f\xbf\xbf"), true},
		{BYTES("\xf4\x90\x80\x80"), false},
		{BYTES("\xf5\x80\x80\x80"), false},
		{BYTES("\xf1\x80\x80\x41"), false},
		{BYTES("ok\xff"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].in, lp_utf8_valid(rows[i].in) == rows[i].valid);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"accepted", test_accepted}, {"refused", test_refused}, {"depth", test_depth},
		{"str", test_str},           {"quote", test_quote},     {"utf8", test_utf8},
		{"few", test_few},
	};

	return lp_test_main("lp_json", tests, COUNT(tests));
}
