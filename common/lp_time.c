#include "config.h"

#include <time.h>

#include "common/lp_time.h"

static uint64_t now_ms(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

uint64_t lp_mono_ms(void)
{
	return now_ms(CLOCK_MONOTONIC);
}

uint64_t lp_mono_us(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

uint64_t lp_wall_ms(void)
{
	return now_ms(CLOCK_REALTIME);
}
