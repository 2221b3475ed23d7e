/* Times as people and programs write them: ISO 8601. Pure but for the time zone of the process. */
#ifndef ISO_TIME_H
#define ISO_TIME_H

#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

/*
 * <date>, <date>T<time> or <date>T<time><zone>; date 2026-11-23, time 10:00, 10:00:00 or
 * 10:00:00.123, zone Z, +01, +0100 or +01:00, and without one the zone of the process. A blank
 * stands for T, and for the + that a query string was not escaped for. Years from 1970. LP_OK and
 * *ms since 1970, or LP_EINVAL.
 */
int iso_time_parse(struct lp_str text, int64_t *ms) LP_MUSTCHECK;

/* Appends 2026-11-23T10:00:00+01:00; time: s since 1970. */
void iso_time_add(struct lp_buf *out, int64_t time);

#endif
