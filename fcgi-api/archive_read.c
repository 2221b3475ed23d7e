#include "config.h"

#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "common/archive/words.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "fcgi-api/archive_db.h"
#include "fcgi-api/archive_read.h"
#include "fcgi-api/archive_row.h"

#define CLIENTS    101  /* rows of a page of clients, one more than it gives */
#define PROBE      200  /* messages by which sources are compared */
#define BATCH      100  /* of the first statement */
#define BATCH_MORE 1000 /* and of those after it */
#define LOOKED_MAX 5000 /* messages that one page looks at */
#define PAGE_MS    25   /* after which a page ends */
#define SEARCH_MS  10   /* that an index of words may take: then it is done another way */
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
	bool brief; /* statements have SEARCH_MS: LP_EBUSY is no failure */
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

/* Runs a statement whose one row is some numbers. LP_OK, LP_ENOENT without a row, or an error. */
static int run(struct archive_db *db, struct archive_statement *st, int64_t *out, unsigned count)
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
	archive_statement_clear(st);
	return rc;
}

/* The same; an error is noted. */
static int ask(struct archive_db *db, struct archive_statement *st, int64_t *out, unsigned count)
{
	int rc = run(db, st, out, count);

	return rc == LP_OK || rc == LP_ENOENT ? rc : archive_db_failed(db, rc);
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
	if (rc == LP_OK || (rc == LP_EBUSY && p->brief))
		return rc;
	return archive_db_failed(p->db, rc);
}

static int be_brief(struct page *p, bool brief)
{
	p->brief = brief;
	return archive_db_limit(p->db, brief ? SEARCH_MS : 0);
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

/* How far back the next messages of a source go; LP_EBUSY: it takes too long to see. */
static int probe(struct page *p, enum archive_source source, int64_t *reach)
{
	struct archive_statement st = {.count = 0};
	int64_t got[2];
	int rc;

	p->walk.source = source;
	p->walk.most = PROBE;
	archive_sql_probe(&st, &p->walk);
	rc = run(p->db, &st, got, 2);
	if (rc == LP_EBUSY && p->brief)
		return LP_EBUSY;
	if (rc != LP_OK)
		return archive_db_failed(p->db, rc);
	/* Fewer than asked for are all there are: the fewer the better. */
	*reach = got[1] < PROBE ? got[1] - PROBE : got[0];
	return LP_OK;
}

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
	enum archive_source chosen = ARCHIVE_BY_TIME;
	int64_t best = INT64_MAX, reach = 0;
	unsigned candidates = 0;
	int rc = LP_OK;

	for (int s = 0; s < ARCHIVE_SOURCES; s++) {
		if (there[s]) {
			chosen = (enum archive_source)s;
			candidates++;
		}
	}
	for (int s = 0; s < ARCHIVE_SOURCES && candidates > 1 && rc == LP_OK; s++) {
		if (!there[s])
			continue;
		rc = be_brief(p, s == ARCHIVE_BY_TEXT);
		if (rc == LP_OK)
			rc = probe(p, (enum archive_source)s, &reach);
		if (rc == LP_OK && reach < best) {
			best = reach;
			chosen = (enum archive_source)s;
		} else if (rc == LP_EBUSY && p->brief) {
			rc = LP_OK;
		}
	}
	p->walk.source = chosen;
	return rc == LP_OK ? be_brief(p, false) : rc;
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

/* Reads the messages as they are, whose words are looked at here. */
static int walk_plain(struct page *p, int64_t most)
{
	int rc = be_brief(p, false);

	p->walk.source = ARCHIVE_BY_TIME;
	return rc == LP_OK ? walk_on(p, most) : rc;
}

/* One stretch of time. LP_EBUSY: it takes too long. */
static int walk_block(struct page *p, int shift)
{
	int64_t from = p->walk.from, start = (p->walk.before - 1) >> shift << shift;
	int rc;

	p->walk.source = ARCHIVE_BY_BLOCK;
	p->walk.shift = shift;
	p->walk.from = start > from ? start : from;
	rc = walk_on(p, INT64_MAX);
	if (rc == LP_OK && p->ended) {
		p->ended = p->walk.from == from;
		p->walk.before = p->walk.from;
	}
	p->walk.from = from;
	return rc;
}

/*
 * PostgreSQL's index has no order, so it is asked for one stretch of time after the other, as long
 * as what was found so far, and the time it takes, allow. LP_EBUSY: not even short ones are of use; be
 * it that of a phrase each word is in all messages, and the phrase in none.
 */
static int walk_blocks(struct page *p, int64_t top)
{
	int shift = ARCHIVE_BLOCK_MIN, longest = ARCHIVE_BLOCK_MAX;
	int rc = be_brief(p, true);
	bool quick = true;

	while (rc == LP_OK && !p->ended && !enough(p, INT64_MAX)) {
		int64_t looked = p->looked, given = p->given;
		uint64_t began = lp_mono_ms();

		if (shift > ARCHIVE_BLOCK_MIN && !sparse(p, top, shift))
			shift -= ARCHIVE_BLOCK_STEP;
		while (quick && shift < longest && sparse(p, top, shift + ARCHIVE_BLOCK_STEP))
			shift += ARCHIVE_BLOCK_STEP;
		rc = walk_block(p, shift);
		quick = lp_mono_ms() - began <= QUICK_MS;
		if (rc == LP_OK && p->given == given && p->looked - looked >= BATCH)
			rc = LP_EBUSY;
		if (rc == LP_EBUSY && shift > ARCHIVE_BLOCK_MIN) {
			longest = shift -= ARCHIVE_BLOCK_STEP;
			rc = LP_OK;
		}
	}
	return p->ended || p->full ? LP_OK : rc;
}

/*
 * The newest messages are read as they are: a word that many have is soon found. Then the index is
 * asked.
 */
static int walk_words(struct page *p)
{
	int64_t top = p->walk.before;
	int rc;

	do
		rc = walk_plain(p, p->looked + 1);
	while (rc == LP_OK && !p->ended && !enough(p, LOOKED_MAX) &&
	       !sparse(p, top, ARCHIVE_BLOCK_MIN));
	if (rc == LP_OK && !p->ended && !enough(p, LOOKED_MAX)) {
		rc = walk_blocks(p, top);
		if (rc == LP_EBUSY)
			rc = walk_plain(p, LOOKED_MAX);
	}
	return rc;
}

/*
 * SQLite's index is in the order of time, but looks for a phrase that is nowhere from end to end. Then
 * the messages are read as they are in what time is left, so that each page gets on.
 */
static int walk_text(struct page *p)
{
	int rc = be_brief(p, true);

	if (rc == LP_OK)
		rc = walk_on(p, LOOKED_MAX);
	if (rc != LP_EBUSY)
		return rc;
	return walk_plain(p, LOOKED_MAX);
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
	return p->walk.source == ARCHIVE_BY_TEXT ? walk_text(p) : walk_on(p, LOOKED_MAX);
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
		if (!words_query(&p.words, p.walk.dialect, p.walk.nsp, q->text) &&
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

/* --- clients --- */

int archive_read_clients(struct archive_reader *r, const struct history_clients_query *q,
			 void (*add)(void *arg, const struct archive_client_event *client),
			 void *arg, struct history_cursor *next)
{
	struct archive_statement st = {.count = 0};
	int64_t nsp, place = number_at(q->to), given = 0;
	struct sql_stmt *stmt;
	int rc = find_namespace(r->db, q->nsp, &nsp);

	*next = (struct history_cursor){.set = false};
	if (rc != LP_OK)
		return rc == LP_ENOENT ? LP_OK : rc;
	if (q->cursor.set && q->cursor.no < place)
		place = q->cursor.no;
	/* One more than the page has: whether it is the last. */
	archive_sql_clients(&st, q, nsp, place, q->size < CLIENTS ? CLIENTS : HISTORY_SIZE_MAX + 1);
	stmt = archive_db_statement(r->db, &st);
	rc = LP_ESTORE;
	while (stmt && (rc = sql_step(stmt)) == SQL_ROW) {
		struct archive_client_event client = {
			.time = sql_int(stmt, 0),
			.client = sql_text(stmt, 2),
			.user = sql_text(stmt, 3),
			.platform = sql_text(stmt, 4),
			.reason = sql_null(stmt, 5) ? lp_str(NULL, 0) : sql_text(stmt, 5),
		};

		next->set = given++ == q->size;
		if (next->set) {
			rc = LP_OK;
			break;
		}
		next->no = archive_no_at(client.time) | sql_int(stmt, 1);
		add(arg, &client);
	}
	if (stmt)
		sql_reset(stmt);
	archive_statement_clear(&st);
	return rc == LP_OK ? LP_OK : archive_db_failed(r->db, rc);
}
