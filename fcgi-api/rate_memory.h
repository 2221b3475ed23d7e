/*
 * What a process remembers of namespaces that were at their limit of pushes, so that it can refuse
 * by itself what Redis would refuse: that costs nobody else anything.
 *
 * A bucket (lib/allow.lua) that was found empty fills evenly, so how much can be in it at a later
 * time is known; other programs can only have taken from it. It is known for a second at most, until
 * the bucket must be full. What could make it wrong meanwhile is another limit, which is why it only
 * counts for those who know the settings by the same revision. Threads share it.
 */
#ifndef RATE_MEMORY_H
#define RATE_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_str.h"
#include "fcgi-api/api.h"

struct rate_memory;

/* max: of namespaces; beyond that the one that was at its limit first is forgotten. */
struct rate_memory *rate_memory_new(size_t max);
void rate_memory_free(struct rate_memory *m);

/*
 * Redis said this of a namespace whose settings have that revision. asked: µs, a time before it
 * looked; what is refused later is then never more than what Redis would refuse.
 */
void rate_memory_note(struct rate_memory *m, struct lp_str nsp, const char *rev,
		      const struct api_rate *rate, uint64_t asked);

/* Whether anything is known, now (µs): then *rate has what Redis would say, or left more than that. */
bool rate_memory_look(struct rate_memory *m, struct lp_str nsp, const char *rev, uint64_t now,
		      struct api_rate *rate);

/*
 * Whether one more question may be asked for a namespace at its limit, which counts it: as many in a
 * second as it may push, and ten at least. Always, when nothing is known.
 */
bool rate_memory_ask(struct rate_memory *m, struct lp_str nsp, uint64_t now);

#endif
