/*
 * What was accepted, in the memory of the scenarios: the logs of all namespaces, and which of it
 * waits in the connector's inbox. Each look at the clock is a ms later than the one before.
 */
#ifndef LOG_MEM_H
#define LOG_MEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/core/core.h"

struct log_mem_entry {
	uint64_t position, id;
	char *nsp, *room, *others, *except, *event;
	bool lost; /* for nobody who is online */
};

struct log_mem {
	struct log_mem_entry *entries;
	size_t count;
	size_t *inbox; /* indexes, from `read` on not handed over */
	size_t waiting, read;
	uint64_t clock;
	uint64_t seen; /* all that was accepted before was handed over */
	bool held;
	uint64_t trimmed; /* position of the last entry that is not there any more */
};

uint64_t log_mem_clock(struct log_mem *l);
/* Accepts a push; inbox: the connector hears of it there. */
void log_mem_add(struct log_mem *l, struct lp_str nsp, const struct pushed *p, bool inbox);
/* The next one in the inbox; NULL when there is none, or it is held. */
const struct log_mem_entry *log_mem_take(struct log_mem *l);
/* The first entry of the namespace behind the position; NULL at the end. */
const struct log_mem_entry *log_mem_after(const struct log_mem *l, const char *nsp,
					  uint64_t position);
/* The inbox is gone, with all that waits in it. */
void log_mem_lose_inbox(struct log_mem *l);
/* Nothing of what was accepted so far is there any more. */
void log_mem_trim(struct log_mem *l);
void log_mem_clear(struct log_mem *l);

#endif
