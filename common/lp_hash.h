/*
 * uthash with a keyed hash function: keys come from peers, who must not be able to choose
 * colliding ones. Include this instead of <uthash.h>.
 */
#ifndef LP_HASH_H
#define LP_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Sets the key; once at start, from a random source. */
void lp_hash_seed(const uint8_t key[16]);

/* SipHash-1-3 of the bytes, cut to 32 bits. */
uint32_t lp_hash(const void *data, size_t len);

#define HASH_FUNCTION(keyptr, keylen, hashv) ((hashv) = lp_hash((keyptr), (keylen)))
#include <uthash.h>

#endif
