#include "config.h"

#include "common/lp_json.h"
#include "common/model/csv.h"
#include "fcgi-api/history_record.h"

static const char *const names[HISTORY_FIELDS] = {
	[HISTORY_ID] = "id",
	[HISTORY_NAMESPACE] = "namespace",
	[HISTORY_ROOM] = "room",
	[HISTORY_ROOMS] = "rooms",
	[HISTORY_PUSH_DATA] = "pushData",
	[HISTORY_SEND_DATE] = "sendDate",
	[HISTORY_EXPIRE] = "expire",
	[HISTORY_EXCEPT] = "except",
	[HISTORY_ONLY] = "only",
	[HISTORY_FROM] = "from",
	[HISTORY_EXTRA] = "extra",
	[HISTORY_APNS_NAME] = "apnsName",
	[HISTORY_LEAVE_MESSAGE] = "leaveMessage",
	[HISTORY_CANCEL_ON_ACK] = "cancel_on_ack",
	[HISTORY_ONLINE] = "onlineClientCount",
	[HISTORY_ONLINE_WEB] = "onlineWebCount",
	[HISTORY_ONLINE_IOS] = "onlineIOSCount",
	[HISTORY_ONLINE_ANDROID] = "onlineAndroidCount",
	[HISTORY_ACK] = "ackCount",
	[HISTORY_ACK_WEB] = "ackWebCount",
	[HISTORY_ACK_IOS] = "ackIOSCount",
	[HISTORY_ACK_ANDROID] = "ackAndroidCount",
	[HISTORY_APNS_COUNT] = "apnsCount",
	[HISTORY_APNS_SUCCESS] = "apnsSuccessCount",
	[HISTORY_FCM_COUNT] = "fcmCount",
	[HISTORY_FCM_SUCCESS] = "fcmSuccessCount",
	[HISTORY_WEBPUSH_COUNT] = "webpushCount",
	[HISTORY_WEBPUSH_SUCCESS] = "webpushSuccessCount",
	[HISTORY_RESULT] = "result",
};

void history_record_json(struct lp_buf *out, const struct history_record *r)
{
	const char *comma = "";

	for (size_t i = 0; i < HISTORY_FIELDS; i++) {
		if (!r->field[i].p)
			continue;
		lp_buf_addz(out, comma);
		lp_json_quote(out, lp_cstr(names[i]));
		lp_buf_addc(out, ':');
		lp_json_quote(out, r->field[i]);
		comma = ",";
	}
}

void history_record_csv(struct lp_buf *out, const struct history_record *r)
{
	for (size_t i = 0; i < HISTORY_FIELDS; i++) {
		if (i)
			csv_next(out);
		csv_field(out, r ? r->field[i] : lp_cstr(names[i]));
	}
	csv_end(out);
}
