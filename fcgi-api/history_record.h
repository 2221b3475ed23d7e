/*
 * A message record out of the archive: the fields that API.md documents, all of them texts, as JSON
 * and as a line of CSV. Pure.
 */
#ifndef HISTORY_RECORD_H
#define HISTORY_RECORD_H

#include "common/lp_buf.h"
#include "common/lp_str.h"

enum history_field {
	HISTORY_ID,
	HISTORY_NAMESPACE,
	HISTORY_ROOM,
	HISTORY_ROOMS,
	HISTORY_PUSH_DATA,
	HISTORY_SEND_DATE,
	HISTORY_EXPIRE,
	HISTORY_EXCEPT,
	HISTORY_ONLY,
	HISTORY_FROM,
	HISTORY_EXTRA,
	HISTORY_APNS_NAME,
	HISTORY_LEAVE_MESSAGE,
	HISTORY_CANCEL_ON_ACK,
	HISTORY_ONLINE,
	HISTORY_ONLINE_WEB,
	HISTORY_ONLINE_IOS,
	HISTORY_ONLINE_ANDROID,
	HISTORY_ACK,
	HISTORY_ACK_WEB,
	HISTORY_ACK_IOS,
	HISTORY_ACK_ANDROID,
	HISTORY_APNS_COUNT,
	HISTORY_APNS_SUCCESS,
	HISTORY_FCM_COUNT,
	HISTORY_FCM_SUCCESS,
	HISTORY_WEBPUSH_COUNT,
	HISTORY_WEBPUSH_SUCCESS,
	HISTORY_RESULT,
	HISTORY_FIELDS
};

/* p NULL: the record has no such field. */
struct history_record {
	struct lp_str field[HISTORY_FIELDS];
};

/* Appends its members, without braces. */
void history_record_json(struct lp_buf *out, const struct history_record *r);
/* Appends a line; r NULL: the one with the names. */
void history_record_csv(struct lp_buf *out, const struct history_record *r);

#endif
