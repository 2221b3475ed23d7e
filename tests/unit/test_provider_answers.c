/* What providers answer and what it means; which addresses a client's URL may lead to. */
#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include "tests/unit/lp_test.h"
#include "worker/provider/apns.h"
#include "worker/provider/fcm.h"
#include "worker/provider/public_address.h"
#include "worker/provider/webpush.h"

enum { PAUSE = 1, ENTRY = 2, RENEW = 4 };

struct answer {
	int status;
	const char *body;
	uint64_t asked; /* by Retry-After, ms */
	enum provider_outcome outcome;
	const char *reason;
	uint64_t retry_ms;
	unsigned flags;
};

static void check(const struct answer *want, const struct judgement *got)
{
	struct lp_str row = lp_cstr(want->body);

	CHECK_ROW(row, got->outcome == want->outcome);
	CHECK_STR(row, lp_cstr(got->reason), lp_cstr(want->reason));
	CHECK_ROW(row, got->retry_ms == want->retry_ms);
	CHECK_ROW(row, got->pause == !!(want->flags & PAUSE));
	CHECK_ROW(row, got->pause_entry == !!(want->flags & ENTRY));
	CHECK_ROW(row, got->renew == !!(want->flags & RENEW));
}

static void test_apns(void)
{
	static const struct answer rows[] = {
		{200, "", 0, PROVIDER_DELIVERED, "", 0, 0},
		{400, "{\"reason\":\"BadDeviceToken\"}", 0, PROVIDER_GONE, "BadDeviceToken", 0, 0},
		{400, "{\"reason\":\"DeviceTokenNotForTopic\"}", 0, PROVIDER_GONE,
		 "DeviceTokenNotForTopic", 0, 0},
		{410, "{\"reason\":\"Unregistered\",\"timestamp\":1}", 0, PROVIDER_GONE,
		 "Unregistered", 0, 0},
		{410, "{\"reason\":\"ExpiredToken\"}", 0, PROVIDER_GONE, "ExpiredToken", 0, 0},
		{410, "no JSON", 0, PROVIDER_GONE, "status 410", 0, 0},
		{403, "{\"reason\":\"ExpiredProviderToken\"}", 0, PROVIDER_RETRY,
		 "ExpiredProviderToken", 1, RENEW},
		{403, "{\"reason\":\"InvalidProviderToken\"}", 0, PROVIDER_REFUSED,
		 "InvalidProviderToken", 0, 0},
		{429, "{\"reason\":\"TooManyRequests\"}", 0, PROVIDER_RETRY, "TooManyRequests",
		 5000, 0},
		{429, "{\"reason\":\"TooManyProviderTokenUpdates\"}", 0, PROVIDER_RETRY,
		 "TooManyProviderTokenUpdates", 300000, 0},
		{429, "{}", 7000, PROVIDER_RETRY, "status 429", 7000, 0},
		{429, "[]", 86400000, PROVIDER_RETRY, "status 429", 3600000, 0},
		{500, "", 0, PROVIDER_RETRY, "status 500", 5000, 0},
		{502, "{\"reason\":7}", 0, PROVIDER_RETRY, "status 502", 5000, 0},
		{503, "{\"reason\":\"Shutdown\"}", 2000, PROVIDER_RETRY, "Shutdown", 2000, PAUSE},
		{400, "{\"reason\":\"a\\nb\\u0000\\u007f\"}", 0, PROVIDER_REFUSED, "a b  ", 0, 0},
		{302, "", 0, PROVIDER_REFUSED, "status 302", 0, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct judgement j;

		apns_judge(&j, rows[i].status, lp_cstr(rows[i].body), rows[i].asked);
		check(&rows[i], &j);
	}
}

#define ERROR(STATUS, CODE)                                                                        \
	"{\"error\":{\"status\":\"" STATUS "\",\"details\":[{\"a\":1},{\"errorCode\":\"" CODE      \
	"\"}]}}"

static void test_fcm(void)
{
	static const struct answer rows[] = {
		{200, "{\"name\":\"projects/p/messages/1\"}", 0, PROVIDER_DELIVERED, "", 0, 0},
		{404, ERROR("NOT_FOUND", "UNREGISTERED"), 0, PROVIDER_GONE, "UNREGISTERED", 0, 0},
		{404, "", 0, PROVIDER_REFUSED, "status 404", 0, 0},
		{400, ERROR("INVALID_ARGUMENT", "INVALID_ARGUMENT"), 0, PROVIDER_REFUSED,
		 "INVALID_ARGUMENT", 0, 0},
		{400, "{\"error\":{\"status\":\"INVALID_ARGUMENT\"}}", 0, PROVIDER_REFUSED,
		 "INVALID_ARGUMENT", 0, 0},
		{403, ERROR("PERMISSION_DENIED", "SENDER_ID_MISMATCH"), 0, PROVIDER_REFUSED,
		 "SENDER_ID_MISMATCH", 0, 0},
		{401, ERROR("UNAUTHENTICATED", "THIRD_PARTY_AUTH_ERROR"), 0, PROVIDER_REFUSED,
		 "THIRD_PARTY_AUTH_ERROR", 0, 0},
		{401, "{\"error\":{\"status\":\"UNAUTHENTICATED\"}}", 0, PROVIDER_RETRY,
		 "UNAUTHENTICATED", 1000, RENEW},
		{429, ERROR("RESOURCE_EXHAUSTED", "QUOTA_EXCEEDED"), 0, PROVIDER_RETRY,
		 "QUOTA_EXCEEDED", 60000, ENTRY},
		{429, "", 3000, PROVIDER_RETRY, "status 429", 3000, ENTRY},
		{503, ERROR("UNAVAILABLE", "UNAVAILABLE"), 0, PROVIDER_RETRY, "UNAVAILABLE", 5000,
		 ENTRY},
		{500, ERROR("INTERNAL", "INTERNAL"), 0, PROVIDER_RETRY, "INTERNAL", 5000, 0},
		{400, "{\"error\":[]}", 0, PROVIDER_REFUSED, "status 400", 0, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct judgement j;

		fcm_judge(&j, rows[i].status, lp_cstr(rows[i].body), rows[i].asked);
		check(&rows[i], &j);
	}
}

static void test_webpush(void)
{
	static const struct answer rows[] = {
		{201, "", 0, PROVIDER_DELIVERED, "", 0, 0},
		{202, "", 0, PROVIDER_DELIVERED, "", 0, 0},
		{404, "", 0, PROVIDER_GONE, "status 404", 0, 0},
		{410, "", 0, PROVIDER_GONE, "status 410", 0, 0},
		{403, "", 0, PROVIDER_REFUSED, "status 403", 0, 0},
		{413, "", 0, PROVIDER_REFUSED, "status 413", 0, 0},
		{301, "", 0, PROVIDER_REFUSED, "status 301", 0, 0},
		{429, "", 9000, PROVIDER_RETRY, "status 429", 9000, 0},
		{500, "", 0, PROVIDER_RETRY, "status 500", 30000, 0},
		{503, "", 0, PROVIDER_RETRY, "status 503", 30000, PAUSE},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct judgement j;

		webpush_judge(&j, rows[i].status, rows[i].asked);
		check(&rows[i], &j);
	}
}

static void test_access_tokens(void)
{
	static const struct {
		const char *body, *token, *why;
		uint64_t lifetime;
	} rows[] = {
		{"{\"access_token\":\"t\",\"expires_in\":3599}", "t", NULL, 3599000},
		{"{\"access_token\":\"t\",\"expires_in\":1e9}", "t", NULL, 86400000},
		{"{\"access_token\":\"t\",\"expires_in\":0}", NULL, "the token", 0},
		{"{\"access_token\":\"t\"}", NULL, "the token", 0},
		{"{\"access_token\":\"a b\",\"expires_in\":9}", NULL, "the token", 0},
		{"{\"access_token\":\"a\\r\\nb\",\"expires_in\":9}", NULL, "the token", 0},
		{"{\"access_token\":\"\",\"expires_in\":9}", NULL, "the token", 0},
		{"{\"error\":\"invalid_grant\"}", NULL, "invalid_grant", 0},
		{"[]", NULL, "the token", 0},
		{"", NULL, "the token", 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].body), token, why;
		struct json_object *answer;
		uint64_t lifetime = 0;
		int rc = fcm_token_read(&answer, row, &token, &lifetime, &why);

		CHECK_ROW(row, (rc == LP_OK) == (rows[i].token != NULL));
		CHECK_ROW(row, lifetime == rows[i].lifetime);
		if (rc == LP_OK)
			CHECK_STR(row, token, lp_cstr(rows[i].token));
		else
			CHECK_ROW(row, lp_str_starts(why, lp_cstr(rows[i].why)));
		json_object_put(answer);
	}
}

static void test_addresses(void)
{
	static const struct {
		const char *text;
		bool is_public;
	} rows[] = {
		{"8.8.8.8", true},
		{"17.57.144.1", true},
		{"0.0.0.0", false},
		{"10.1.2.3", false},
		{"100.64.0.1", false},
		{"100.128.0.1", true},
		{"127.0.0.1", false},
		{"169.254.169.254", false},
		{"172.16.0.1", false},
		{"172.31.255.255", false},
		{"172.32.0.1", true},
		{"192.168.0.1", false},
		{"192.0.0.8", false},
		{"198.18.0.1", false},
		{"198.20.0.1", true},
		{"224.0.0.1", false},
		{"255.255.255.255", false},
		{"2606:4700::1", true},
		{"::", false},
		{"::1", false},
		{"::ffff:127.0.0.1", false},
		{"64:ff9b::7f00:1", false},
		{"fe80::1", false},
		{"fc00::1", false},
		{"ff02::1", false},
		{"2001::1", false},
		{"2001:db8::1", false},
		{"2001:4860::8888", true},
		{"2002:7f00:1::", false},
		{"3fff::1", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sockaddr_in v4 = {.sin_family = AF_INET};
		struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
		bool is_v4 = inet_pton(AF_INET, rows[i].text, &v4.sin_addr) == 1;

		CHECK_ROW(lp_cstr(rows[i].text),
			  is_v4 || inet_pton(AF_INET6, rows[i].text, &v6.sin6_addr) == 1);
		CHECK_ROW(lp_cstr(rows[i].text),
			  public_address(is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6) ==
				  rows[i].is_public);
	}
	CHECK(!public_address(&(struct sockaddr){.sa_family = AF_UNIX}));
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"APNs", test_apns},           {"FCM", test_fcm},
		{"Web Push", test_webpush},    {"access tokens", test_access_tokens},
		{"addresses", test_addresses},
	};

	return lp_test_main("provider_answers", tests, COUNT(tests));
}
