/*
 * application/x-www-form-urlencoded text, in bodies and in queries, as a JSON object: every value
 * is a string, and names nest.
 *
 *     a=1&b[x]=2&b[y][z]=3&c[]=4&c[]=5&d=6&d=7
 *     {"a":"1","b":{"x":"2","y":{"z":"3"}},"c":["4","5"],"d":["6","7"]}
 *
 * What is numbered from 0 without a gap becomes an array. Pure.
 */
#ifndef API_FORM_H
#define API_FORM_H

#include <json-c/json.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define API_FORM_FIELDS 1000 /* most fields in one text */
#define API_FORM_DEPTH  32   /* most brackets behind a name */

/* LP_OK and *out (the caller puts it), or LP_EINVAL. */
int api_form_parse(struct lp_str text, struct json_object **out) LP_MUSTCHECK;

/* Appends s with %XX decoded, and '+' as a space when plus. A broken escape stays as it is. */
void api_form_unescape(struct lp_buf *out, struct lp_str s, bool plus);

#endif
