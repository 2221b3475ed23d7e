#include "config.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <stdlib.h>

#include "common/push/p256.h"
#include "worker/provider/aes128gcm.h"

#define RECORD_SIZE 4096u
#define TAG         16u

static void hkdf(unsigned char *out, size_t n, struct lp_str salt, struct lp_str secret,
		 struct lp_str info)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = kdf ? EVP_KDF_CTX_new(kdf) : NULL;
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, (char *)"SHA256", 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, (void *)salt.p, salt.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)secret.p, secret.n),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)info.p, info.n),
		OSSL_PARAM_construct_end(),
	};

	if (!ctx || EVP_KDF_derive(ctx, out, n, params) != 1)
		abort(); /* out of memory */
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static bool agree(unsigned char secret[32], EVP_PKEY *own, EVP_PKEY *peer)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, own, NULL);
	size_t n = 32;
	bool ok = ctx && EVP_PKEY_derive_init(ctx) == 1 &&
		  EVP_PKEY_derive_set_peer(ctx, peer) == 1 &&
		  EVP_PKEY_derive(ctx, secret, &n) == 1 && n == 32;

	EVP_PKEY_CTX_free(ctx);
	return ok;
}

/* RFC 8291, 3.4: what both sides' keys and the receiver's secret come to. */
static void combine(unsigned char secret[32], const struct aes128gcm *with,
		    const unsigned char shared[32], const unsigned char sender[P256_POINT])
{
	struct lp_buf info = {0};

	lp_buf_add(&info, "WebPush: info", 14); /* the zero byte is part of it */
	lp_buf_add(&info, with->receiver, P256_POINT);
	lp_buf_add(&info, sender, P256_POINT);
	hkdf(secret, 32, lp_str((const char *)with->auth, 16), lp_str((const char *)shared, 32),
	     lp_buf_str(&info));
	lp_buf_clear(&info);
}

static void add_record(struct lp_buf *out, const unsigned char key[16],
		       const unsigned char nonce[12], struct lp_str text)
{
	unsigned char *to = (unsigned char *)lp_buf_reserve(out, text.n + 1 + TAG);
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0, end = 0, rest = 0;

	if (!ctx || EVP_EncryptInit_ex2(ctx, EVP_aes_128_gcm(), key, nonce, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, to, &n, (const unsigned char *)text.p, (int)text.n) != 1 ||
	    EVP_EncryptUpdate(ctx, to + n, &end, (const unsigned char *)"\2", 1) != 1 ||
	    EVP_EncryptFinal_ex(ctx, to + n + end, &rest) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, TAG, to + n + end) != 1)
		abort(); /* out of memory */
	out->len += text.n + 1 + TAG;
	out->data[out->len] = 0;
	EVP_CIPHER_CTX_free(ctx);
}

void aes128gcm_record(struct lp_buf *out, const unsigned char salt[16], struct lp_str material,
		      struct lp_str text)
{
	static const char key_info[] = "Content-Encoding: aes128gcm"; /* with their zero bytes */
	static const char nonce_info[] = "Content-Encoding: nonce";
	struct lp_str s = lp_str((const char *)salt, 16);
	unsigned char key[16], nonce[12];

	hkdf(key, sizeof(key), s, material, lp_str(key_info, sizeof(key_info)));
	hkdf(nonce, sizeof(nonce), s, material, lp_str(nonce_info, sizeof(nonce_info)));
	add_record(out, key, nonce, text);
	OPENSSL_cleanse(key, sizeof(key));
}

int aes128gcm_encrypt(struct lp_buf *out, const struct aes128gcm *with, struct lp_str text)
{
	static const unsigned char size[4] = {0, 0, RECORD_SIZE >> 8, RECORD_SIZE & 0xff};
	unsigned char sender[P256_POINT], shared[32], secret[32];
	EVP_PKEY *receiver = p256_from_point(with->receiver);
	bool ok = receiver && text.n <= RECORD_SIZE - AES128GCM_HEADER - TAG - 1 &&
		  p256_point(with->sender, sender) && agree(shared, with->sender, receiver);

	EVP_PKEY_free(receiver);
	if (!ok)
		return LP_EINVAL;
	combine(secret, with, shared, sender);
	lp_buf_add(out, with->salt, 16);
	lp_buf_add(out, size, sizeof(size));
	lp_buf_addc(out, P256_POINT);
	lp_buf_add(out, sender, P256_POINT);
	aes128gcm_record(out, with->salt, lp_str((char *)secret, sizeof(secret)), text);
	OPENSSL_cleanse(shared, sizeof(shared));
	OPENSSL_cleanse(secret, sizeof(secret));
	return LP_OK;
}
