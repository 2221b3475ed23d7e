#include "config.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base64.h"
#include "fcgi-api/api_token_text.h"

#define PREFIX     "lp_"
#define ID_BYTES   9
#define SECRET_LEN 43 /* 32 bytes in base64url */

void api_token_hash(struct lp_str secret, char hash[API_TOKEN_HASH_LEN + 1])
{
	unsigned char digest[EVP_MAX_MD_SIZE];

	if (EVP_Digest(secret.p ? secret.p : "", secret.n, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (size_t i = 0; i < API_TOKEN_HASH_LEN / 2; i++)
		snprintf(hash + 2 * i, 3, "%02x", digest[i]);
}

void api_token_make(struct lp_buf *out, struct lp_str nsp, char id[API_TOKEN_ID_LEN + 1],
		    char hash[API_TOKEN_HASH_LEN + 1])
{
	unsigned char random[ID_BYTES + 32];
	size_t at;

	if (RAND_bytes(random, sizeof(random)) != 1)
		abort();
	random[0] &=
		0x7f; /* so that the id begins with a letter: no command takes it for an option */
	lp_buf_addz(out, PREFIX);
	base64url_encode(out, nsp);
	lp_buf_addc(out, '.');
	at = out->len;
	base64url_encode(out, lp_str((const char *)random, ID_BYTES));
	memcpy(id, out->data + at, API_TOKEN_ID_LEN);
	id[API_TOKEN_ID_LEN] = '\0';
	lp_buf_addc(out, '.');
	at = out->len;
	base64url_encode(out, lp_str((const char *)random + ID_BYTES, 32));
	api_token_hash(lp_str(out->data + at, out->len - at), hash);
}

bool api_token_id(struct lp_str s)
{
	struct lp_buf bytes = {0};
	bool good = s.n == API_TOKEN_ID_LEN && base64url_decode(&bytes, s) == LP_OK;

	lp_buf_clear(&bytes);
	return good;
}

bool api_token_parse(struct lp_str text, struct lp_buf *nsp, struct lp_str *id,
		     struct lp_str *secret)
{
	size_t dot;

	if (!lp_str_starts(text, LP_STR(PREFIX)))
		return false;
	text = lp_str_from(text, strlen(PREFIX));
	dot = lp_str_find(text, '.');
	if (dot == text.n || base64url_decode(nsp, lp_str(text.p, dot)) != LP_OK)
		return false;
	text = lp_str_from(text, dot + 1);
	dot = lp_str_find(text, '.');
	*id = lp_str(text.p, dot);
	*secret = lp_str_from(text, dot + 1);
	return api_token_id(*id) && secret->n == SECRET_LEN;
}
