/*
 * The database interface and the migrations, on an SQLite file; and on the PostgreSQL database that
 * the environment variable LP_TEST_POSTGRESQL names, which must be empty.
 */
#include "config.h"

#include <unistd.h>

#include "common/archive/archive_no.h"
#include "common/archive/migrate.h"
#include "common/archive/words.h"
#include "tests/unit/lp_test.h"

static char folder[] = "/tmp/light-push-sql-XXXXXX";
static char url[300];

static struct sql *open_mode(enum sql_mode mode)
{
	struct lp_buf why = {0};
	struct sql *db = sql_open(url, mode, 5000, &why);

	if (!db) {
		fprintf(stderr, "%.*s\n", LP_FMT(lp_buf_str(&why)));
		exit(1);
	}
	lp_buf_clear(&why);
	return db;
}

/* Runs a statement; its rows are put into out as a|b;c|d; */
static int run(struct sql *db, const char *text, struct lp_buf *out, unsigned columns)
{
	struct sql_stmt *st = sql_prepare(db, text);
	int rc;

	lp_buf_reset(out);
	lp_buf_addz(out, "");
	if (!st)
		return LP_EINVAL;
	while ((rc = sql_step(st)) == SQL_ROW) {
		for (unsigned i = 0; i < columns; i++) {
			lp_buf_adds(out, sql_null(st, i) ? LP_STR("NULL") : sql_text(st, i));
			lp_buf_addc(out, i + 1 < columns ? '|' : ';');
		}
	}
	sql_reset(st);
	sql_finish(st);
	return rc;
}

static void expect(struct sql *db, const char *text, unsigned columns, const char *expected)
{
	struct lp_buf out = {0};
	int rc = run(db, text, &out, columns);

	if (rc != LP_OK || !lp_str_eq(lp_buf_str(&out), lp_cstr(expected))) {
		fprintf(stderr, "  %s\n    got      %d %.*s %s\n    expected %s\n", text, rc,
			LP_FMT(lp_buf_str(&out)), sql_error(db), expected);
		CU_FAIL("differs");
	}
	lp_buf_clear(&out);
}

static void test_migrations(void)
{
	struct sql *db = open_mode(SQL_WRITE), *other;
	struct lp_buf why = {0};
	char text[100];

	CU_ASSERT_EQUAL(migrate_check(db, &why), LP_ENOENT);
	CU_ASSERT(why.len > 0);
	lp_buf_reset(&why);
	CU_ASSERT_EQUAL(migrate_up(db, &why), LP_OK);
	fprintf(stderr, "%.*s", LP_FMT(lp_buf_str(&why)));
	CU_ASSERT_EQUAL(migrate_up(db, &why), LP_OK);
	CU_ASSERT_EQUAL(migrate_check(db, &why), LP_OK);
	CU_ASSERT_EQUAL(why.len, 0);
	other = open_mode(SQL_READ);
	CU_ASSERT_EQUAL(migrate_check(other, &why), LP_OK);
	CU_ASSERT_NOT_EQUAL(sql_exec(other, "DELETE FROM migrations"), LP_OK);
	sql_close(other);

	snprintf(text, sizeof(text), "INSERT INTO migrations (version) VALUES (%u)",
		 migrate_version(sql_dialect(db)) + 1);
	CU_ASSERT_EQUAL(sql_exec(db, text), LP_OK);
	CU_ASSERT_EQUAL(migrate_check(db, &why), LP_ESTALE);
	CU_ASSERT_EQUAL(migrate_up(db, &why), LP_ESTALE);
	CU_ASSERT(why.len > 0 && strstr(why.data, "this program knows"));
	lp_buf_clear(&why);
	snprintf(text, sizeof(text), "DELETE FROM migrations WHERE version = %u",
		 migrate_version(sql_dialect(db)) + 1);
	CU_ASSERT_EQUAL(sql_exec(db, text), LP_OK);
	sql_close(db);
}

static void test_values(void)
{
	struct sql *db = open_mode(SQL_WRITE);
	struct sql_stmt *st;

	CU_ASSERT_EQUAL(sql_exec(db, "CREATE TABLE t (n bigint PRIMARY KEY, s text)"), LP_OK);
	st = sql_prepare(db, "INSERT INTO t VALUES (?, ?) ON CONFLICT DO NOTHING");
	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	sql_bind_int(st, 1, INT64_MAX);
	sql_bind_text(st, 2, LP_STR("it's ? \"中国\""));
	CU_ASSERT_EQUAL(sql_run(st), LP_OK);
	CU_ASSERT_EQUAL(sql_changes(db), 1);
	CU_ASSERT_EQUAL(sql_run(st), LP_OK); /* again */
	CU_ASSERT_EQUAL(sql_changes(db), 0);
	sql_bind_int(st, 1, INT64_MIN);
	sql_bind_null(st, 2);
	CU_ASSERT_EQUAL(sql_run(st), LP_OK);
	sql_bind_int(st, 1, 3);
	sql_bind_text(st, 2, lp_str(NULL, 0));
	CU_ASSERT_EQUAL(sql_run(st), LP_OK);
	sql_finish(st);
	expect(db, "SELECT n, s FROM t ORDER BY n", 2,
	       "-9223372036854775808|NULL;3|;9223372036854775807|it's ? \"中国\";");
	expect(db, "SELECT count(*) FROM t WHERE s = '?'", 1, "0;");

	/* given up in the middle, and used again */
	st = sql_prepare(db, "SELECT n, s FROM t WHERE n <> ? ORDER BY n");
	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	for (int i = 0; i < 2; i++) {
		sql_bind_int(st, 1, 3);
		CU_ASSERT_EQUAL(sql_step(st), SQL_ROW);
		CU_ASSERT(sql_int(st, 0) == INT64_MIN && sql_null(st, 1) && !sql_null(st, 0));
		sql_reset(st);
	}
	sql_finish(st);
	sql_close(db);
}

static void test_errors(void)
{
	struct sql *db = open_mode(SQL_WRITE);
	struct lp_buf out = {0};

	CU_ASSERT_EQUAL(sql_exec(db, "SELECT nonsense"), LP_EINVAL);
	CU_ASSERT(strstr(sql_error(db), "nonsense") != NULL);
	CU_ASSERT_PTR_NULL(sql_prepare(db, "SELECT nonsense"));
	CU_ASSERT_EQUAL(sql_begin(db), LP_OK);
	CU_ASSERT_EQUAL(sql_exec(db, "DELETE FROM t"), LP_OK);
	CU_ASSERT_EQUAL(run(db, "INSERT INTO t VALUES (NULL, NULL), (1, ''), (1, '')", &out, 0),
			LP_EINVAL);
	sql_rollback(db);
	CU_ASSERT_FALSE(sql_lost(db));
	sql_rollback(db); /* none is open */
	expect(db, "SELECT count(*) FROM t", 1, "3;");
	CU_ASSERT_EQUAL(sql_begin(db), LP_OK);
	CU_ASSERT_EQUAL(sql_exec(db, "DELETE FROM t WHERE n = 3"), LP_OK);
	CU_ASSERT_EQUAL(sql_commit(db), LP_OK);
	expect(db, "SELECT count(*) FROM t", 1, "2;");
	lp_buf_clear(&out);
	sql_close(db);
}

/* Rows that nobody wants any more, few and endless ones, are no trouble for what comes then. */
static void give_up_rows(struct sql *db)
{
	static const char *const lists[] = {"n < 5000", "n > 0"};

	for (size_t i = 0; i < COUNT(lists); i++) {
		struct lp_buf text = {0}, out = {0};
		struct sql_stmt *st;

		lp_buf_addf(&text,
			    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM c "
			    "WHERE %s) SELECT n FROM c",
			    lists[i]);
		st = sql_prepare(db, text.data);
		CU_ASSERT_PTR_NOT_NULL_FATAL(st);
		for (int again = 0; again < 2; again++) {
			CU_ASSERT_EQUAL(sql_step(st), SQL_ROW);
			CU_ASSERT_EQUAL(sql_int(st, 0), 1);
			sql_reset(st);
			CU_ASSERT_EQUAL(run(db, "SELECT 7", &out, 1), LP_OK);
		}
		sql_finish(st);
		lp_buf_clear(&text);
		lp_buf_clear(&out);
	}
}

/* Who waits for a lock gets LP_EBUSY in the end. */
static void test_busy(void)
{
	struct sql *db = open_mode(SQL_WRITE), *other;
	struct lp_buf why = {0}, out = {0};

	other = sql_open(url, SQL_WRITE, 50, &why);
	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	CU_ASSERT_EQUAL(sql_begin(db), LP_OK);
	CU_ASSERT_EQUAL(sql_exec(db, "UPDATE t SET s = 'x'"), LP_OK);
	CU_ASSERT_EQUAL(run(other, "UPDATE t SET s = 'y'", &out, 0), LP_EBUSY);
	CU_ASSERT_FALSE(sql_lost(other));
	CU_ASSERT_EQUAL(sql_commit(db), LP_OK);
	CU_ASSERT_EQUAL(run(other, "UPDATE t SET s = 'y'", &out, 0), LP_OK);
	CU_ASSERT_EQUAL(sql_changes(other), 2);
	/* and what takes too long is broken off, also with another limit */
	for (unsigned limit = 50; limit > 2; limit /= 5) {
		CU_ASSERT_EQUAL(sql_set_timeout(other, limit), LP_OK);
		CU_ASSERT_EQUAL(run(other,
				    "WITH RECURSIVE c (n) AS (SELECT 1 UNION ALL SELECT n + 1 "
				    "FROM c) SELECT count(*) FROM c WHERE n < 0",
				    &out, 1),
				LP_EBUSY);
	}
	CU_ASSERT_EQUAL(sql_set_timeout(other, 30000), LP_OK);
	give_up_rows(other);
	CU_ASSERT_EQUAL(run(other, "SELECT n FROM t WHERE n > 0", &out, 1), LP_OK);
	CU_ASSERT_EQUAL(sql_exec(db, "DROP TABLE t"), LP_OK);
	lp_buf_clear(&why);
	lp_buf_clear(&out);
	sql_close(other);
	sql_close(db);
}

static bool found(struct sql *db, int64_t nsp, const char *q)
{
	bool sqlite = sql_dialect(db) == SQL_SQLITE;
	struct lp_buf match = {0}, phrases = {0};
	struct sql_stmt *st;
	bool good;
	int rc;

	CU_ASSERT(words_query(&match, sql_dialect(db), nsp, lp_cstr(q)) > 0);
	st = sql_prepare(db,
			 sqlite ? "SELECT rowid FROM search WHERE search MATCH ?"
				: "SELECT data FROM messages WHERE archive_words(nsp, no, data) @@ "
				  "archive_query(CAST(? AS smallint), ?)");
	CU_ASSERT_PTR_NOT_NULL_FATAL(st);
	if (!sqlite)
		sql_bind_int(st, 1, nsp);
	sql_bind_text(st, sqlite ? 1 : 2, lp_buf_str(&match));
	rc = sql_step(st);
	if (rc < 0)
		fprintf(stderr, "%s: %s\n", q, sql_error(db));
	words_phrases(&phrases, lp_cstr(q));
	good = rc == SQL_ROW && (sqlite || words_match(lp_buf_str(&phrases), sql_text(st, 0)));
	sql_reset(st);
	sql_finish(st);
	lp_buf_clear(&match);
	lp_buf_clear(&phrases);
	return good;
}

static void index_text(struct sql *db, struct lp_str data)
{
	struct lp_buf words = {0};
	struct sql_stmt *st;

	if (sql_dialect(db) == SQL_SQLITE) {
		words_add(&words, data, true, LP_STR("7/"));
		st = sql_prepare(db, "INSERT INTO search (rowid, text) VALUES (1, ?)");
		sql_bind_text(st, 1, lp_buf_str(&words));
	} else {
		st = sql_prepare(db, "INSERT INTO messages (no, id, nsp, room, data, expire) "
				     "VALUES (1, 1, 7, '', ?, '')");
		sql_bind_text(st, 1, data);
	}
	CU_ASSERT_EQUAL(sql_run(st), LP_OK);
	sql_finish(st);
	lp_buf_clear(&words);
}

/* Both databases find the same, and only in its own namespace. */
static void test_search(void)
{
	static const char json[] =
		"{\"title\":\"订单10086号，已发货。\",\"text\":\"Hello\\nWorld it's "
		"é foo_bar x@y.org 2.50 \\u4f60\\u597d😀ok カナ한국\"}";
	static const struct {
		const char *q;
		bool found;
	} rows[] = {
		{"订单", true},    {"单", true},       {"单10086", true}, {"号已发", true},
		{"单订", false},   {"订 发", true},    {"hello", true},   {"HELLO world", true},
		{"nworld", false}, {"it's", true},     {"É", true},       {"e", false},
		{"foo", true},     {"bar_foo", false}, {"y.org", true},   {"2.50", true},
		{"2.5", false},    {"你好", true},     {"好ok", true},    {"ナ한", true},
		{"title", true},   {"7", false},       {"@7", false},     {"'a' & b", false},
	};
	struct sql *db = open_mode(SQL_WRITE);
	struct lp_buf plain = {0};

	words_plain(&plain, LP_STR(json));
	index_text(db, lp_buf_str(&plain));
	for (size_t i = 0; i < COUNT(rows); i++) {
		if (found(db, 7, rows[i].q) != rows[i].found || found(db, 77, rows[i].q)) {
			fprintf(stderr, "  %s: %s\n", rows[i].q,
				rows[i].found ? "not found" : "found");
			CU_FAIL("differs");
		}
	}
	CU_ASSERT_EQUAL(sql_exec(db, "DELETE FROM messages"), LP_OK);
	lp_buf_clear(&plain);
	sql_close(db);
}

static void test_open(void)
{
	struct lp_buf why = {0};

	CU_ASSERT_PTR_NULL(sql_open("sqlite:/no/such/folder/a.db", SQL_WRITE, 100, &why));
	CU_ASSERT(why.len > 0);
	lp_buf_reset(&why);
	CU_ASSERT_PTR_NULL(sql_open("postgresql:///x?host=/no/such/folder", SQL_READ, 100, &why));
	CU_ASSERT(why.len > 0);
	lp_buf_clear(&why);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"migrations", test_migrations},
		{"values", test_values},
		{"errors and transactions", test_errors},
		{"locks and time limits", test_busy},
		{"search", test_search},
		{"databases that are not there", test_open},
	};
	const char *postgresql = getenv("LP_TEST_POSTGRESQL");
	char file[300];
	int status;

	if (!mkdtemp(folder))
		return 99;
	if (postgresql)
		snprintf(url, sizeof(url), "%s", postgresql);
	else
		snprintf(url, sizeof(url), "sqlite:%s/a.db", folder);
	status = lp_test_main("sql", tests, COUNT(tests));
	snprintf(file, sizeof(file), "%s/a.db", folder);
	unlink(file);
	rmdir(folder);
	return status;
}
