#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/io/cors.h"

#define ORIGIN_MAX  512
#define HEADERS_MAX 1024 /* bytes of Access-Control-Request-Headers echoed */

struct cors {
	bool any;
	bool credentials;
	char *text; /* what the origins point into */
	size_t count;
	struct lp_str origins[];
};

static struct lp_str trim(struct lp_str s)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = lp_str_from(s, 1);
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

struct cors *cors_new(const char *list, bool credentials)
{
	struct lp_str rest;
	struct cors *c;
	size_t max = 1;

	for (const char *p = list; *p; p++)
		max += *p == ',';
	c = lp_xcalloc(1, sizeof(*c) + max * sizeof(c->origins[0]));
	c->credentials = credentials;
	c->text = lp_xstrdup(list);
	rest = lp_cstr(c->text);
	while (rest.n) {
		size_t end = lp_str_find(rest, ',');
		struct lp_str item = trim(lp_str(rest.p, end));

		/* people write the address of the page, browsers leave the slash out */
		if (item.n && item.p[item.n - 1] == '/')
			item.n--;
		if (lp_str_eq(item, LP_STR("*")))
			c->any = true;
		else if (item.n)
			c->origins[c->count++] = item;
		rest = lp_str_from(rest, end + 1);
	}
	return c;
}

void cors_free(struct cors *c)
{
	if (!c)
		return;
	free(c->text);
	free(c);
}

bool cors_allows(const struct cors *c, struct lp_str origin)
{
	if (!origin.n || origin.n > ORIGIN_MAX)
		return false;
	if (c->any)
		return true;
	for (size_t i = 0; i < c->count; i++) {
		if (lp_str_caseeq(c->origins[i], origin))
			return true;
	}
	return false;
}

bool cors_headers(const struct cors *c, const struct http_head *h, struct lp_buf *out)
{
	struct lp_str origin = http_head_get(h, "Origin");
	bool echo = c->credentials || !c->any;

	if (!cors_allows(c, origin))
		return false;
	lp_buf_addz(out, "Access-Control-Allow-Origin: ");
	lp_buf_adds(out, echo ? origin : LP_STR("*"));
	lp_buf_addz(out, "\r\n");
	if (c->credentials)
		lp_buf_addz(out, "Access-Control-Allow-Credentials: true\r\n");
	return echo;
}

/* A list of header names and nothing else. */
static bool names_valid(struct lp_str s)
{
	if (!s.n || s.n > HEADERS_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		unsigned char ch = (unsigned char)s.p[i];

		if (!isalnum(ch) && (ch == '\0' || !strchr("!#$%&'*+-.^_`|~, ", ch)))
			return false;
	}
	return true;
}

bool cors_preflight(const struct cors *c, const struct http_head *h, struct lp_buf *out)
{
	struct lp_str names = http_head_get(h, "Access-Control-Request-Headers");

	if (!lp_str_eq(h->method, LP_STR("OPTIONS")) || !cors_allows(c, http_head_get(h, "Origin")))
		return false;
	lp_buf_addz(out, "Access-Control-Allow-Methods: GET,POST,OPTIONS\r\n"
			 "Access-Control-Max-Age: 600\r\n");
	if (names_valid(names)) {
		lp_buf_addz(out, "Access-Control-Allow-Headers: ");
		lp_buf_adds(out, names);
		lp_buf_addz(out, "\r\n");
	}
	return true;
}

bool cors_websocket(const struct cors *c, const struct http_head *h)
{
	struct lp_str origin = http_head_get(h, "Origin");
	struct lp_str host = http_head_get(h, "Host");
	size_t at;

	if (!origin.n || (!c->any && !c->count) || cors_allows(c, origin))
		return true;
	at = lp_str_find(origin, '/');
	return host.n && lp_str_caseeq(lp_str_from(origin, at + 2), host);
}
