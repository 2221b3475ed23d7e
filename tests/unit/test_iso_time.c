#include "config.h"

#include <stdlib.h>
#include <time.h>

#include "common/model/iso_time.h"
#include "tests/unit/lp_test.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3" /* POSIX form, which needs no files */

static void zone(const char *name)
{
	setenv("TZ", name, 1);
	tzset();
}

static void test_parse(void)
{
	static const struct {
		const char *text;
		int64_t ms; /* -1: not one */
	} rows[] = {
		{"1970-01-01T00:00:00Z", 0},
		{"2026-11-23", 1795388400000},
		{"2026-11-23T00:00", 1795388400000},
		{"2026-11-23 00:00:00", 1795388400000},
		{"2026-11-23T00:00:00Z", 1795392000000},
		{"2026-11-23T00:00:00.5Z", 1795392000500},
		{"2026-11-23T00:00:00.123456Z", 1795392000123},
		{"2026-11-23T00:00:00+01:00", 1795388400000},
		{"2026-11-23T00:00:00 01:00", 1795388400000},
		{"2026-11-23T00:00:00+0100", 1795388400000},
		{"2026-11-23T00:00:00+01", 1795388400000},
		{"2026-11-23T00:00-05:30", 1795411800000},
		/* an hour that comes twice, told apart by the zone */
		{"2026-10-25T02:30:00+02:00", 1792888200000},
		{"2026-10-25T02:30:00+01:00", 1792891800000},
		{"2026-07-01", 1782856800000},
		{"2024-02-29", 1709161200000},
		{"9999-12-31T23:59:59Z", 253402300799000},
		{"", -1},
		{"2026", -1},
		{"2026-11", -1},
		{"2026-11-23T", -1},
		{"2026-11-23Z", -1},
		{"2026-11-23T10", -1},
		{"2026-11-23T10:", -1},
		{"2026-11-23T24:00", -1},
		{"2026-11-23T10:60", -1},
		{"2026-11-23T10:00:60", -1},
		{"2026-11-23T10:00:00.", -1},
		{"2026-11-23T10:00:00.Z", -1},
		{"2026-11-23T10:00Zulu", -1},
		{"2026-11-23T10:00+Z", -1},
		{"2026-11-23T10:00+1", -1},
		{"2026-11-23T10:00+01:", -1},
		{"2026-11-23T10:00+01:60", -1},
		{"2026-11-23T10:00+24:00", -1},
		{"2026-11-23t10:00", -1},
		{"2026-00-01", -1},
		{"2026-13-01", -1},
		{"2026-02-29", -1},
		{"2026-04-31", -1},
		{"2026-11-00", -1},
		{"1969-12-31T23:59:59Z", -1},
		{"1970-01-01T00:00:00+01:00", -1},
		{"12026-11-23", -1},
		{"-026-11-23", -1},
		{" 2026-11-23", -1},
	};

	zone(BERLIN);
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t ms = -1;

		if (iso_time_parse(lp_cstr(rows[i].text), &ms) != LP_OK)
			ms = -1;
		CHECK_ROW(lp_cstr(rows[i].text), ms == rows[i].ms);
	}
}

static void test_add(void)
{
	static const struct {
		const char *zone;
		int64_t time;
		const char *want;
	} rows[] = {
		{"UTC0", 0, "1970-01-01T00:00:00+00:00"},
		{BERLIN, 1795388400, "2026-11-23T00:00:00+01:00"},
		{BERLIN, 1792888200, "2026-10-25T02:30:00+02:00"},
		{BERLIN, 1792891800, "2026-10-25T02:30:00+01:00"},
		{"IST-5:30", 1795392000, "2026-11-23T05:30:00+05:30"},
		{"NST3:30", 1795392000, "2026-11-22T20:30:00-03:30"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};

		zone(rows[i].zone);
		iso_time_add(&out, rows[i].time);
		CHECK_STR(lp_cstr(rows[i].zone), lp_buf_str(&out), lp_cstr(rows[i].want));
		lp_buf_clear(&out);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {{"parse", test_parse}, {"add", test_add}};

	return lp_test_main("iso_time", tests, COUNT(tests));
}
