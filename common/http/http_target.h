/* Where a call goes: a URL taken apart once, so that what was checked is what is called. */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include <curl/curl.h>
#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/*
 * NULL, with the reason in *why (static text), unless text is an http or https URL whose host is
 * in hosts: names or addresses with commas between, "" for any. query, still encoded, is put
 * behind the URL's own. The caller frees it with curl_url_cleanup().
 */
CURLU *http_target_new(struct lp_str text, struct lp_str query, const char *hosts,
		       const char **why);
/* Appends scheme://host:port. */
void http_target_server(CURLU *url, struct lp_buf *out);
/* Appends the query as it is sent, without the question mark; nothing when there is none. */
void http_target_query(CURLU *url, struct lp_buf *out);

#endif
