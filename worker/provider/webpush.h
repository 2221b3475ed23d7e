/*
 * Web Push: the subscription that a browser gave, the answers of push services (RFC 8030), and the
 * payload. No I/O. The subscription comes from clients: all of it is hostile.
 */
#ifndef WEBPUSH_H
#define WEBPUSH_H

#include "worker/provider/content.h"
#include "worker/provider/judgement.h"

#define WEBPUSH_SUBSCRIPTION_MAX 2048u /* bytes of its text */
#define WEBPUSH_ENDPOINT_MAX     1024u
#define WEBPUSH_TEXT_MAX         3993u /* what one encrypted record of 4096 bytes holds */

struct subscription {
	char *path;            /* of the endpoint, with its query */
	char *origin;          /* https://host:port, the port always */
	bool listed;           /* the host is named in hosts; else only a public address will do */
	unsigned char key[65]; /* p256dh, uncompressed; not yet known to be on the curve */
	unsigned char auth[16];
};

/*
 * Reads PushSubscription's JSON: {"endpoint", "keys": {"p256dh", "auth"}}. hosts: the setting
 * webpush_hosts: names with commas between, "*.example.org" for all below it, ":port" behind them for
 * another port than 443, "*" for every host. NULL, or why it can not be used (static text); then
 * there is nothing to clear.
 */
const char *subscription_read(struct subscription *s, struct lp_str text, const char *hosts);
void subscription_clear(struct subscription *s);

/*
 * Appends what the service worker gets: webData if the push has it, text as it is, or else
 * content_default(). LP_ETOOBIG, with nothing appended, when it does not fit.
 */
int webpush_text(struct lp_buf *out, const struct content *c,
		 const struct content_ids *ids) LP_MUSTCHECK;

/* The Topic header for a message: a later attempt takes the earlier one's place. 32 characters. */
void webpush_topic(char out[33], struct lp_str nsp, struct lp_str message);

void webpush_judge(struct judgement *j, int status, uint64_t retry_ms);

#endif
