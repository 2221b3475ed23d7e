/*
 * The statements that read messages of the archive. All walk from new to old over an index that
 * already has the messages in that order and give at most a certain number of them, with all that a
 * record needs; what does not fit is there too, as a number alone, so that the caller knows how far
 * it got. Pure.
 */
#ifndef ARCHIVE_SQL_H
#define ARCHIVE_SQL_H

#include "common/archive/sql.h"
#include "fcgi-api/history_query.h"

/* Where a walk finds its messages. */
enum archive_source {
	ARCHIVE_BY_TIME,
	ARCHIVE_BY_LEAVE, /* those with leaveMessage */
	ARCHIVE_BY_APNS,
	ARCHIVE_BY_ROOM,
	ARCHIVE_BY_TEXT,  /* SQLite: its index is in the order of time */
	ARCHIVE_BY_BLOCK, /* PostgreSQL: all with the words in a stretch of time */
	ARCHIVE_SOURCES
};

/* Stretches of time of ARCHIVE_BY_BLOCK: their lengths are powers of two, see archive_words(). */
#define ARCHIVE_BLOCK_MIN  43
#define ARCHIVE_BLOCK_MAX  55
#define ARCHIVE_BLOCK_STEP 4

struct archive_walk {
	const struct history_query *query;
	enum sql_dialect dialect;
	int64_t nsp;
	enum archive_source source;
	struct lp_str words; /* of words_query(), for the last two sources */
	int shift;           /* of ARCHIVE_BY_BLOCK, which from and before are in */
	int64_t from, before;
	unsigned most; /* rows; it is part of the text: use few different ones */
};

/* Columns of a row. Those behind ARCHIVE_COL_ID are NULL when the message does not fit. */
enum archive_column {
	ARCHIVE_COL_NO,
	ARCHIVE_COL_ID,
	ARCHIVE_COL_ROOM,
	ARCHIVE_COL_DATA,
	ARCHIVE_COL_EXPIRE,
	ARCHIVE_COL_LEAVE,
	ARCHIVE_COL_CANCEL,
	ARCHIVE_COL_APNS_NAME,
	ARCHIVE_COL_ROOMS,
	ARCHIVE_COL_EXCEPT,
	ARCHIVE_COL_FROM,
	ARCHIVE_COL_EXTRA,
	ARCHIVE_COL_ONLINE_WEB,
	ARCHIVE_COL_ONLINE_IOS,
	ARCHIVE_COL_ONLINE_ANDROID,
	ARCHIVE_COL_ACK_WEB,
	ARCHIVE_COL_ACK_IOS,
	ARCHIVE_COL_ACK_ANDROID,
	ARCHIVE_COL_OFFLINE
};

struct archive_statement {
	struct lp_buf text;
	struct {
		bool is_text;
		int64_t number;
		struct lp_str text; /* borrowed from the walk */
	} values[16];
	unsigned count;
};

/* Fills st, which is all zero. */
void archive_sql_walk(struct archive_statement *st, const struct archive_walk *walk);
/* How far back the next messages of a source go: the number of the last of them, and how many. */
void archive_sql_probe(struct archive_statement *st, const struct archive_walk *walk);
/* The newest message of an id. */
void archive_sql_message(struct archive_statement *st, enum sql_dialect dialect, int64_t nsp,
			 int64_t id);
/* Clients that came and went, up to place, a number as a cursor has it; most: rows, as above. */
void archive_sql_clients(struct archive_statement *st, const struct history_clients_query *q,
			 int64_t nsp, int64_t place, unsigned most);
void archive_statement_clear(struct archive_statement *st);

#endif
