#include "config.h"

#include "common/model/csv.h"
#include "tests/unit/lp_test.h"

static void test_field(void)
{
	static const struct {
		struct lp_str in, want;
	} rows[] = {
		{BYTES(""), BYTES("")},
		{BYTES("room-1"), BYTES("room-1")},
		{BYTES("{\"a\":1}"), BYTES("\"{\"\"a\"\":1}\"")},
		{BYTES("\""), BYTES("\"\"\"\"")},
		{BYTES("a,b"), BYTES("\"a,b\"")},
		/* what separates fields where the comma separates decimals */
		{BYTES("a;b"), BYTES("\"a;b\"")},
		{BYTES("a\nb"), BYTES("\"a\nb\"")},
		{BYTES("a\r\nb"), BYTES("\"a\r\nb\"")},
		{BYTES("a\0b"), BYTES("\"a\0b\"")},
		{BYTES(" a"), BYTES("\" a\"")},
		{BYTES("a "), BYTES("\"a \"")},
		{BYTES("\xe4\xbd\xa0\xe5\xa5\xbd"), BYTES("\xe4\xbd\xa0\xe5\xa5\xbd")},
		/* formulas */
		{BYTES("=1+1"), BYTES("\"'=1+1\"")},
		{BYTES("=HYPERLINK(\"http://x\")"), BYTES("\"'=HYPERLINK(\"\"http://x\"\")\"")},
		{BYTES("+1"), BYTES("\"'+1\"")},
		{BYTES("-1"), BYTES("\"'-1\"")},
		{BYTES("@SUM(A1)"), BYTES("\"'@SUM(A1)\"")},
		{BYTES("\t=1"), BYTES("\"'\t=1\"")},
		{BYTES("\r=1"), BYTES("\"'\r=1\"")},
		{BYTES("\n=1"), BYTES("\"'\n=1\"")},
		{BYTES("  =1"), BYTES("\"'  =1\"")},
		{BYTES("\xef\xbc\x9d"
		       "1"),
		 BYTES("\"'\xef\xbc\x9d"
		       "1\"")},
		{BYTES("\xef\xbc\xa0"
		       "1"),
		 BYTES("\"'\xef\xbc\xa0"
		       "1\"")},
		/* none of them */
		{BYTES("a=1"), BYTES("a=1")},
		{BYTES("1-1"), BYTES("1-1")},
		{BYTES("\0=1"), BYTES("\"\0=1\"")},
		{BYTES("\xef\xbc"), BYTES("\xef\xbc")},
		{BYTES("   "), BYTES("\"   \"")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		csv_field(&out, rows[i].in);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].want);
	}
	lp_buf_clear(&out);
}

static void test_line(void)
{
	struct lp_buf out = {0};

	csv_field(&out, LP_STR("a"));
	csv_next(&out);
	csv_field(&out, LP_STR(""));
	csv_next(&out);
	csv_field(&out, LP_STR("b\"c"));
	csv_end(&out);
	CHECK_STR(LP_STR("line"), lp_buf_str(&out), LP_STR("a,,\"b\"\"c\"\r\n"));
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {{"field", test_field}, {"line", test_line}};

	return lp_test_main("csv", tests, COUNT(tests));
}
