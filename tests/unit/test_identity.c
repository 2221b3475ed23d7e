#include "config.h"

#include "connector/core/identity.h"
#include "tests/unit/lp_test.h"

#define TEN "aaaaaaaaaa"

static const struct {
	const char *url, *packet, *auth;
	const char *want; /* the client id behind "/n", or the refusal */
} rows[] = {
	/* where it may stand, and who wins */
	{"uuid=u1&userid=bob&platform=ios", "", "", "#bob#ios-u1"},
	{"", "uuid=u1&userid=bob&platform=android", "", "#bob#android-u1"},
	{"", "", "{\"uuid\":\"u1\",\"userid\":\"bob\",\"platform\":\"web\"}", "#bob#web-u1"},
	{"uuid=url", "uuid=packet&userid=p", "{\"uuid\":\"auth\",\"platform\":\"ios\"}",
	 "#p#ios-url"},
	{"", "uuid=packet", "{\"uuid\":\"auth\"}", "#packet#web-packet"},
	{"uuid=&userid=&platform=", "", "{\"uuid\":\"u\"}", "#u#web-u"},
	/* defaults */
	{"uuid=u1", "", "", "#u1#web-u1"},
	{"uuid=u1&platform=", "", "", "#u1#web-u1"},
	/* encoding; the last of two counts */
	{"uuid=%75%31&userid=a%2Fb", "", "", "#a/b#web-u1"},
	{"uuid=a&uuid=b", "", "", "#b#web-b"},
	{"EIO=4&transport=polling&t=x&uuid=u&x=y", "", "", "#u#web-u"},
	/* numbers in auth are taken, other kinds are not there */
	{"", "", "{\"uuid\":17,\"userid\":-3}", "#-3#web-17"},
	{"", "", "{\"uuid\":true}", "uuid invalid"},
	{"", "", "{\"uuid\":null}", "uuid invalid"},
	{"", "", "{\"uuid\":{\"a\":1}}", "uuid invalid"},
	{"uuid=u", "", "{\"userid\":[\"x\"]}", "#u#web-u"},
	{"", "", "{\"uuid\":1.5}", "uuid invalid"},
	{"", "", "{\"uuid\":\"a\\u0000b\"}", "uuid invalid"},
	/* auth that is not an object */
	{"uuid=u", "", "[1]", "#u#web-u"},
	{"uuid=u", "", "{", "#u#web-u"},
	{"uuid=u", "", "null", "#u#web-u"},
	/* only a token: nobody yet; a uuid that is not valid stays so */
	{"token=x&userid=bob&platform=ios", "", "", "#-#ios--"},
	{"", "", "{\"token\":\"x\"}", "#-#web--"},
	{"uuid=a+b&token=x", "", "", "uuid invalid"},
	{"token=x&platform=tv", "", "", "platform invalid"},
	{"token=", "", "", "uuid invalid"},
	{"uuid=u&token=x", "", "", "#u#web-u"},
	/* refused, in this order */
	{"", "", "", "uuid invalid"},
	{"userid=bob", "", "", "uuid invalid"},
	{"uuid=a+b&userid=c+d&platform=tv", "", "", "uuid invalid"},
	{"uuid=ab&userid=c+d&platform=tv", "", "", "userid invalid"},
	{"uuid=ab&userid=cd&platform=tv", "", "", "platform invalid"},
	{"uuid=ab&platform=WEB", "", "", "platform invalid"},
	{"uuid=%00", "", "", "uuid invalid"},
	{"uuid=%ff", "", "", "uuid invalid"},
	{"uuid=%C3%A9", "", "", "uuid invalid"},
	{"uuid=" TEN TEN, "", "", "#" TEN TEN "#web-" TEN TEN},
	{"uuid=" TEN TEN "b", "", "", "uuid invalid"},
	{"uuid=u&userid=" TEN TEN TEN, "", "", "#" TEN TEN TEN "#web-u"},
	{"uuid=u&userid=" TEN TEN TEN "b", "", "", "userid invalid"},
};

static void test_read(void)
{
	char *error = NULL;
	struct ident_rules *rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 20, 30, 20, &error);

	if (!CHECK(rules != NULL))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct socket_request req = {
			.nsp = LP_STR("/n"),
			.url_query = lp_cstr(rows[i].url),
			.packet_query = lp_cstr(rows[i].packet),
			.auth = lp_cstr(rows[i].auth),
		};
		struct lp_str row = lp_cstr(rows[i].url[0] ? rows[i].url : rows[i].auth);
		struct lp_buf got = {0};
		struct identity who;
		const char *wrong = identity_read(&who, &req, rules);

		if (wrong) {
			CHECK_STR(row, lp_cstr(wrong), lp_cstr(rows[i].want));
		} else {
			ident_client_id(&got, req.nsp, lp_buf_str(&who.userid), who.platform,
					lp_buf_str(&who.uuid));
			CHECK_STR(row, lp_str_from(lp_buf_str(&got), 2), lp_cstr(rows[i].want));
		}
		lp_buf_clear(&got);
		identity_clear(&who);
	}
	ident_rules_free(rules);
}

static void test_announced(void)
{
	static const struct {
		const char *url, *packet, *auth;
		bool want;
	} flags[] = {
		{"", "", "", false},
		{"activityBroadcast=true", "", "", true},
		{"activityBroadcast=1", "", "", true},
		{"activityBroadcast=false", "", "", false},
		{"activityBroadcast=0", "", "", false},
		{"activityBroadcast=", "", "", false},
		{"", "activityBroadcast=yes", "", true},
		{"activityBroadcast=0", "activityBroadcast=1", "", false},
		{"", "", "{\"activityBroadcast\":true}", true},
		{"", "", "{\"activityBroadcast\":false}", false},
		{"", "", "{\"activityBroadcast\":\"true\"}", true},
		{"", "", "{\"activityBroadcast\":1}", true},
		{"", "", "{\"activityBroadcast\":0}", false},
		{"", "", "{\"activityBroadcast\":{}}", false},
	};
	char *error = NULL;
	struct ident_rules *rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 20, 30, 20, &error);

	for (size_t i = 0; i < COUNT(flags); i++) {
		struct socket_request req = {
			.nsp = LP_STR("/n"),
			.url_query = lp_cstr(flags[i].url),
			.packet_query = lp_cstr(flags[i].packet),
			.auth = lp_cstr(flags[i].auth),
		};
		struct identity who;

		identity_read(&who, &req, rules);
		if (who.announced != flags[i].want)
			fprintf(stderr, "row %zu\n", i);
		CU_ASSERT_EQUAL(who.announced, flags[i].want);
		identity_clear(&who);
	}
	ident_rules_free(rules);
}

/* One that would take long to read is not there. */
static void test_large(void)
{
	char *error = NULL;
	struct ident_rules *rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 20, 30, 20, &error);

	for (unsigned more = 0; more < 2; more++) {
		struct socket_request req = {.nsp = LP_STR("/n")};
		struct lp_buf auth = {0};
		struct identity who;
		const char *wrong;

		/* the object, the uuid, the array; and what is in that */
		lp_buf_addz(&auth, "{\"uuid\":\"u\",\"x\":[0");
		for (size_t i = 1; i < IDENTITY_AUTH_MAX - 3 + more; i++)
			lp_buf_addz(&auth, ",0");
		lp_buf_addz(&auth, "]}");
		req.auth = lp_buf_str(&auth);
		wrong = identity_read(&who, &req, rules);
		CHECK(more ? wrong != NULL : wrong == NULL);
		identity_clear(&who);
		lp_buf_clear(&auth);
	}
	ident_rules_free(rules);
}

static const struct lp_test tests[] = {
	{"read", test_read},
	{"announced", test_announced},
	{"large", test_large},
};

int main(void)
{
	return lp_test_main("identity", tests, COUNT(tests));
}
