/*
 * The two clocks. Layers below io/ never read one: time comes to them as an argument, so that
 * scenarios run on a fake clock.
 */
#ifndef LP_TIME_H
#define LP_TIME_H

#include <stdint.h>

/* Milliseconds that never go back; for time-outs. */
uint64_t lp_mono_ms(void);
/* The same in microseconds; for measuring. */
uint64_t lp_mono_us(void);
/* Milliseconds since 1970; for records. */
uint64_t lp_wall_ms(void);

#endif
