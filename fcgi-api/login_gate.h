/*
 * Slows down whoever guesses passwords: an address may fail so many times in a row, and then once
 * in a while. A try counts as a failure from its beginning until it has turned out well, so that
 * many at the same time are no way around it. Of IPv6 a /64 is one address. Kept by each process for
 * itself, in a table of bounded size. Threads share it.
 *
 * Guesses that come from very many addresses are not stopped, but bounded: while there are many
 * failures in all, only some threads hash at a time, and the others serve those who are known.
 */
#ifndef LOGIN_GATE_H
#define LOGIN_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_rc.h"
#include "common/lp_str.h"

/* A family in front, then the bytes that count; all zero for what is no address. */
struct login_address {
	uint8_t bytes[9];
};

struct login_address login_address_of(struct lp_str text);

struct login_gate;

/*
 * failures: how many an address has within per_ms; 0: no limits at all. hashing: threads that may
 * hash while there are many failures, at least 1.
 */
struct login_gate *login_gate_new(int64_t failures, int64_t per_ms, unsigned hashing);
void login_gate_free(struct login_gate *g);

/* For how many ms the address has to wait, 0: not at all. What is no address never waits. now: ms. */
int64_t login_gate_wait(struct login_gate *g, const struct login_address *a, uint64_t now);

struct login_try {
	struct login_address address;
	bool hashes; /* a password, which takes its time; a token does not */
};

/*
 * Before a secret is looked at. LP_OK: then login_gate_leave() must follow. LP_ETOOBIG: refused,
 * *wait says for how many ms. LP_EBUSY: it has waited for other tries of the address, on which it
 * depends whether there may be one more: look what they have brought, and ask again.
 */
int login_gate_enter(struct login_gate *g, const struct login_try *t, uint64_t now,
		     int64_t *wait) LP_MUSTCHECK;
void login_gate_leave(struct login_gate *g, const struct login_try *t, uint64_t now, bool failed);

#endif
