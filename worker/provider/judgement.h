/* What a provider's answer means. Each provider's table is in its own file. */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "worker/provider/provider.h"

#define REASON_MAX 160

struct judgement {
	enum provider_outcome outcome;
	char reason[REASON_MAX]; /* UTF-8 without control characters */
	uint64_t retry_ms;       /* RETRY */
	bool pause;              /* the whole provider asks to be left alone so long */
	bool pause_entry;        /* those who send with this entry's credentials are */
	bool renew;              /* the credentials are to be made anew first */
};

/* Bounded, cut between characters, control characters blanked; an empty one gives "status N". */
void judgement_reason(struct judgement *j, struct lp_str reason, int status);
/* RETRY after what the answer asked for (0: nothing), or else ms; an hour at most. */
void judgement_retry(struct judgement *j, uint64_t asked_ms, uint64_t ms);

#endif
