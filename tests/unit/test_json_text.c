#include "config.h"

#include "common/lp_json.h"
#include "common/model/json_text.h"
#include "tests/unit/lp_test.h"

/* Whether in is found as the value of a member, and so is JSON. */
static bool valid(struct lp_str in)
{
	struct lp_buf text = {0};
	struct lp_str got;
	int rc;

	lp_buf_addz(&text, "{\"k\":");
	lp_buf_adds(&text, in);
	lp_buf_addc(&text, '}');
	rc = json_text_member(lp_buf_str(&text), "k", &got);
	CHECK_ROW(in, rc == LP_OK || rc == LP_EINVAL);
	lp_buf_clear(&text);
	return rc == LP_OK;
}

static void test_valid(void)
{
	static const struct {
		struct lp_str in;
		bool ok;
	} rows[] = {
		{BYTES("{}"), true},
		{BYTES(" [ 1 , -0.5e+3 , \"a\\u00e9\\n\" , true , false , null ] "), true},
		{BYTES("0"), true},
		{BYTES("\"\""), true},
		{BYTES("1E9"), true},
		{BYTES(""), false},
		{BYTES(" "), false},
		{BYTES("{}{}"), false},
		{BYTES("{\"a\":1,}"), false},
		{BYTES("{a:1}"), false},
		{BYTES("{\"a\" 1}"), false},
		{BYTES("[1,]"), false},
		{BYTES("[1 2]"), false},
		{BYTES("01"), false},
		{BYTES("1."), false},
		{BYTES(".5"), false},
		{BYTES("+1"), false},
		{BYTES("-"), false},
		{BYTES("1e"), false},
		{BYTES("NaN"), false},
		{BYTES("Infinity"), false},
		{BYTES("nul"), false},
		{BYTES("True"), false},
		{BYTES("'a'"), false},
		{BYTES("\"\x01\""), false},
		{BYTES("\"\\x\""), false},
		{BYTES("\"\\u12g4\""), false},
		{BYTES("\"\\u12\""), false},
		{BYTES("\"a"), false},
		{BYTES("\"a\\"), false},
		{BYTES("{} //"), false},
		{BYTES("[1]\0"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i].in, valid(rows[i].in) == rows[i].ok);
}

/* Nothing that is cut off is found, wherever the cut is. */
static void test_prefixes(void)
{
	struct lp_str got,
		whole = LP_STR("{\"a\":[1.5e3,{\"b\\u0041\":\"x\\\\\"},null],\"c\":true}");

	CHECK(json_text_member(whole, "c", &got) == LP_OK);
	for (size_t n = 0; n < whole.n; n++)
		CHECK_ROW(lp_str(whole.p, n),
			  json_text_member(lp_str(whole.p, n), "c", &got) == LP_EINVAL);
}

static void test_depth(void)
{
	struct lp_buf b = {0};

	for (int i = 1; i < LP_JSON_DEPTH; i++)
		lp_buf_addc(&b, '[');
	for (int i = 1; i < LP_JSON_DEPTH; i++)
		lp_buf_addc(&b, ']');
	CHECK(valid(lp_buf_str(&b)));
	lp_buf_reset(&b);
	for (int i = 0; i < LP_JSON_DEPTH; i++)
		lp_buf_addc(&b, '[');
	for (int i = 0; i < LP_JSON_DEPTH; i++)
		lp_buf_addc(&b, ']');
	CHECK(!valid(lp_buf_str(&b)));
	lp_buf_clear(&b);
}

static void test_member(void)
{
	static const struct {
		struct lp_str in;
		int rc;
		struct lp_str want;
	} rows[] = {
		{BYTES("{\"k\":1}"), LP_OK, BYTES("1")},
		{BYTES("{ \"a\" : {\"k\":2} , \"k\" : [ 1.0, \"\\u4e2d\" ] }"), LP_OK,
		 BYTES("[ 1.0, \"\\u4e2d\" ]")},
		{BYTES("{\"k\":1,\"k\":2}"), LP_OK, BYTES("2")},
		{BYTES("{\"a\":{\"k\":2}}"), LP_ENOENT, BYTES("")},
		{BYTES("{}"), LP_ENOENT, BYTES("")},
		{BYTES("{\"kk\":1}"), LP_ENOENT, BYTES("")},
		{BYTES("{\"\\u006b\":1}"), LP_EINVAL, BYTES("")},
		{BYTES("{\"k\":1,\"\\n\":2}"), LP_EINVAL, BYTES("")},
		{BYTES("[\"k\",1]"), LP_EINVAL, BYTES("")},
		{BYTES("{\"k\":1"), LP_EINVAL, BYTES("")},
		{BYTES(""), LP_EINVAL, BYTES("")},
	};
	struct lp_str got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		int rc = json_text_member(rows[i].in, "k", &got);

		CHECK_ROW(rows[i].in, rc == rows[i].rc);
		if (rc == LP_OK)
			CHECK_STR(rows[i].in, got, rows[i].want);
	}
}

static void test_without(void)
{
	static const struct {
		struct lp_str in;
		int rc;
		struct lp_str want;
	} rows[] = {
		{BYTES("{\"k\":1}"), LP_OK, BYTES("{}")},
		{BYTES("{ \"a\" : 1.0 , \"k\" : {\"x\":[]} , \"b\":\"}\" }"), LP_OK,
		 BYTES("{\"a\" : 1.0,\"b\":\"}\"}")},
		{BYTES("{\"k\":1,\"a\":{\"k\":2},\"k\":3}"), LP_OK, BYTES("{\"a\":{\"k\":2}}")},
		{BYTES("{\"a\":1,\"\\u006b\":2}"), LP_EINVAL, BYTES("")},
		{BYTES("[]"), LP_EINVAL, BYTES("")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		CHECK_ROW(rows[i].in, json_text_without(rows[i].in, "k", &out) == rows[i].rc);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].want);
	}
	lp_buf_clear(&out);
}

static void test_elements(void)
{
	static const struct {
		struct lp_str in;
		ssize_t want;
		struct lp_str second;
	} rows[] = {
		{BYTES("[]"), 0, BYTES("")},
		{BYTES(" [ 1.0 ] "), 1, BYTES("")},
		{BYTES("[1,{\"a\": [2,3]} ,4]"), 3, BYTES("{\"a\": [2,3]}")},
		{BYTES("[[1],\"],\"]"), 2, BYTES("\"],\"")},
		{BYTES("[1,]"), -1, BYTES("")},
		{BYTES("[1"), -1, BYTES("")},
		{BYTES("[1]]"), -1, BYTES("")},
		{BYTES("{}"), -1, BYTES("")},
		{BYTES(""), -1, BYTES("")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str out[2] = {{NULL, 0}, {NULL, 0}};

		CHECK_ROW(rows[i].in, json_text_elements(rows[i].in, out, 2) == rows[i].want);
		if (rows[i].want > 1)
			CHECK_STR(rows[i].in, out[1], rows[i].second);
	}
	CHECK(json_text_elements((struct lp_str){NULL, 0}, NULL, 0) == -1);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"valid", test_valid},   {"prefixes", test_prefixes}, {"depth", test_depth},
		{"member", test_member}, {"without", test_without},   {"elements", test_elements},
	};

	return lp_test_main("json_text", tests, COUNT(tests));
}
