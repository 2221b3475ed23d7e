#include "config.h"

#include <string.h>

#include "common/archive/sql_url.h"

static const char sqlite[] = "sqlite:";
static const char *const postgresql[] = {"postgresql://", "postgres://"};

static bool starts(const char *s, const char *prefix)
{
	return strncmp(s, prefix, strlen(prefix)) == 0;
}

bool sql_url_off(const char *url)
{
	return strcmp(url, "off") == 0;
}

bool sql_url_check(const char *url, struct lp_buf *why)
{
	bool ok;

	if (starts(url, sqlite))
		ok = sql_url_path(url)[0] == '/' && sql_url_path(url)[1];
	else
		ok = sql_url_off(url) || starts(url, postgresql[0]) || starts(url, postgresql[1]);
	if (!ok && why)
		lp_buf_addz(why, "it must be off, sqlite:/path or postgresql://...");
	return ok;
}

enum sql_dialect sql_url_dialect(const char *url)
{
	return starts(url, sqlite) ? SQL_SQLITE : SQL_POSTGRESQL;
}

const char *sql_url_path(const char *url)
{
	return url + strlen(sqlite);
}

void sql_url_show(struct lp_buf *out, const char *url)
{
	struct lp_str s = lp_cstr(url), head, host;
	size_t at;

	if (sql_url_off(url) || sql_url_dialect(url) == SQL_SQLITE) {
		lp_buf_adds(out, s);
		return;
	}
	/* Parameters may hold a password as well. */
	s.n = lp_str_find(s, '?');
	at = lp_str_find(s, '/') + 2;
	head = lp_str(s.p, at);
	host = lp_str_from(s, at);
	/* A password may have an @ in it; the host has none. */
	for (size_t i = host.n; i-- > 0;) {
		if (host.p[i] == '@') {
			host = lp_str_from(host, i + 1);
			break;
		}
	}
	lp_buf_adds(out, head);
	lp_buf_adds(out, host);
}
