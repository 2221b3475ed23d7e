/*
 * Slows down whoever guesses passwords: an address may fail so many times in a row, and then once
 * in a while. It is refused before anything is looked up or hashed, also with the right password,
 * since otherwise it could go on guessing; other addresses notice nothing. Of IPv6 a /64 is one
 * address. Kept by each process for itself, in a table of bounded size. Threads share it.
 *
 * Guesses that come from very many addresses are not stopped, but bounded: while there are many
 * failures in all, only some threads hash at a time, and the others serve those who are known.
 */
#ifndef LOGIN_GATE_H
#define LOGIN_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_str.h"

struct login_gate;

/*
 * failures: how many an address has within per_ms; 0: no limits at all. hashing: threads that may
 * hash while there are many failures, at least 1.
 */
struct login_gate *login_gate_new(int64_t failures, int64_t per_ms, unsigned hashing);
void login_gate_free(struct login_gate *g);

/* For how many ms the address has to wait, 0: not at all. What is no address never waits. now: ms. */
int64_t login_gate_wait(struct login_gate *g, struct lp_str address, uint64_t now);
/* It failed. */
void login_gate_failed(struct login_gate *g, struct lp_str address, uint64_t now);

/* Whether a password may be hashed now; then login_gate_leave() must follow. */
bool login_gate_enter(struct login_gate *g, uint64_t now);
void login_gate_leave(struct login_gate *g);

#endif
