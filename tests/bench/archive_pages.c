/*
 * How fast pages of the archive are read: "archive_pages URL fill COUNT" makes an archive with so
 * many messages in two namespaces, over a year (PostgreSQL: its index of words at the end);
 * "archive_pages URL" then reads pages as the API process does and prints ms for each kind of
 * question: walks of 20 pages from new to old, 100 pages in all. URL: the setting archive.
 */
#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/archive/archive_no.h"
#include "common/archive/migrate.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "fcgi-api/archive_read.h"

#define BEGIN INT64_C(1764500000000) /* ms */
#define STEP  3000                   /* ms between two messages */
#define CHUNK 200000
#define PAGES 100
#define WALK  20

static _Noreturn void die(const char *what, const char *why)
{
	fprintf(stderr, "%s: %s\n", what, why);
	exit(1);
}

/* --- filling --- */

/*
 * Words: of all; "tenth", "thousandth", "seldom" (some one in 100 000); "older" in the first half,
 * "ancient" in the first hundredth, "first" in fifty; "other" in all of the second namespace, which has
 * a fifth of all.
 */
#define EXTRA                                                                                      \
	"CASE WHEN i % 11 = 3 THEN ' tenth' ELSE '' END || "                                       \
	"CASE WHEN i % 1009 = 7 THEN ' thousandth' ELSE '' END || "                                \
	"CASE WHEN i % 100003 = 11 THEN ' seldom' ELSE '' END || "                                 \
	"CASE WHEN i < :count / 2 THEN ' older' ELSE '' END || "                                   \
	"CASE WHEN i < :count / 100 THEN ' ancient' ELSE '' END || "                               \
	"CASE WHEN i < 50 THEN ' first' ELSE '' END || "                                           \
	"CASE WHEN i % 5 = 0 THEN ' other' ELSE '' END"

static const char messages[] =
	"INSERT INTO messages (no, id, nsp, room, data, expire, leave, apns_name) SELECT :no, i, "
	":nsp, CASE i % 20 WHEN 1 THEN 'news' ELSE 'user_' || (i * 7919 % 5000) END, "
	"'{\"title\":\"订单通知\",\"content\":\"您的订单 ' || i || ' 已经发货，请注意查收。' "
	"|| " EXTRA " || '\",\"type\":\"order\"}', '1', CASE i % 7 WHEN 0 THEN 1 END, "
	"CASE i % 23 WHEN 0 THEN 'app' END FROM :rows";
static const char counts[] =
	"INSERT INTO message_counts (no, online_web, ack_web) SELECT :no, 3, 2 FROM :rows "
	"WHERE i % 5 < 3";
static const char words[] =
	"INSERT INTO search (rowid, text) SELECT :no, replace(' title 订 单 通 知 content 您 的 订 "
	"单 ' "
	"|| i || ' 已 经 发 货 请 注 意 查 收' || " EXTRA " || ' type order', ' ', "
	"' ' || :nsp || '/') FROM :rows";

struct value {
	const char *name, *text;
};

/* Writes a statement with the names filled in, and runs it. */
static void execute(struct sql *db, const char *text, const struct value *values)
{
	struct lp_buf out = {0};

	while (*text) {
		const struct value *v = values;

		while (*text == ':' && v->name && strncmp(text + 1, v->name, strlen(v->name)) != 0)
			v++;
		if (*text != ':' || !v->name) {
			lp_buf_addc(&out, *text++);
			continue;
		}
		text += 1 + strlen(v->name);
		lp_buf_addz(&out, v->text);
	}
	if (sql_exec(db, out.data) != LP_OK)
		die(out.data, sql_error(db));
	lp_buf_clear(&out);
}

static void add_chunk(struct sql *db, int64_t from, int64_t count)
{
	bool sqlite = sql_dialect(db) == SQL_SQLITE;
	struct lp_buf rows = {0}, no = {0}, total = {0};
	int64_t to = from + CHUNK < count ? from + CHUNK : count;
	struct value values[] = {{"nsp", "(CASE i % 5 WHEN 0 THEN 2 ELSE 1 END)"},
				 {"no", NULL},
				 {"rows", NULL},
				 {"count", NULL},
				 {NULL, NULL}};

	lp_buf_addf(&no,
		    "(((%" PRId64
		    " + i * %d) << 22) | (CASE i %% 5 WHEN 0 THEN 2 ELSE 1 END << 8) | (i & 255))",
		    BEGIN - ARCHIVE_EPOCH, STEP);
	if (sqlite)
		lp_buf_addf(&rows,
			    "(WITH RECURSIVE c (i) AS (SELECT %" PRId64
			    " UNION ALL SELECT i + 1 FROM c WHERE i < %" PRId64
			    ") SELECT i FROM c) r",
			    from, to - 1);
	else
		lp_buf_addf(&rows, "generate_series(%" PRId64 "::bigint, %" PRId64 ") i", from,
			    to - 1);
	lp_buf_addf(&total, "%" PRId64, count);
	values[1].text = no.data;
	values[2].text = rows.data;
	values[3].text = total.data;
	execute(db, "BEGIN", values);
	execute(db, messages, values);
	execute(db, counts, values);
	if (sqlite)
		execute(db, words, values);
	execute(db, "COMMIT", values);
	lp_buf_clear(&rows);
	lp_buf_clear(&no);
	lp_buf_clear(&total);
}

/* PostgreSQL's index of words is faster made at the end: takes it away, and returns how to make it. */
static char *drop_search(struct sql *db)
{
	const struct value none[] = {{NULL, NULL}};
	struct sql_stmt *st;
	char *text;

	if (sql_dialect(db) == SQL_SQLITE)
		return NULL;
	st = sql_prepare(db, "SELECT indexdef FROM pg_indexes WHERE indexname = 'messages_search'");
	if (!st || sql_step(st) != SQL_ROW)
		die("the index of words", sql_error(db));
	text = lp_xstrndup(sql_text(st, 0));
	sql_reset(st);
	sql_finish(st);
	execute(db, "DROP INDEX messages_search; SET maintenance_work_mem = '1GB'", none);
	return text;
}

static void fill(const char *url, int64_t count)
{
	struct lp_buf why = {0};
	struct sql *db = sql_open(url, SQL_WRITE, 7200000, &why);
	const struct value none[] = {{NULL, NULL}};
	char *search;

	if (!db || migrate_up(db, &why) != LP_OK)
		die(url, why.data);
	if (sql_dialect(db) == SQL_SQLITE)
		execute(db, "PRAGMA cache_size = -1000000; PRAGMA synchronous = OFF", none);
	search = drop_search(db);
	execute(db, "INSERT INTO namespaces (nsp, name) VALUES (1, '/bench'), (2, '/other')", none);
	for (int64_t from = 0; from < count; from += CHUNK)
		add_chunk(db, from, count);
	if (search) {
		execute(db, search, none);
		execute(db, "VACUUM ANALYZE", none);
	}
	free(search);
	sql_close(db);
}

/* --- reading --- */

static void no_record(void *arg, const struct history_record *record)
{
	++*(int64_t *)arg;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void print(const char *name, double *ms, size_t count, int64_t records)
{
	qsort(ms, count, sizeof(ms[0]), by_value);
	printf("%-28s %7.1f %7.1f %7.1f  %" PRId64 " records\n", name, ms[count / 2],
	       ms[(count - 1) * 99 / 100], ms[count - 1], records);
	fflush(stdout);
}

/* Walks of some pages. Returns how many there were; 0 when one was refused. */
static size_t ask(struct archive_reader *r, const char *name, struct history_query q, double *ms)
{
	int64_t records = 0;
	size_t pages = 0;

	q.nsp = LP_STR("/bench");
	q.size = 20;
	if (!q.to)
		q.to = INT64_MAX;
	while (pages < PAGES) {
		struct history_cursor next = {.set = false};

		q.cursor = next;
		for (size_t i = 0; i < WALK && pages < PAGES; i++) {
			uint64_t began = lp_mono_us();

			if (archive_read_page(r, &q, 1 << 20, no_record, &records, &next) !=
			    LP_OK) {
				printf("%-28s %s\n", name, archive_reader_why(r));
				return 0;
			}
			ms[pages++] = (double)(lp_mono_us() - began) / 1000;
			if (!next.set)
				break;
			q.cursor = next;
		}
	}
	print(name, ms, pages, records);
	return pages;
}

static void ask_all(const char *url, int64_t count)
{
	const int64_t middle = BEGIN + count / 2 * STEP, day = 86400000;
	const struct {
		const char *name;
		struct history_query q;
	} kinds[] = {
		{"nothing", {.leave = -1}},
		{"a day", {.leave = -1, .from = middle, .to = middle + day}},
		{"a room of one in 20", {.leave = -1, .room = LP_STR("news")}},
		{"one of 5000 rooms", {.leave = -1, .room = LP_STR("user_77")}},
		{"leaveMessage", {.leave = 1}},
		{"no leaveMessage", {.leave = 0}},
		{"apnsName", {.leave = -1, .apns_name = LP_STR("app")}},
		{"room, leave, apnsName",
		 {.leave = 1, .apns_name = LP_STR("app"), .room = LP_STR("news")}},
		{"5000th room and apnsName",
		 {.leave = -1, .apns_name = LP_STR("app"), .room = LP_STR("user_77")}},
		{"a word of all", {.leave = -1, .text = LP_STR("order")}},
		{"of one in 10", {.leave = -1, .text = LP_STR("tenth")}},
		{"of one in 1000", {.leave = -1, .text = LP_STR("thousandth")}},
		{"of one in 100000", {.leave = -1, .text = LP_STR("seldom")}},
		{"of the older half", {.leave = -1, .text = LP_STR("older")}},
		{"of the oldest hundredth", {.leave = -1, .text = LP_STR("ancient")}},
		{"of the first 50", {.leave = -1, .text = LP_STR("first")}},
		{"of one message", {.leave = -1, .text = LP_STR("4999999")}},
		{"of none", {.leave = -1, .text = LP_STR("nowhere")}},
		{"of another namespace", {.leave = -1, .text = LP_STR("other")}},
		{"a Chinese phrase", {.leave = -1, .text = LP_STR("请注意查收")}},
		{"a phrase that is not there", {.leave = -1, .text = LP_STR("单订知通")}},
		{"two words", {.leave = -1, .text = LP_STR("tenth thousandth")}},
		{"two words, never together",
		 {.leave = -1, .text = LP_STR("seldom ancient first")}},
		{"a word and a day",
		 {.leave = -1, .text = LP_STR("thousandth"), .from = middle, .to = middle + day}},
		{"a word and a room",
		 {.leave = -1, .text = LP_STR("thousandth"), .room = LP_STR("news")}},
		{"all of these",
		 {.leave = 1,
		  .text = LP_STR("order"),
		  .room = LP_STR("news"),
		  .apns_name = LP_STR("app")}},
	};
	enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };
	struct settings s = {.archive = lp_xstrdup(url)};
	struct archive_reader *r = archive_reader_new(&s);
	double *all = lp_xcalloc(KINDS * PAGES, sizeof(all[0]));
	size_t pages = 0;

	printf("%-28s %7s %7s %7s  ms\n", "", "p50", "p99", "max");
	for (size_t i = 0; i < KINDS; i++)
		pages += ask(r, kinds[i].name, kinds[i].q, &all[pages]);
	print("all", all, pages, (int64_t)pages);
	free(all);
	archive_reader_free(r);
	free(s.archive);
}

int main(int argc, char **argv)
{
	if (argc == 4 && strcmp(argv[2], "fill") == 0)
		fill(argv[1], strtoll(argv[3], NULL, 10));
	else if (argc == 2)
		ask_all(argv[1], 10000000);
	else
		die("usage", "archive_pages URL [fill COUNT]");
	return 0;
}
