#include "config.h"

#include "connector/proto/json_scan.h"
#include "connector/proto/sio_binary.h"

/*
 * A placeholder has nothing nested in front of its members. To look for them behind that would be to
 * read everything in an object for each object around it.
 */
#define FLAT 0

/* Where the string literal that begins at `at` ends; the text is well-formed. */
static size_t string_end(struct lp_str s, size_t at)
{
	for (at++; at < s.n && s.p[at] != '"'; at++)
		at += s.p[at] == '\\';
	return at + 1;
}

/* The number of the placeholder object, -1 when it names no attachment. */
static int number(struct lp_str object, unsigned attachments)
{
	struct lp_str num;

	if (json_scan_member(object, FLAT, "num", &num) != LP_OK || num.n > 2)
		return -1;
	for (size_t i = 0; i < num.n; i++) {
		if (num.p[i] < '0' || num.p[i] > '9')
			return -1;
	}
	unsigned n = (unsigned)(num.p[0] - '0');

	if (num.n == 2)
		n = n * 10 + (unsigned)(num.p[1] - '0');
	return n < attachments ? (int)n : -1;
}

static bool is_placeholder(struct lp_str object)
{
	struct lp_str mark;

	return json_scan_member(object, FLAT, "_placeholder", &mark) == LP_OK &&
	       lp_str_eq(mark, LP_STR("true"));
}

int sio_binary_renumber(struct lp_buf *out, struct lp_str json, unsigned attachments,
			unsigned order[SIO_ATTACHMENTS_MAX])
{
	size_t from = 0, at = 0;
	int count = 0;

	while (at < json.n) {
		struct lp_str object = lp_str_from(json, at);
		int old;

		if (json.p[at] == '"') {
			at = string_end(json, at);
			continue;
		}
		if (json.p[at] != '{' || !is_placeholder(object)) {
			at++;
			continue;
		}
		old = number(object, attachments);
		if (old < 0 || count == SIO_ATTACHMENTS_MAX)
			return LP_EPROTO;
		lp_buf_add(out, json.p + from, at - from);
		lp_buf_addf(out, "{\"_placeholder\":true,\"num\":%d}", count);
		order[count++] = (unsigned)old;
		at += (size_t)json_scan_value(object, SIO_JSON_DEPTH);
		from = at;
	}
	lp_buf_add(out, json.p + from, json.n - from);
	return count;
}
