/* What devices get of a push, through each provider. */
#include "config.h"

#include "common/lp_json.h"
#include "tests/unit/lp_test.h"
#include "worker/provider/apns.h"
#include "worker/provider/fcm.h"
#include "worker/provider/webpush.h"

static const struct content_ids ids = {BYTES("/demo"), BYTES("17"), BYTES("r")};

static void test_apns(void)
{
	static const struct {
		const char *data, *payload;
		bool background;
	} rows[] = {
		{"{}", "{\"aps\":{\"alert\":\"new\"}}", false},
		{"[1]", "{\"aps\":{\"alert\":\"new\"}}", false},
		{"no JSON", "{\"aps\":{\"alert\":\"new\"}}", false},
		{"{\"apsData\":\"hi\"}", "{\"aps\":{\"alert\":\"hi\"}}", false},
		{"{\"apsData\":7}", "{\"aps\":{\"alert\":\"new\"}}", false},
		{"{\"apsData\":{\"alert\":\"hi\",\"badge\":2,\"x\":1}}",
		 "{\"x\":1,\"aps\":{\"alert\":\"hi\",\"badge\":2}}", false},
		{"{\"apsData\":{\"alert\":\"\"}}", "{\"aps\":{\"alert\":\"new\"}}", false},
		{"{\"apsData\":{\"contentAvailable\":true,\"threadId\":\"t\"}}",
		 "{\"aps\":{\"content-available\":1,\"thread-id\":\"t\"}}", true},
		{"{\"apsData\":{\"payload\":{\"a\":1,\"aps\":{}},\"sound\":\"s\"}}",
		 "{\"a\":1,\"aps\":{\"sound\":\"s\",\"alert\":\"new\"}}", false},
		{"{\"apsData\":{\"aps\":{\"alert\":{\"title\":\"t\"}},\"alert\":1}}",
		 "{\"aps\":{\"alert\":{\"title\":\"t\"}},\"alert\":1}", false},
		{"{\"apsData\":{\"aps\":{\"content-available\":1}}}",
		 "{\"aps\":{\"content-available\":1}}", true},
		{"{\"apsData\":{\"aps\":{\"content-available\":1,\"badge\":1}}}",
		 "{\"aps\":{\"content-available\":1,\"badge\":1,\"alert\":\"new\"}}", false},
		{"{\"apsData\":{\"aps\":7}}", "{\"aps\":{\"alert\":\"new\"}}", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].data);
		struct lp_buf out = {0};
		struct content c;

		content_read(&c, row, "new");
		CHECK_ROW(row, apns_payload(&out, &c) == LP_OK);
		CHECK_STR(row, lp_buf_str(&out), lp_cstr(rows[i].payload));
		CHECK_ROW(row, c.background == rows[i].background);
		content_clear(&c);
		lp_buf_clear(&out);
	}
}

/* {"apsData":{"alert":"xxx..."}} with n bytes of alert. */
static void long_alert(struct lp_buf *out, const char *name, size_t n)
{
	lp_buf_addf(out, "{\"%s\":{\"alert\":\"", name);
	while (n--)
		lp_buf_addc(out, 'x');
	lp_buf_addz(out, "\"}}");
}

static void test_apns_limit(void)
{
	size_t frame = strlen("{\"aps\":{\"alert\":\"\"}}");

	for (size_t over = 0; over < 2; over++) {
		struct lp_buf data = {0}, out = {0};
		struct content c;

		long_alert(&data, "apsData", APNS_PAYLOAD_MAX - frame + over);
		content_read(&c, lp_buf_str(&data), "new");
		CHECK(apns_payload(&out, &c) == (over ? LP_ETOOBIG : LP_OK));
		CHECK(out.len == (over ? 0 : APNS_PAYLOAD_MAX));
		content_clear(&c);
		lp_buf_clear(&data);
		lp_buf_clear(&out);
	}
}

static void test_apns_values(void)
{
	char one[37], again[37], other[37];

	CHECK(apns_expiration(-1, 1000000, 5000000) == 5000);
	CHECK(apns_expiration(10, 1000000, 5000000) == 1010);
	CHECK(apns_expiration(9999, 1000000, 5000000) == 5000);
	CHECK(apns_expiration(0, 1000000, 5000000) == 0);
	CHECK(apns_token_valid(LP_STR("0123456789abcdefABCDEF")));
	CHECK(!apns_token_valid(LP_STR("")) && !apns_token_valid(LP_STR("12/34")));
	apns_id(one, LP_STR("/demo"), LP_STR("1"), LP_STR("c"));
	apns_id(again, LP_STR("/demo"), LP_STR("1"), LP_STR("c"));
	apns_id(other, LP_STR("/demo"), LP_STR("1c"), LP_STR(""));
	CHECK(strcmp(one, again) == 0 && strcmp(one, other) != 0);
	CHECK(strlen(one) == 36 && one[14] == '8');
}

#define ANDROID "\"android\":{\"ttl\":\"60s\",\"priority\":\"HIGH\""

static void test_fcm(void)
{
	static const struct {
		const char *data, *message;
	} rows[] = {
		{"{\"apsData\":{\"alert\":{\"title\":\"t\",\"body\":\"b\"}},\"a\":1}",
		 "{\"notification\":{\"title\":\"t\",\"body\":\"b\"},\"data\":{\"id\":\"17\","
		 "\"room\":\"r"
		 "\",\"namespace\":\"/demo\",\"pushData\":\"{\\\"a\\\":1}\"}," ANDROID
		 ",\"notification\":{\"tag\":\"tag\"}}}"},
		{"{\"apsData\":{\"content-available\":1}}",
		 "{\"data\":{\"id\":\"17\",\"room\":\"r\",\"namespace\":\"/"
		 "demo\",\"pushData\":\"{}\"},"
		 "\"android\":{\"ttl\":\"60s\",\"priority\":\"NORMAL\"}}"},
		{"{\"fcmData\":{\"token\":\"evil\",\"topic\":\"x\",\"condition\":\"y\",\"data\":{"
		 "\"a\":\"b\"},"
		 "\"android\":{\"ttl\":\"1s\"}}}",
		 "{\"data\":{\"a\":\"b\"},\"android\":{\"ttl\":\"1s\",\"priority\":\"HIGH\"}}"},
	};
	struct lp_buf body = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].data);
		struct lp_buf out = {0};
		struct content c;

		content_read(&c, row, "new");
		CHECK_ROW(row, fcm_message(&out, &c, &ids, 60, LP_STR("tag")) == LP_OK);
		CHECK_STR(row, lp_buf_str(&out), lp_cstr(rows[i].message));
		content_clear(&c);
		lp_buf_clear(&out);
	}
	fcm_body(&body, LP_STR("{\"a\":1}"), LP_STR("t\"k"));
	CHECK_STR(LP_STR("body"), lp_buf_str(&body),
		  LP_STR("{\"message\":{\"token\":\"t\\\"k\",\"a\":1}}"));
	lp_buf_clear(&body);
}

/* pushData that is too long is left out; an alert that is too long is refused. */
static void test_long(void)
{
	struct lp_buf data = {0}, out = {0};
	struct content c;

	long_alert(&data, "other", 5000);
	content_read(&c, lp_buf_str(&data), "new");
	CHECK(fcm_message(&out, &c, &ids, 60, LP_STR("tag")) == LP_OK);
	CHECK(out.len < 300 && !strstr(out.data, "pushData"));
	lp_buf_reset(&out);
	CHECK(webpush_text(&out, &c, &ids) == LP_OK);
	CHECK_STR(
		LP_STR("webpush"), lp_buf_str(&out),
		LP_STR("{\"id\":\"17\",\"room\":\"r\",\"namespace\":\"/demo\",\"body\":\"new\"}"));
	content_clear(&c);
	lp_buf_reset(&data);
	lp_buf_reset(&out);
	long_alert(&data, "apsData", 5000);
	content_read(&c, lp_buf_str(&data), "new");
	CHECK(fcm_message(&out, &c, &ids, 60, LP_STR("tag")) == LP_ETOOBIG && out.len == 0);
	CHECK(webpush_text(&out, &c, &ids) == LP_ETOOBIG && out.len == 0);
	content_clear(&c);
	lp_buf_clear(&data);
	lp_buf_clear(&out);
}

static void test_webpush(void)
{
	static const struct {
		const char *data, *text;
	} rows[] = {
		{"{\"webData\":\"just text\"}", "just text"},
		{"{\"webData\":{\"a\":[1]},\"b\":2}", "{\"a\":[1]}"},
		{"{\"a\":1,\"apsData\":{\"alert\":\"hi\"}}",
		 "{\"id\":\"17\",\"room\":\"r\",\"namespace\":\"/"
		 "demo\",\"body\":\"hi\",\"pushData\":{\"a\":1}}"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].data);
		struct lp_buf out = {0};
		struct content c;

		content_read(&c, row, "new");
		CHECK_ROW(row, webpush_text(&out, &c, &ids) == LP_OK);
		CHECK_STR(row, lp_buf_str(&out), lp_cstr(rows[i].text));
		content_clear(&c);
		lp_buf_clear(&out);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"APNs", test_apns},
		{"the longest APNs payload", test_apns_limit},
		{"values of APNs headers", test_apns_values},
		{"FCM", test_fcm},
		{"what is too long", test_long},
		{"Web Push", test_webpush},
	};

	return lp_test_main("provider_payload", tests, COUNT(tests));
}
