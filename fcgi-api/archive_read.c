#include "config.h"

#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "common/archive/words.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "fcgi-api/archive_db.h"
#include "fcgi-api/archive_read.h"
#include "fcgi-api/archive_row.h"

#define PROBE      200  /* messages by which sources are compared */
#define BATCH      100  /* of the first statement */
#define BATCH_MORE 1000 /* and of those after it */
#define LOOKED_MAX 5000 /* messages that one page looks at */
#define PAGE_MS    25   /* after which a page ends */
#define QUICK_MS   4    /* a stretch that took no longer may be followed by a longer one */
#define DENSE      400  /* messages with the words that a stretch may be expected to have */

struct archive_reader {
	struct archive_db *db;
};

/* A page that is being read. */
struct page {
	struct archive_db *db;
	struct archive_walk walk;
	const struct history_query *query;
	struct lp_buf words, phrases; /* of query->text */
	archive_record *record;
	void *arg;
	size_t most, bytes; /* of texts */
	int64_t given, looked;
	int64_t last; /* number of the last one that was given */
	uint64_t started;
	bool full;  /* and one more is known to be there */
	bool ended; /* there are no more */
};

/* The last day that fits into a number is in 2089. */
static int64_t number_at(int64_t ms)
{
	return ms > ARCHIVE_EPOCH + (INT64_MAX >> ARCHIVE_SHIFT) ? INT64_MAX : archive_no_at(ms);
}

struct archive_reader *archive_reader_new(const struct settings *s)
{
	struct archive_reader *r;

	if (sql_url_off(s->archive))
		return NULL;
	r = lp_xcalloc(1, sizeof(*r));
	r->db = archive_db_new(s->archive);
	return r;
}

void archive_reader_free(struct archive_reader *r)
{
	if (r)
		archive_db_free(r->db);
	free(r);
}

const char *archive_reader_why(const struct archive_reader *r)
{
	return archive_db_why(r->db);
}

/* Runs a statement whose one row is some numbers. LP_OK, LP_ENOENT without a row, or it failed. */
static int ask(struct archive_db *db, struct archive_statement *st, int64_t *out, unsigned count)
{
	struct sql_stmt *stmt = archive_db_statement(db, st);
	int rc = stmt ? sql_step(stmt) : LP_ESTORE;

	for (unsigned i = 0; rc == SQL_ROW && i < count; i++)
		out[i] = sql_int(stmt, i);
	if (rc == LP_OK)
		rc = LP_ENOENT;
	else if (rc == SQL_ROW)
		rc = LP_OK;
	if (stmt)
		sql_reset(stmt);
	if (rc != LP_OK && rc != LP_ENOENT)
		archive_db_failed(db, rc);
	archive_statement_clear(st);
	return rc;
}

/*
 * The number of the namespace: LP_OK, LP_ENOENT when nothing of it was archived yet, be it that no
 * worker has made the archive; or it failed.
 */
static int find_namespace(struct archive_db *db, struct lp_str name, int64_t *nsp)
{
	struct archive_statement st = {.count = 1};
	int rc = archive_db_ready(db);

	if (rc != LP_OK)
		return rc == LP_ESTALE ? LP_ENOENT : rc;
	lp_buf_addz(&st.text, "SELECT nsp FROM namespaces WHERE name = ?");
	st.values[0].is_text = true;
	st.values[0].text = name;
	return ask(db, &st, nsp, 1);
}

/* --- one batch --- */

/* Looks at a row. False when the page is full. */
static bool look_at(struct page *p, struct sql_stmt *stmt)
{
	p->looked++;
	if (!sql_null(stmt, ARCHIVE_COL_ID) &&
	    (!p->phrases.len || p->walk.source == ARCHIVE_BY_TEXT ||
	     words_match(lp_buf_str(&p->phrases), sql_text(stmt, ARCHIVE_COL_DATA)))) {
		if (p->given == p->query->size || p->bytes >= p->most) {
			p->full = true;
			return false;
		}
		p->last = sql_int(stmt, ARCHIVE_COL_NO);
		p->bytes += archive_row_give(stmt, p->query->nsp, p->record, p->arg);
		p->given++;
	}
	p->walk.before = sql_int(stmt, ARCHIVE_COL_NO);
	return true;
}

/* Looks at the next walk.most of the source. *rows: how many there were. */
static int batch(struct page *p, unsigned *rows)
{
	struct archive_statement st = {.count = 0};
	struct sql_stmt *stmt;
	int rc = LP_ESTORE;

	*rows = 0;
	archive_sql_walk(&st, &p->walk);
	stmt = archive_db_statement(p->db, &st);
	while (stmt && (rc = sql_step(stmt)) == SQL_ROW) {
		++*rows;
		if (!look_at(p, stmt)) {
			rc = LP_OK;
			break;
		}
	}
	if (stmt)
		sql_reset(stmt);
	archive_statement_clear(&st);
	return rc == LP_OK ? LP_OK : archive_db_failed(p->db, rc);
}

static uint64_t taken(const struct page *p)
{
	return lp_mono_ms() - p->started;
}

static bool enough(const struct page *p, int64_t most)
{
	return p->full || p->looked >= most || taken(p) >= PAGE_MS;
}

/* Goes on in the source until the page is full, the source at its end, or it is enough. */
static int walk_on(struct page *p, int64_t most)
{
	unsigned rows;
	int rc;

	p->walk.most = BATCH;
	do {
		rc = batch(p, &rows);
		p->ended = rc == LP_OK && !p->full && rows < p->walk.most;
		p->walk.most = BATCH_MORE;
	} while (rc == LP_OK && !p->ended && !enough(p, most));
	return rc;
}

/* --- where to look --- */

/* Sets the source whose next messages go back furthest: it has the fewest that do not fit. */
static int choose(struct page *p)
{
	const struct history_query *q = p->query;
	const bool there[ARCHIVE_SOURCES] = {
		[ARCHIVE_BY_LEAVE] = q->leave == 1,
		[ARCHIVE_BY_APNS] = q->apns_name.n,
		[ARCHIVE_BY_ROOM] = q->room.n,
		[ARCHIVE_BY_TEXT] = p->words.len && p->walk.dialect == SQL_SQLITE,
	};
	int64_t best[2] = {INT64_MAX, 0};
	enum archive_source chosen = ARCHIVE_BY_TIME;
	unsigned candidates = 0;
	int rc = LP_OK;

	for (int s = 0; s < ARCHIVE_SOURCES; s++) {
		if (there[s]) {
			chosen = (enum archive_source)s;
			candidates++;
		}
	}
	p->walk.most = PROBE;
	for (int s = 0; s < ARCHIVE_SOURCES && candidates > 1 && rc == LP_OK; s++) {
		struct archive_statement st = {.count = 0};
		int64_t got[2];

		if (!there[s])
			continue;
		p->walk.source = (enum archive_source)s;
		archive_sql_probe(&st, &p->walk);
		rc = ask(p->db, &st, got, 2);
		if (rc == LP_OK && got[1] < PROBE) /* that is all: the fewer the better */
			got[0] = got[1] - PROBE;
		if (rc == LP_OK && got[0] < best[0]) {
			best[0] = got[0];
			chosen = (enum archive_source)s;
		}
	}
	p->walk.source = chosen;
	return rc;
}

/* --- texts --- */

/* The oldest and the newest message of the namespace bound where there is anything to look for. */
static int bound(struct page *p)
{
	struct archive_statement st = {.count = 2};
	int64_t ends[2];
	int rc;

	lp_buf_addz(&st.text, "SELECT (SELECT no FROM messages WHERE nsp = ? ORDER BY no LIMIT 1), "
			      "(SELECT no FROM messages WHERE nsp = ? ORDER BY no DESC LIMIT 1)");
	st.values[0].number = st.values[1].number = p->walk.nsp;
	rc = ask(p->db, &st, ends, 2);
	if (rc == LP_OK && p->walk.from < ends[0])
		p->walk.from = ends[0];
	if (rc == LP_OK && p->walk.before > ends[1] + 1)
		p->walk.before = ends[1] + 1;
	return rc;
}

/* Whether a stretch of that length may be expected to have few messages with the words. */
static bool sparse(const struct page *p, int64_t top, int shift)
{
	return (double)(p->given + 1) * (double)(INT64_C(1) << shift) <=
	       DENSE * (double)(top - p->walk.before);
}

/*
 * PostgreSQL's index has no order, so it is asked for one stretch of time after the other, as long
 * as what was found so far allows. At least one, so that slow machines get on, too.
 */
static int walk_blocks(struct page *p, int64_t top)
{
	int64_t from = p->walk.from;
	int shift = ARCHIVE_BLOCK_MIN, rc;
	bool quick = true;

	p->walk.source = ARCHIVE_BY_BLOCK;
	do {
		uint64_t began = lp_mono_ms();
		int64_t start;

		if (shift > ARCHIVE_BLOCK_MIN && !sparse(p, top, shift))
			shift -= ARCHIVE_BLOCK_STEP;
		while (quick && shift < ARCHIVE_BLOCK_MAX &&
		       sparse(p, top, shift + ARCHIVE_BLOCK_STEP))
			shift += ARCHIVE_BLOCK_STEP;
		start = (p->walk.before - 1) >> shift << shift;
		p->walk.shift = shift;
		p->walk.from = start > from ? start : from;
		rc = walk_on(p, INT64_MAX);
		if (rc != LP_OK || !p->ended)
			break;
		p->ended = p->walk.from == from;
		p->walk.before = p->walk.from;
		quick = lp_mono_ms() - began <= QUICK_MS;
	} while (!p->ended && !enough(p, INT64_MAX));
	p->walk.from = from;
	return rc;
}

/*
 * The newest messages are read as they are, whose words are looked at here: a word that many have is
 * soon found. Then the index is asked.
 */
static int walk_words(struct page *p)
{
	int64_t top = p->walk.before;
	int rc;

	do
		rc = walk_on(p, p->looked + 1);
	while (rc == LP_OK && !p->ended && !enough(p, LOOKED_MAX) &&
	       !sparse(p, top, ARCHIVE_BLOCK_MIN));
	if (rc == LP_OK && !p->full && !p->ended && sparse(p, top, ARCHIVE_BLOCK_MIN))
		rc = walk_blocks(p, top);
	return rc;
}

static int walk(struct page *p)
{
	bool text = p->words.len;
	int rc = text ? bound(p) : LP_OK;

	if (rc == LP_OK && p->walk.from >= p->walk.before) {
		p->ended = true;
		return LP_OK;
	}
	if (rc == LP_OK)
		rc = choose(p);
	if (rc != LP_OK)
		return rc;
	/* What another index finds is looked at message by message: it says nothing about words. */
	if (text && p->walk.source == ARCHIVE_BY_TIME)
		return walk_words(p);
	return walk_on(p, LOOKED_MAX);
}

int archive_read_page(struct archive_reader *r, const struct history_query *q, size_t most,
		      archive_record *record, void *arg, struct history_cursor *next)
{
	struct page p = {
		.db = r->db,
		.walk = {.query = q,
			 .dialect = archive_db_dialect(r->db),
			 .from = number_at(q->from),
			 .before = number_at(q->to)},
		.query = q,
		.record = record,
		.arg = arg,
		.most = most,
		.started = lp_mono_ms(),
	};
	int rc = find_namespace(r->db, q->nsp, &p.walk.nsp);

	*next = (struct history_cursor){.set = false};
	if (q->cursor.set && q->cursor.no < p.walk.before)
		p.walk.before = q->cursor.no;
	if (q->text.n) {
		words_phrases(&p.phrases, q->text);
		if (!words_query(&p.words, p.walk.dialect, q->text) &&
		    (rc == LP_OK || rc == LP_ENOENT))
			rc = LP_EINVAL;
	}
	p.walk.words = lp_buf_str(&p.words);
	if (rc == LP_OK)
		rc = walk(&p);
	else if (rc == LP_ENOENT)
		p.ended = true;
	if (rc == LP_OK && !p.ended)
		*next = (struct history_cursor){.set = true, .no = p.full ? p.last : p.walk.before};
	lp_buf_clear(&p.words);
	lp_buf_clear(&p.phrases);
	return rc == LP_ENOENT ? LP_OK : rc;
}

/* --- one, and statistics --- */

int archive_read_message(struct archive_reader *r, struct lp_str nsp, struct lp_str id,
			 archive_record *record, void *arg)
{
	struct archive_statement st = {.count = 0};
	struct sql_stmt *stmt;
	int64_t number;
	int rc = find_namespace(r->db, nsp, &number);

	if (rc != LP_OK)
		return rc;
	archive_sql_message(&st, archive_db_dialect(r->db), number, strtoll(id.p, NULL, 10));
	stmt = archive_db_statement(r->db, &st);
	rc = stmt ? sql_step(stmt) : LP_ESTORE;
	if (rc == SQL_ROW)
		archive_row_give(stmt, nsp, record, arg);
	if (stmt)
		sql_reset(stmt);
	archive_statement_clear(&st);
	if (rc == SQL_ROW)
		return LP_OK;
	return rc == LP_OK ? LP_ENOENT : archive_db_failed(r->db, rc);
}

int archive_read_stat(struct archive_reader *r, struct lp_str nsp, int64_t from, int64_t to,
		      void (*add)(void *arg, int64_t start, const int64_t counts[ARCHIVE_COUNTS]),
		      void *arg)
{
	struct archive_statement st = {.count = 3};
	int64_t counts[ARCHIVE_COUNTS];
	struct sql_stmt *stmt;
	int rc = find_namespace(r->db, nsp, &st.values[0].number);

	if (rc != LP_OK)
		return rc == LP_ENOENT ? LP_OK : rc;
	lp_buf_addz(&st.text,
		    "SELECT quarter, pushed, online, ack_web, ack_ios, ack_android, offline "
		    "FROM stats WHERE nsp = ? AND quarter >= ? AND quarter < ? "
		    "ORDER BY quarter");
	st.values[1].number = from / 900;
	st.values[2].number = (to + 899) / 900;
	stmt = archive_db_statement(r->db, &st);
	rc = LP_ESTORE;
	while (stmt && (rc = sql_step(stmt)) == SQL_ROW) {
		for (unsigned i = 0; i < ARCHIVE_COUNTS; i++)
			counts[i] = sql_int(stmt, i + 1);
		add(arg, sql_int(stmt, 0) * 900, counts);
	}
	if (stmt)
		sql_reset(stmt);
	archive_statement_clear(&st);
	return rc == LP_OK ? LP_OK : archive_db_failed(r->db, rc);
}
