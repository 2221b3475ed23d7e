/*
 * The archive's database: one small interface over SQLite and PostgreSQL, for one thread.
 *
 *     db = sql_open(url, SQL_READ, 1000, &why);
 *     st = sql_prepare(db, "SELECT id, room FROM messages WHERE nsp = ? AND no < ? LIMIT 20");
 *     sql_bind_int(st, 1, nsp);
 *     sql_bind_int(st, 2, before);
 *     while ((rc = sql_step(st)) == SQL_ROW)
 *             use(sql_int(st, 0), sql_text(st, 1));
 *     sql_reset(st);
 *
 * Parameters are ? in order (a ? inside of quotes is none). Where PostgreSQL can not tell the type
 * of one, write CAST(? AS bigint). Rows come one at a time, however many there are. Between the
 * first sql_step() of a statement and its sql_reset() no other statement of the same database may
 * be used.
 *
 * Errors: sql_error() says what; after any error a transaction has to be rolled back.
 * LP_EBUSY: somebody else holds what is needed, or it took longer than the timeout. Try again.
 * LP_ETOOBIG: the disk, or what the database may take of it, is full.
 * LP_EINVAL: the statement, or a value, is refused: trying again is of no use.
 * LP_ESTORE: the database is away or damaged. When sql_lost(), close it and open it anew.
 */
#ifndef SQL_H
#define SQL_H

#include <stdbool.h>
#include <stdint.h>

#include "common/archive/sql_url.h"
#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"

#define SQL_ROW 1

struct sql;
struct sql_stmt;

enum sql_mode { SQL_READ, SQL_WRITE };

/*
 * timeout: ms that connecting, a lock, or one statement up to its first row may take. SQL_WRITE
 * makes an SQLite file that is not there (not its folder). NULL: the reason is appended to why.
 */
struct sql *sql_open(const char *url, enum sql_mode mode, unsigned timeout, struct lp_buf *why);
/* With all statements freed. NULL is fine. */
void sql_close(struct sql *db);
/* Another one for the statements that follow. Nothing is done where it is that already. */
int sql_set_timeout(struct sql *db, unsigned timeout) LP_MUSTCHECK;
enum sql_dialect sql_dialect(const struct sql *db);
const char *sql_error(const struct sql *db);
bool sql_lost(const struct sql *db);

/* Statements without parameters and results, separated by semicolons. */
int sql_exec(struct sql *db, const char *text) LP_MUSTCHECK;
/* BEGIN, which for writing takes SQLite's one lock at once. */
int sql_begin(struct sql *db) LP_MUSTCHECK;
int sql_commit(struct sql *db) LP_MUSTCHECK;
/* Whatever the state: no transaction is open after it, unless the database is lost. */
void sql_rollback(struct sql *db);

/* NULL on an error; the text is copied. */
struct sql_stmt *sql_prepare(struct sql *db, const char *text);
void sql_finish(struct sql_stmt *st);

/* Parameters count from 1 and stay until bound anew. Text is copied. */
void sql_bind_int(struct sql_stmt *st, unsigned n, int64_t value);
void sql_bind_text(struct sql_stmt *st, unsigned n, struct lp_str text);
void sql_bind_null(struct sql_stmt *st, unsigned n);

/* SQL_ROW, LP_OK when there are no more, or an error. */
int sql_step(struct sql_stmt *st) LP_MUSTCHECK;
/* Ends it; it may be bound and stepped again. Rows not fetched are given up. */
void sql_reset(struct sql_stmt *st);
/* sql_step() to the end without looking at rows, and sql_reset(). */
int sql_run(struct sql_stmt *st) LP_MUSTCHECK;
/* Rows that the last statement which ended inserted, updated or deleted. */
int64_t sql_changes(const struct sql *db);

/* Of the current row; columns count from 0. NULL reads as 0 and "". Text is good until the next call. */
int64_t sql_int(struct sql_stmt *st, unsigned column);
struct lp_str sql_text(struct sql_stmt *st, unsigned column);
bool sql_null(struct sql_stmt *st, unsigned column);

#endif
