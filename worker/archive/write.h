/*
 * Writes into the archive's database, a batch a transaction. Whatever is written twice is there
 * once, and what is older never replaces what is newer. For one thread.
 */
#ifndef ARCHIVE_WRITE_H
#define ARCHIVE_WRITE_H

#include <stddef.h>

#include "common/archive/sql.h"
#include "worker/archive/entry.h"

struct archive_write;

/* A quarter of an hour of a namespace: pushed, online, ack web, ios, android, offline. */
#define ARCHIVE_STATS 6
struct archive_stat {
	int64_t nsp, quarter;
	int64_t n[ARCHIVE_STATS];
};

/* A client that came (no reason) or went. */
struct archive_client {
	int64_t nsp, time, seq;
	struct lp_str client, user_id, platform, reason;
};

/* Opens the database and brings its schema up to date. NULL: the reason is appended to why. */
struct archive_write *archive_write_new(const char *url, struct lp_buf *why);
void archive_write_free(struct archive_write *w);
/* For statements of the caller's own, between two calls. */
struct sql *archive_write_db(struct archive_write *w);

/*
 * The number of a namespace, which is given one when it has none. LP_ENOENT when ARCHIVE_NSP_MAX
 * have one, or an error of sql.h.
 */
int archive_write_nsp(struct archive_write *w, struct lp_str name, int64_t *nsp) LP_MUSTCHECK;

/*
 * All of them, or none; errors as in sql.h. Messages are put in the order of no, which changes where
 * another message has the same.
 */
int archive_write_messages(struct archive_write *w, struct archive_message *const *m,
			   size_t count) LP_MUSTCHECK;
int archive_write_counts(struct archive_write *w, struct archive_counts *c,
			 size_t count) LP_MUSTCHECK;
int archive_write_stats(struct archive_write *w, const struct archive_stat *s,
			size_t count) LP_MUSTCHECK;
int archive_write_clients(struct archive_write *w, const struct archive_client *c,
			  size_t count) LP_MUSTCHECK;

/*
 * Removes some of what a namespace has from before a time (ms), in one short transaction. *left: there
 * may be more.
 */
int archive_write_remove(struct archive_write *w, int64_t nsp, int64_t before,
			 bool *left) LP_MUSTCHECK;

#endif
