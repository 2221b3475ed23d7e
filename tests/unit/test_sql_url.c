#include "config.h"

#include "common/archive/archive_no.h"
#include "common/archive/sql_url.h"
#include "tests/unit/lp_test.h"

static void test_urls(void)
{
	static const struct {
		const char *in;
		bool ok;
		const char *shown;
	} rows[] = {
		{"off", true, "off"},
		{"sqlite:/var/a.db", true, "sqlite:/var/a.db"},
		{"sqlite:a.db", false, NULL},
		{"sqlite:/", false, NULL},
		{"sqlite:", false, NULL},
		{"mysql://h/db", false, NULL},
		{"on", false, NULL},
		{"postgresql://h/db", true, "postgresql://h/db"},
		{"postgres://u:p@h:1/db", true, "postgres://h:1/db"},
		{"postgresql://u:p@ss@h/db?password=x", true, "postgresql://h/db"},
		{"postgresql:///db?host=/run/pg&password=x", true, "postgresql:///db"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf why = {0}, shown = {0};

		CU_ASSERT_EQUAL(sql_url_check(rows[i].in, &why), rows[i].ok);
		CU_ASSERT_EQUAL(why.len != 0, !rows[i].ok);
		if (rows[i].ok) {
			sql_url_show(&shown, rows[i].in);
			CU_ASSERT(lp_str_eq(lp_buf_str(&shown), lp_cstr(rows[i].shown)));
			CU_ASSERT_EQUAL(sql_url_off(rows[i].in), strcmp(rows[i].in, "off") == 0);
		}
		lp_buf_clear(&why);
		lp_buf_clear(&shown);
	}
	CU_ASSERT_EQUAL(sql_url_dialect("sqlite:/a"), SQL_SQLITE);
	CU_ASSERT_EQUAL(sql_url_dialect("postgres://a"), SQL_POSTGRESQL);
	CU_ASSERT_STRING_EQUAL(sql_url_path("sqlite:/a"), "/a");
}

static void test_no(void)
{
	const int64_t ms = INT64_C(1795430000123);
	const int64_t no = archive_no(ms, 5, 1000);

	CU_ASSERT_EQUAL(archive_no_sent(no), ms);
	CU_ASSERT(no >= archive_no_at(ms) && no < archive_no_at(ms + 1));
	CU_ASSERT(archive_no(ms, 5, 1001) > no);
	CU_ASSERT(archive_no(ms, 6, 1000) != no);
	CU_ASSERT(archive_no(ms, 5, 1255) != no);
	CU_ASSERT(archive_no(INT64_C(3776000000000), ARCHIVE_NSP_MAX, 255) > 0); /* 2089 */
	CU_ASSERT_EQUAL(archive_no_at(0), 0);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"the setting archive", test_urls},
		{"keys of messages", test_no},
	};

	return lp_test_main("sql_url", tests, COUNT(tests));
}
