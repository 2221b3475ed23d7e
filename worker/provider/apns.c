#include "config.h"

#include <ctype.h>
#include <openssl/sha.h>

#include "common/lp_json.h"
#include "worker/provider/apns.h"

#define TOKEN_MAX 200u
/* Apple takes a new provider token every 20 minutes at most. */
#define TOKEN_UPDATES_MS (5u * 60 * 1000)
#define BUSY_MS          5000u

int apns_payload(struct lp_buf *out, const struct content *c)
{
	size_t start = out->len;

	lp_json_text(out, c->payload);
	if (out->len - start <= APNS_PAYLOAD_MAX)
		return LP_OK;
	out->len = start;
	return LP_ETOOBIG;
}

bool apns_token_valid(struct lp_str token)
{
	for (size_t i = 0; i < token.n; i++) {
		if (!isxdigit((unsigned char)token.p[i]))
			return false;
	}
	return token.n && token.n <= TOKEN_MAX;
}

int64_t apns_expiration(int64_t entry, uint64_t now, uint64_t expires)
{
	int64_t until = (int64_t)(expires / 1000), own = (int64_t)(now / 1000);

	if (entry == 0)
		return 0;
	if (entry > 0 && entry < until - own)
		return own + entry;
	return until;
}

void apns_id(char out[37], struct lp_str nsp, struct lp_str message, struct lp_str client)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct lp_buf text = {0};
	char *at = out;

	lp_buf_adds(&text, nsp);
	lp_buf_addc(&text, 0);
	lp_buf_adds(&text, message);
	lp_buf_addc(&text, 0);
	lp_buf_adds(&text, client);
	SHA256((const unsigned char *)text.data, text.len, sum);
	lp_buf_clear(&text);
	sum[6] = (sum[6] & 0x0f) | 0x80; /* version 8: made in a way of our own */
	sum[8] = (sum[8] & 0x3f) | 0x80;
	for (int i = 0; i < 16; i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*at++ = '-';
		at += sprintf(at, "%02x", sum[i]);
	}
}

static const struct judgement_rule rules[] = {
	{200, NULL, PROVIDER_DELIVERED, RULE_ALONE, 0},
	{0, "BadDeviceToken", PROVIDER_GONE, RULE_ALONE, 0},
	{0, "DeviceTokenNotForTopic", PROVIDER_GONE, RULE_ALONE, 0},
	{0, "Unregistered", PROVIDER_GONE, RULE_ALONE, 0},
	{410, NULL, PROVIDER_GONE, RULE_ALONE, 0},
	{403, "ExpiredProviderToken", PROVIDER_RETRY, RULE_RENEW, 1},
	{400, "IdleTimeout", PROVIDER_RETRY, RULE_ALONE, 1},
	{429, "TooManyProviderTokenUpdates", PROVIDER_RETRY, RULE_ALONE, TOKEN_UPDATES_MS},
	{429, NULL, PROVIDER_RETRY, RULE_ALONE, BUSY_MS},
	{500, NULL, PROVIDER_RETRY, RULE_ALONE, BUSY_MS},
	{503, NULL, PROVIDER_RETRY, RULE_PAUSE, BUSY_MS},
};

void apns_judge(struct judgement *j, int status, struct lp_str body, uint64_t retry_ms)
{
	struct json_object *answer = NULL;
	struct lp_str reason = {NULL, 0};

	if (status != 200 && lp_json_parse(body, &answer) == LP_OK)
		reason = lp_json_str(answer, "reason");
	judgement_make(j, rules, sizeof(rules) / sizeof(*rules), status, reason, retry_ms, BUSY_MS);
	json_object_put(answer);
}
