/*
 * JSON text checked and cut without being parsed: the connector forwards texts verbatim and only
 * needs to know where an array's elements are.
 */
#ifndef JSON_SCAN_H
#define JSON_SCAN_H

#include <sys/types.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define JSON_SCAN_DEPTH_MAX 256 /* a greater depth argument counts as this */

/*
 * The length of the JSON value at the start of text (white space before it included), LP_EPROTO
 * when there is no well-formed one, LP_ETOOBIG when it nests deeper than depth. Recursion-free.
 */
ssize_t json_scan_value(struct lp_str text, unsigned depth) LP_MUSTCHECK;

/*
 * text is one JSON array and nothing else but white space: stores the texts of its first max
 * elements and returns how many elements it has in all; LP_EPROTO or LP_ETOOBIG otherwise (some
 * elements may have been stored). The array itself is the first level of depth.
 */
ssize_t json_scan_array(struct lp_str text, unsigned depth, struct lp_str *elements,
			size_t max) LP_MUSTCHECK;

/*
 * text (valid UTF-8) is one JSON string literal: appends its value (a lone surrogate becomes
 * U+FFFD). LP_OK, or LP_EPROTO with nothing appended.
 */
int json_scan_string(struct lp_str text, struct lp_buf *out) LP_MUSTCHECK;

/*
 * text is one well-formed JSON object: the text of the first member with that name (compared as
 * written, without undoing escapes). LP_ENOENT when there is none, LP_EPROTO when text is no
 * object, LP_ETOOBIG when one before it nests deeper than depth, of which 0 allows no object and no
 * array.
 */
int json_scan_member(struct lp_str text, unsigned depth, const char *name,
		     struct lp_str *value) LP_MUSTCHECK;

#endif
