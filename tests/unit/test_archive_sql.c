/*
 * How the databases carry out what the API reads of the archive: over an index, never by reading a
 * table from its beginning, whatever the filters. In an SQLite file; and in the PostgreSQL database
 * that the environment variable LP_TEST_POSTGRESQL names, which must be empty.
 */
#include "config.h"

#include <unistd.h>

#include "common/archive/archive_no.h"
#include "common/archive/migrate.h"
#include "common/archive/words.h"
#include "fcgi-api/archive_db.h"
#include "tests/unit/lp_test.h"

#define NOW INT64_C(1795000000000) /* ms */

static char folder[] = "/tmp/light-push-plan-XXXXXX";
static char url[300];
static struct sql *db;

/* 20 000 messages in four namespaces, as the worker would have written them. */
static const char fill_sqlite[] =
	"CREATE TEMP VIEW i AS WITH RECURSIVE c(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM c "
	"WHERE i < 19999) SELECT i FROM c;";
static const char fill_postgresql[] =
	"CREATE TEMP VIEW i AS SELECT i FROM generate_series(0, 19999) i;";
static const char fill[] =
	"INSERT INTO messages (no, id, nsp, room, data, expire, leave, apns_name) "
	"SELECT (CAST(217163200000 + i * 100 AS bigint) << 22) | (i % 4) << 8 | (i & 255), i, i % "
	"4, "
	"'room' || (i % 50), '{\"n\":' || i || '}', '1', CASE i % 10 WHEN 0 THEN 1 END, "
	"CASE i % 20 WHEN 0 THEN 'app' END FROM i;"
	"INSERT INTO message_rooms (nsp, room, no) SELECT nsp, 'more', no FROM messages "
	"WHERE id % 7 = 0;"
	"INSERT INTO message_counts (no, online_web) SELECT no, 1 FROM messages WHERE id % 2 = 0;"
	"INSERT INTO client_events (nsp, time, seq, client, user_id, platform) SELECT i % 4, "
	"CAST(1795000000000 + i AS bigint), 0, 'c' || (i % 100), 'u' || (i % 50), 'web' FROM i;";

static void execute(const char *text)
{
	if (sql_exec(db, text) != LP_OK) {
		fprintf(stderr, "%s: %s\n", text, sql_error(db));
		exit(1);
	}
}

static void open_filled(void)
{
	struct lp_buf why = {0};

	db = sql_open(url, SQL_WRITE, 30000, &why);
	if (!db || migrate_up(db, &why) != LP_OK) {
		fprintf(stderr, "%s\n", why.data);
		exit(1);
	}
	execute(sql_dialect(db) == SQL_SQLITE ? fill_sqlite : fill_postgresql);
	execute(fill);
	execute("ANALYZE");
	if (sql_dialect(db) == SQL_POSTGRESQL)
		execute(archive_db_session);
}

/* The plan, a line for each step. */
static void explain(struct lp_buf *out, const struct archive_statement *st)
{
	bool sqlite = sql_dialect(db) == SQL_SQLITE;
	struct lp_buf text = {0};
	struct sql_stmt *stmt;
	int rc = LP_ESTORE;

	lp_buf_addz(&text, sqlite ? "EXPLAIN QUERY PLAN " : "EXPLAIN ");
	/* PostgreSQL explains no statement with parameters. */
	for (size_t i = 0, n = 0; i < st->text.len; i++) {
		if (st->text.data[i] != '?' || sqlite)
			lp_buf_addc(&text, st->text.data[i]);
		else if (st->values[n++].is_text)
			lp_buf_addf(&text, "$x$%.*s$x$", LP_FMT(st->values[n - 1].text));
		else
			lp_buf_addf(&text, "%lld", (long long)st->values[n - 1].number);
	}
	stmt = sql_prepare(db, text.data);
	for (unsigned i = 0; stmt && sqlite && i < st->count; i++)
		sql_bind_int(stmt, i + 1, 1);
	while (stmt && (rc = sql_step(stmt)) == SQL_ROW) {
		lp_buf_adds(out, sql_text(stmt, sqlite ? 3 : 0));
		lp_buf_addc(out, '\n');
	}
	if (rc != LP_OK)
		lp_buf_addf(out, "%s\n", sql_error(db));
	CHECK_ROW(lp_buf_str(&text), rc == LP_OK);
	sql_finish(stmt);
	lp_buf_clear(&text);
}

/* SQLite says SCAN of what is read from its beginning, also of a subquery's few rows. */
static bool reads_all(struct lp_str line)
{
	static const char *const fine[] = {"SCAN k", "SCAN few", "SCAN (subquery",
					   "SCAN search VIRTUAL TABLE"};

	while (line.n && *line.p == ' ')
		line = lp_str_from(line, 1);
	for (size_t i = 0; i < COUNT(fine); i++) {
		if (lp_str_starts(line, lp_cstr(fine[i])))
			return false;
	}
	return lp_str_starts(line, LP_STR("SCAN ")) || memmem(line.p, line.n, "Seq Scan", 8);
}

static void check_plan(const struct archive_statement *st, const char *wanted)
{
	struct lp_buf plan = {0};

	explain(&plan, st);
	for (struct lp_str rest = lp_buf_str(&plan); rest.n;) {
		size_t n = lp_str_find(rest, '\n');

		CHECK_ROW(lp_buf_str(&plan), !reads_all(lp_str(rest.p, n)));
		rest = lp_str_from(rest, n + 1);
	}
	CHECK_ROW(lp_buf_str(&plan), plan.len && strstr(plan.data, wanted));
	lp_buf_clear(&plan);
}

static const char *index_of(enum archive_source source)
{
	static const char *const names[ARCHIVE_SOURCES] = {
		[ARCHIVE_BY_TIME] = "messages_by_time",
		[ARCHIVE_BY_LEAVE] = "messages_by_leave",
		[ARCHIVE_BY_APNS] = "messages_by_apns",
		[ARCHIVE_BY_ROOM] = "messages_by_room",
		[ARCHIVE_BY_TEXT] = "search VIRTUAL TABLE INDEX",
		[ARCHIVE_BY_BLOCK] = "messages_search",
	};

	if (source == ARCHIVE_BY_TIME && sql_dialect(db) == SQL_POSTGRESQL)
		return "messages_pkey";
	return names[source];
}

static void check_source(const struct history_query *q, enum archive_source source)
{
	struct lp_buf words = {0};
	struct archive_walk w = {
		.query = q,
		.dialect = sql_dialect(db),
		.nsp = 1,
		.source = source,
		.shift = ARCHIVE_BLOCK_MIN,
		.from = archive_no_at(NOW - 600000),
		.before = archive_no_at(NOW + 600000),
	};

	words_query(&words, w.dialect, w.nsp, LP_STR("n"));
	w.words = lp_buf_str(&words);
	for (w.most = 100; w.most <= 1000; w.most *= 10) {
		struct archive_statement walk = {.count = 0}, probe = {.count = 0};

		archive_sql_walk(&walk, &w);
		check_plan(&walk, index_of(source));
		archive_sql_probe(&probe, &w);
		check_plan(&probe, index_of(source));
		archive_statement_clear(&walk);
		archive_statement_clear(&probe);
	}
	lp_buf_clear(&words);
}

/* All filters together with each other, from each source that there is for them. */
static void test_walk(void)
{
	for (unsigned mask = 0; mask < 4; mask++) {
		for (int leave = -1; leave <= 1; leave++) {
			struct history_query q = {
				.room = mask & 1 ? LP_STR("room1") : LP_STR(""),
				.apns_name = mask & 2 ? LP_STR("app") : LP_STR(""),
				.leave = leave,
			};
			bool sqlite = sql_dialect(db) == SQL_SQLITE;

			check_source(&q, ARCHIVE_BY_TIME);
			check_source(&q, sqlite ? ARCHIVE_BY_TEXT : ARCHIVE_BY_BLOCK);
			if (leave == 1)
				check_source(&q, ARCHIVE_BY_LEAVE);
			if (q.room.n)
				check_source(&q, ARCHIVE_BY_ROOM);
			if (q.apns_name.n)
				check_source(&q, ARCHIVE_BY_APNS);
		}
	}
}

static void test_clients(void)
{
	static const struct {
		struct lp_str client, user;
		const char *index; /* NULL: the key */
	} rows[] = {
		{{"", 0}, {"", 0}, NULL},
		{{"/a#u#web-1", 10}, {"", 0}, "client_events_by_client"},
		{{"", 0}, {"u", 1}, "client_events_by_user"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct history_clients_query q = {
			.client = rows[i].client, .user = rows[i].user, .from = NOW - 60000};
		struct archive_statement st = {.count = 0};
		const char *key =
			sql_dialect(db) == SQL_SQLITE ? "PRIMARY KEY" : "client_events_pkey";

		archive_sql_clients(&st, &q, 1, archive_no_at(NOW), 101);
		check_plan(&st, rows[i].index ? rows[i].index : key);
		archive_statement_clear(&st);
	}
}

static void test_message(void)
{
	struct archive_statement st = {.count = 0};

	archive_sql_message(&st, sql_dialect(db), 1, 77);
	check_plan(&st, "messages_by_id");
	archive_statement_clear(&st);
}

/* A plan that reads all is seen by this test. */
static void test_control(void)
{
	CHECK(reads_all(LP_STR("SCAN m")));
	CHECK(reads_all(LP_STR("SCAN messages USING COVERING INDEX messages_by_time")));
	CHECK(reads_all(LP_STR("  ->  Seq Scan on messages  (cost=0.00..1.00 rows=1 width=8)")));
	CHECK(!reads_all(LP_STR("SEARCH m USING INTEGER PRIMARY KEY (rowid=?)")));
}

int main(void)
{
	static const struct lp_test tests[] = {{"walk", test_walk},
					       {"message", test_message},
					       {"clients", test_clients},
					       {"control", test_control}};
	const char *server = getenv("LP_TEST_POSTGRESQL");
	char command[300];
	int status;

	if (!mkdtemp(folder))
		return 99;
	snprintf(url, sizeof(url), "sqlite:%s/archive.db", folder);
	if (server)
		snprintf(url, sizeof(url), "%s", server);
	open_filled();
	status = lp_test_main("archive_sql", tests, COUNT(tests));
	sql_close(db);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? status : 99;
}
