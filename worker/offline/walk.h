/*
 * One message on its way through the devices that were ever in its rooms and have not acknowledged
 * it, a page of them after the other:
 *
 *     OPEN --> SLICE --> SEND --+--> DRAIN --> DONE --> host's ended()
 *                ^              |
 *                +--- pages ----+
 *
 * Redis decides (offline_slice.lua): a device gets the message into its unread list, or is claimed
 * for the providers, whose results go back in batches (offline_result.lua). What is to be tried
 * again is put aside in Redis at the end, so that here only what is under way is held. When the
 * link breaks each walk waits and sends its call again; all of them can bear that.
 */
#ifndef OFFLINE_WALK_H
#define OFFLINE_WALK_H

#include "worker/jobs.h"
#include "worker/offline/sets.h"
#include "worker/provider/provider.h"

struct walk;
struct walks;

struct walks_conf {
	const struct job_tools *tools;
	const char *life; /* this worker's name in claims */
	struct offline_sets *sets;
	struct providers *providers;
	/* The message is done with; called once, the walk is gone afterwards. arg: the walk's. */
	void (*ended)(void *arg);
};

/* Counted since the start. */
struct walks_stats {
	size_t running;
	uint64_t messages, expired, stored, put_aside, dead;
};

/* conf is copied, what it points to borrowed. */
struct walks *walks_new(const struct walks_conf *conf);
/* The walks under way are forgotten, without a call. After providers_free(). */
void walks_free(struct walks *w);
const struct walks_stats *walks_stats(const struct walks *w);
/* The link is there (again). */
void walks_up(struct walks *w);
/* Some ms have passed: results that waited for company are written. */
void walks_tick(struct walks *w);

/* entry: id in P:offline; id: of the message. Strings are copied. Never ends inside the call. */
void walk_start(struct walks *w, struct lp_str entry, struct lp_str nsp, struct lp_str id,
		void *arg);

#endif
