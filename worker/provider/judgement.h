/* What a provider's answer means, by rules that each provider has in its own file. */
#ifndef JUDGEMENT_H
#define JUDGEMENT_H

#include <stdbool.h>
#include <stddef.h>
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

/* The first that fits an answer counts. */
struct judgement_rule {
	int status;         /* 0: any */
	const char *reason; /* NULL: any */
	enum provider_outcome outcome;
	enum {
		RULE_ALONE, /* it is about this request alone */
		RULE_PAUSE,
		RULE_PAUSE_ENTRY,
		RULE_RENEW,
	} also;
	uint64_t retry_ms; /* RETRY: unless the answer asks for another time */
};

/*
 * By the rules. Where none fits: RETRY after busy_ms when the server has failed (5xx), else REFUSED.
 * reason: the provider's word; asked_ms: what the answer asked for, 0: nothing.
 */
void judgement_make(struct judgement *j, const struct judgement_rule *rules, size_t count,
		    int status, struct lp_str reason, uint64_t asked_ms, uint64_t busy_ms);
/* Bounded, cut between characters, control characters blanked; an empty one gives "status N". */
void judgement_reason(struct judgement *j, struct lp_str reason, int status);
/* RETRY after what the answer asked for (0: nothing), or else ms; an hour at most. */
void judgement_retry(struct judgement *j, uint64_t asked_ms, uint64_t ms);

#endif
