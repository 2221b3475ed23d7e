/*
 * Names with the number of a client in them, and choices made by it: what makes each of very many
 * clients another one, the same in each run.
 *
 *     {n}       the number of the client, 0 and up
 *     {n%100}   the remainder: clients 0, 100, 200 are the same
 *     {n/2}     the quotient: clients 0 and 1 are the same
 *     {n:6}     with zeros in front to six digits; behind the others: {n/2%50:3}
 */
#ifndef SIM_PATTERN_H
#define SIM_PATTERN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"

/* Appends the name of client n. LP_EINVAL when what is in braces is none of the above. */
int sim_pattern_expand(const char *pattern, uint64_t n, struct lp_buf *out) LP_MUSTCHECK;

/* A number that looks random and depends on nothing but these. */
uint64_t sim_random(uint64_t seed, uint64_t n, uint64_t what);

#define SIM_MIX_MAX 8

/* Weighted choices: "web:3,ios:1", a name without a weight has 1. */
struct sim_mix {
	unsigned count;
	unsigned value[SIM_MIX_MAX];  /* index into the names */
	unsigned weight[SIM_MIX_MAX]; /* 0 to 1000000 */
	unsigned total;
};

/* names ends with NULL. LP_EINVAL for a name that is not among them, or a wrong weight. */
int sim_mix_parse(const char *text, const char *const *names, struct sim_mix *mix) LP_MUSTCHECK;
/* Index into the names; random is any number. */
unsigned sim_mix_pick(const struct sim_mix *mix, uint64_t random);

#endif
