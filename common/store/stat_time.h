/*
 * Stretches of time that counters are reported by, in the time zone of the process (the setting
 * timezone, see cli.h). A day may have 23 or 25 hours, and an hour may come twice in it: those are
 * two. Times are seconds since 1970. Pure.
 *
 * The counters themselves are kept in UTC (lib/stat.lua): by minute, and by quarter of an hour,
 * which every hour of every zone begins with.
 */
#ifndef STAT_TIME_H
#define STAT_TIME_H

#include <stdint.h>

#include "common/lp_buf.h"

#define STAT_TIME_QUARTER 900 /* s */
#define STAT_TIME_DAY     86400

enum stat_time_by { STAT_BY_MINUTE, STAT_BY_HOUR, STAT_BY_DAY };

/* When the stretch begins that the time, 0 or later, is in; none begins before 1970. */
int64_t stat_time_floor(enum stat_time_by by, int64_t time);
/* When the next one begins; start: the beginning of one. */
int64_t stat_time_next(enum stat_time_by by, int64_t start);

#endif
