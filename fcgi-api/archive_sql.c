#include "config.h"

#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "fcgi-api/archive_sql.h"

#define COLUMNS                                                                                    \
	"m.id, m.room, m.data, m.expire, m.leave, m.cancel, m.apns_name, m.rooms, m.\"except\", "  \
	"m.\"from\", m.extra, c.online_web, c.online_ios, c.online_android, c.ack_web, "           \
	"c.ack_ios, "                                                                              \
	"c.ack_android, c.offline "

static void add_int(struct archive_statement *st, const char *text, int64_t value)
{
	lp_buf_addz(&st->text, text);
	if (st->count == sizeof(st->values) / sizeof(st->values[0]))
		abort();
	st->values[st->count++].number = value;
}

static void add_text(struct archive_statement *st, const char *text, struct lp_str value)
{
	add_int(st, text, 0);
	st->values[st->count - 1].is_text = true;
	st->values[st->count - 1].text = value;
}

static void add_range(struct archive_statement *st, const struct archive_walk *w)
{
	add_int(st, " AND no >= ?", w->from);
	add_int(st, " AND no < ?", w->before);
}

static void add_place(struct archive_statement *st, const struct archive_walk *w)
{
	add_int(st, "nsp = ?", w->nsp);
	add_text(st, " AND room = ?", w->query->room);
}

/* PostgreSQL's index has a hash; the walk looks at the room itself. */
static void add_place_hashed(struct archive_statement *st, const struct archive_walk *w)
{
	add_text(st, "hashtextextended(room, nsp) = hashtextextended(?", w->query->room);
	add_int(st, ", CAST(? AS bigint))", w->nsp);
}

static void end_place(struct archive_statement *st, const struct archive_walk *w)
{
	add_range(st, w);
	lp_buf_addf(&st->text, " ORDER BY no DESC LIMIT %u) few", w->most);
}

/*
 * A message with several rooms stands under the first one; message_rooms has the further ones. Each of
 * the two is cut by itself, or PostgreSQL would sort all there is.
 */
static void add_rooms(struct archive_statement *st, const struct archive_walk *w)
{
	lp_buf_addz(&st->text, "SELECT no FROM (SELECT no FROM messages WHERE ");
	if (w->dialect == SQL_POSTGRESQL)
		add_place_hashed(st, w);
	else
		add_place(st, w);
	end_place(st, w);
	lp_buf_addz(&st->text, " UNION ALL SELECT no FROM (SELECT no FROM message_rooms WHERE ");
	add_place(st, w);
	end_place(st, w);
}

/*
 * All of the words in one stretch; the planner must not look for the order first and test each
 * message for words then.
 */
static void add_block(struct archive_statement *st, const struct archive_walk *w)
{
	lp_buf_addz(
		&st->text,
		"SELECT no FROM (SELECT no FROM messages WHERE archive_words(nsp, no, data) @@ ");
	add_int(st, "archive_stretch(CAST(? AS smallint)", w->nsp);
	add_int(st, ", CAST(? AS smallint)", w->shift);
	add_int(st, ", CAST(? AS bigint))", w->from);
	lp_buf_addz(&st->text, " AND archive_words(nsp, no, data) @@ ");
	add_int(st, "archive_query(CAST(? AS smallint)", w->nsp);
	add_text(st, ", ?) OFFSET 0) b WHERE true", w->words);
	add_range(st, w);
}

/* The numbers of the next messages of the source. */
static void add_source(struct archive_statement *st, const struct archive_walk *w)
{
	switch (w->source) {
	case ARCHIVE_BY_ROOM:
		add_rooms(st, w);
		break;
	case ARCHIVE_BY_TEXT:
		add_text(st, "SELECT rowid AS no FROM search WHERE search MATCH ?", w->words);
		add_int(st, " AND rowid >= ?", w->from);
		add_int(st, " AND rowid < ?", w->before);
		break;
	case ARCHIVE_BY_BLOCK:
		add_block(st, w);
		break;
	default:
		add_int(st, "SELECT no FROM messages WHERE nsp = ?", w->nsp);
		if (w->source == ARCHIVE_BY_APNS)
			add_text(st, " AND apns_name = ?", w->query->apns_name);
		if (w->source == ARCHIVE_BY_LEAVE)
			lp_buf_addz(&st->text, " AND leave = 1");
		add_range(st, w);
	}
	lp_buf_addz(&st->text, w->source == ARCHIVE_BY_TEXT ? " ORDER BY rowid" : " ORDER BY no");
	lp_buf_addf(&st->text, " DESC LIMIT %u", w->most);
}

/* What the source does not see to. */
static void add_filters(struct archive_statement *st, const struct archive_walk *w)
{
	const struct history_query *q = w->query;

	if (q->room.n && (w->source != ARCHIVE_BY_ROOM || w->dialect == SQL_POSTGRESQL)) {
		add_text(st, " AND (m.room = ?", q->room);
		add_int(st, " OR EXISTS (SELECT 1 FROM message_rooms r WHERE r.nsp = ?", w->nsp);
		add_text(st, " AND r.room = ? AND r.no = k.no))", q->room);
	}
	if (q->apns_name.n && w->source != ARCHIVE_BY_APNS)
		add_text(st, " AND m.apns_name = ?", q->apns_name);
	if (q->leave == 1 && w->source != ARCHIVE_BY_LEAVE)
		lp_buf_addz(&st->text, " AND m.leave = 1");
	if (q->leave == 0)
		lp_buf_addz(&st->text, " AND (m.leave = 0 OR m.leave IS NULL)");
}

void archive_sql_walk(struct archive_statement *st, const struct archive_walk *w)
{
	lp_buf_addz(&st->text, "SELECT k.no, " COLUMNS "FROM (");
	add_source(st, w);
	add_int(st, ") k LEFT JOIN messages m ON m.nsp = ?", w->nsp);
	lp_buf_addz(&st->text, " AND m.no = k.no");
	add_filters(st, w);
	lp_buf_addz(&st->text, " LEFT JOIN message_counts c ON c.no = m.no ORDER BY k.no DESC");
}

void archive_sql_probe(struct archive_statement *st, const struct archive_walk *w)
{
	lp_buf_addz(&st->text, "SELECT min(no), count(*) FROM (");
	add_source(st, w);
	lp_buf_addz(&st->text, ") k");
}

void archive_sql_message(struct archive_statement *st, enum sql_dialect dialect, int64_t nsp,
			 int64_t id)
{
	lp_buf_addz(&st->text, "SELECT m.no, " COLUMNS "FROM messages m "
			       "LEFT JOIN message_counts c ON c.no = m.no WHERE ");
	add_int(st, "m.nsp = ?", nsp);
	add_int(st, " AND m.id = ?", id);
	/* What PostgreSQL's index has. */
	if (dialect == SQL_POSTGRESQL) {
		add_int(st, " AND m.id << 14 | m.nsp = CAST(? AS bigint)", id);
		add_int(st, " << 14 | CAST(? AS smallint)", nsp);
	}
	lp_buf_addz(&st->text, " ORDER BY m.no DESC LIMIT 1");
}

void archive_sql_clients(struct archive_statement *st, const struct history_clients_query *q,
			 int64_t nsp, int64_t place, unsigned most)
{
	add_int(st,
		"SELECT time, seq, client, user_id, platform, reason FROM client_events WHERE nsp "
		"= ?",
		nsp);
	if (q->client.n)
		add_text(st, " AND client = ?", q->client);
	if (q->user.n)
		add_text(st, " AND user_id = ?", q->user);
	add_int(st, " AND time >= ?", q->from);
	add_int(st, " AND (time, seq) < (?", archive_no_sent(place));
	add_int(st, ", ?)", archive_no_rest(place));
	lp_buf_addf(&st->text, " ORDER BY time DESC, seq DESC LIMIT %u", most);
}

void archive_statement_clear(struct archive_statement *st)
{
	lp_buf_clear(&st->text);
}
