#include "config.h"

#include "common/model/url_query.h"
#include "tests/unit/lp_test.h"

static void test_next(void)
{
	/* want: each pair as name|value; */
	static const struct {
		struct lp_str query, want;
	} rows[] = {
		{BYTES(""), BYTES("")},
		{BYTES("a=b"), BYTES("a|b;")},
		{BYTES("a=b&c"), BYTES("a|b;c|;")},
		{BYTES("&&a=b&&"), BYTES("a|b;")},
		{BYTES("a=b=c&=d"), BYTES("a|b=c;|d;")},
		{BYTES("uuid=a&x=1,2&y=/z"), BYTES("uuid|a;x|1,2;y|/z;")},
		{BYTES("a=%26&b=+"), BYTES("a|%26;b|+;")},
	};
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str rest = rows[i].query;
		struct lp_str name, value;

		lp_buf_reset(&got);
		while (url_query_next(&rest, &name, &value)) {
			lp_buf_adds(&got, name);
			lp_buf_addc(&got, '|');
			lp_buf_adds(&got, value);
			lp_buf_addc(&got, ';');
		}
		CHECK_STR(rows[i].query, lp_buf_str(&got), rows[i].want);
		CHECK(!url_query_next(&rest, &name, &value));
	}
	lp_buf_clear(&got);
}

static void test_decode(void)
{
	static const struct {
		struct lp_str encoded, want;
	} rows[] = {
		{BYTES(""), BYTES("")},
		{BYTES("plain"), BYTES("plain")},
		{BYTES("u%201+2"), BYTES("u 1 2")},
		{BYTES("%C3%A9%c3%a9"), BYTES("\xc3\xa9\xc3\xa9")},
		{BYTES("a%00b"), BYTES("a\0b")},
		{BYTES("%zz%4"), BYTES("%zz%4")},
		{BYTES("%"), BYTES("%")},
		{BYTES("%%41"), BYTES("%A")},
		{BYTES("100%2"), BYTES("100%2")},
	};
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&got);
		url_decode(&got, rows[i].encoded);
		CHECK_STR(rows[i].encoded, lp_buf_str(&got), rows[i].want);
	}
	lp_buf_clear(&got);
}

static void test_get(void)
{
	static const struct {
		struct lp_str query;
		const char *name;
		bool found;
		struct lp_str want;
	} rows[] = {
		{BYTES("EIO=4&transport=%70olling"), "transport", true, BYTES("polling")},
		{BYTES("EIO=3&x=1&EIO=4"), "EIO", true, BYTES("4")}, /* the last */
		{BYTES("sid="), "sid", true, BYTES("")},
		{BYTES("sid"), "sid", true, BYTES("")},
		{BYTES("side=1&si=2"), "sid", false, BYTES("")},
		{BYTES("%73id=x"), "sid", true, BYTES("x")},
		{BYTES(""), "sid", false, BYTES("")},
	};
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&got);
		CHECK_ROW(rows[i].query,
			  url_query_get(rows[i].query, rows[i].name, &got) == rows[i].found);
		CHECK_STR(rows[i].query, lp_buf_str(&got), rows[i].want);
	}
	lp_buf_clear(&got);
}

static void test_encode(void)
{
	static const struct {
		struct lp_str text, want;
	} rows[] = {
		{BYTES(""), BYTES("")},
		{BYTES("aZ09-._~"), BYTES("aZ09-._~")},
		{BYTES("a b+c&d=e/#%"), BYTES("a%20b%2Bc%26d%3De%2F%23%25")},
		{BYTES("\xe4\xbd\xa0\0\r\n"), BYTES("%E4%BD%A0%00%0D%0A")},
	};
	struct lp_buf out = {0}, back = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		lp_buf_reset(&back);
		url_encode(&out, rows[i].text);
		CHECK_STR(rows[i].text, lp_buf_str(&out), rows[i].want);
		url_decode(&back, lp_buf_str(&out));
		CHECK_STR(rows[i].text, lp_buf_str(&back), rows[i].text);
	}
	lp_buf_clear(&out);
	lp_buf_clear(&back);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"next", test_next},
		{"decode", test_decode},
		{"get", test_get},
		{"encode", test_encode},
	};

	return lp_test_main("url_query", tests, COUNT(tests));
}
