/*
 * What the archive gets beside new messages: their counts, statistics, the coming and going of
 * clients; and what it loses: what is older than it is to keep, and namespaces that were cleared.
 * Each call does a part of it and says in *more whether there is likely more at once. Errors are
 * those of sql.h, and LP_EAUTH for "Redis does not answer", which LP_ESTORE would not tell apart.
 */
#ifndef ARCHIVE_CHORES_H
#define ARCHIVE_CHORES_H

#include "worker/archive/batch.h"

#define ARCHIVE_NO_REDIS LP_EAUTH

/* Namespaces and days (since 1970) of which the counters have changed. */
struct archive_days;

/* Counts of messages that have changed; *written grows. The days of the messages are added. */
int archive_chores_counts(struct archive_write *w, const struct archive_source *src,
			  struct archive_days **days, uint64_t *written, bool *more) LP_MUSTCHECK;
int archive_chores_clients(struct archive_write *w, const struct archive_source *src,
			   bool *more) LP_MUSTCHECK;

/* Notes a day. */
void archive_days_add(struct archive_days **days, struct lp_str name, int64_t nsp, int64_t ms);
/* Copies the counters of the days that were noted, which it forgets. */
int archive_chores_stats(struct archive_write *w, const struct archive_source *src,
			 struct archive_days **days) LP_MUSTCHECK;
void archive_days_clear(struct archive_days **days);

/* Removes something of namespaces that were cleared or flushed. */
int archive_chores_flushed(struct archive_write *w, const struct archive_source *src,
			   bool *more) LP_MUSTCHECK;
/* Removes something that is too old, of the namespace behind *nsp, which moves on; 0 at the end. */
int archive_chores_old(struct archive_write *w, const struct archive_source *src, int64_t *nsp,
		       bool *more) LP_MUSTCHECK;

#endif
