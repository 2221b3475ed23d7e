/* Header fields of HTTP/2: those of a request as nghttp2 wants them, and what some of an answer's mean. */
#ifndef H2_FIELDS_H
#define H2_FIELDS_H

#include <nghttp2/nghttp2.h>
#include <stdint.h>
#include <time.h>

#include "common/lp_buf.h"

/* Borrows both. */
nghttp2_nv h2_field(const char *name, struct lp_str value);
/* Those that h2_header() has put there, H2_HEADERS_MAX at most; returns how many. Borrows them. */
size_t h2_fields(nghttp2_nv *fields, const struct lp_buf *headers);

/* What a Retry-After asks for, a number of seconds or a date: ms from now (s) on; 0: nothing. */
uint64_t h2_retry_after(struct lp_str value, time_t now);

#endif
