#include "config.h"

#include <stdbool.h>
#include <time.h>

#include "common/store/stat_time.h"

/* No day of any zone is shorter. */
#define DAY_LEAST (22 * 3600)

/* Whether both are in one stretch, given that they are less than a day apart. */
static bool same(enum stat_time_by by, int64_t a, int64_t b)
{
	time_t at = (time_t)a, bt = (time_t)b;
	struct tm x, y;

	localtime_r(&at, &x);
	localtime_r(&bt, &y);
	return x.tm_yday == y.tm_yday &&
	       (by == STAT_BY_DAY || (x.tm_hour == y.tm_hour && x.tm_gmtoff == y.tm_gmtoff));
}

int64_t stat_time_floor(enum stat_time_by by, int64_t time)
{
	int64_t start;

	if (by == STAT_BY_MINUTE)
		return time - time % 60;
	start = time - time % STAT_TIME_QUARTER;
	while (start >= STAT_TIME_QUARTER && same(by, start - STAT_TIME_QUARTER, time))
		start -= STAT_TIME_QUARTER;
	return start;
}

int64_t stat_time_next(enum stat_time_by by, int64_t start)
{
	int64_t next = start + (by == STAT_BY_DAY ? DAY_LEAST : STAT_TIME_QUARTER);

	if (by == STAT_BY_MINUTE)
		return start + 60;
	while (same(by, start, next))
		next += STAT_TIME_QUARTER;
	return next;
}
