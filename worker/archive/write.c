#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/archive/archive_no.h"
#include "common/archive/migrate.h"
#include "common/archive/words.h"
#include "common/lp_hash.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "worker/archive/sql.h"
#include "worker/archive/write.h"

/* ms that a lock or a statement may take. A file is here, a server may be busy with others. */
#define TIMEOUT_SQLITE     3000
#define TIMEOUT_POSTGRESQL 10000

/* From a number to that of the next ms. */
#define NEXT (INT64_C(1) << ARCHIVE_SHIFT)

struct name {
	UT_hash_handle hh;
	int64_t nsp;
	size_t len;
	char text[];
};

struct archive_write {
	struct sql *db;
	struct name *names;
	struct sql_stmt *stmts[ARCHIVE_SQL_COUNT];
	struct lp_buf text; /* for words, of the row at hand */
};

struct sql *archive_write_db(struct archive_write *w)
{
	return w->db;
}

/* The folder of an SQLite file, if only that is missing. Errors show when the file is opened. */
static void make_folder(const char *url)
{
	char *path, *slash;

	if (sql_url_dialect(url) != SQL_SQLITE)
		return;
	path = lp_xstrdup(sql_url_path(url));
	slash = strrchr(path, '/');
	*slash = '\0';
	if (*path && mkdir(path, 0750) == 0)
		lp_info("archive", "made the folder %s", path);
	free(path);
}

struct archive_write *archive_write_new(const char *url, struct lp_buf *why)
{
	struct archive_write *w = lp_xcalloc(1, sizeof(*w));
	bool sqlite = sql_url_dialect(url) == SQL_SQLITE;

	make_folder(url);
	w->db = sql_open(url, SQL_WRITE, sqlite ? TIMEOUT_SQLITE : TIMEOUT_POSTGRESQL, why);
	if (w->db && migrate_up(w->db, why) == LP_OK)
		return w;
	archive_write_free(w);
	return NULL;
}

void archive_write_free(struct archive_write *w)
{
	struct name *n, *tmp;

	if (!w)
		return;
	HASH_ITER(hh, w->names, n, tmp)
	{
		HASH_DEL(w->names, n);
		free(n);
	}
	for (size_t i = 0; i < ARCHIVE_SQL_COUNT; i++)
		sql_finish(w->stmts[i]);
	sql_close(w->db);
	lp_buf_clear(&w->text);
	free(w);
}

/* The statement, prepared at its first use; NULL: it can not be, see sql_error(). */
static struct sql_stmt *statement(struct archive_write *w, enum archive_sql which)
{
	if (!w->stmts[which])
		w->stmts[which] = sql_prepare(w->db, archive_sql(sql_dialect(w->db), which));
	return w->stmts[which];
}

/* Runs one of which the values have been bound. */
static int run(struct archive_write *w, struct sql_stmt *st)
{
	return st ? sql_run(st) : LP_ESTORE;
}

/* Of a transaction: all or nothing. */
static int finish(struct archive_write *w, int rc)
{
	if (rc == LP_OK)
		rc = sql_commit(w->db);
	if (rc != LP_OK)
		sql_rollback(w->db);
	return rc;
}

/* --- names of namespaces --- */

static int look_up(struct archive_write *w, struct lp_str name, int64_t *nsp)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_NSP);
	int rc;

	if (!st)
		return LP_ESTORE;
	sql_bind_text(st, 1, name);
	rc = sql_step(st);
	if (rc == SQL_ROW)
		*nsp = sql_int(st, 0);
	sql_reset(st);
	return rc == LP_OK ? LP_ENOENT : rc == SQL_ROW ? LP_OK : rc;
}

static int add_name(struct archive_write *w, struct lp_str name)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_NSP_ADD);

	if (!st)
		return LP_ESTORE;
	sql_bind_text(st, 1, name);
	return run(w, st);
}

int archive_write_nsp(struct archive_write *w, struct lp_str name, int64_t *nsp)
{
	struct name *n;
	int rc;

	HASH_FIND(hh, w->names, name.p, name.n, n);
	if (n) {
		*nsp = n->nsp;
		return LP_OK;
	}
	rc = look_up(w, name, nsp);
	if (rc == LP_ENOENT) {
		/* Another worker may give it, or the number, away at the same time. */
		rc = add_name(w, name);
		if (rc == LP_OK || rc == LP_EINVAL)
			rc = look_up(w, name, nsp);
	}
	if (rc != LP_OK)
		return rc;
	n = lp_xcalloc(1, sizeof(*n) + name.n);
	memcpy(n->text, name.p, name.n);
	n->len = name.n;
	n->nsp = *nsp;
	HASH_ADD_KEYPTR(hh, w->names, n->text, n->len, n);
	return LP_OK;
}

/* --- numbers --- */

/*
 * Where Redis' clock went back, a message may have the number of another one: then it has the first
 * free one of the ms that follow. So it does whenever it is written again.
 */
struct place {
	int64_t *no; /* of m, or of some counts */
	int64_t id, nsp;
	const struct archive_message *m;
	bool taken;
};

static void bind_places(struct archive_write *w, struct sql_stmt *st, const struct place *p,
			size_t count)
{
	struct archive_array a[3] = {{{0}}};

	if (sql_dialect(w->db) == SQL_SQLITE) {
		sql_bind_int(st, 1, *p->no);
		sql_bind_int(st, 2, p->id);
		sql_bind_int(st, 3, p->nsp);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		archive_array_int(&a[0], *p[i].no);
		archive_array_int(&a[1], p[i].id);
		archive_array_int(&a[2], p[i].nsp);
	}
	for (unsigned k = 0; k < 3; k++)
		archive_array_bind(st, k + 1, &a[k]);
}

/*
 * Leaves in p those whose number another message has, with the next one. For SQLite a single one.
 */
static int step_aside(struct archive_write *w, struct place *p, size_t *count)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_TAKEN);
	size_t n = 0;
	int rc;

	if (!st)
		return LP_ESTORE;
	bind_places(w, st, p, *count);
	while ((rc = sql_step(st)) == SQL_ROW) {
		if ((uint64_t)sql_int(st, 0) < *count)
			p[sql_int(st, 0)].taken = true;
	}
	sql_reset(st);
	for (size_t i = 0; i < *count; i++) {
		if (!p[i].taken)
			continue;
		*p[i].no += NEXT;
		p[i].taken = false;
		p[n++] = p[i];
	}
	*count = n;
	return rc;
}

/* --- messages --- */

static int by_no(const void *a, const void *b)
{
	const struct archive_message *x = *(struct archive_message *const *)a;
	const struct archive_message *y = *(struct archive_message *const *)b;

	return x->no < y->no ? -1 : x->no > y->no;
}

static void bind_optional(struct sql_stmt *st, unsigned n, struct lp_str text)
{
	if (text.p)
		sql_bind_text(st, n, text);
	else
		sql_bind_null(st, n);
}

static void bind_flag(struct sql_stmt *st, unsigned n, int flag)
{
	if (flag < 0)
		sql_bind_null(st, n);
	else
		sql_bind_int(st, n, flag);
}

static int write_fields(struct archive_write *w, const struct archive_message *m)
{
	struct sql_stmt *row = statement(w, ARCHIVE_SQL_MESSAGES);

	if (!row)
		return LP_ESTORE;
	sql_bind_int(row, 1, m->no);
	sql_bind_int(row, 2, m->id);
	sql_bind_int(row, 3, m->nsp);
	bind_flag(row, 4, m->leave);
	bind_flag(row, 5, m->cancel);
	sql_bind_text(row, 6, m->room);
	sql_bind_text(row, 7, lp_buf_str(&m->data));
	sql_bind_text(row, 8, m->expire);
	bind_optional(row, 9, m->apns_name);
	bind_optional(row, 10, lp_buf_str(&m->rooms));
	bind_optional(row, 11, m->except);
	bind_optional(row, 12, m->from);
	bind_optional(row, 13, m->extra);
	return sql_run(row);
}

static int write_words(struct archive_write *w, const struct archive_message *m)
{
	struct sql_stmt *search = statement(w, ARCHIVE_SQL_SEARCH);
	char mark[WORDS_MARK_MAX];

	if (!search)
		return LP_ESTORE;
	lp_buf_reset(&w->text);
	words_add(&w->text, lp_buf_str(&m->data), true, words_mark(mark, m->nsp));
	sql_bind_int(search, 1, m->no);
	sql_bind_text(search, 2, lp_buf_str(&w->text));
	return sql_run(search);
}

/* SQLite: a row at a time is fastest. */
static int write_row(struct archive_write *w, struct archive_message *m)
{
	for (;;) {
		struct place p = {.no = &m->no, .id = m->id, .nsp = m->nsp};
		size_t others = 1;
		int rc = write_fields(w, m);

		if (rc == LP_OK && sql_changes(w->db))
			return write_words(w, m);
		if (rc == LP_OK)
			rc = step_aside(w, &p, &others);
		/* Is it there already, so are its words. */
		if (rc != LP_OK || !others)
			return rc;
	}
}

static int write_rows(struct archive_write *w, struct archive_message *const *m, size_t count)
{
	int rc = LP_OK;

	for (size_t i = 0; rc == LP_OK && i < count; i++)
		rc = write_row(w, m[i]);
	return rc;
}

/* PostgreSQL: all rows with one statement, a column an array. */
static int write_columns(struct archive_write *w, const struct place *p, size_t count)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_MESSAGES);
	struct archive_array a[13] = {{{0}}};

	if (!st)
		return LP_ESTORE;
	for (size_t i = 0; i < count; i++) {
		const struct archive_message *m = p[i].m;
		const int64_t numbers[] = {m->no, m->id, m->nsp, m->leave, m->cancel};
		const struct lp_str texts[] = {m->room,
					       lp_buf_str(&m->data),
					       m->expire,
					       m->apns_name,
					       lp_buf_str(&m->rooms),
					       m->except,
					       m->from,
					       m->extra};

		for (size_t k = 0; k < 3; k++)
			archive_array_int(&a[k], numbers[k]);
		for (size_t k = 3; k < 5; k++)
			archive_array_flag(&a[k], (int)numbers[k]);
		for (size_t k = 0; k < 8; k++)
			archive_array_text(&a[5 + k],
					   k < 3 ? lp_str(texts[k].p ? texts[k].p : "", texts[k].n)
						 : texts[k]);
	}
	for (unsigned k = 0; k < 13; k++)
		archive_array_bind(st, k + 1, &a[k]);
	return sql_run(st);
}

static int write_all(struct archive_write *w, struct archive_message *const *m, size_t count)
{
	struct place *places = lp_xcalloc(count + 1, sizeof(places[0]));
	int rc;

	for (size_t i = 0; i < count; i++)
		places[i] = (struct place){&m[i]->no, m[i]->id, m[i]->nsp, m[i], false};
	do {
		rc = write_columns(w, places, count);
		if (rc != LP_OK || (uint64_t)sql_changes(w->db) == count)
			break;
		rc = step_aside(w, places, &count);
	} while (rc == LP_OK && count);
	free(places);
	return rc;
}

/* The further rooms of those with several, which are few. */
static int write_rooms(struct archive_write *w, const struct archive_message *m)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_ROOMS);
	struct json_object *rooms;
	int rc = LP_OK;

	if (!st)
		return LP_ESTORE;
	if (lp_json_parse(m->others, &rooms) != LP_OK ||
	    !json_object_is_type(rooms, json_type_array))
		return LP_OK;
	for (size_t i = 0; rc == LP_OK && i < json_object_array_length(rooms); i++) {
		struct json_object *room = json_object_array_get_idx(rooms, i);

		sql_bind_int(st, 1, m->nsp);
		sql_bind_text(st, 2, lp_cstr(json_object_get_string(room)));
		sql_bind_int(st, 3, m->no);
		rc = sql_run(st);
	}
	json_object_put(rooms);
	return rc;
}

int archive_write_messages(struct archive_write *w, struct archive_message *const *m, size_t count)
{
	struct archive_message **sorted = lp_xmalloc((count + 1) * sizeof(sorted[0]));
	int rc = sql_begin(w->db);

	/* The order of the index of words, and the same for all who write at the same time. */
	memcpy(sorted, m, count * sizeof(sorted[0]));
	for (size_t i = 0; i < count; i++)
		m[i]->no = archive_no(m[i]->sent, m[i]->nsp, m[i]->id);
	qsort(sorted, count, sizeof(sorted[0]), by_no);
	if (rc == LP_OK)
		rc = sql_dialect(w->db) == SQL_SQLITE ? write_rows(w, sorted, count)
						      : write_all(w, sorted, count);
	for (size_t i = 0; rc == LP_OK && i < count; i++) {
		if (sorted[i]->others.n)
			rc = write_rooms(w, sorted[i]);
	}
	free(sorted);
	return finish(w, rc);
}

/* --- counts --- */

/* Their messages may have stepped aside, too. */
static int find_messages(struct archive_write *w, struct archive_counts *c, size_t count)
{
	size_t part = sql_dialect(w->db) == SQL_SQLITE ? 1 : count;
	struct place *places = lp_xcalloc(part + 1, sizeof(places[0]));
	int rc = LP_OK;

	for (size_t i = 0; rc == LP_OK && i < count; i += part) {
		size_t left = part;

		for (size_t k = 0; k < part; k++) {
			struct archive_counts *at = &c[i + k];

			places[k] = (struct place){&at->no, at->id, at->nsp, NULL, false};
		}
		while (rc == LP_OK && left)
			rc = step_aside(w, places, &left);
	}
	free(places);
	return rc;
}

static int write_count(struct archive_write *w, const struct archive_counts *c)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_COUNTS);

	if (!st)
		return LP_ESTORE;
	sql_bind_int(st, 1, c->no);
	for (unsigned i = 0; i < 3; i++) {
		sql_bind_int(st, 2 + i, c->online[i]);
		sql_bind_int(st, 5 + i, c->acks[i]);
	}
	bind_optional(st, 8, lp_buf_str(&c->offline));
	return sql_run(st);
}

static int write_count_columns(struct archive_write *w, const struct archive_counts *c,
			       size_t count)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_COUNTS);
	struct archive_array a[8] = {{{0}}};

	if (!st)
		return LP_ESTORE;
	for (size_t i = 0; i < count; i++) {
		archive_array_int(&a[0], c[i].no);
		for (size_t k = 0; k < 3; k++) {
			archive_array_int(&a[1 + k], c[i].online[k]);
			archive_array_int(&a[4 + k], c[i].acks[k]);
		}
		archive_array_text(&a[7], lp_buf_str(&c[i].offline));
	}
	for (unsigned k = 0; k < 8; k++)
		archive_array_bind(st, k + 1, &a[k]);
	return sql_run(st);
}

int archive_write_counts(struct archive_write *w, struct archive_counts *c, size_t count)
{
	int rc = sql_begin(w->db);

	if (rc == LP_OK && count)
		rc = find_messages(w, c, count);
	if (rc == LP_OK && sql_dialect(w->db) == SQL_POSTGRESQL)
		rc = write_count_columns(w, c, count);
	for (size_t i = 0; rc == LP_OK && sql_dialect(w->db) == SQL_SQLITE && i < count; i++)
		rc = write_count(w, &c[i]);
	return finish(w, rc);
}

/* --- statistics and clients --- */

static int write_stat(struct archive_write *w, const struct archive_stat *s)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_STATS);

	if (!st)
		return LP_ESTORE;
	sql_bind_int(st, 1, s->nsp);
	sql_bind_int(st, 2, s->quarter);
	for (unsigned i = 0; i < ARCHIVE_STATS; i++)
		sql_bind_int(st, 3 + i, s->n[i]);
	return sql_run(st);
}

int archive_write_stats(struct archive_write *w, const struct archive_stat *s, size_t count)
{
	int rc = sql_begin(w->db);

	for (size_t i = 0; rc == LP_OK && i < count; i++)
		rc = write_stat(w, &s[i]);
	return finish(w, rc);
}

static int write_client(struct archive_write *w, const struct archive_client *c)
{
	struct sql_stmt *st = statement(w, ARCHIVE_SQL_CLIENTS);

	if (!st)
		return LP_ESTORE;
	sql_bind_int(st, 1, c->nsp);
	sql_bind_int(st, 2, c->time);
	sql_bind_int(st, 3, c->seq);
	sql_bind_text(st, 4, c->client);
	sql_bind_text(st, 5, c->user_id);
	sql_bind_text(st, 6, c->platform);
	bind_optional(st, 7, c->reason.n ? c->reason : lp_str(NULL, 0));
	return sql_run(st);
}

int archive_write_clients(struct archive_write *w, const struct archive_client *c, size_t count)
{
	int rc = sql_begin(w->db);

	for (size_t i = 0; rc == LP_OK && i < count; i++)
		rc = write_client(w, &c[i]);
	return finish(w, rc);
}

/* --- removing --- */

/* SQLite's index of words gives up a row only for the same words. */
static int forget_words(struct archive_write *w, int64_t nsp, int64_t before)
{
	struct sql_stmt *rows = statement(w, ARCHIVE_SQL_OLD_WORDS);
	struct sql_stmt *gone = statement(w, ARCHIVE_SQL_FORGET_WORDS);
	char text[WORDS_MARK_MAX];
	struct lp_str mark = words_mark(text, nsp);
	int rc;

	if (!rows || !gone)
		return LP_ESTORE;
	sql_bind_int(rows, 1, nsp);
	sql_bind_int(rows, 2, before);
	while ((rc = sql_step(rows)) == SQL_ROW) {
		lp_buf_reset(&w->text);
		words_add(&w->text, sql_text(rows, 1), true, mark);
		sql_bind_int(gone, 1, sql_int(rows, 0));
		sql_bind_text(gone, 2, lp_buf_str(&w->text));
		rc = sql_run(gone);
		if (rc != LP_OK)
			break;
	}
	sql_reset(rows);
	return rc;
}

int archive_write_remove(struct archive_write *w, int64_t nsp, int64_t before, bool *left)
{
	static const enum archive_sql steps[] = {ARCHIVE_SQL_OLD_COUNTS, ARCHIVE_SQL_OLD_ROOMS,
						 ARCHIVE_SQL_OLD_MESSAGES, ARCHIVE_SQL_OLD_STATS,
						 ARCHIVE_SQL_OLD_CLIENTS};
	const int64_t no = archive_no_at(before);
	const int64_t limits[] = {no, no, no, before / 900000, before};
	int rc = sql_begin(w->db);

	*left = false;
	if (rc == LP_OK && sql_dialect(w->db) == SQL_SQLITE)
		rc = forget_words(w, nsp, no);
	for (size_t i = 0; rc == LP_OK && i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct sql_stmt *st = statement(w, steps[i]);

		if (st) {
			sql_bind_int(st, 1, nsp);
			sql_bind_int(st, 2, limits[i]);
		}
		rc = run(w, st);
		*left = *left || (rc == LP_OK && sql_changes(w->db) >= ARCHIVE_SQL_SOME);
	}
	return finish(w, rc);
}
