/* Engine.io session ids: <tag>-<22 characters base64url of 128 random bits>. */
#ifndef SESSION_ID_H
#define SESSION_ID_H

#include <stdint.h>

#include "common/lp_str.h"

#define SESSION_TAG_MAX 8
#define SESSION_ID_MAX  (SESSION_TAG_MAX + 1 + 22)

/* Writes a terminated id; tag: 1 to SESSION_TAG_MAX letters or digits. */
void session_id_make(char out[SESSION_ID_MAX + 1], struct lp_str tag, const uint8_t random[16]);

#endif
