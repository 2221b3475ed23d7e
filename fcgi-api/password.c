#include "config.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <stdlib.h>

#include "common/base64.h"
#include "common/lp_mem.h"
#include "fcgi-api/password.h"

#define SCHEME         "pbkdf2-sha256$"
#define ITERATIONS     60000
#define ITERATIONS_MAX 1000000 /* of a stored one: bounds the work */
#define SALT_LEN       16
#define HASH_LEN       32

static void derive(struct lp_str password, const unsigned char *salt, size_t salt_len,
		   int iterations, unsigned char hash[HASH_LEN])
{
	if (PKCS5_PBKDF2_HMAC(password.p ? password.p : "", (int)password.n, salt, (int)salt_len,
			      iterations, EVP_sha256(), HASH_LEN, hash) != 1)
		abort();
}

void password_hash(struct lp_buf *out, struct lp_str password)
{
	unsigned char salt[SALT_LEN], hash[HASH_LEN];

	if (RAND_bytes(salt, sizeof(salt)) != 1)
		abort();
	derive(password, salt, sizeof(salt), ITERATIONS, hash);
	lp_buf_addf(out, SCHEME "%d$", ITERATIONS);
	base64_encode(out, lp_str((const char *)salt, sizeof(salt)));
	lp_buf_addc(out, '$');
	base64_encode(out, lp_str((const char *)hash, sizeof(hash)));
}

bool password_verify(struct lp_str stored, struct lp_str password)
{
	struct lp_buf salt = {0}, expected = {0};
	unsigned char hash[HASH_LEN];
	struct lp_str rest;
	long iterations;
	char digits[8] = "";
	size_t n;
	bool ok;

	if (!lp_str_starts(stored, LP_STR(SCHEME)))
		return false;
	rest = lp_str_from(stored, strlen(SCHEME));
	n = lp_str_find(rest, '$');
	if (n >= sizeof(digits))
		return false;
	memcpy(digits, rest.p, n);
	iterations = strtol(digits, NULL, 10);
	rest = lp_str_from(rest, n + 1);
	n = lp_str_find(rest, '$');
	ok = iterations >= 1 && iterations <= ITERATIONS_MAX &&
	     base64_decode(&salt, lp_str(rest.p, n)) == LP_OK &&
	     base64_decode(&expected, lp_str_from(rest, n + 1)) == LP_OK &&
	     expected.len == HASH_LEN;
	if (ok) {
		derive(password, (const unsigned char *)salt.data, salt.len, (int)iterations, hash);
		ok = CRYPTO_memcmp(hash, expected.data, HASH_LEN) == 0;
	}
	lp_buf_clear(&salt);
	lp_buf_clear(&expected);
	return ok;
}
