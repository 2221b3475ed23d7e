#include "config.h"

#include <inttypes.h>

#include "tests/simulator/sim_stamp.h"

#define MARK    "\"sim\":\""
#define FILLING (sizeof(",\"fill\":\"\"}") - 1)

void sim_stamp_write(const struct sim_stamp *stamp, uint64_t size, struct lp_buf *out)
{
	size_t begin = out->len;

	lp_buf_addf(out, "{" MARK "%" PRIx32 ".%" PRIx32 ".%" PRIx32 ".%" PRIx32 ".%" PRIx64 "\"",
		    stamp->run, stamp->room, stamp->sender, stamp->number, stamp->sent);
	if (out->len - begin + FILLING < size) {
		size_t fill = (size_t)size - (out->len - begin) - FILLING;

		lp_buf_addz(out, ",\"fill\":\"");
		lp_buf_reserve(out, fill);
		for (size_t i = 0; i < fill; i++)
			lp_buf_addc(out, (char)('a' + i % 26));
		lp_buf_addc(out, '"');
	}
	lp_buf_addc(out, '}');
}

/* Digits of base 16 up to the character `end`; moves s behind it. */
static bool read_hex(struct lp_str *s, char end, uint64_t most, uint64_t *value)
{
	size_t digits = lp_str_find(*s, end);

	*value = 0;
	if (!digits || digits > 16 || digits == s->n)
		return false;
	for (size_t i = 0; i < digits; i++) {
		char c = s->p[i];

		if (c >= '0' && c <= '9')
			*value = *value << 4 | (uint64_t)(c - '0');
		else if (c >= 'a' && c <= 'f')
			*value = *value << 4 | (uint64_t)(c - 'a' + 10);
		else
			return false;
	}
	*s = lp_str_from(*s, digits + 1);
	return *value <= most;
}

static bool find(struct lp_str *s, struct lp_str what)
{
	const char *at = s->n ? memmem(s->p, s->n, what.p, what.n) : NULL;

	if (at)
		*s = lp_str_from(*s, (size_t)(at - s->p) + what.n);
	return at;
}

bool sim_stamp_read(struct lp_str event, struct sim_stamp *stamp)
{
	uint64_t run, room, sender, number;

	if (!find(&event, LP_STR(MARK)) || !read_hex(&event, '.', UINT32_MAX, &run) ||
	    !read_hex(&event, '.', UINT32_MAX, &room) ||
	    !read_hex(&event, '.', UINT32_MAX, &sender) ||
	    !read_hex(&event, '.', UINT32_MAX, &number) ||
	    !read_hex(&event, '"', UINT64_MAX, &stamp->sent))
		return false;
	stamp->run = (uint32_t)run;
	stamp->room = (uint32_t)room;
	stamp->sender = (uint32_t)sender;
	stamp->number = (uint32_t)number;
	return number > 0;
}

uint64_t sim_stamp_message_id(struct lp_str event)
{
	uint64_t id = 0;

	if (!find(&event, LP_STR("\"id\":")))
		return 0;
	for (size_t i = 0; i < event.n && i < 18 && event.p[i] >= '0' && event.p[i] <= '9'; i++)
		id = id * 10 + (uint64_t)(event.p[i] - '0');
	return id;
}
