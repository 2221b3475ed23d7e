/* Keys on the curve P-256 as Web Push writes them: bare numbers and points. */
#ifndef P256_H
#define P256_H

#include <openssl/types.h>
#include <stdbool.h>

#define P256_PRIVATE 32
#define P256_POINT   65 /* uncompressed */

/* NULL when the number is none of the curve's private keys. The caller frees with EVP_PKEY_free(). */
EVP_PKEY *p256_from_private(const unsigned char number[P256_PRIVATE]);
/* NULL when the point is not on the curve. */
EVP_PKEY *p256_from_point(const unsigned char point[P256_POINT]);
/* A new pair. */
EVP_PKEY *p256_generate(void);
/* False when the key is not on P-256. */
bool p256_point(EVP_PKEY *key, unsigned char point[P256_POINT]);

#endif
