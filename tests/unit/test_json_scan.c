#include "config.h"

#include "connector/proto/json_scan.h"
#include "tests/unit/lp_test.h"

#define DEPTH 8

static void test_value(void)
{
	static const struct {
		struct lp_str text;
		ssize_t want;
	} rows[] = {
		{BYTES("null"), 4},
		{BYTES("true,"), 4},
		{BYTES("false]"), 5},
		{BYTES("nul"), LP_EPROTO},
		{BYTES("True"), LP_EPROTO},
		{BYTES(""), LP_EPROTO},
		{BYTES("  "), LP_EPROTO},
		{BYTES(" \t\r\n1"), 5},
		{BYTES("\0"), LP_EPROTO},
		{BYTES("0"), 1},
		{BYTES("-0"), 2},
		{BYTES("01"), 1}, /* the value is 0; what follows is the caller's */
		{BYTES("-"), LP_EPROTO},
		{BYTES("+1"), LP_EPROTO},
		{BYTES(".5"), LP_EPROTO},
		{BYTES("1."), LP_EPROTO},
		{BYTES("1.25e+10,"), 8},
		{BYTES("1e400"), 5},
		{BYTES("1e"), LP_EPROTO},
		{BYTES("1E-"), LP_EPROTO},
		{BYTES("NaN"), LP_EPROTO},
		{BYTES("\"\""), 2},
		{BYTES("\"abc\"x"), 5},
		{BYTES("\"a string longer than eight\""), 28},
		{BYTES("\"a \\\"quoted\\\" and \\\\ \\/ \\b\\f\\n\\r\\t\\u00e9\""), 41},
		{BYTES("\"\\ud800\""), 8}, /* a lone surrogate passes */
		{BYTES("\"\\u0000\""), 8},
		{BYTES("\"abc"), LP_EPROTO},
		{BYTES("\"abc\\\""), LP_EPROTO},
		{BYTES("\"abc\\"), LP_EPROTO},
		{BYTES("\"\\x\""), LP_EPROTO},
		{BYTES("\"\\u12g4\""), LP_EPROTO},
		{BYTES("\"\\u123"), LP_EPROTO},
		{BYTES("\"\n\""), LP_EPROTO},
		{BYTES("\"12345678\x1f\""), LP_EPROTO},
		{BYTES("\"123\x1f and more behind\""), LP_EPROTO},
		{BYTES("\"123\\q and more behind\""), LP_EPROTO},
		{BYTES("\"123\" and more behind\""), 5},
		{BYTES("\"12345678\0\""), LP_EPROTO},
		{BYTES("\"\x7f\xc3\xa9\""), 5},
		{BYTES("'a'"), LP_EPROTO},
		{BYTES("[]"), 2},
		{BYTES("{}"), 2},
		{BYTES("[ ]"), 3},
		{BYTES("{ }"), 3},
		{BYTES("[1,2]x"), 5},
		{BYTES("[1,]"), LP_EPROTO},
		{BYTES("[,1]"), LP_EPROTO},
		{BYTES("[1 2]"), LP_EPROTO},
		{BYTES("[1"), LP_EPROTO},
		{BYTES("[1}"), LP_EPROTO},
		{BYTES("["), LP_EPROTO},
		{BYTES("]"), LP_EPROTO},
		{BYTES("{\"a\":1}"), 7},
		{BYTES("{ \"a\" : 1 , \"a\" : [ ] } "), 23},
		{BYTES("{\"a\"}"), LP_EPROTO},
		{BYTES("{\"a\":}"), LP_EPROTO},
		{BYTES("{\"a\":1,}"), LP_EPROTO},
		{BYTES("{a:1}"), LP_EPROTO},
		{BYTES("{1:1}"), LP_EPROTO},
		{BYTES("{\"a\":1]"), LP_EPROTO},
		{BYTES("{"), LP_EPROTO},
		{BYTES("{\"a\":[{\"b\":[{}]},[[]]],\"c\":null}"), 32},
		{BYTES("[[[[[[[[]]]]]]]]"), 16},
		{BYTES("[[[[[[[[[]]]]]]]]]"), LP_ETOOBIG},
		{BYTES("[{\"a\":[{\"a\":[{\"a\":[{\"a\":[]}]}]}]}]"), LP_ETOOBIG},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].text, json_scan_value(rows[i].text, DEPTH) == rows[i].want);
}

/* No proper prefix of a text in brackets is a value. */
static void test_prefixes(void)
{
	static const struct lp_str texts[] = {
		BYTES("[\"echo\",{\"a\":[1.5e3,null,true,\"\\u00e9 \\\\ long enough\"]},false]"),
		BYTES("{\"token\":\"abc\",\"n\":[{},[],-0]}"),
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		CHECK(json_scan_value(texts[i], DEPTH) == (ssize_t)texts[i].n);
		for (size_t n = 0; n < texts[i].n; n++) {
			char *copy = malloc(n + 1); /* so that a sanitizer sees a step too far */

			memcpy(copy, texts[i].p, n);
			CHECK_ROW(texts[i], json_scan_value(lp_str(copy, n), DEPTH) == LP_EPROTO);
			free(copy);
		}
	}
}

static void test_depth(void)
{
	static char text[20000];
	struct lp_str half = {text, sizeof(text) / 2};

	memset(text, '[', sizeof(text) / 2);
	memset(text + sizeof(text) / 2, ']', sizeof(text) / 2);
	CHECK(json_scan_value(half, 64) == LP_ETOOBIG);
	CHECK(json_scan_value(half, 1000000) == LP_ETOOBIG);
	for (unsigned depth = 0; depth <= JSON_SCAN_DEPTH_MAX; depth++) {
		struct lp_str t = {text + sizeof(text) / 2 - depth, 2 * (size_t)depth};

		if (depth)
			CHECK(json_scan_value(t, depth - 1) == LP_ETOOBIG);
		if (depth)
			CHECK(json_scan_value(t, depth) == 2 * (ssize_t)depth);
	}
}

static void test_array(void)
{
	static const struct {
		struct lp_str text;
		ssize_t count;
		struct lp_str elements[2];
	} rows[] = {
		{BYTES("[]"), 0, {{0}}},
		{BYTES(" [ ] "), 0, {{0}}},
		{BYTES("[1]"), 1, {BYTES("1")}},
		{BYTES("[\"echo\",{\"a\":1}]"), 2, {BYTES("\"echo\""), BYTES("{\"a\":1}")}},
		{BYTES("[ \"a\" , [ 1 ] , 3 ]"), 3, {BYTES("\"a\""), BYTES("[ 1 ]")}},
		{BYTES("[1]x"), LP_EPROTO, {{0}}},
		{BYTES("[1"), LP_EPROTO, {{0}}},
		{BYTES("[1,]"), LP_EPROTO, {{0}}},
		{BYTES("[,]"), LP_EPROTO, {{0}}},
		{BYTES("["), LP_EPROTO, {{0}}},
		{BYTES("[]]"), LP_EPROTO, {{0}}},
		{BYTES("{}"), LP_EPROTO, {{0}}},
		{BYTES("\"x\""), LP_EPROTO, {{0}}},
		{BYTES("null"), LP_EPROTO, {{0}}},
		{BYTES(""), LP_EPROTO, {{0}}},
		{BYTES("[01]"), LP_EPROTO, {{0}}},
		{BYTES("[1 2]"), LP_EPROTO, {{0}}},
		{BYTES("[[[[[[[[]]]]]]]]"), 1, {BYTES("[[[[[[[]]]]]]]")}},
		{BYTES("[[[[[[[[[]]]]]]]]]"), LP_ETOOBIG, {{0}}},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str got[2] = {{0}};

		CHECK_ROW(rows[i].text,
			  json_scan_array(rows[i].text, DEPTH, got, 2) == rows[i].count);
		for (ssize_t k = 0; k < rows[i].count && k < 2; k++)
			CHECK_STR(rows[i].text, got[k], rows[i].elements[k]);
	}
	CHECK(json_scan_array(LP_STR("[]"), 0, NULL, 0) == LP_ETOOBIG);
	CHECK(json_scan_array(LP_STR("[1,2,3]"), 1, NULL, 0) == 3);
	CHECK(json_scan_array(LP_STR("[[]]"), 1, NULL, 0) == LP_ETOOBIG);
}

static void test_string(void)
{
	static const struct {
		struct lp_str text;
		int rc;
		struct lp_str want;
	} rows[] = {
		{BYTES("\"\""), LP_OK, BYTES("")},
		{BYTES("\"joinRoom\""), LP_OK, BYTES("joinRoom")},
		{BYTES("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""), LP_OK, BYTES("\"\\/\b\f\n\r\t")},
		{BYTES("\"a\\u0041\\u00e9\\u20ac\\ud83d\\ude00z\""), LP_OK,
		 BYTES("aA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z")},
		{BYTES("\"\\u0000\""), LP_OK, BYTES("\0")},
		{BYTES("\"\\ud800\""), LP_OK, BYTES("\xef\xbf\xbd")},
		{BYTES("\"\\udc00x\""), LP_OK, BYTES("\xef\xbf\xbdx")},
		{BYTES("\"\\ud800\\ud83d\\ude00\""), LP_OK, BYTES("\xef\xbf\xbd\xf0\x9f\x98\x80")},
		{BYTES("\"\\ud800\\u0041\""), LP_OK,
		 BYTES("\xef\xbf\xbd"
		       "A")},
		{BYTES("\"\\uDBFF\\uDFFF\""), LP_OK, BYTES("\xf4\x8f\xbf\xbf")},
		{BYTES("\"\xc3\xa9\""), LP_OK, BYTES("\xc3\xa9")},
		{BYTES("\"a\" "), LP_EPROTO, BYTES("")},
		{BYTES(" \"a\""), LP_EPROTO, BYTES("")},
		{BYTES("\"a\"b\""), LP_EPROTO, BYTES("")},
		{BYTES("\"a"), LP_EPROTO, BYTES("")},
		{BYTES("\""), LP_EPROTO, BYTES("")},
		{BYTES("a"), LP_EPROTO, BYTES("")},
		{BYTES(""), LP_EPROTO, BYTES("")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		CHECK_ROW(rows[i].text, json_scan_string(rows[i].text, &out) == rows[i].rc);
		CHECK_STR(rows[i].text, lp_buf_str(&out), rows[i].want);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"value", test_value}, {"prefixes", test_prefixes}, {"depth", test_depth},
		{"array", test_array}, {"string", test_string},
	};

	return lp_test_main("json_scan", tests, COUNT(tests));
}
