#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/store/stat_time.h"
#include "tests/unit/lp_test.h"

/* POSIX forms, which need no files. */
#define BERLIN    "CET-1CEST,M3.5.0,M10.5.0/3"
#define LORD_HOWE "LHST-10:30LHDT-11,M10.1.0,M4.1.0" /* half an hour of summer time */

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void test_stretches(void)
{
	static const struct {
		const char *zone;
		enum stat_time_by by;
		int64_t time, start, next;
	} rows[] = {
		{"UTC0", STAT_BY_MINUTE, 0, 0, 60},
		{"UTC0", STAT_BY_HOUR, 0, 0, 3600},
		{"UTC0", STAT_BY_DAY, 0, 0, 86400},
		{"UTC0", STAT_BY_MINUTE, 1763942399, 1763942340, 1763942400},
		{"UTC0", STAT_BY_HOUR, 1763942399, 1763938800, 1763942400},
		{"UTC0", STAT_BY_DAY, 1763942399, 1763856000, 1763942400},
		{"CST-8", STAT_BY_DAY, 1763942399, 1763913600, 1764000000},
		{"EST5", STAT_BY_DAY, 1763942399, 1763874000, 1763960400},
		{"IST-5:30", STAT_BY_HOUR, 1763942399, 1763940600, 1763944200},
		{"NPT-5:45", STAT_BY_HOUR, 1763942399, 1763939700, 1763943300},
		/* 29 March 2026 has 23 hours */
		{BERLIN, STAT_BY_DAY, 1774750000, 1774738800, 1774821600},
		{BERLIN, STAT_BY_HOUR, 1774745999, 1774742400, 1774746000},
		/* 25 October 2026 has 25, two of them from 2 to 3 */
		{BERLIN, STAT_BY_DAY, 1792900000, 1792879200, 1792969200},
		{BERLIN, STAT_BY_HOUR, 1792888200, 1792886400, 1792890000},
		{BERLIN, STAT_BY_HOUR, 1792891800, 1792890000, 1792893600},
		/* 5 April 2026: from 1 to 2 and then half an hour of that again */
		{LORD_HOWE, STAT_BY_HOUR, 1775311200, 1775311200, 1775314800},
		{LORD_HOWE, STAT_BY_HOUR, 1775315000, 1775314800, 1775316600},
		{LORD_HOWE, STAT_BY_DAY, 1775320000, 1775307600, 1775395800},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		zone(rows[i].zone);
		CHECK_ROW(lp_cstr(rows[i].zone),
			  stat_time_floor(rows[i].by, rows[i].time) == rows[i].start);
		CHECK_ROW(lp_cstr(rows[i].zone),
			  stat_time_next(rows[i].by, rows[i].start) == rows[i].next);
	}
}

/* Whatever the zone does, stretches follow each other, and none is lost. */
static void test_year(void)
{
	static const char *const zones[] = {"UTC0", BERLIN, LORD_HOWE, "NPT-5:45"};

	for (size_t i = 0; i < COUNT(zones); i++) {
		zone(zones[i]);
		for (int by = STAT_BY_HOUR; by <= STAT_BY_DAY; by++) {
			int64_t at = stat_time_floor((enum stat_time_by)by, 1767225600);
			size_t n = 0;

			for (; at < 1767225600 + 365 * 86400; n++) {
				int64_t next = stat_time_next((enum stat_time_by)by, at);

				CHECK(stat_time_floor((enum stat_time_by)by, next - 1) == at);
				CHECK(stat_time_floor((enum stat_time_by)by, next) == next);
				at = next;
			}
			CHECK(by == STAT_BY_DAY ? n == 365 || n == 366 : n >= 8760 && n <= 8762);
		}
	}
}

int main(void)
{
	static const struct lp_test tests[] = {{"stretches", test_stretches}, {"year", test_year}};

	return lp_test_main("stat_time", tests, COUNT(tests));
}
