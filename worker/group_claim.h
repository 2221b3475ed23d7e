/*
 * Takes over what other consumers of a group were given and have done nothing with for long: their
 * worker died. A page at a time, and the next time from where that one ended, so that a worker that
 * lives and holds very many does not hide those behind them.
 */
#ifndef GROUP_CLAIM_H
#define GROUP_CLAIM_H

#include <stdint.h>

#include "worker/group_reader.h"
#include "worker/jobs.h"

struct group_claim;

/*
 * tools, whose link it asks, and ops are borrowed; what is found goes to the reader. idle_ms: how long
 * nobody did anything with an entry. count: of a page; Redis looks at ten times as many.
 */
struct group_claim *group_claim_new(const struct job_tools *tools,
				    const struct group_reader_ops *ops, struct group_reader *reader,
				    int64_t idle_ms, unsigned count);
/* The link is there (again). */
void group_claim_start(struct group_claim *c);
/* It is not, or nothing more is to be taken over. */
void group_claim_stop(struct group_claim *c);
void group_claim_free(struct group_claim *c);

#endif
