/*
 * The archive as one thread reads it. The database is opened when it is needed, and anew after it
 * was lost; nothing waits for it longer than a second or so.
 *
 * Messages have an order, newest first, and a place in it that never changes; pages go on behind a
 * place. A page looks at so many messages at most: where few of many fit, it ends early, with where
 * to go on. So each takes some ms, however large the archive is.
 */
#ifndef ARCHIVE_READ_H
#define ARCHIVE_READ_H

#include "common/settings.h"
#include "fcgi-api/history_query.h"
#include "fcgi-api/history_record.h"

struct archive_reader;

/* NULL when there is no archive. s is borrowed. Does not connect. */
struct archive_reader *archive_reader_new(const struct settings *s);
void archive_reader_free(struct archive_reader *r);

/* Why the last call failed, for the caller of the API. */
const char *archive_reader_why(const struct archive_reader *r);

/* Is given each record, good for the time of the call. */
typedef void archive_record(void *arg, const struct history_record *record);

/*
 * A page of the messages that q asks for: at most q->size, from where q->cursor says, and no more
 * once their texts have `most` bytes. LP_OK and *next, whose `set` is false behind the last one; LP_EINVAL:
 * q->text has no word in it; anything else: see archive_reader_why().
 */
int archive_read_page(struct archive_reader *r, const struct history_query *q, size_t most,
		      archive_record *record, void *arg, struct history_cursor *next) LP_MUSTCHECK;

/* The newest message of that id: LP_OK, LP_ENOENT, or as above. */
int archive_read_message(struct archive_reader *r, struct lp_str nsp, struct lp_str id,
			 archive_record *record, void *arg) LP_MUSTCHECK;

/* A client came or went. */
struct archive_client_event {
	int64_t time; /* ms since 1970 */
	struct lp_str client, user, platform;
	struct lp_str reason; /* why it went; p NULL: it came */
};

/*
 * A page of the clients that came and went: calls add() with each, good for the time of the call, the
 * newest first. LP_OK and *next as above, or it failed.
 */
int archive_read_clients(struct archive_reader *r, const struct history_clients_query *q,
			 void (*add)(void *arg, const struct archive_client_event *client),
			 void *arg, struct history_cursor *next) LP_MUSTCHECK;

enum archive_count {
	ARCHIVE_PUSHED,
	ARCHIVE_ONLINE,
	ARCHIVE_ACK_WEB,
	ARCHIVE_ACK_IOS,
	ARCHIVE_ACK_ANDROID,
	ARCHIVE_OFFLINE,
	ARCHIVE_COUNTS
};

/*
 * Calls add() with the counters of each stretch from `from` up to but without `to` (s since 1970,
 * multiples of 900) in which there was something, the oldest first. LP_OK, or as above.
 */
int archive_read_stat(struct archive_reader *r, struct lp_str nsp, int64_t from, int64_t to,
		      void (*add)(void *arg, int64_t start, const int64_t counts[ARCHIVE_COUNTS]),
		      void *arg) LP_MUSTCHECK;

#endif
