/* Message encryption for Web Push (RFC 8291), one record of aes128gcm (RFC 8188). */
#ifndef AES128GCM_H
#define AES128GCM_H

#include <openssl/types.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define AES128GCM_HEADER 86u /* salt, record size, and the sender's public key */

/* What a message is encrypted with. The two that must never be used twice are arguments, for the
 * sake of the RFC's example. */
struct aes128gcm {
	const unsigned char *receiver; /* 65 bytes, uncompressed */
	const unsigned char *auth;     /* 16 bytes */
	const unsigned char *salt;     /* 16 random bytes */
	EVP_PKEY *sender;              /* a fresh pair on P-256 */
};

/*
 * Appends the body. text is at most what one record of 4096 bytes holds. LP_EINVAL, with nothing
 * appended, when the receiver's key is no point of the curve.
 */
int aes128gcm_encrypt(struct lp_buf *out, const struct aes128gcm *with,
		      struct lp_str text) LP_MUSTCHECK;

/*
 * Inside of it, RFC 8188: appends the only, and last, record of text under key material of any
 * length.
 */
void aes128gcm_record(struct lp_buf *out, const unsigned char salt[16], struct lp_str material,
		      struct lp_str text);

#endif
