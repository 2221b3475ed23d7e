/* The query of a URL as the JSON object that business systems get it in. Pure. */
#ifndef QUERY_JSON_H
#define QUERY_JSON_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

/*
 * Appends {"name":"value",...}. Of a name that comes several times the last value counts, as in
 * url_query_get(). Bytes that are not UTF-8 become U+FFFD.
 */
void query_json(struct lp_buf *out, struct lp_str query);

#endif
