#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/archive/archive_no.h"
#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "fcgi-api/archive_row.h"
#include "fcgi-api/archive_sql.h"

/* Texts of numbers: as long as the record is looked at. */
struct numbers {
	char text[16][24];
	size_t count;
};

static struct lp_str number(struct numbers *n, int64_t value)
{
	char *text = n->text[n->count++];

	return lp_str(text, (size_t)snprintf(text, sizeof(n->text[0]), "%" PRId64, value));
}

/* What is NULL is no field of the record. */
static struct lp_str text(struct sql_stmt *st, enum archive_column column)
{
	struct lp_str s;

	if (sql_null(st, column))
		return lp_str(NULL, 0);
	s = sql_text(st, column);
	return s.p ? s : LP_STR("");
}

static struct lp_str flag(struct sql_stmt *st, enum archive_column column)
{
	if (sql_null(st, column))
		return lp_str(NULL, 0);
	return sql_int(st, column) ? LP_STR("true") : LP_STR("false");
}

static void put_counts(struct history_record *r, struct sql_stmt *st, struct numbers *n,
		       enum archive_column first, enum history_field sum)
{
	int64_t total = 0;

	for (unsigned i = 0; i < 3; i++) {
		int64_t count = sql_int(st, first + i);

		r->field[sum + 1 + i] = number(n, count);
		total += count;
	}
	r->field[sum] = number(n, total);
}

/* What push providers said; offline: the object, which the fields borrow from. */
static void put_offline(struct history_record *r, struct json_object *offline)
{
	static const struct {
		enum history_field field;
		const char *name;
	} rows[] = {
		{HISTORY_APNS_COUNT, "apnsCount"},
		{HISTORY_APNS_SUCCESS, "apnsSuccessCount"},
		{HISTORY_FCM_COUNT, "fcmCount"},
		{HISTORY_FCM_SUCCESS, "fcmSuccessCount"},
		{HISTORY_WEBPUSH_COUNT, "webpushCount"},
		{HISTORY_WEBPUSH_SUCCESS, "webpushSuccessCount"},
		{HISTORY_RESULT, "result"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_object *value = NULL;

		if (json_object_is_type(offline, json_type_object) &&
		    json_object_object_get_ex(offline, rows[i].name, &value) && value)
			r->field[rows[i].field] = lp_cstr(json_object_get_string(value));
	}
}

size_t archive_row_give(struct sql_stmt *st, struct lp_str nsp, archive_record *record, void *arg)
{
	struct numbers n = {.count = 0};
	struct json_object *offline = NULL;
	struct history_record r = {
		.field = {
			[HISTORY_ID] = number(&n, sql_int(st, ARCHIVE_COL_ID)),
			[HISTORY_NAMESPACE] = nsp,
			[HISTORY_ROOM] = text(st, ARCHIVE_COL_ROOM),
			[HISTORY_ROOMS] = text(st, ARCHIVE_COL_ROOMS),
			[HISTORY_PUSH_DATA] = text(st, ARCHIVE_COL_DATA),
			[HISTORY_SEND_DATE] =
				number(&n, archive_no_sent(sql_int(st, ARCHIVE_COL_NO))),
			[HISTORY_EXPIRE] = text(st, ARCHIVE_COL_EXPIRE),
			[HISTORY_FROM] = text(st, ARCHIVE_COL_FROM),
			[HISTORY_EXTRA] = text(st, ARCHIVE_COL_EXTRA),
			[HISTORY_APNS_NAME] = text(st, ARCHIVE_COL_APNS_NAME),
			[HISTORY_LEAVE_MESSAGE] = flag(st, ARCHIVE_COL_LEAVE),
			[HISTORY_CANCEL_ON_ACK] = flag(st, ARCHIVE_COL_CANCEL),
		}};
	struct push_for who = push_msg_for(text(st, ARCHIVE_COL_EXCEPT));
	size_t bytes = 0;

	r.field[who.only ? HISTORY_ONLY : HISTORY_EXCEPT] = who.client;
	put_counts(&r, st, &n, ARCHIVE_COL_ONLINE_WEB, HISTORY_ONLINE);
	put_counts(&r, st, &n, ARCHIVE_COL_ACK_WEB, HISTORY_ACK);
	if (!sql_null(st, ARCHIVE_COL_OFFLINE) &&
	    lp_json_parse(sql_text(st, ARCHIVE_COL_OFFLINE), &offline) == LP_OK)
		put_offline(&r, offline);
	for (size_t i = 0; i < HISTORY_FIELDS; i++)
		bytes += r.field[i].n;
	record(arg, &r);
	json_object_put(offline);
	return bytes;
}
