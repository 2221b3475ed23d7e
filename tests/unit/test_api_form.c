#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/api_form.h"
#include "tests/unit/lp_test.h"

static void test_parse(void)
{
	static const struct {
		struct lp_str in;
		const char *want; /* NULL: refused */
	} rows[] = {
		{BYTES(""), "{}"},
		{BYTES("&&"), "{}"},
		{BYTES("a=1&b=&c"), "{\"a\":\"1\",\"b\":\"\",\"c\":\"\"}"},
		{BYTES("a=1+2%2B%3d%zz%4&b%20c=x"), "{\"a\":\"1 2+=%zz%4\",\"b c\":\"x\"}"},
		{BYTES("=1"), "{}"},
		{BYTES("a=1&a=2&a=3"), "{\"a\":[\"1\",\"2\",\"3\"]}"},
		{BYTES("a[]=1"), "{\"a\":[\"1\"]}"},
		{BYTES("a[]=1&a[]=2"), "{\"a\":[\"1\",\"2\"]}"},
		{BYTES("a%5B%5D=1"), "{\"a\":[\"1\"]}"},
		{BYTES("a[1]=y&a[0]=x"), "{\"a\":[\"x\",\"y\"]}"},
		{BYTES("a[1]=y"), "{\"a\":{\"1\":\"y\"}}"},
		{BYTES("a[b]=1&a[c][d]=2"), "{\"a\":{\"b\":\"1\",\"c\":{\"d\":\"2\"}}}"},
		{BYTES("l[0][name]=x&l[0][del]=1&l[1][name]=y"),
		 "{\"l\":[{\"name\":\"x\",\"del\":\"1\"},{\"name\":\"y\"}]}"},
		{BYTES("0=a"), "{\"0\":\"a\"}"},
		{BYTES("a[b=1"), "{\"a[b\":\"1\"}"},
		{BYTES("[]=1"), "{\"[]\":\"1\"}"},
		{BYTES("v=%00"), "{\"v\":\"\\u0000\"}"},
		{BYTES("a=1&a[b]=2"), NULL},
		{BYTES("a[b]=2&a[b][c]=1"), NULL},
		{BYTES("a[b]c=1"), NULL},
		{BYTES("a[b][c=1"), NULL},
		{BYTES("a=%ff"), NULL},
		{BYTES("%c3=1"), NULL},
		{BYTES("a%00b=1"), NULL},
	};
	struct lp_buf text = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *form;
		int rc = api_form_parse(rows[i].in, &form);

		CHECK_ROW(rows[i].in, rc == (rows[i].want ? LP_OK : LP_EINVAL));
		if (rc != LP_OK)
			continue;
		lp_buf_reset(&text);
		lp_json_text(&text, form);
		CHECK_STR(rows[i].in, lp_buf_str(&text), lp_cstr(rows[i].want));
		json_object_put(form);
	}
	lp_buf_clear(&text);
}

static void check_bound(struct lp_str piece, size_t count, int want)
{
	struct json_object *form;
	struct lp_buf text = {0};

	lp_buf_addc(&text, 'a');
	for (size_t i = 0; i < count; i++)
		lp_buf_adds(&text, piece);
	CHECK_ROW(piece, api_form_parse(lp_buf_str(&text), &form) == want);
	json_object_put(form);
	lp_buf_clear(&text);
}

static void test_bounds(void)
{
	check_bound(LP_STR("[b]"), API_FORM_DEPTH, LP_OK);
	check_bound(LP_STR("[b]"), API_FORM_DEPTH + 1, LP_EINVAL);
	check_bound(LP_STR("&a[]=1"), API_FORM_FIELDS - 1, LP_EINVAL); /* "a" is a value */
	check_bound(LP_STR("&b"), API_FORM_FIELDS - 1, LP_OK);
	check_bound(LP_STR("&b"), API_FORM_FIELDS, LP_EINVAL);
}

static void test_unescape(void)
{
	static const struct {
		struct lp_str in, path, form;
	} rows[] = {
		{BYTES(""), BYTES(""), BYTES("")},
		{BYTES("a+b"), BYTES("a+b"), BYTES("a b")},
		{BYTES("%2Fdemo%2f"), BYTES("/demo/"), BYTES("/demo/")},
		{BYTES("%"), BYTES("%"), BYTES("%")},
		{BYTES("%2"), BYTES("%2"), BYTES("%2")},
		{BYTES("%g0%0g%41"), BYTES("%g0%0gA"), BYTES("%g0%0gA")},
		{BYTES("%00"), BYTES("\0"), BYTES("\0")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		api_form_unescape(&out, rows[i].in, false);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].path);
		lp_buf_reset(&out);
		api_form_unescape(&out, rows[i].in, true);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].form);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"parse", test_parse},
		{"bounds", test_bounds},
		{"unescape", test_unescape},
	};

	return lp_test_main("api_form", tests, COUNT(tests));
}
