/*
 * What a process remembers of credentials that were right, as HMACs under a random key of its own.
 * Threads share it. See auth.h.
 */
#ifndef AUTH_MEMORY_H
#define AUTH_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "fcgi-api/api.h"
#include "fcgi-api/login_gate.h"

#define AUTH_MAC_LEN 32

struct auth_memory;

/* Credentials, as they are known here. */
struct auth_mac {
	unsigned char bytes[AUTH_MAC_LEN];
};

struct auth_memory *auth_memory_new(void);
void auth_memory_free(struct auth_memory *m);

/*
 * Of two texts, who and the secret, from an address: one that was right there says nothing about
 * others, so who guesses elsewhere can not find it here.
 */
void auth_memory_mac(const struct auth_memory *m, const struct login_address *from, struct lp_str a,
		     struct lp_str b, struct auth_mac *out);

/*
 * Whether these credentials were right; then *rev says with which settings, if it is wanted, and
 * *scope what they allow. With stored, only when they were checked against that very hash.
 */
bool auth_memory_recall(struct auth_memory *m, const struct auth_mac *mac,
			const struct lp_str *stored, char rev[API_REV_LEN], enum api_scope *scope);
void auth_memory_keep(struct auth_memory *m, const struct auth_mac *mac, struct lp_str stored,
		      const char rev[API_REV_LEN], enum api_scope scope);
void auth_memory_forget(struct auth_memory *m, const struct auth_mac *mac);

/* Whether it is time to note that they were used: true at most once a minute. now: ms. */
bool auth_memory_used(struct auth_memory *m, const struct auth_mac *mac, uint64_t now);

#endif
