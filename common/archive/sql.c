#include "config.h"

#include "common/archive/sql_driver.h"

struct sql *sql_open(const char *url, enum sql_mode mode, unsigned timeout, struct lp_buf *why)
{
	const struct sql_driver *driver = &sql_sqlite_driver;
	struct sql *db;

	if (sql_url_dialect(url) == SQL_POSTGRESQL)
		driver = &sql_postgresql_driver;
	db = driver->open(url, mode, timeout, why);
	if (!db)
		return NULL;
	db->driver = driver;
	db->dialect = sql_url_dialect(url);
	db->mode = mode;
	db->timeout = timeout;
	return db;
}

int sql_set_timeout(struct sql *db, unsigned timeout)
{
	int rc = timeout == db->timeout ? LP_OK : db->driver->set_timeout(db, timeout);

	if (rc == LP_OK)
		db->timeout = timeout;
	return rc;
}

void sql_close(struct sql *db)
{
	if (db)
		db->driver->close(db);
}

enum sql_dialect sql_dialect(const struct sql *db)
{
	return db->dialect;
}

const char *sql_error(const struct sql *db)
{
	return db->error.len ? db->error.data : "";
}

bool sql_lost(const struct sql *db)
{
	return db->driver->lost(db);
}

int sql_exec(struct sql *db, const char *text)
{
	return db->driver->exec(db, text);
}

int sql_begin(struct sql *db)
{
	/* A transaction that reads first can not wait for SQLite's lock later. */
	if (db->dialect == SQL_SQLITE && db->mode == SQL_WRITE)
		return sql_exec(db, "BEGIN IMMEDIATE");
	return sql_exec(db, "BEGIN");
}

int sql_commit(struct sql *db)
{
	return sql_exec(db, "COMMIT");
}

void sql_rollback(struct sql *db)
{
	db->driver->rollback(db);
}

struct sql_stmt *sql_prepare(struct sql *db, const char *text)
{
	return db->driver->prepare(db, text);
}

void sql_finish(struct sql_stmt *st)
{
	if (st)
		st->db->driver->finish(st);
}

void sql_bind_int(struct sql_stmt *st, unsigned n, int64_t value)
{
	st->db->driver->bind_int(st, n, value);
}

void sql_bind_text(struct sql_stmt *st, unsigned n, struct lp_str text)
{
	st->db->driver->bind_text(st, n, text);
}

void sql_bind_null(struct sql_stmt *st, unsigned n)
{
	st->db->driver->bind_null(st, n);
}

int sql_step(struct sql_stmt *st)
{
	return st->db->driver->step(st);
}

void sql_reset(struct sql_stmt *st)
{
	st->db->driver->reset(st);
}

int sql_run(struct sql_stmt *st)
{
	int rc;

	do
		rc = sql_step(st);
	while (rc == SQL_ROW);
	sql_reset(st);
	return rc;
}

int64_t sql_changes(const struct sql *db)
{
	return db->changes;
}

int64_t sql_int(struct sql_stmt *st, unsigned column)
{
	return st->db->driver->column_int(st, column);
}

struct lp_str sql_text(struct sql_stmt *st, unsigned column)
{
	return st->db->driver->column_text(st, column);
}

bool sql_null(struct sql_stmt *st, unsigned column)
{
	return st->db->driver->column_null(st, column);
}
