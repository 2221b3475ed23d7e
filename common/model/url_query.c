#include "config.h"

#include "common/model/url_query.h"

bool url_query_next(struct lp_str *rest, struct lp_str *name, struct lp_str *value)
{
	while (rest->n) {
		size_t end = lp_str_find(*rest, '&');
		struct lp_str piece = lp_str(rest->p, end);
		size_t eq = lp_str_find(piece, '=');

		*rest = lp_str_from(*rest, end + 1);
		if (!piece.n)
			continue;
		*name = lp_str(piece.p, eq);
		*value = lp_str_from(piece, eq + 1);
		return true;
	}
	return false;
}

static int hex(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* Takes one decoded byte off *rest, which is not empty. */
static char take(struct lp_str *rest)
{
	char c = rest->p[0];
	size_t used = 1;

	if (c == '+') {
		c = ' ';
	} else if (c == '%' && rest->n >= 3 && hex(rest->p[1]) >= 0 && hex(rest->p[2]) >= 0) {
		c = (char)(hex(rest->p[1]) << 4 | hex(rest->p[2]));
		used = 3;
	}
	*rest = lp_str_from(*rest, used);
	return c;
}

void url_decode(struct lp_buf *out, struct lp_str encoded)
{
	char *to = lp_buf_reserve(out, encoded.n);

	while (encoded.n) {
		*to++ = take(&encoded);
		out->len++;
	}
	*to = '\0';
}

/* Stands in a URL as it is. */
static bool is_plain(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

void url_encode(struct lp_buf *out, struct lp_str text)
{
	static const char digits[] = "0123456789ABCDEF";
	char *start = lp_buf_reserve(out, 3 * text.n), *to = start;

	for (size_t i = 0; i < text.n; i++) {
		unsigned char c = (unsigned char)text.p[i];

		if (is_plain(c)) {
			*to++ = (char)c;
		} else {
			*to++ = '%';
			*to++ = digits[c >> 4];
			*to++ = digits[c & 0xf];
		}
	}
	*to = '\0';
	out->len += (size_t)(to - start);
}

static bool is_name(struct lp_str encoded, const char *name)
{
	for (; encoded.n; name++)
		if (!*name || take(&encoded) != *name)
			return false;
	return !*name;
}

bool url_query_get(struct lp_str query, const char *name, struct lp_buf *out)
{
	struct lp_str n, v, last = {NULL, 0};

	while (url_query_next(&query, &n, &v))
		if (is_name(n, name))
			last = v;
	if (!last.p)
		return false;
	url_decode(out, last);
	return true;
}
