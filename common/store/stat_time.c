#include "config.h"

#include <time.h>

#include "common/store/stat_time.h"

struct stat_time stat_time_at(uint64_t now)
{
	time_t seconds = (time_t)(now / 1000);
	struct stat_time at;
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(at.date, sizeof(at.date), "%Y%m%d", &tm);
	strftime(at.hour, sizeof(at.hour), "%H", &tm);
	strftime(at.minute, sizeof(at.minute), "%H%M", &tm);
	return at;
}
