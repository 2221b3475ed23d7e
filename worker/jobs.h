/*
 * A job: something the worker does over and over. Each is one file and one row of the table.
 */
#ifndef JOBS_H
#define JOBS_H

#include <stdbool.h>
#include <stdint.h>

#include "common/async/redis_link.h"
#include "common/lp_buf.h"
#include "common/settings.h"

struct event_base;

/* What a job works with, borrowed. */
struct job_tools {
	struct event_base *base;
	const struct settings *settings;
	struct redis_link *link; /* shared; has every job's scripts */
};

struct job_ops {
	const char *name;
	/* The job's own state. Redis is not there yet. NULL: it can not work (logged). */
	void *(*start)(const struct job_tools *tools);
	/* The link came up, or broke; see redis_link.h. */
	void (*up)(void *job);
	void (*down)(void *job);
	/* Begins nothing new. */
	void (*stop)(void *job);
	/* Nothing is under way that is worth waiting for. */
	bool (*idle)(const void *job);
	/* Appends " name=value" for each of its counters. */
	void (*report)(const void *job, struct lp_buf *out);
	/* Appends the same for Prometheus; NULL: there is nothing to tell. */
	void (*metrics)(const void *job, struct lp_buf *out);
	/* Appends to what the worker tells of itself, see state.h; NULL: nothing. */
	void (*state)(const void *job, struct redis_args *args);
	void (*free)(void *job);
};

/* Ended by NULL. */
extern const struct job_ops *const jobs[];
/* Names of the scripts that the jobs call on the shared link, ended by NULL. */
extern const char *const job_scripts[];

extern const struct job_ops job_archive;
extern const struct job_ops job_callback;
extern const struct job_ops job_offline;
extern const struct job_ops job_reaper;

#endif
