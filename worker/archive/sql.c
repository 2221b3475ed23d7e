#include "config.h"

#include <inttypes.h>

#include "worker/archive/sql.h"

#define SOME        " LIMIT 500"
#define OLD_NUMBERS "(SELECT no FROM messages WHERE nsp = ? AND no < ? ORDER BY no" SOME ")"

_Static_assert(ARCHIVE_SQL_SOME == 500, "SOME says the same");

#define NSP "SELECT nsp FROM namespaces WHERE name = ?"
#define MESSAGE_COLUMNS                                                                            \
	"INSERT INTO messages (no, id, nsp, leave, cancel, room, data, expire, apns_name, rooms, " \
	"\"except\", \"from\", extra) "
#define ROOMS "INSERT INTO message_rooms (nsp, room, no) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
#define COUNT_COLUMNS                                                                              \
	"INSERT INTO message_counts AS c (no, online_web, online_ios, online_android, ack_web, "   \
	"ack_ios, ack_android, offline) "
#define STAT_COLUMNS                                                                               \
	"INSERT INTO stats AS s (nsp, quarter, pushed, online, ack_web, ack_ios, ack_android, "    \
	"offline) VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
#define CLIENTS                                                                                    \
	"INSERT INTO client_events (nsp, time, seq, client, user_id, platform, reason) "           \
	"VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING"

/* clang-format off */
/* A count only grows. */
#define GROW(MAX, T, C) C " = " MAX "(" T "." C ", excluded." C ")"
#define GROW_COUNTS(MAX) "ON CONFLICT (no) DO UPDATE SET " \
	GROW(MAX, "c", "online_web") ", " \
	GROW(MAX, "c", "online_ios") ", " \
	GROW(MAX, "c", "online_android") ", " \
	GROW(MAX, "c", "ack_web") ", " \
	GROW(MAX, "c", "ack_ios") ", " \
	GROW(MAX, "c", "ack_android") ", " \
	"offline = coalesce(excluded.offline, c.offline)"
#define GROW_STATS(MAX) "ON CONFLICT (nsp, quarter) DO UPDATE SET " \
	GROW(MAX, "s", "pushed") ", " \
	GROW(MAX, "s", "online") ", " \
	GROW(MAX, "s", "ack_web") ", " \
	GROW(MAX, "s", "ack_ios") ", " \
	GROW(MAX, "s", "ack_android") ", " \
	GROW(MAX, "s", "offline")

static const char *const sqlite[ARCHIVE_SQL_COUNT] = {
	[ARCHIVE_SQL_NSP] = NSP,
	/* The next number; at the end of them no row. */
	[ARCHIVE_SQL_NSP_ADD] =
		"INSERT INTO namespaces (nsp, name) SELECT t.nsp, ? FROM (SELECT coalesce(max(nsp), 0) + 1 "
		"AS nsp FROM namespaces) t WHERE t.nsp <= 16383 ON CONFLICT DO NOTHING",
	[ARCHIVE_SQL_MESSAGES] = MESSAGE_COLUMNS
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
	[ARCHIVE_SQL_TAKEN] = "SELECT 0 FROM messages WHERE no = ? AND id <> ? AND nsp = ?",
	[ARCHIVE_SQL_SEARCH] = "INSERT INTO search (rowid, text) VALUES (?, ?)",
	[ARCHIVE_SQL_ROOMS] = ROOMS,
	[ARCHIVE_SQL_COUNTS] = COUNT_COLUMNS
		"VALUES (?, ?, ?, ?, ?, ?, ?, ?) " GROW_COUNTS("max"),
	[ARCHIVE_SQL_STATS] = STAT_COLUMNS GROW_STATS("max"),
	[ARCHIVE_SQL_CLIENTS] = CLIENTS,
	[ARCHIVE_SQL_OLD_WORDS] =
		"SELECT no, data FROM messages WHERE nsp = ? AND no < ? ORDER BY no" SOME,
	[ARCHIVE_SQL_FORGET_WORDS] =
		"INSERT INTO search (search, rowid, text) VALUES ('delete', ?, ?)",
	[ARCHIVE_SQL_OLD_COUNTS] = "DELETE FROM message_counts WHERE no IN " OLD_NUMBERS,
	[ARCHIVE_SQL_OLD_ROOMS] =
		"DELETE FROM message_rooms WHERE (nsp, room, no) IN (SELECT m.nsp, r.value, m.no "
		"FROM (SELECT nsp, no, rooms FROM messages WHERE nsp = ? AND no < ? ORDER BY no" SOME
		") m, json_each(m.rooms) r WHERE m.rooms IS NOT NULL)",
	[ARCHIVE_SQL_OLD_MESSAGES] = "DELETE FROM messages WHERE no IN " OLD_NUMBERS,
	[ARCHIVE_SQL_OLD_STATS] =
		"DELETE FROM stats WHERE (nsp, quarter) IN (SELECT nsp, quarter FROM stats "
		"WHERE nsp = ? AND quarter < ? ORDER BY quarter" SOME ")",
	[ARCHIVE_SQL_OLD_CLIENTS] =
		"DELETE FROM client_events WHERE (nsp, time, seq) IN (SELECT nsp, time, seq "
		"FROM client_events WHERE nsp = ? AND time < ? ORDER BY time" SOME ")",
};

static const char *const postgresql[ARCHIVE_SQL_COUNT] = {
	[ARCHIVE_SQL_NSP] = NSP,
	[ARCHIVE_SQL_NSP_ADD] =
		"INSERT INTO namespaces (nsp, name) SELECT t.nsp, CAST(? AS text) FROM (SELECT "
		"coalesce(max(nsp), 0) + 1 AS nsp FROM namespaces) t WHERE t.nsp <= 16383 "
		"ON CONFLICT DO NOTHING",
	[ARCHIVE_SQL_MESSAGES] = MESSAGE_COLUMNS
		"SELECT * FROM unnest(CAST(? AS bigint[]), CAST(? AS bigint[]), CAST(? AS smallint[]), "
		"CAST(? AS smallint[]), CAST(? AS smallint[]), CAST(? AS text[]), CAST(? AS text[]), "
		"CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), CAST(? AS text[]), "
		"CAST(? AS text[]), CAST(? AS text[])) ON CONFLICT DO NOTHING",
	[ARCHIVE_SQL_TAKEN] =
		"SELECT u.place - 1 FROM unnest(CAST(? AS bigint[]), CAST(? AS bigint[]), "
		"CAST(? AS smallint[])) WITH ORDINALITY u (no, id, nsp, place) "
		"JOIN messages m ON m.nsp = u.nsp AND m.no = u.no AND m.id <> u.id",
	[ARCHIVE_SQL_ROOMS] = ROOMS,
	[ARCHIVE_SQL_COUNTS] = COUNT_COLUMNS
		"SELECT * FROM unnest(CAST(? AS bigint[]), CAST(? AS integer[]), CAST(? AS integer[]), "
		"CAST(? AS integer[]), CAST(? AS integer[]), CAST(? AS integer[]), CAST(? AS integer[]), "
		"CAST(? AS text[])) " GROW_COUNTS("greatest"),
	[ARCHIVE_SQL_STATS] = STAT_COLUMNS GROW_STATS("greatest"),
	[ARCHIVE_SQL_CLIENTS] = CLIENTS,
	[ARCHIVE_SQL_OLD_COUNTS] = "DELETE FROM message_counts WHERE no IN " OLD_NUMBERS,
	[ARCHIVE_SQL_OLD_ROOMS] =
		"DELETE FROM message_rooms WHERE (nsp, room, no) IN (SELECT m.nsp, r.value, m.no "
		"FROM (SELECT nsp, no, rooms FROM messages WHERE nsp = ? AND no < ? ORDER BY no" SOME
		") m, jsonb_array_elements_text(m.rooms::jsonb) r WHERE m.rooms IS NOT NULL)",
	/* The namespace is the first column of the key. */
	[ARCHIVE_SQL_OLD_MESSAGES] =
		"DELETE FROM messages WHERE (nsp, no) IN (SELECT nsp, no FROM messages WHERE nsp = ? "
		"AND no < ? ORDER BY no" SOME ")",
	[ARCHIVE_SQL_OLD_STATS] =
		"DELETE FROM stats WHERE (nsp, quarter) IN (SELECT nsp, quarter FROM stats "
		"WHERE nsp = ? AND quarter < ? ORDER BY quarter" SOME ")",
	[ARCHIVE_SQL_OLD_CLIENTS] =
		"DELETE FROM client_events WHERE (nsp, time, seq) IN (SELECT nsp, time, seq "
		"FROM client_events WHERE nsp = ? AND time < ? ORDER BY time" SOME ")",
};
/* clang-format on */

const char *archive_sql(enum sql_dialect dialect, enum archive_sql which)
{
	return dialect == SQL_SQLITE ? sqlite[which] : postgresql[which];
}

static void begin(struct archive_array *a)
{
	lp_buf_addc(&a->text, a->text.len ? ',' : '{');
}

void archive_array_int(struct archive_array *a, int64_t value)
{
	begin(a);
	lp_buf_addf(&a->text, "%" PRId64, value);
}

void archive_array_flag(struct archive_array *a, int value)
{
	begin(a);
	lp_buf_addz(&a->text, value < 0 ? "NULL" : value ? "1" : "0");
}

void archive_array_text(struct archive_array *a, struct lp_str text)
{
	begin(a);
	if (!text.p) {
		lp_buf_addz(&a->text, "NULL");
		return;
	}
	lp_buf_addc(&a->text, '"');
	for (size_t i = 0; i < text.n; i++) {
		if (text.p[i] == '"' || text.p[i] == '\\')
			lp_buf_addc(&a->text, '\\');
		lp_buf_addc(&a->text, text.p[i]);
	}
	lp_buf_addc(&a->text, '"');
}

void archive_array_bind(struct sql_stmt *st, unsigned n, struct archive_array *a)
{
	if (!a->text.len)
		lp_buf_addc(&a->text, '{');
	lp_buf_addc(&a->text, '}');
	sql_bind_text(st, n, lp_buf_str(&a->text));
	lp_buf_clear(&a->text);
}
