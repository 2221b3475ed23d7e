/* UTF-8 checks, UTF-16 lengths and the two repairs that engine.io 3 polling needs. */
#ifndef UTF8_H
#define UTF8_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Well-formed: no overlong forms, no surrogates, nothing above U+10FFFF. Fast on ASCII. */
bool utf8_valid(struct lp_str s);
bool utf8_is_ascii(struct lp_str s);

/* UTF-16 code units of valid UTF-8. */
size_t utf8_utf16_units(struct lp_str s);

/*
 * The number of bytes at the start of s (valid UTF-8) that make exactly `units` UTF-16 code units;
 * < 0 when s is too short or the cut would split a surrogate pair.
 */
ssize_t utf8_prefix_of_units(struct lp_str s, size_t units);

/*
 * Appends valid UTF-8 with every non-ASCII character as a JSON \uXXXX escape (two for those beyond
 * U+FFFF), so that length in bytes equals length in UTF-16 units. Only for JSON text.
 */
void utf8_json_ascii(struct lp_buf *out, struct lp_str s);

/*
 * The doubly encoded text of 1.x clients: true when s has only characters up to U+00FF, at least
 * one above U+007F, and those characters taken as bytes are valid UTF-8; then the decoded text is
 * appended to out.
 */
bool utf8_undo_double(struct lp_buf *out, struct lp_str s);

#endif
