/*
 * The tokens that say to Apple who sends: signed with an entry's key, and used for 40 minutes. Apple
 * takes none that is older than an hour, and no new one (TooManyProviderTokenUpdates) within 20
 * minutes of the last.
 */
#ifndef APNS_TOKEN_H
#define APNS_TOKEN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "worker/provider/token_cache.h"

struct provider_entry;

/* Appends what a token goes by: entries of several namespaces may have the same key, and Apple
 * knows the key, not them. */
void apns_token_name(struct lp_buf *out, const struct provider_entry *e);

/* The one of the cache, or a new one. now: ms of the wall clock. NULL: the key can not sign. */
const struct cached_token *apns_token(struct token_cache *cache, const struct provider_entry *e,
				      uint64_t now);

/*
 * Apple says that the token made at that time is too old. True: the next apns_token() gives another
 * one; false: it may not be made yet.
 */
bool apns_token_renew(struct token_cache *cache, const struct provider_entry *e, uint64_t made,
		      uint64_t now);

#endif
