/*
 * Where a message stands in the log of its namespace, in one number that grows with each message:
 * the time of its acceptance (ms, by the clock of Redis) in the high bits, and a count within
 * that ms in the low ones, which stays at its largest value when it does not suffice. Other than
 * the ids of messages it goes on growing when Redis was emptied.
 */
#ifndef LOG_POSITION_H
#define LOG_POSITION_H

#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Of an entry's id in the stream, <ms>-<count>; 0 when it is none. */
uint64_t log_position_parse(struct lp_str id);
/* The other way. */
void log_position_write(struct lp_buf *out, uint64_t position);
/* ms */
uint64_t log_position_time(uint64_t position);
/* The last one before a time (ms). */
uint64_t log_position_before(uint64_t time);

#endif
