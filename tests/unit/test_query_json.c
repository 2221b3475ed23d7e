#include "config.h"

#include "common/model/query_json.h"
#include "tests/unit/lp_test.h"

static void test_rows(void)
{
	static const struct {
		struct lp_str query;
		struct lp_str json;
	} rows[] = {
		{BYTES(""), BYTES("{}")},
		{BYTES("uuid=a&userid=b%20c"), BYTES("{\"uuid\":\"a\",\"userid\":\"b c\"}")},
		{BYTES("a=1&a=2"), BYTES("{\"a\":\"2\"}")},
		{BYTES("&&flag&=x"), BYTES("{\"flag\":\"\",\"\":\"x\"}")},
		{BYTES("n=%E4%BD%A0\xe5\xa5\xbd"), BYTES("{\"n\":\"\xe4\xbd\xa0\xe5\xa5\xbd\"}")},
		{BYTES("n=a%FFb"), BYTES("{\"n\":\"a\xef\xbf\xbd"
					 "b\"}")},
		{BYTES("n=%22%0A%2F"), BYTES("{\"n\":\"\\\"\\n/\"}")},
		{BYTES("n=a%00b"), BYTES("{\"n\":\"a\\u0000b\"}")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		query_json(&out, rows[i].query);
		CHECK_STR(rows[i].query, lp_buf_str(&out), rows[i].json);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {{"queries", test_rows}};

	return lp_test_main("query_json", tests, COUNT(tests));
}
