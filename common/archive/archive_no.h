/*
 * The key of a message in the archive, one number made of what tells it from all others: when it was
 * accepted (ms since 1970), its namespace's number, and its id. So numbers are in the order of time,
 * and the same message always has the same. (256 messages of a namespace in one ms, four times what
 * Redis can do, would be needed for two of one number, or a clock that goes back; then one of them is
 * written a ms later.) Pure.
 */
#ifndef ARCHIVE_NO_H
#define ARCHIVE_NO_H

#include <stdint.h>

#define ARCHIVE_NSP_MAX 16383
#define ARCHIVE_EPOCH   INT64_C(1577836800000) /* 2020-01-01, ms */
#define ARCHIVE_SHIFT   22                     /* 14 bits of the namespace, 8 of the id */

/* The first number of a time; a time before 2020 gives 0. After 2089 it does not fit. */
static inline int64_t archive_no_at(int64_t ms)
{
	return ms <= ARCHIVE_EPOCH ? 0 : (ms - ARCHIVE_EPOCH) << ARCHIVE_SHIFT;
}

static inline int64_t archive_no(int64_t sent, int64_t nsp, int64_t id)
{
	return archive_no_at(sent) | (nsp & ARCHIVE_NSP_MAX) << 8 | (id & 255);
}

/* When it was accepted (ms). */
static inline int64_t archive_no_sent(int64_t no)
{
	return (no >> ARCHIVE_SHIFT) + ARCHIVE_EPOCH;
}

/* What stands below the time; of a client's event what tells it from others of that ms. */
static inline int64_t archive_no_rest(int64_t no)
{
	return no & ((INT64_C(1) << ARCHIVE_SHIFT) - 1);
}

#endif
