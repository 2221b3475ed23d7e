#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/archive/migrate.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "fcgi-api/archive_db.h"

#define TIMEOUT_MS 1000 /* of one statement, or of connecting */
#define RETRY_MS   1000 /* between two tries to open it */
#define NOT_MADE   "the archive is not there yet: a worker makes it"
#define STATEMENTS 64 /* kept prepared; there are fewer different texts */

const char archive_db_session[] =
	"SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; "
	"SET jit = off; SET max_parallel_workers_per_gather = 0; SET plan_cache_mode = "
	"force_generic_plan; "
	"SET default_transaction_read_only = on";

struct kept {
	char *text;
	struct sql_stmt *stmt;
};

struct archive_db {
	const char *url;
	struct sql *sql; /* NULL: not open */
	unsigned limit;  /* ms, of statements */
	uint64_t retry;  /* lp_mono_ms() before which it is not opened again */
	struct kept kept[STATEMENTS];
	size_t count;
	int refused; /* meanwhile: with this */
	struct lp_buf why;
	bool told; /* in the log, since it was last there */
};

struct archive_db *archive_db_new(const char *url)
{
	struct archive_db *db = lp_xcalloc(1, sizeof(*db));

	db->url = url;
	return db;
}

static void close_sql(struct archive_db *db)
{
	for (size_t i = 0; i < db->count; i++) {
		sql_finish(db->kept[i].stmt);
		free(db->kept[i].text);
	}
	db->count = 0;
	sql_close(db->sql);
	db->sql = NULL;
}

void archive_db_free(struct archive_db *db)
{
	if (!db)
		return;
	close_sql(db);
	lp_buf_clear(&db->why);
	free(db);
}

/* Callers of the API learn what kind of trouble it is, the log all. */
static int refuse(struct archive_db *db, int rc, const char *what, struct lp_str why)
{
	if (!db->told)
		lp_warn("archive", "%s reason=\"%.*s\"", what, LP_FMT(why));
	db->told = true;
	db->retry = lp_mono_ms() + RETRY_MS;
	db->refused = rc;
	close_sql(db);
	lp_buf_reset(&db->why);
	lp_buf_addz(&db->why, what);
	return rc;
}

/* Nobody makes a file by looking at it; so where there is none, nothing was archived yet. */
static bool missing(const char *url)
{
	return sql_url_dialect(url) == SQL_SQLITE && access(sql_url_path(url), F_OK) != 0 &&
	       errno == ENOENT;
}

/* Looks whether what was opened is as this program knows it. */
static int check_sql(struct archive_db *db, struct lp_buf *why)
{
	int rc = migrate_check(db->sql, why);

	if (rc == LP_OK)
		return LP_OK;
	if (rc == LP_ENOENT)
		return refuse(db, LP_ESTALE, NOT_MADE, lp_buf_str(why));
	return refuse(db, LP_ESTORE,
		      rc == LP_ESTALE ? "the archive is that of a newer light-push"
				      : "the archive can not be read",
		      lp_buf_str(why));
}

static int open_sql(struct archive_db *db)
{
	struct lp_buf why = {0};
	int rc;

	if (missing(db->url))
		return refuse(db, LP_ESTALE, NOT_MADE, LP_STR("there is no such file"));
	db->sql = sql_open(db->url, SQL_READ, TIMEOUT_MS, &why);
	if (db->sql && sql_dialect(db->sql) == SQL_POSTGRESQL &&
	    sql_exec(db->sql, archive_db_session) != LP_OK) {
		lp_buf_addz(&why, sql_error(db->sql));
		close_sql(db);
	}
	db->limit = TIMEOUT_MS;
	if (db->sql)
		rc = check_sql(db, &why);
	else
		rc = refuse(db, LP_ESTORE, "the archive can not be reached", lp_buf_str(&why));
	if (rc == LP_OK && db->told)
		lp_info("archive", "it is there again");
	if (rc == LP_OK)
		db->told = false;
	lp_buf_clear(&why);
	return rc;
}

int archive_db_ready(struct archive_db *db)
{
	if (db->sql)
		return archive_db_limit(db, 0);
	if (lp_mono_ms() < db->retry)
		return db->refused;
	return open_sql(db);
}

int archive_db_limit(struct archive_db *db, unsigned ms)
{
	int rc;

	db->limit = ms ? ms : TIMEOUT_MS;
	rc = sql_set_timeout(db->sql, db->limit);
	return rc == LP_OK ? LP_OK : archive_db_failed(db, rc);
}

enum sql_dialect archive_db_dialect(const struct archive_db *db)
{
	return sql_url_dialect(db->url);
}

static struct sql_stmt *find(struct archive_db *db, struct lp_str text)
{
	for (size_t i = 0; i < db->count; i++) {
		if (lp_str_eq(lp_cstr(db->kept[i].text), text))
			return db->kept[i].stmt;
	}
	return NULL;
}

/* A limit is for the search, not for this, which is done once. */
static struct sql_stmt *prepare(struct archive_db *db, const char *text)
{
	struct sql_stmt *stmt = NULL;

	if (sql_set_timeout(db->sql, TIMEOUT_MS) == LP_OK)
		stmt = sql_prepare(db->sql, text);
	if (stmt && sql_set_timeout(db->sql, db->limit) != LP_OK) {
		sql_finish(stmt);
		stmt = NULL;
	}
	return stmt;
}

struct sql_stmt *archive_db_statement(struct archive_db *db, const struct archive_statement *st)
{
	struct sql_stmt *stmt = find(db, lp_buf_str(&st->text));

	if (!stmt) {
		stmt = db->count < STATEMENTS ? prepare(db, st->text.data) : NULL;
		if (!stmt)
			return NULL;
		db->kept[db->count++] = (struct kept){lp_xstrndup(lp_buf_str(&st->text)), stmt};
	}
	for (unsigned i = 0; i < st->count; i++) {
		if (st->values[i].is_text)
			sql_bind_text(stmt, i + 1, st->values[i].text);
		else
			sql_bind_int(stmt, i + 1, st->values[i].number);
	}
	return stmt;
}

int archive_db_failed(struct archive_db *db, int rc)
{
	const char *what =
		rc == LP_EBUSY ? "the archive takes too long" : "the archive can not be read";
	struct lp_buf why = {0};

	lp_buf_addz(&why, sql_error(db->sql));
	if (rc == LP_EBUSY && !sql_lost(db->sql)) {
		lp_warn("archive", "%s reason=\"%.*s\"", what, LP_FMT(lp_buf_str(&why)));
		lp_buf_reset(&db->why);
		lp_buf_addz(&db->why, what);
	} else {
		refuse(db, rc, what, lp_buf_str(&why));
		db->retry = 0; /* a broken connection says nothing about a new one */
	}
	lp_buf_clear(&why);
	return rc == LP_EBUSY ? LP_EBUSY : LP_ESTORE;
}

const char *archive_db_why(const struct archive_db *db)
{
	return db->why.len ? db->why.data : "the archive can not be read";
}
