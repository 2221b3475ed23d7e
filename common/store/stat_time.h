/*
 * The minute that accepted pushes are counted under, in the time zone of the process (the setting
 * timezone, see cli.h).
 */
#ifndef STAT_TIME_H
#define STAT_TIME_H

#include <stdint.h>

struct stat_time {
	char date[9];   /* yyyymmdd */
	char hour[3];   /* HH */
	char minute[5]; /* HHMM */
};

/* now: ms since 1970. */
struct stat_time stat_time_at(uint64_t now);

#endif
