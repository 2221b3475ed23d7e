#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/http/http_target.h"
#include "common/lp_mem.h"

static bool part_is(CURLU *url, CURLUPart part, const char *want)
{
	char *text = NULL;
	bool same;

	if (curl_url_get(url, part, &text, 0) != CURLUE_OK)
		return false;
	same = strcasecmp(text, want) == 0;
	curl_free(text);
	return same;
}

static bool host_allowed(CURLU *url, const char *hosts)
{
	struct lp_str rest = lp_cstr(hosts);
	bool found = rest.n == 0;

	while (!found && rest.n) {
		size_t comma = lp_str_find(rest, ',');
		char *item = lp_xstrndup(lp_str(rest.p, comma));

		found = part_is(url, CURLUPART_HOST, item);
		free(item);
		rest = lp_str_from(rest, comma + 1);
	}
	return found;
}

/* A blank or a control byte in a query could end the request line. */
static bool set_query(CURLU *url, struct lp_str query)
{
	char *text;
	bool ok;

	if (!query.n)
		return true;
	for (size_t i = 0; i < query.n; i++) {
		if ((unsigned char)query.p[i] <= ' ' || query.p[i] == 0x7f)
			return false;
	}
	text = lp_xstrndup(query);
	ok = curl_url_set(url, CURLUPART_QUERY, text, CURLU_APPENDQUERY) == CURLUE_OK;
	free(text);
	return ok;
}

CURLU *http_target_new(struct lp_str text, struct lp_str query, const char *hosts, const char **why)
{
	CURLU *url = curl_url();
	char *copy = lp_xstrndup(text);

	*why = NULL;
	if (!url || memchr(text.p ? text.p : "", 0, text.n) ||
	    curl_url_set(url, CURLUPART_URL, copy, 0) != CURLUE_OK)
		*why = "the URL can not be read";
	else if (!part_is(url, CURLUPART_SCHEME, "http") &&
		 !part_is(url, CURLUPART_SCHEME, "https"))
		*why = "the URL is neither http nor https";
	else if (!host_allowed(url, hosts))
		*why = "the host is not in callback_hosts";
	else if (!set_query(url, query))
		*why = "the query can not be sent";
	free(copy);
	if (!*why)
		return url;
	curl_url_cleanup(url);
	return NULL;
}

static void add_part(CURLU *url, CURLUPart part, struct lp_buf *out)
{
	char *text = NULL;

	if (curl_url_get(url, part, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
		lp_buf_addz(out, text);
	curl_free(text);
}

void http_target_server(CURLU *url, struct lp_buf *out)
{
	add_part(url, CURLUPART_SCHEME, out);
	lp_buf_addz(out, "://");
	add_part(url, CURLUPART_HOST, out);
	lp_buf_addc(out, ':');
	add_part(url, CURLUPART_PORT, out);
}

void http_target_query(CURLU *url, struct lp_buf *out)
{
	add_part(url, CURLUPART_QUERY, out);
}
