/* Firebase Cloud Messaging, HTTP v1: the message and the answers. No I/O. */
#ifndef FCM_H
#define FCM_H

#include "worker/provider/content.h"
#include "worker/provider/judgement.h"

#define FCM_PAYLOAD_MAX 4096u /* notification and data */
#define FCM_TOKEN_MAX   4096u

/*
 * Appends what is the same for all devices: a message object with its "token" still to come, from
 * fcmData, or else with the alert as its notification and ids and pushData as its data. ttl: s.
 * tag: the same for all attempts at one message. LP_ETOOBIG, with nothing appended, when FCM
 * would not take it.
 */
int fcm_message(struct lp_buf *out, const struct content *c, const struct content_ids *ids,
		int64_t ttl, struct lp_str tag) LP_MUSTCHECK;
/* Appends the body for one device: message from fcm_message(). */
void fcm_body(struct lp_buf *out, struct lp_str message, struct lp_str token);

void fcm_judge(struct judgement *j, int status, struct lp_str body, uint64_t retry_ms);

/*
 * The answer to a request for an access token. LP_OK: *token borrows from *answer, which the caller
 * puts, and *lifetime is in ms. LP_EPROTO when it is none: *why says what the server said, or what
 * is wrong.
 */
int fcm_token_read(struct json_object **answer, struct lp_str body, struct lp_str *token,
		   uint64_t *lifetime, struct lp_str *why) LP_MUSTCHECK;

#endif
