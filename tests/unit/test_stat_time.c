#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/store/stat_time.h"
#include "tests/unit/lp_test.h"

static void test_zones(void)
{
	static const struct {
		const char *zone; /* POSIX form, which needs no files */
		uint64_t now;
		const char *date, *hour, *minute;
	} rows[] = {
		{"UTC0", 0, "19700101", "00", "0000"},
		{"UTC0", 1763942399999, "20251123", "23", "2359"},
		{"UTC0", 1763942400000, "20251124", "00", "0000"},
		{"CST-8", 1763942399999, "20251124", "07", "0759"},
		{"EST5", 1763942400000, "20251123", "19", "1900"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct stat_time at;

		setenv("TZ", rows[i].zone, 1);
		tzset();
		at = stat_time_at(rows[i].now);
		CHECK_STR(lp_cstr(rows[i].zone), lp_cstr(at.date), lp_cstr(rows[i].date));
		CHECK_STR(lp_cstr(rows[i].zone), lp_cstr(at.hour), lp_cstr(rows[i].hour));
		CHECK_STR(lp_cstr(rows[i].zone), lp_cstr(at.minute), lp_cstr(rows[i].minute));
	}
}

int main(void)
{
	static const struct lp_test tests[] = {{"zones", test_zones}};

	return lp_test_main("stat_time", tests, COUNT(tests));
}
