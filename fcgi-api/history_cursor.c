#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/base64.h"
#include "fcgi-api/history_cursor.h"

#define TEXT_MAX 128 /* bytes of a cursor from outside */

void history_cursor_encode(struct lp_buf *out, uint64_t query, const struct history_cursor *c)
{
	struct lp_buf text = {0};

	lp_buf_addf(&text, "%016" PRIx64 " %" PRId64, query, c->no);
	base64url_encode(out, lp_buf_str(&text));
	lp_buf_clear(&text);
}

/* Takes a blank and a decimal number, written the one way it can be, off the text. */
static bool take_number(struct lp_str *text, int64_t *out)
{
	size_t i = 1;

	*out = 0;
	if (!text->n || text->p[0] != ' ')
		return false;
	for (; i < text->n && text->p[i] >= '0' && text->p[i] <= '9'; i++) {
		int64_t digit = text->p[i] - '0';

		if ((i == 2 && !*out) || *out > (INT64_MAX - digit) / 10)
			return false;
		*out = *out * 10 + digit;
	}
	*text = lp_str_from(*text, i);
	return i > 1;
}

static int read_text(struct history_cursor *c, uint64_t query, struct lp_str text)
{
	char of[17];

	snprintf(of, sizeof(of), "%016" PRIx64, query);
	if (!lp_str_starts(text, lp_cstr(of)))
		return LP_EINVAL;
	text = lp_str_from(text, 16);
	if (!take_number(&text, &c->no))
		return LP_EINVAL;
	c->set = true;
	return text.n ? LP_EINVAL : LP_OK;
}

int history_cursor_decode(struct history_cursor *c, uint64_t query, struct lp_str text)
{
	struct lp_buf plain = {0};
	int rc = LP_EINVAL;

	*c = (struct history_cursor){.set = false};
	if (!text.n)
		return LP_OK;
	if (text.n <= TEXT_MAX && base64url_decode(&plain, text) == LP_OK)
		rc = read_text(c, query, lp_buf_str(&plain));
	lp_buf_clear(&plain);
	return rc;
}
