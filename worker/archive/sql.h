/* Inside of archive_write: the statements, and columns as PostgreSQL's arrays. */
#ifndef ARCHIVE_SQL_H
#define ARCHIVE_SQL_H

#include "common/archive/sql.h"

/* Rows that one transaction removes from a table. */
#define ARCHIVE_SQL_SOME 500

enum archive_sql {
	ARCHIVE_SQL_NSP,
	ARCHIVE_SQL_NSP_ADD,
	ARCHIVE_SQL_MESSAGES,
	ARCHIVE_SQL_TAKEN,  /* places in a list of those whose number another message has */
	ARCHIVE_SQL_SEARCH, /* SQLite only, as all of words */
	ARCHIVE_SQL_ROOMS,
	ARCHIVE_SQL_COUNTS,
	ARCHIVE_SQL_STATS,
	ARCHIVE_SQL_CLIENTS,
	/* nsp and a limit: the oldest ARCHIVE_SQL_SOME below it */
	ARCHIVE_SQL_OLD_WORDS,
	ARCHIVE_SQL_FORGET_WORDS,
	ARCHIVE_SQL_OLD_COUNTS,
	ARCHIVE_SQL_OLD_ROOMS,
	ARCHIVE_SQL_OLD_MESSAGES,
	ARCHIVE_SQL_OLD_STATS,
	ARCHIVE_SQL_OLD_CLIENTS,
	ARCHIVE_SQL_COUNT
};

const char *archive_sql(enum sql_dialect dialect, enum archive_sql which);

/* An array literal in the making. Zero-initialised is valid and empty. */
struct archive_array {
	struct lp_buf text;
};

void archive_array_int(struct archive_array *a, int64_t value);
/* NULL below 0. */
void archive_array_flag(struct archive_array *a, int value);
/* NULL when p is. */
void archive_array_text(struct archive_array *a, struct lp_str text);
/* Ends and clears it. */
void archive_array_bind(struct sql_stmt *st, unsigned n, struct archive_array *a);

#endif
