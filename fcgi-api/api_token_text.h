/*
 * An API token as its owner has it: lp_<namespace in base64url>.<id>.<secret>. The secret is 256
 * random bits, so a plain SHA-256 of it is what is stored. Pure but for the randomness.
 */
#ifndef API_TOKEN_TEXT_H
#define API_TOKEN_TEXT_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

#define API_TOKEN_ID_LEN   12
#define API_TOKEN_HASH_LEN 64 /* hexadecimal digits */

/* Appends a new one, and says its id and the hash of its secret. */
void api_token_make(struct lp_buf *out, struct lp_str nsp, char id[API_TOKEN_ID_LEN + 1],
		    char hash[API_TOKEN_HASH_LEN + 1]);

/* Takes one apart: the namespace is appended to nsp; id and secret point into text. */
bool api_token_parse(struct lp_str text, struct lp_buf *nsp, struct lp_str *id,
		     struct lp_str *secret);

/* Whether s can be the id of one. */
bool api_token_id(struct lp_str s);

void api_token_hash(struct lp_str secret, char hash[API_TOKEN_HASH_LEN + 1]);

#endif
