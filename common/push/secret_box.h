/*
 * Secrets as they lie in Redis: AES-256-GCM under a key of the setting secret_keys. The text says
 * which key, so that a new one can be put in front and the old one stays for what it encrypted:
 *
 *     enc:1:<key id>:<base64url of nonce (12), ciphertext, tag (16)>
 *
 * The place (namespace, entry, field) is authenticated with it: a secret copied elsewhere can not
 * be opened there.
 */
#ifndef SECRET_BOX_H
#define SECRET_BOX_H

#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/push/secret_keys.h"

/* True when text is what secret_seal() makes. */
bool secret_sealed(struct lp_str text);
/* True when it is sealed with the key that secret_seal() would take. */
bool secret_current(const struct secret_keys *keys, struct lp_str sealed);
/* Appends the sealed form. */
void secret_seal(struct lp_buf *out, const struct secret_keys *keys, struct lp_str place,
		 struct lp_str secret);
/*
 * Appends the secret. LP_ENOENT when its key is not among keys (which may be NULL), LP_EPROTO when
 * the text was changed, is none, or belongs elsewhere; out is then as before.
 */
int secret_open(struct lp_buf *out, const struct secret_keys *keys, struct lp_str place,
		struct lp_str sealed) LP_MUSTCHECK;

#endif
