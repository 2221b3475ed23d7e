/*
 * PostgreSQL, through libpq. Statements are prepared on the server; their rows come one at a time.
 * Nothing waits for ever: the server has a statement_timeout, and a server that does not keep it is
 * given up somewhat later.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/archive/sql_driver.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"

/* ms that the server may be late with its own time limit. */
#define GRACE 2000
/* Of another time limit. */
#define TRIES 20
/* ms for which rows that nobody wants are waited for. */
#define DRAIN 20
/* Bytes of PostgreSQL's text for a bigint. */
#define INT_MAX_LEN 21

struct db {
	struct sql sql;
	PGconn *conn;
	unsigned timeout; /* ms */
	unsigned names;   /* of statements */
	bool lost;        /* it did not answer in time */
};

struct stmt {
	struct sql_stmt st;
	char name[16];
	unsigned count; /* of parameters */
	char **values;  /* terminated, NULL for NULL */
	PGresult *row;
	bool open; /* sent, and not all results taken */
};

static int fail(struct db *db, const char *what)
{
	lp_buf_reset(&db->sql.error);
	lp_buf_addz(&db->sql.error, what);
	/* libpq ends its texts with a newline. */
	while (db->sql.error.len && db->sql.error.data[db->sql.error.len - 1] == '\n')
		db->sql.error.data[--db->sql.error.len] = '\0';
	return LP_ESTORE;
}

static int fail_lost(struct db *db, const char *what)
{
	db->lost = true;
	return fail(db, what);
}

/* What the five characters of an SQLSTATE mean here. */
static int state_rc(const char *state)
{
	static const struct {
		const char *prefix;
		int rc;
	} rows[] = {
		{"53100", LP_ETOOBIG}, /* disk full */
		{"53", LP_EBUSY},      /* other resources */
		{"57014", LP_EBUSY},   /* statement_timeout */
		{"55P03", LP_EBUSY},   /* lock not available */
		{"40", LP_EBUSY},      /* deadlock */
		{"22", LP_EINVAL},     /* data */
		{"23", LP_EINVAL},     /* constraint */
		{"42", LP_EINVAL},     /* syntax, names */
		{"54", LP_EINVAL},     /* too large for it */
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strncmp(state, rows[i].prefix, strlen(rows[i].prefix)) == 0)
			return rows[i].rc;
	}
	return LP_ESTORE;
}

static int fail_result(struct db *db, const PGresult *result)
{
	const char *state = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	if (PQstatus(db->conn) != CONNECTION_OK || !state)
		return fail_lost(db, PQerrorMessage(db->conn));
	fail(db, PQresultErrorMessage(result));
	return state_rc(state);
}

/* Waits for the next result until a time (lp_mono_ms()), else LP_EBUSY; NULL in *result at the end. */
static int wait_until(struct db *db, uint64_t until, PGresult **result)
{
	*result = NULL;
	for (;;) {
		int flush = PQflush(db->conn);
		struct pollfd fd = {PQsocket(db->conn), POLLIN, 0};
		uint64_t now = lp_mono_ms();

		if (flush < 0 || fd.fd < 0)
			return fail_lost(db, PQerrorMessage(db->conn));
		if (!flush && !PQisBusy(db->conn))
			break;
		if (flush)
			fd.events |= POLLOUT;
		if (now >= until)
			return LP_EBUSY;
		if (poll(&fd, 1, (int)(until - now)) < 0 && errno != EINTR)
			return fail_lost(db, strerror(errno));
		if (fd.revents & ~POLLOUT && !PQconsumeInput(db->conn))
			return fail_lost(db, PQerrorMessage(db->conn));
	}
	*result = PQgetResult(db->conn);
	return LP_OK;
}

static int wait_result(struct db *db, PGresult **result)
{
	int rc = wait_until(db, lp_mono_ms() + db->timeout + GRACE, result);

	return rc == LP_EBUSY ? fail_lost(db, "no answer in time") : rc;
}

/* Takes all results of what was sent without rows that matter. */
static int finish_results(struct db *db)
{
	PGresult *result;
	int rc = LP_OK;

	for (;;) {
		int waited = wait_result(db, &result);

		if (waited != LP_OK)
			return waited;
		if (!result)
			return rc;
		if (PQresultStatus(result) == PGRES_FATAL_ERROR)
			rc = fail_result(db, result);
		else if (PQresultStatus(result) == PGRES_COMMAND_OK)
			db->sql.changes = strtoll(PQcmdTuples(result), NULL, 10);
		PQclear(result);
	}
}

static int exec(struct sql *sql, const char *text)
{
	struct db *db = (struct db *)sql;

	if (db->lost)
		return LP_ESTORE;
	if (!PQsendQuery(db->conn, text))
		return fail_lost(db, PQerrorMessage(db->conn));
	return finish_results(db);
}

/* A server that is busy may need longer for this than the limit that still holds. */
static int set_timeout(struct sql *sql, unsigned timeout)
{
	char text[60];
	int rc = LP_EBUSY;

	snprintf(text, sizeof(text), "SET statement_timeout = %u", timeout);
	for (int i = 0; i < TRIES && rc == LP_EBUSY; i++)
		rc = exec(sql, text);
	return rc;
}

static void close_db(struct sql *sql)
{
	struct db *db = (struct db *)sql;

	PQfinish(db->conn);
	lp_buf_clear(&db->sql.error);
	free(db);
}

/* Notices, such as that a table is there already, are nobody's business. */
static void on_notice(void *arg, const PGresult *result)
{
}

static struct sql *open_db(const char *url, enum sql_mode mode, unsigned timeout,
			   struct lp_buf *why)
{
	struct db *db = lp_xcalloc(1, sizeof(*db));
	char seconds[16], settings[200];
	/* What the URL says stands behind and wins. */
	const char *names[] = {"fallback_application_name", "connect_timeout", "dbname", NULL};
	const char *values[] = {"light-push", seconds, url, NULL};

	db->timeout = timeout;
	snprintf(seconds, sizeof(seconds), "%u", timeout < 2000 ? 2 : (timeout + 999) / 1000);
	snprintf(settings, sizeof(settings),
		 "SET statement_timeout = %u; SET lock_timeout = %u; SET client_encoding = 'UTF8'; "
		 "SET standard_conforming_strings = on; SET default_transaction_read_only = %s",
		 timeout, timeout, mode == SQL_READ ? "on" : "off");
	db->conn = PQconnectdbParams(names, values, 1);
	if (PQstatus(db->conn) != CONNECTION_OK)
		fail(db, PQerrorMessage(db->conn));
	else if (PQsetnonblocking(db->conn, 1) == 0 && exec(&db->sql, settings) == LP_OK) {
		PQsetNoticeReceiver(db->conn, on_notice, NULL);
		return &db->sql;
	}
	lp_buf_adds(why, lp_buf_str(&db->sql.error));
	close_db(&db->sql);
	return NULL;
}

static void rollback(struct sql *sql)
{
	struct db *db = (struct db *)sql;

	if (!db->lost && PQtransactionStatus(db->conn) != PQTRANS_IDLE &&
	    exec(sql, "ROLLBACK") != LP_OK)
		db->lost = true;
}

static bool lost(const struct sql *sql)
{
	const struct db *db = (const struct db *)sql;

	return db->lost || PQstatus(db->conn) != CONNECTION_OK;
}

/* ? to $1, $2, ... but inside of quotes. Returns how many. */
static unsigned number_parameters(struct lp_buf *out, const char *text)
{
	unsigned count = 0;
	bool quoted = false;

	for (const char *p = text; *p; p++) {
		if (*p == '\'')
			quoted = !quoted;
		if (*p == '?' && !quoted)
			lp_buf_addf(out, "$%u", ++count);
		else
			lp_buf_addc(out, *p);
	}
	return count;
}

static struct sql_stmt *prepare(struct sql *sql, const char *text)
{
	struct db *db = (struct db *)sql;
	struct stmt *st = lp_xcalloc(1, sizeof(*st));
	struct lp_buf numbered = {0};
	int rc;

	st->st.db = sql;
	st->count = number_parameters(&numbered, text);
	st->values = lp_xcalloc(st->count + 1, sizeof(st->values[0]));
	snprintf(st->name, sizeof(st->name), "s%u", ++db->names);
	if (db->lost)
		rc = LP_ESTORE;
	else if (!PQsendPrepare(db->conn, st->name, numbered.data, 0, NULL))
		rc = fail_lost(db, PQerrorMessage(db->conn));
	else
		rc = finish_results(db);
	lp_buf_clear(&numbered);
	if (rc == LP_OK)
		return &st->st;
	free(st->values);
	free(st);
	return NULL;
}

/* Takes the rest of the rows. False when they are too many. */
static bool drain(struct db *db)
{
	uint64_t until = lp_mono_ms() + DRAIN;
	PGresult *result;
	int rc;

	while ((rc = wait_until(db, until, &result)) == LP_OK && result && lp_mono_ms() < until)
		PQclear(result);
	PQclear(result);
	return rc == LP_OK ? !result : rc != LP_EBUSY;
}

static void cancel_rows(struct db *db)
{
	PGcancel *cancel;
	char why[256];

	cancel = PQgetCancel(db->conn);
	if (cancel && !PQcancel(cancel, why, sizeof(why)))
		db->lost = true;
	PQfreeCancel(cancel);
	/* What comes is the rows that were under way, and that it was broken off. */
	if (!db->lost && finish_results(db) != LP_OK)
		lp_buf_reset(&db->sql.error);
}

static void reset(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;
	struct db *db = (struct db *)s->db;

	PQclear(st->row);
	st->row = NULL;
	if (!st->open)
		return;
	st->open = false;
	/* The server is told over a connection of its own, and starts a process for it: some ms. */
	if (!drain(db))
		cancel_rows(db);
}

static void bind_value(struct sql_stmt *s, unsigned n, char *value)
{
	struct stmt *st = (struct stmt *)s;

	if (n == 0 || n > st->count)
		abort();
	free(st->values[n - 1]);
	st->values[n - 1] = value;
}

static void finish(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;
	struct db *db = (struct db *)s->db;
	int64_t changes = db->sql.changes;
	char text[32];

	reset(s);
	if (!lost(s->db)) {
		snprintf(text, sizeof(text), "DEALLOCATE %s", st->name);
		/* In a transaction that failed it stays; its name is not used again. */
		if (exec(s->db, text) != LP_OK)
			lp_buf_reset(&db->sql.error);
		db->sql.changes = changes;
	}
	for (unsigned n = 1; n <= st->count; n++)
		bind_value(s, n, NULL);
	free(st->values);
	free(st);
}

static void bind_int(struct sql_stmt *s, unsigned n, int64_t value)
{
	char text[INT_MAX_LEN];

	snprintf(text, sizeof(text), "%" PRId64, value);
	bind_value(s, n, lp_xstrdup(text));
}

static void bind_text(struct sql_stmt *s, unsigned n, struct lp_str text)
{
	bind_value(s, n, lp_xstrndup(text));
}

static void bind_null(struct sql_stmt *s, unsigned n)
{
	bind_value(s, n, NULL);
}

static int step(struct sql_stmt *s)
{
	struct stmt *st = (struct stmt *)s;
	struct db *db = (struct db *)s->db;
	int rc;

	if (db->lost)
		return LP_ESTORE;
	PQclear(st->row);
	st->row = NULL;
	if (!st->open) {
		if (!PQsendQueryPrepared(db->conn, st->name, (int)st->count,
					 (const char *const *)st->values, NULL, NULL, 0) ||
		    !PQsetSingleRowMode(db->conn))
			return fail_lost(db, PQerrorMessage(db->conn));
		st->open = true;
	}
	rc = wait_result(db, &st->row);
	if (rc == LP_OK && PQresultStatus(st->row) == PGRES_SINGLE_TUPLE)
		return SQL_ROW;
	st->open = false;
	if (rc != LP_OK)
		return rc;
	/* The last result: that all went well, or not. */
	if (PQresultStatus(st->row) == PGRES_FATAL_ERROR)
		rc = fail_result(db, st->row);
	else
		db->sql.changes = strtoll(PQcmdTuples(st->row), NULL, 10);
	PQclear(st->row);
	st->row = NULL;
	if (rc == LP_OK)
		return finish_results(db) == LP_OK ? LP_OK : LP_ESTORE;
	if (!db->lost && finish_results(db) != LP_OK)
		db->lost = true;
	return rc;
}

static int64_t column_int(struct sql_stmt *s, unsigned column)
{
	return strtoll(PQgetvalue(((struct stmt *)s)->row, 0, (int)column), NULL, 10);
}

static struct lp_str column_text(struct sql_stmt *s, unsigned column)
{
	const PGresult *row = ((struct stmt *)s)->row;

	return lp_str(PQgetvalue(row, 0, (int)column), (size_t)PQgetlength(row, 0, (int)column));
}

static bool column_null(struct sql_stmt *s, unsigned column)
{
	return PQgetisnull(((struct stmt *)s)->row, 0, (int)column);
}

const struct sql_driver sql_postgresql_driver = {
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
