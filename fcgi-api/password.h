/*
 * Passwords of namespaces as they are stored: pbkdf2-sha256$<iterations>$<salt>$<hash>, the last
 * two in base64.
 */
#ifndef PASSWORD_H
#define PASSWORD_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

/* Appends the text to store; some tens of milliseconds of work, on purpose. */
void password_hash(struct lp_buf *out, struct lp_str password);

/* As long for a wrong password as for the right one. False when stored is not of that form. */
bool password_verify(struct lp_str stored, struct lp_str password);

#endif
