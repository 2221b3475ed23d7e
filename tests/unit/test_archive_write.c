/*
 * What the worker writes is there once, whatever is written twice or has the same number. In an
 * SQLite file; and in the PostgreSQL database that the environment variable LP_TEST_POSTGRESQL
 * names, which must be empty.
 */
#include "config.h"

#include <inttypes.h>
#include <unistd.h>

#include "common/archive/archive_no.h"
#include "tests/unit/lp_test.h"
#include "worker/archive/write.h"

#define SENT INT64_C(1795000000000)

static char folder[] = "/tmp/light-push-write-XXXXXX";
static char url[300];
static struct archive_write *w;

struct pushed {
	int64_t id, sent;
	const char *word;
};

static struct archive_message message(const struct pushed *p, int64_t nsp)
{
	struct archive_message m = {
		.no = archive_no(p->sent, nsp, p->id),
		.nsp = nsp,
		.id = p->id,
		.sent = p->sent,
		.room = LP_STR("r"),
		.others = LP_STR("[\"further\"]"),
		.expire = LP_STR("1"),
		.leave = -1,
		.cancel = -1,
	};

	lp_buf_addf(&m.data, "\"%s\"", p->word);
	lp_buf_addz(&m.rooms, "[\"r\",\"further\"]");
	return m;
}

static int write_list(const struct pushed *p, size_t count, int64_t nsp)
{
	struct archive_message m[8], *list[8];
	int rc;

	for (size_t i = 0; i < count; i++) {
		m[i] = message(&p[i], nsp);
		list[i] = &m[i];
	}
	rc = archive_write_messages(w, list, count);
	for (size_t i = 0; i < count; i++)
		archive_entry_clear(&m[i]);
	return rc;
}

/* The first column of the rows, each with a blank behind it. */
static void expect(const char *query, const char *wanted)
{
	struct sql_stmt *st = sql_prepare(archive_write_db(w), query);
	struct lp_buf got = {0};
	int rc = LP_ESTORE;

	while (st && (rc = sql_step(st)) == SQL_ROW) {
		lp_buf_adds(&got, sql_text(st, 0));
		lp_buf_addc(&got, ' ');
	}
	lp_buf_addz(&got, rc == LP_OK ? "" : sql_error(archive_write_db(w)));
	if (strcmp(got.data, wanted) != 0) {
		fprintf(stderr, "  %s\n    got      %s\n    expected %s\n", query, got.data,
			wanted);
		CU_FAIL("differs");
	}
	sql_finish(st);
	lp_buf_clear(&got);
}

/* 1 to 4 have one number; the last two of the list are pushed when the clock had gone back. */
static const struct pushed list[] = {
	{1, SENT, "one"},    {2, SENT, "two"},        {257, SENT, "three"},
	{513, SENT, "four"}, {514, SENT + 1, "five"}, {769, SENT + 1, "six"},
};

static void test_same_number(void)
{
	int64_t nsp;

	CU_ASSERT_EQUAL(archive_write_nsp(w, LP_STR("/a"), &nsp), LP_OK);
	/* As one batch; one after the other; another way round; once more. */
	CU_ASSERT_EQUAL(write_list(list, 3, nsp), LP_OK);
	for (size_t i = COUNT(list); i-- > 0;)
		CU_ASSERT_EQUAL(write_list(&list[i], 1, nsp), LP_OK);
	CU_ASSERT_EQUAL(write_list(list, COUNT(list), nsp), LP_OK);
	expect("SELECT id FROM messages ORDER BY id", "1 2 257 513 514 769 ");
	expect("SELECT count(DISTINCT no) FROM messages", "6 ");
	expect("SELECT count(*) FROM message_rooms r JOIN messages m ON m.nsp = r.nsp AND "
	       "m.no = r.no WHERE r.room = 'further'",
	       "6 ");
	if (sql_dialect(archive_write_db(w)) == SQL_POSTGRESQL)
		return;
	for (size_t i = 0; i < COUNT(list); i++) {
		char query[200], id[30];

		snprintf(query, sizeof(query),
			 "SELECT m.id FROM search JOIN messages m ON m.no = search.rowid WHERE "
			 "search MATCH '\"%" PRId64 "/%s\"'",
			 nsp, list[i].word);
		snprintf(id, sizeof(id), "%" PRId64 " ", list[i].id);
		expect(query, id);
	}
}

/* Theirs are those of the right message. */
static void test_counts(void)
{
	struct archive_counts c[COUNT(list)] = {{0}};

	CU_ASSERT_EQUAL(archive_write_nsp(w, LP_STR("/a"), &c[0].nsp), LP_OK);
	for (size_t i = 0; i < COUNT(list); i++) {
		c[i].nsp = c[0].nsp;
		c[i].id = list[i].id;
		c[i].sent = list[i].sent;
		c[i].no = archive_no(c[i].sent, c[i].nsp, c[i].id);
		c[i].online[0] = list[i].id;
	}
	CU_ASSERT_EQUAL(archive_write_counts(w, c, COUNT(list)), LP_OK);
	expect("SELECT count(*) FROM messages m JOIN message_counts c ON c.no = m.no "
	       "WHERE c.online_web = m.id",
	       "6 ");
	expect("SELECT count(*) FROM message_counts", "6 ");
}

/* What is removed takes its words and counts with it. */
static void test_remove(void)
{
	int64_t nsp;
	bool left;

	CU_ASSERT_EQUAL(archive_write_nsp(w, LP_STR("/a"), &nsp), LP_OK);
	CU_ASSERT_EQUAL(archive_write_remove(w, nsp, SENT + 1000, &left), LP_OK);
	CU_ASSERT_FALSE(left);
	expect("SELECT count(*) FROM messages", "0 ");
	expect("SELECT count(*) FROM message_counts", "0 ");
	expect("SELECT count(*) FROM message_rooms", "0 ");
	if (sql_dialect(archive_write_db(w)) == SQL_POSTGRESQL)
		return;
	expect("SELECT count(*) FROM search WHERE search MATCH '\"1/one\" OR \"1/six\"'", "0 ");
	CU_ASSERT_EQUAL(sql_exec(archive_write_db(w),
				 "INSERT INTO search (search) VALUES ('integrity-check')"),
			LP_OK);
}

int main(void)
{
	static const struct lp_test tests[] = {{"messages of one number", test_same_number},
					       {"their counts", test_counts},
					       {"removed", test_remove}};
	const char *server = getenv("LP_TEST_POSTGRESQL");
	struct lp_buf why = {0};
	char command[300];
	int status;

	if (!mkdtemp(folder))
		return 99;
	snprintf(url, sizeof(url), "sqlite:%s/archive.db", folder);
	if (server)
		snprintf(url, sizeof(url), "%s", server);
	w = archive_write_new(url, &why);
	if (!w) {
		fprintf(stderr, "%s\n", why.data);
		return 99;
	}
	status = lp_test_main("archive_write", tests, COUNT(tests));
	archive_write_free(w);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return system(command) == 0 ? status : 99;
}
