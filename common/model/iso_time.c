#include "config.h"

#include <stdbool.h>
#include <stdlib.h>
#include <time.h>

#include "common/model/iso_time.h"

/* Takes exactly n digits off the text: a number from min to max. */
static bool digits(struct lp_str *text, size_t n, int min, int max, int *out)
{
	int value = 0;

	if (text->n < n)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (text->p[i] < '0' || text->p[i] > '9')
			return false;
		value = value * 10 + (text->p[i] - '0');
	}
	*text = lp_str_from(*text, n);
	*out = value;
	return value >= min && value <= max;
}

/* Takes the character off the text if it comes next. */
static bool mark(struct lp_str *text, char c)
{
	if (!text->n || *text->p != c)
		return false;
	*text = lp_str_from(*text, 1);
	return true;
}

static bool read_date(struct lp_str *text, struct tm *tm)
{
	bool good = digits(text, 4, 1970, 9999, &tm->tm_year) && mark(text, '-') &&
		    digits(text, 2, 1, 12, &tm->tm_mon) && mark(text, '-') &&
		    digits(text, 2, 1, 31, &tm->tm_mday);

	tm->tm_year -= 1900;
	tm->tm_mon--;
	return good;
}

static bool read_time(struct lp_str *text, struct tm *tm, int *ms)
{
	if (!digits(text, 2, 0, 23, &tm->tm_hour) || !mark(text, ':') ||
	    !digits(text, 2, 0, 59, &tm->tm_min))
		return false;
	if (!mark(text, ':'))
		return true;
	if (!digits(text, 2, 0, 59, &tm->tm_sec))
		return false;
	if (!mark(text, '.'))
		return true;
	if (!text->n || *text->p < '0' || *text->p > '9')
		return false;
	for (int unit = 100; text->n && *text->p >= '0' && *text->p <= '9'; unit /= 10) {
		*ms += unit * (*text->p - '0');
		*text = lp_str_from(*text, 1);
	}
	return true;
}

/* *offset: s east of Greenwich. */
static bool read_zone(struct lp_str *text, int *offset)
{
	bool east = mark(text, '+') || mark(text, ' ');
	int hours, minutes = 0;

	if (mark(text, 'Z') && !east)
		return true;
	if ((!east && !mark(text, '-')) || !digits(text, 2, 0, 23, &hours))
		return false;
	if ((mark(text, ':') || text->n) && !digits(text, 2, 0, 59, &minutes))
		return false;
	*offset = (hours * 60 + minutes) * (east ? 60 : -60);
	return true;
}

/* A day that the month has: timegm() and mktime() move what lies behind its end. */
static bool day_exists(struct tm tm)
{
	struct tm noon = {
		.tm_year = tm.tm_year, .tm_mon = tm.tm_mon, .tm_mday = tm.tm_mday, .tm_hour = 12};
	time_t time = timegm(&noon);

	return gmtime_r(&time, &noon) && noon.tm_mon == tm.tm_mon;
}

int iso_time_parse(struct lp_str text, int64_t *ms)
{
	struct tm tm = {.tm_isdst = -1};
	int fraction = 0, offset = 0;
	bool zone = false;
	time_t seconds;

	if (!read_date(&text, &tm) || !day_exists(tm))
		return LP_EINVAL;
	if (text.n) {
		if ((!mark(&text, 'T') && !mark(&text, ' ')) || !read_time(&text, &tm, &fraction))
			return LP_EINVAL;
		zone = text.n > 0;
		if (zone && !read_zone(&text, &offset))
			return LP_EINVAL;
	}
	seconds = zone ? timegm(&tm) - offset : mktime(&tm);
	if (text.n || seconds < 0)
		return LP_EINVAL;
	*ms = (int64_t)seconds * 1000 + fraction;
	return LP_OK;
}

void iso_time_add(struct lp_buf *out, int64_t time)
{
	time_t seconds = (time_t)time;
	struct tm tm;
	char text[32];
	long minutes;

	localtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	minutes = labs(tm.tm_gmtoff) / 60;
	lp_buf_addf(out, "%s%c%02ld:%02ld", text, tm.tm_gmtoff < 0 ? '-' : '+', minutes / 60,
		    minutes % 60);
}
