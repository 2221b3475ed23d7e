/*
 * json-c behind limits on size and depth, with typed getters. Objects are json-c's own
 * (struct json_object), released with json_object_put().
 */
#ifndef LP_JSON_H
#define LP_JSON_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define LP_JSON_DEPTH 64 /* deepest nesting accepted from outside */

/*
 * Parses the whole of text as one JSON value in valid UTF-8. Returns LP_OK and *out (the caller
 * puts it; NULL for a JSON null), or LP_EINVAL. Text after the value is an error. An integer beyond
 * 64 bits becomes the nearest one: who must give numbers on unchanged gives on the text.
 */
int lp_json_parse(struct lp_str text, struct json_object **out) LP_MUSTCHECK;

/*
 * False when text has more than max values, at any depth; about so, and also when it is no JSON.
 * Costs a small part of parsing, which takes up to 2 us and 800 bytes for a value of three bytes: to
 * be asked before where it must not.
 */
bool lp_json_few(struct lp_str text, size_t max);

/* The string under key, or an empty one (p == NULL) when absent or not a string. Borrowed. */
struct lp_str lp_json_str(struct json_object *obj, const char *key);

/* Appends s as a JSON string literal, quotes included. s must be valid UTF-8. */
void lp_json_quote(struct lp_buf *out, struct lp_str s);

/* Appends the value's compact text. NULL gives null. */
void lp_json_text(struct lp_buf *out, struct json_object *value);

/* True when s is well-formed UTF-8 (no surrogates, no overlong forms). */
bool lp_utf8_valid(struct lp_str s);

#endif
