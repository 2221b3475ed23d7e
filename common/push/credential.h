/*
 * What proves to a provider who sends: read the same way when it is saved and when it is used. No
 * I/O; texts may hold anything.
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include <openssl/types.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"

enum certificate_state {
	CERTIFICATE_OK,
	CERTIFICATE_UNREADABLE,
	CERTIFICATE_EXPIRED,
	CERTIFICATE_NOT_YET, /* begins later */
	CERTIFICATE_KEY_UNREADABLE,
	CERTIFICATE_KEY_MISMATCH,
};

/*
 * A client certificate and its key, both PEM. An empty key is looked for behind the certificate, as
 * such files often come. now: s since 1970. *expires, s since 1970, is set when the certificate
 * could be read.
 */
enum certificate_state certificate_check(struct lp_str cert, struct lp_str key, int64_t now,
					 int64_t *expires);

/* A service account of Google, from the JSON file one downloads. */
struct service_account {
	char *project_id, *client_email, *private_key, *key_id, *token_uri;
};

/*
 * hosts: those that token_uri may name, commas between. Returns NULL, or what is wrong (static
 * text), and then there is nothing to clear.
 */
const char *service_account_read(struct service_account *account, struct lp_str text,
				 const char *hosts);
void service_account_clear(struct service_account *account);

/*
 * The private key of a Web Push server (VAPID): 32 bytes in base64url, or PEM. NULL when it is
 * none. The caller frees it with EVP_PKEY_free().
 */
EVP_PKEY *vapid_key_read(struct lp_str text);
/* Appends the public key as browsers want it, base64url. */
void vapid_public_key(struct lp_buf *out, EVP_PKEY *key);

#endif
