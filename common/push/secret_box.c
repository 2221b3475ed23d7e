#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/push/secret_box.h"

#define NONCE  12u
#define TAG    16u
#define PREFIX "enc:1:"

bool secret_sealed(struct lp_str text)
{
	return lp_str_starts(text, LP_STR(PREFIX));
}

/* The name of its key; empty when text is none that is sealed. */
static struct lp_str key_of(struct lp_str text)
{
	struct lp_str rest = lp_str_from(text, sizeof(PREFIX) - 1);
	size_t colon = lp_str_find(rest, ':');

	return secret_sealed(text) && colon < rest.n ? lp_str(rest.p, colon) : LP_STR("");
}

bool secret_current(const struct secret_keys *keys, struct lp_str sealed)
{
	return lp_str_eq(key_of(sealed), lp_cstr(secret_keys_first(keys)->id));
}

/* One pass of AES-256-GCM over n bytes, either way. False: the tag is wrong. */
static bool run(bool encrypt, const unsigned char *key, const unsigned char *nonce,
		struct lp_str place, const unsigned char *from, size_t n, unsigned char *to,
		unsigned char *tag)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int used = 0, rest = 0;
	bool ok;

	if (!ctx || EVP_CipherInit_ex2(ctx, EVP_aes_256_gcm(), key, nonce, encrypt, NULL) != 1 ||
	    (!encrypt && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, TAG, tag) != 1) ||
	    EVP_CipherUpdate(ctx, NULL, &used, (const unsigned char *)place.p, (int)place.n) != 1 ||
	    EVP_CipherUpdate(ctx, to, &used, from, (int)n) != 1)
		abort(); /* out of memory */
	ok = EVP_CipherFinal_ex(ctx, to + used, &rest) == 1;
	if (encrypt && (!ok || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, tag) != 1))
		abort();
	EVP_CIPHER_CTX_free(ctx);
	return ok;
}

void secret_seal(struct lp_buf *out, const struct secret_keys *keys, struct lp_str place,
		 struct lp_str secret)
{
	const struct secret_key *key = secret_keys_first(keys);
	struct lp_buf box = {0};
	unsigned char *bytes = (unsigned char *)lp_buf_reserve(&box, NONCE + secret.n + TAG);

	if (RAND_bytes(bytes, NONCE) != 1)
		abort(); /* without random bytes nothing is safe */
	run(true, key->bytes, bytes, place, (const unsigned char *)secret.p, secret.n,
	    bytes + NONCE, bytes + NONCE + secret.n);
	lp_buf_addf(out, PREFIX "%s:", key->id);
	base64url_encode(out, lp_str((char *)bytes, NONCE + secret.n + TAG));
	lp_buf_clear(&box);
}

static int open_box(struct lp_buf *out, const struct secret_key *key, struct lp_str place,
		    struct lp_buf *box)
{
	unsigned char *bytes = (unsigned char *)box->data;
	size_t n, start = out->len;
	unsigned char *to;

	if (box->len < NONCE + TAG)
		return LP_EPROTO;
	n = box->len - NONCE - TAG;
	to = (unsigned char *)lp_buf_reserve(out, n + 1);
	if (!run(false, key->bytes, bytes, place, bytes + NONCE, n, to, bytes + NONCE + n)) {
		OPENSSL_cleanse(to, n);
		return LP_EPROTO;
	}
	out->len = start + n;
	out->data[out->len] = 0;
	return LP_OK;
}

int secret_open(struct lp_buf *out, const struct secret_keys *keys, struct lp_str place,
		struct lp_str sealed)
{
	struct lp_str id = key_of(sealed);
	struct lp_buf box = {0};
	const struct secret_key *key;
	int rc = LP_EPROTO;

	if (!id.n)
		return LP_EPROTO;
	key = secret_keys_find(keys, id);
	if (!key)
		return LP_ENOENT;
	if (base64url_decode(&box, lp_str_from(sealed, sizeof(PREFIX) + id.n)) == LP_OK)
		rc = open_box(out, key, place, &box);
	lp_buf_clear(&box);
	return rc;
}
