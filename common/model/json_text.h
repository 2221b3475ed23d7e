/*
 * JSON text checked and cut without being parsed, so that a caller's own text can be passed on as
 * it was written: numbers and escapes untouched. Pure.
 */
#ifndef JSON_TEXT_H
#define JSON_TEXT_H

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

/*
 * True when text is one JSON value to the letter of RFC 8259 (json-c accepts a little more, NaN
 * for one), nested at most LP_JSON_DEPTH deep. UTF-8 is not looked at.
 */
bool json_text_valid(struct lp_str text);

/*
 * The value of the last member called key in text, one JSON object; *out points into text.
 * LP_ENOENT when there is none. LP_EINVAL when text is not a valid object, or spells a name of it
 * with escapes, which could be the same one: then the caller has to parse it.
 */
int json_text_member(struct lp_str text, const char *key, struct lp_str *out) LP_MUSTCHECK;

/*
 * Appends text, one JSON object, without its members called key. LP_EINVAL as above, and nothing
 * is appended.
 */
int json_text_without(struct lp_str text, const char *key, struct lp_buf *out) LP_MUSTCHECK;

#endif
