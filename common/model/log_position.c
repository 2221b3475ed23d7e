#include "config.h"

#include "common/model/log_position.h"

#define COUNT_BITS 22
#define COUNT_MAX  ((UINT64_C(1) << COUNT_BITS) - 1)
#define TIME_MAX   (UINT64_MAX >> COUNT_BITS)

/* All digits, at least one; a number that is too large is the largest. */
static bool number(struct lp_str s, uint64_t max, uint64_t *out)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n; i++) {
		unsigned digit = (unsigned char)s.p[i] - (unsigned)'0';

		if (digit > 9)
			return false;
		n = n > (max - digit) / 10 ? max : n * 10 + digit;
	}
	*out = n;
	return s.n != 0;
}

uint64_t log_position_parse(struct lp_str id)
{
	size_t dash = lp_str_find(id, '-');
	uint64_t time, count;

	if (dash == id.n || !number(lp_str(id.p, dash), TIME_MAX, &time) ||
	    !number(lp_str_from(id, dash + 1), COUNT_MAX, &count))
		return 0;
	return time << COUNT_BITS | count;
}

void log_position_write(struct lp_buf *out, uint64_t position)
{
	lp_buf_addu(out, position >> COUNT_BITS);
	lp_buf_addc(out, '-');
	lp_buf_addu(out, position & COUNT_MAX);
}

uint64_t log_position_time(uint64_t position)
{
	return position >> COUNT_BITS;
}

uint64_t log_position_before(uint64_t time)
{
	return time ? (time << COUNT_BITS) - 1 : 0;
}
