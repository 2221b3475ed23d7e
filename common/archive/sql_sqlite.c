/*
 * SQLite. The file is in WAL mode, so that readers see the last state while a worker writes. With
 * synchronous=FULL a commit is on the disk before the entries leave Redis.
 */
#include "config.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>

#include "common/archive/sql_driver.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"

/*
 * Instructions of SQLite's machine between two looks at the clock: some 5 us, but 1 ms of searching in
 * the index of words, which runs few of them.
 */
#define STEPS 1000

struct db {
	struct sql sql;
	sqlite3 *sqlite;
	unsigned timeout;  /* ms */
	uint64_t deadline; /* lp_mono_ms() */
	bool lost;
};

struct stmt {
	struct sql_stmt st;
	sqlite3_stmt *sqlite;
	bool open; /* stepped, and not at its end */
};

static int fail(struct db *db, int code)
{
	lp_buf_reset(&db->sql.error);
	lp_buf_addz(&db->sql.error, sqlite3_errmsg(db->sqlite));
	/* A file that was replaced or repaired is only seen by opening it again. */
	db->lost = true;
	switch (code & 0xff) {
	case SQLITE_IOERR:
	case SQLITE_CANTOPEN:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
	case SQLITE_READONLY:
		return sqlite3_system_errno(db->sqlite) == ENOSPC ? LP_ETOOBIG : LP_ESTORE;
	}
	db->lost = false;
	switch (code & 0xff) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
	case SQLITE_INTERRUPT:
		return LP_EBUSY;
	case SQLITE_FULL:
		return LP_ETOOBIG;
	case SQLITE_ERROR:
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_RANGE:
	case SQLITE_TOOBIG:
		return LP_EINVAL;
	default:
		return LP_ESTORE;
	}
}

/* Not 0: the statement that runs is broken off. */
static int on_progress(void *arg)
{
	const struct db *db = arg;

	return lp_mono_ms() > db->deadline;
}

static void close_db(struct sql *sql)
{
	struct db *db = (struct db *)sql;

	sqlite3_close(db->sqlite);
	lp_buf_clear(&db->sql.error);
	free(db);
}

/* How long it waits for a lock stays as it is. */
static int set_timeout(struct sql *sql, unsigned timeout)
{
	((struct db *)sql)->timeout = timeout;
	return LP_OK;
}

static int exec(struct sql *sql, const char *text)
{
	struct db *db = (struct db *)sql;
	int code;

	db->deadline = lp_mono_ms() + db->timeout;
	code = sqlite3_exec(db->sqlite, text, NULL, NULL, NULL);
	return code == SQLITE_OK ? LP_OK : fail(db, code);
}

static struct sql *open_db(const char *url, enum sql_mode mode, unsigned timeout,
			   struct lp_buf *why)
{
	struct db *db = lp_xcalloc(1, sizeof(*db));
	int flags = SQLITE_OPEN_NOMUTEX |
		    (mode == SQL_WRITE ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE
				       : SQLITE_OPEN_READONLY);
	int code = sqlite3_open_v2(sql_url_path(url), &db->sqlite, flags, NULL);

	db->timeout = timeout;
	if (db->sqlite) {
		sqlite3_busy_timeout(db->sqlite, (int)timeout);
		sqlite3_progress_handler(db->sqlite, STEPS, on_progress, db);
	}
	/* The cache is KB when negative; a checkpoint every 16 MB or so. */
	if (code != SQLITE_OK)
		fail(db, code);
	else if (exec(&db->sql, mode == SQL_WRITE
					? "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; "
					  "PRAGMA cache_size = -32768; "
					  "PRAGMA wal_autocheckpoint = 4000; "
					  "PRAGMA journal_size_limit = 67108864"
					: "PRAGMA cache_size = -8192; PRAGMA query_only = 1") ==
		 LP_OK)
		return &db->sql;
	lp_buf_addz(why, db->sqlite ? db->sql.error.data : "out of memory");
	close_db(&db->sql);
	return NULL;
}

static void rollback(struct sql *sql)
{
	struct db *db = (struct db *)sql;

	if (!sqlite3_get_autocommit(db->sqlite))
		sqlite3_exec(db->sqlite, "ROLLBACK", NULL, NULL, NULL);
}

static bool lost(const struct sql *sql)
{
	return ((const struct db *)sql)->lost;
}

static struct sql_stmt *prepare(struct sql *sql, const char *text)
{
	struct db *db = (struct db *)sql;
	struct stmt *st = lp_xcalloc(1, sizeof(*st));
	int code;

	db->deadline = lp_mono_ms() + db->timeout;
	code = sqlite3_prepare_v3(db->sqlite, text, -1, SQLITE_PREPARE_PERSISTENT, &st->sqlite,
				  NULL);
	st->st.db = sql;
	if (code == SQLITE_OK)
		return &st->st;
	fail(db, code);
	free(st);
	return NULL;
}

static void finish(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;

	sqlite3_finalize(st->sqlite);
	free(st);
}

static void bind_int(struct sql_stmt *s, unsigned n, int64_t value)
{
	sqlite3_bind_int64(((struct stmt *)s)->sqlite, (int)n, value);
}

static void bind_text(struct sql_stmt *s, unsigned n, struct lp_str text)
{
	sqlite3_bind_text64(((struct stmt *)s)->sqlite, (int)n, text.p ? text.p : "", text.n,
			    SQLITE_TRANSIENT, SQLITE_UTF8);
}

static void bind_null(struct sql_stmt *s, unsigned n)
{
	sqlite3_bind_null(((struct stmt *)s)->sqlite, (int)n);
}

static int step(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;
	struct db *db = (struct db *)s->db;
	int code;

	if (!st->open)
		db->deadline = lp_mono_ms() + db->timeout;
	code = sqlite3_step(st->sqlite);
	st->open = code == SQLITE_ROW;
	if (code == SQLITE_ROW) {
		/* The time that the caller takes for the rows is his. */
		db->deadline = lp_mono_ms() + db->timeout;
		return SQL_ROW;
	}
	if (code != SQLITE_DONE)
		return fail(db, code);
	db->sql.changes = sqlite3_changes(db->sqlite);
	return LP_OK;
}

static void reset(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;

	sqlite3_reset(st->sqlite);
	st->open = false;
}

static int64_t column_int(struct sql_stmt *s, unsigned column)
{
	return sqlite3_column_int64(((struct stmt *)s)->sqlite, (int)column);
}

static struct lp_str column_text(struct sql_stmt *s, unsigned column)
{
	sqlite3_stmt *st = ((struct stmt *)s)->sqlite;
	const char *text = (const char *)sqlite3_column_text(st, (int)column);

	return lp_str(text, (size_t)sqlite3_column_bytes(st, (int)column));
}

static bool column_null(struct sql_stmt *s, unsigned column)
{
	return sqlite3_column_type(((struct stmt *)s)->sqlite, (int)column) == SQLITE_NULL;
}

const struct sql_driver sql_sqlite_driver = {
	.open = open_db,
	.close = close_db,
	.set_timeout = set_timeout,
	.exec = exec,
	.rollback = rollback,
	.lost = lost,
	.prepare = prepare,
	.finish = finish,
	.bind_int = bind_int,
	.bind_text = bind_text,
	.bind_null = bind_null,
	.step = step,
	.reset = reset,
	.column_int = column_int,
	.column_text = column_text,
	.column_null = column_null,
};
