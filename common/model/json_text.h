/*
 * JSON text checked and cut without being parsed, so that a caller's own text can be passed on as
 * it was written: numbers and escapes untouched. Pure.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include <sys/types.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

/*
 * The value of the last member called key in text, one JSON object; *out points into text.
 * LP_ENOENT when there is none. LP_EINVAL when text is not JSON to the letter of RFC 8259, nests
 * deeper than LP_JSON_DEPTH, or spells a name of the object with escapes, which could be the same
 * one: then the caller has to parse it. UTF-8 is not looked at.
 */
int json_text_member(struct lp_str text, const char *key, struct lp_str *out) LP_MUSTCHECK;

/*
 * The elements of text, one JSON array: returns how many, the first max of which are in out and
 * point into text; or -1 when it is not one, as above.
 */
ssize_t json_text_elements(struct lp_str text, struct lp_str *out, size_t max) LP_MUSTCHECK;

/*
 * Appends text, one JSON object, without its members called key. LP_EINVAL as above, and nothing
 * is appended.
 */
int json_text_without(struct lp_str text, const char *key, struct lp_buf *out) LP_MUSTCHECK;

#endif
