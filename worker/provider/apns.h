/* APNs: the payload, the headers' values and the answers of Apple's provider API. No I/O. */
#ifndef APNS_H
#define APNS_H

#include "worker/provider/content.h"
#include "worker/provider/judgement.h"

#define APNS_PAYLOAD_MAX 4096u

/* Appends the payload; LP_ETOOBIG with nothing appended when it is longer than Apple takes. */
int apns_payload(struct lp_buf *out, const struct content *c) LP_MUSTCHECK;

/* True for a token as devices have them: hexadecimal, at most 200 digits. */
bool apns_token_valid(struct lp_str token);

/*
 * The value of apns-expiration, s since 1970: until the message expires, or for the entry's time
 * if that is shorter (-1: none); 0: deliver now or never. now and expires in ms.
 */
int64_t apns_expiration(int64_t entry, uint64_t now, uint64_t expires);

/* A UUID that is the same whenever this message is sent to this client. */
void apns_id(char out[37], struct lp_str nsp, struct lp_str message, struct lp_str client);

/* retry_ms: what the answer's Retry-After asks for, or 0. */
void apns_judge(struct judgement *j, int status, struct lp_str body, uint64_t retry_ms);

#endif
