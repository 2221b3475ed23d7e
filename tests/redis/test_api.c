/* Every endpoint against a real Redis: who asks, pushes, reports, settings of namespaces. */
#include "config.h"

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/store/script.h"
#include "tests/redis/api_fixture.h"

/* --- who asks --- */

static void test_login(void)
{
	static const struct {
		const char *authorization, *want;
	} rows[] = {
		{OWNER, "200 {}"},
		{"bASIC L2Q6cHc6MQ==", "200 {}"},
		{"L2Q6cHc6MQ==", "200 {}"},
		{"", "400 need authorization"},
		{"Basic L2Q6cHc=", "401 passwd error"},            /* /d:pw */
		{"Basic L2Q6", "401 passwd error"},                /* /d: */
		{"Basic L2Q=", "401 passwd error"},                /* /d */
		{"Basic L2U6cHc6MQ==", "400 namespace not found"}, /* /e:pw:1 */
		{"Basic ZDpwdzox", "400 namespace not found"},     /* d:pw:1 */
		{"Basic !", "400 namespace not found"},
	};

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].authorization,
		       msg_of(post(rows[i].authorization, "/api/auth/login", "")), rows[i].want);
	/* no password set: nobody gets in */
	command("HDEL " B ":conf auth_passwd");
	EXPECT("", msg_of(post(OWNER, "/api/auth/login", "")), "401 passwd error");
	EXPECT("", msg_of(post("Basic L2Q6", "/api/auth/login", "")), "401 passwd error");
}

/* A push goes out on the password remembered, but never on one that is no longer right. */
static void test_password_changes(void)
{
	static const char push[] = "{\"room\":\"r\",\"pushData\":{}}";

	fresh();
	EXPECT("first", post(OWNER, "/api/auth/push", push), "200 {\"id\":1}");
	EXPECT("again", post(OWNER, "/api/auth/push", push), "200 {\"id\":2}");
	EXPECT("name", post(OWNER, "/api/auth/namespace/save", "{\"name\":\"x\"}"), "200 {}");
	EXPECT("still", post(OWNER, "/api/auth/push", push), "200 {\"id\":3}");
	EXPECT("new password",
	       post(OWNER, "/api/auth/namespace/save", "{\"auth_passwd\":\"pw:2\"}"), "200 {}");
	EXPECT("old", msg_of(post(OWNER, "/api/auth/push", push)), "401 passwd error");
	EXPECT("old, bad room", msg_of(post(OWNER, "/api/auth/push", "{}")), "401 passwd error");
	EXPECT("new", post("Basic L2Q6cHc6Mg==", "/api/auth/push", push), "200 {\"id\":4}");
	command("DEL " B ":conf");
	EXPECT("gone", msg_of(post("Basic L2Q6cHc6Mg==", "/api/auth/push", push)),
	       "400 namespace not found");
	EXPECT("seq", command_text("GET " B ":seq"), "4");
}

/* --- pushes --- */

static void test_push_stored(void)
{
	static const char body[] =
		"{\"room\":\"r1\",\"pushData\":{\"n\": 1.0,\"apsData\":{\"a\":1}},"
		"\"except\":\"/d#a#web-1\",\"from\":\"f\",\"other\":1,"
		"\"leaveMessage\":true,\"expire\":0.5}";
	const char *answer;

	fresh();
	online("a", "web", "1", "r1");
	EXPECT("push", post(OWNER, "/api/auth/push", body), "200 {\"id\":1}");
	EXPECT("inbox", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("ttl", command_text("TTL " B ":msg:1"), "1800");
	EXPECT("owner's count", command_text("HSET " B ":msg:1 @c1.1 3/0/1 @c2.5 0/1/2"), "2");
	answer = lp_xstrdup(get(OWNER, "/api/auth/report/push/1"));
	EXPECT("", member(answer, 0, "id"), "\"1\"");
	EXPECT("", member(answer, 0, "namespace"), "\"/d\"");
	EXPECT("", member(answer, 0, "room"), "\"r1\"");
	EXPECT("", member(answer, 0, "pushData"),
	       "\"{\\\"n\\\": 1.0,\\\"apsData\\\":{\\\"a\\\":1}}\"");
	EXPECT("", member(answer, 0, "except"), "\"/d#a#web-1\"");
	EXPECT("", member(answer, 0, "from"), "\"f\"");
	EXPECT("", member(answer, 0, "leaveMessage"), "\"true\"");
	EXPECT("", member(answer, 0, "expire"), "\"0.5\"");
	EXPECT("", member(answer, 0, "onlineClientCount"), "\"7\"");
	EXPECT("", member(answer, 0, "onlineWebCount"), "\"3\"");
	EXPECT("", member(answer, 0, "onlineIOSCount"), "\"1\"");
	EXPECT("", member(answer, 0, "onlineAndroidCount"), "\"3\"");
	EXPECT("", member(answer, 0, "ackWebCount"), "\"0\"");
	EXPECT("", member(answer, 0, "ackIOSDetail"), "[]");
	EXPECT("", member(answer, 0, "other"), "-");
	EXPECT("", member(answer, 0, "@c1.1"), "-");
	free((char *)answer);
	/* lost: stored, but nobody is told */
	EXPECT("lost",
	       post(OWNER, "/api/auth/push",
		    "{\"room\":\"r1\",\"pushData\":{},\"extra\":\"lost\"}"),
	       "200 {\"id\":2}");
	EXPECT("inbox", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("empty room", post(OWNER, "/api/auth/push", "{\"room\":\"r2\",\"pushData\":[]}"),
	       "200 {\"id\":3}");
	EXPECT("inbox", command_text("HGET lp:inbox-seq c1.1"), "2");
}

/* The order in which a caller is told what is wrong. */
static void test_push_errors(void)
{
	static const char expire[] = "{\"room\":\"r\",\"pushData\":{},\"expire\":0}";
	static const char except[] = "{\"room\":\"r\",\"pushData\":{},\"except\":1,\"expire\":0}";
	static const char fine[] = "{\"room\":\"r\",\"pushData\":{}}";

	fresh();
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", "{}")), "400 room can not be empty");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", expire)), "400 expire invalid");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", except)), "400 except must be string");
	fixture.settings.apns_payload_size = 7;
	EXPECT("",
	       post(OWNER, "/api/auth/push",
		    "{\"room\":\"r\",\"pushData\":{\"apsData\":{\"a\":1}},\"leaveMessage\":1}"),
	       "200 {\"id\":1}");
	EXPECT("",
	       msg_of(post(OWNER, "/api/auth/push",
			   "{\"room\":\"r\",\"pushData\":{\"apsData\":{\"a\":10}},"
			   "\"leaveMessage\":1}")),
	       "400 pushData.apsData size must be less then 7 bytes");
	EXPECT("off",
	       post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/d\",\"offline\":\"on\"}"),
	       "200 {}");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", "{}")), "400 room can not be empty");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", except)), "400 except must be string");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", expire)), "400 this namespace offline");
	EXPECT("", msg_of(post(OWNER, "/api/auth/push", fine)), "400 this namespace offline");
	EXPECT("still in", post(OWNER, "/api/auth/login", ""), "200 {}");
	EXPECT("seq", command_text("GET " B ":seq"), "1");
}

/* --- reports --- */

static void test_report_push(void)
{
	fresh();
	EXPECT("none", get(OWNER, "/api/auth/report/push"), "200 []");
	for (int i = 0; i < 25; i++)
		post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}");
	EXPECT("newest", member(get(OWNER, "/api/auth/report/push"), 0, "id"), "\"25\"");
	EXPECT("20 of them", member(get(OWNER, "/api/auth/report/push"), 19, "id"), "\"6\"");
	EXPECT("no more", member(get(OWNER, "/api/auth/report/push"), 20, "id"), "-");
	EXPECT("page", member(get(OWNER, "/api/auth/report/push?page=2"), 4, "id"), "\"1\"");
	EXPECT("size", member(get(OWNER, "/api/auth/report/push?page=3&size=2"), 0, "id"),
	       "\"21\"");
	EXPECT("end", get(OWNER, "/api/auth/report/push?page=3"), "200 []");
	EXPECT("far", get(OWNER, "/api/auth/report/push?page=9223372036854775807"), "200 []");
	EXPECT("bad", msg_of(get(OWNER, "/api/auth/report/push?page=x")),
	       "400 page and size must be numbers from 1");
	/* what has expired takes no place */
	command("DEL " B ":msg:25 " B ":msg:23");
	EXPECT("", member(get(OWNER, "/api/auth/report/push"), 0, "id"), "\"24\"");
	EXPECT("", member(get(OWNER, "/api/auth/report/push?page=2&size=1"), 0, "id"), "\"22\"");
}

static void test_report_message(void)
{
	static const char *const none[] = {"2",  "0",      "01",  "-1",
					   "1x", "%31%00", "%2F", "99999999999999999999"};
	const char *answer;
	char url[64];

	fresh();
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}");
	for (size_t i = 0; i < COUNT(none); i++) {
		snprintf(url, sizeof(url), "/api/auth/report/push/%s", none[i]);
		EXPECT(url, msg_of(get(OWNER, url)), "400 this id not exists");
	}
	/* another namespace's id */
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/e\",\"auth_passwd\":\"pw:1\"}");
	EXPECT("/e", msg_of(get("L2U6cHc6MQ==", "/api/auth/report/push/1")),
	       "400 this id not exists");
	command("SADD " B ":ack:1:web w1");
	command("SADD " B ":ack:1:ios i1 i2 i3");
	fixture.settings.report_push_ack_detail_max_limit = 3;
	answer = lp_xstrdup(get(OWNER, "/api/auth/report/push/1?ackDetail=true"));
	EXPECT("", member(answer, 0, "ackWebDetail"), "[\"w1\"]");
	EXPECT("", member(answer, 0, "ackIOSDetail"), "[\"$$\"]");
	EXPECT("", member(answer, 0, "ackAndroidDetail"), "[]");
	free((char *)answer);
	EXPECT("", member(get(OWNER, "/api/auth/report/push/1?ackDetail=0"), 0, "ackIOSDetail"),
	       "[]");
}

/* A connector writes to clients of all platforms. */
static void test_timeline(void)
{
	const char *answer;

	fresh();
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}");
	command("EVAL %s 1 " B " c1.1 1 1/20/300", script_get("delivered")->text);
	answer = get(OWNER, "/api/auth/report/push/1/timeline");
	CHECK_ROW(lp_cstr(answer),
		  strstr(answer, "\"written\",\"connector\":\"c1.1\",\"clients\":321}"));
}

#define REPLAY "/api/auth/namespace/dead-callbacks/replay"

/* More of them than one call of the script looks at. */
static void test_replay(void)
{
	static const char fill[] =
		"for i = 1, 60 do redis.call('LPUSH', '" B ":dead-callbacks', "
		"cjson.encode({ e = i .. '-0', n = '/d', c = 'c', q = '', u = '' })) end";

	fresh();
	command("EVAL %s 0", fill);
	EXPECT("wrong", msg_of(post(OWNER, REPLAY, "{\"eventId\":{}}")), "400 eventId invalid");
	EXPECT("none", post(OWNER, REPLAY, "{\"eventId\":\"61-0\"}"), "200 {\"count\":0}");
	EXPECT("one", post(OWNER, REPLAY, "{\"eventId\":\"51-0\"}"), "200 {\"count\":1}");
	EXPECT("the others", post(OWNER, REPLAY, "{}"), "200 {\"count\":59}");
	EXPECT("empty", post(OWNER, REPLAY, "{\"eventId\":\"\"}"), "200 {\"count\":0}");
	EXPECT("sent", command_text("XLEN lp:callbacks"), "60");
	EXPECT("gone", command_text("EXISTS " B ":dead-callbacks"), "0");
}

static void test_report_online(void)
{
	const char *answer;

	fresh();
	online("ann", "web", "1", "news");
	online("ann", "ios", "2", "news");
	online("bob", "android", "3", "news");
	EXPECT("", get(OWNER, "/api/auth/report/online"),
	       "200 {\"roomCount\":1,\"userCount\":2,\"clientCount\":3,\"totalClientCount\":3}");
	answer = lp_xstrdup(get(OWNER, "/api/auth/report/online?detail=1"));
	EXPECT("", member(answer, 0, "room"), "[\"news\"]");
	CHECK(strstr(answer, "\"/d#bob#android-3\"") && strstr(answer, "\"user\":["));
	free((char *)answer);
	fixture.settings.report_online_list_max_limit = 2;
	answer = lp_xstrdup(get(OWNER, "/api/auth/report/online?detail=1"));
	EXPECT("too long", member(answer, 0, "client"), "-");
	CHECK(strcmp(member(answer, 0, "user"), "-") != 0);
	free((char *)answer);
	fixture.settings.report_online_list_max_limit = 1000;
	EXPECT("", get(OWNER, "/api/auth/report/online?room=news&room=none"),
	       "200 [{\"name\":\"news\",\"userCount\":2,\"clientCount\":3,\"totalClientCount\":3,"
	       "\"iosClientCount\":1,\"totalIOSClientCount\":1,\"androidClientCount\":1,"
	       "\"totalAndroidClientCount\":1},{\"name\":\"none\",\"userCount\":0,"
	       "\"clientCount\":0,\"totalClientCount\":0,\"iosClientCount\":0,"
	       "\"totalIOSClientCount\":0,\"androidClientCount\":0,"
	       "\"totalAndroidClientCount\":0}]");
	answer = lp_xstrdup(get(OWNER, "/api/auth/report/online?room=user_bob&detail=true"));
	EXPECT("", member(answer, 0, "userCount"), "1");
	EXPECT("", member(answer, 0, "user"), "[\"bob\"]");
	EXPECT("", member(answer, 0, "client"), "[\"/d#bob#android-3\"]");
	free((char *)answer);
	EXPECT("", member(get(OWNER, "/api/auth/report/online?room="), 0, "roomCount"), "1");
	EXPECT("", msg_of(get(OWNER, "/api/auth/report/online?room=a%20b")), "400 room invalid");
	EXPECT("", msg_of(get(OWNER, "/api/auth/report/online?room[a]=x")), "400 room invalid");
}

static void test_report_admin_online(void)
{
	fresh();
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/e\"}");
	online("ann", "web", "1", "news");
	EXPECT("", get(ADMIN, "/api/admin/report/online"),
	       "200 {\"userCount\":1,\"roomCount\":1,\"clientCount\":1}");
	EXPECT("", member(get(ADMIN, "/api/admin/report/online?namespace=d"), 0, "clientCount"),
	       "1");
	EXPECT("", member(get(ADMIN, "/api/admin/report/online?namespace=/e"), 0, "clientCount"),
	       "0");
	EXPECT("", member(get(ADMIN, "/api/admin/report/online?namespace=/d&room=news"), 0, "name"),
	       "\"news\"");
	EXPECT("", msg_of(get(ADMIN, "/api/admin/report/online?namespace=a%20b")),
	       "400 namespace invalid");
}

/* --- namespaces --- */

/* What could be called by mistake, or end a line of a request, or fill a page of the list. */
static void test_save_texts(void)
{
	static const struct {
		const char *field, *value;
		bool good;
	} rows[] = {
		{"connect_callback", "http://127.0.0.1:9/x?y=z", true},
		{"connect_callback", "HTTPS://example.org", true},
		{"connect_callback", "ftp://example.org/", false},
		{"connect_callback", "example.org", false},
		{"connect_callback", "http://", false},
		{"connect_callback", "http:/example.org", false},
		{"connect_callback", "http://example.org/a b", false},
		{"disconnect_callback", "http://example.org/\\r\\nx: y", false},
		{"disconnect_callback", "file:///etc/passwd", false},
		{"disconnect_callback", "", true},
		{"callback_auth", "Bearer x y", true},
		{"callback_auth", "x\\r\\ny: z", false},
	};
	char body[1400], want[64], name[1002];

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++) {
		const char *answer;

		snprintf(body, sizeof(body), "{\"key\":\"d\",\"%s\":\"%s\"}", rows[i].field,
			 rows[i].value);
		answer = post(ADMIN, "/api/admin/namespace/save", body);
		EXPECT(body, msg_of(answer),
		       rows[i].good ? "200 {}" : "400 a setting of the namespace is invalid");
		snprintf(want, sizeof(want), "\"%s\"", rows[i].good ? "" : rows[i].field);
		EXPECT(body, rows[i].good ? want : member(answer, 0, "field"), want);
	}
	EXPECT("the last good one", command_text("HGET lp:{/d}:conf connect_callback"),
	       "HTTPS://example.org");
	for (size_t n = 1000; n < 1002; n++) {
		memset(name, 'x', n);
		snprintf(body, sizeof(body), "{\"key\":\"d\",\"name\":\"%.*s\"}", (int)n, name);
		EXPECT("name", msg_of(post(ADMIN, "/api/admin/namespace/save", body)),
		       n > 1000 ? "400 a setting of the namespace is invalid" : "200 {}");
	}
}

static void test_save(void)
{
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{}", "400 key is null"},
		{"{\"key\":\"\"}", "400 key is null"},
		{"{\"key\":null}", "400 key is null"},
		{"{\"key\":5}", "400 namespace invalid"},
		{"{\"key\":\"/\"}", "400 namespace invalid"},
		{"{\"key\":\"a b\"}", "400 namespace invalid"},
		{"{\"key\":\"n\",\"name\":{}}", "400 a setting of the namespace is invalid"},
		{"{\"key\":\"n\",\"offline\":\"maybe\"}",
		 "400 a setting of the namespace is invalid"},
		{"{\"key\":\"n\",\"apns_list\":{}}", "400 apns_list invalid"},
		{"{\"key\":\"n\",\"offline\":\"on\",\"name\":7}", "200 {}"},
	};
	char rev[32];

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].body, msg_of(post(ADMIN, "/api/admin/namespace/save", rows[i].body)),
		       rows[i].want);
	EXPECT("a new one is never offline", command_text("HGET lp:{/n}:conf offline"), "off");
	EXPECT("", command_text("HGET lp:{/n}:conf name"), "7");
	EXPECT("", command_text("HGET lp:{/n}:conf client_ip"), "192.0.2.1");
	snprintf(rev, sizeof(rev), "%s", command_text("HGET lp:{/n}:conf rev"));
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/n\",\"name\":\"\"}");
	EXPECT("empty: taken away", command_text("HGET lp:{/n}:conf name"), "nil");
	CHECK(strcmp(command_text("HGET lp:{/n}:conf rev"), rev) > 0);
	EXPECT("that it was made is told", command_text("HGET lp:inbox-seq c1.1"), "2");
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/n\",\"offline\":\"on\"}");
	EXPECT("offline is told", command_text("HGET lp:inbox-seq c1.1"), "3");
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/n\",\"offline\":\"off\"}");
	EXPECT("online is not", command_text("HGET lp:inbox-seq c1.1"), "3");
}

/* As JSON has it; made for this test. */
#define KEY                                                                                        \
	"-----BEGIN PRIVATE KEY-----\\n"                                                           \
	"MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgYP0izbFyMduZGzaP\\n"                      \
	"DLqKzcJ9tquhp9SmkxIItYBBiUShRANCAARckxQ0YMW8j4a/AFCTJh4UIdqtDvD3\\n"                      \
	"IPmLchym8mJI2S7LDttDXI07RoNGkRzqMGuHd2Hd9mEXs247ET92lRB+\\n"                              \
	"-----END PRIVATE KEY-----\\n"

#define NO_CERTIFICATES                                                                            \
	"\"apns_dev_cert_set\":false,\"apns_dev_key_set\":false,"                                  \
	"\"apns_production_cert_set\":false,\"apns_production_key_set\":false,"

static void test_apns_list(void)
{
	const char *answer;

	fresh();
	EXPECT("",
	       post(OWNER, "/api/auth/namespace/save",
		    "{\"key\":\"/other\",\"apns_list\":[{\"name\":\"a\",\"token_key\":\"" KEY "\","
		    "\"apns_topic\":\"t\"}]}"),
	       "200 {}");
	EXPECT("the caller's own", command_text("EXISTS lp:{/other}:conf"), "0");
	EXPECT("",
	       api_request(API_POST, OWNER, "/api/auth/namespace/save",
			   "application/x-www-form-urlencoded",
			   "apns_list[0][name]=a&apns_list[0][apns_env]=dev&apns_list[1][name]=b"),
	       "200 {}");
	answer = lp_xstrdup(get(OWNER, "/api/auth/namespace"));
	EXPECT("", member(answer, 0, "key"), "\"/d\"");
	EXPECT("", member(answer, 0, "name"), "\"D\"");
	EXPECT("", member(answer, 0, "callback_auth"), "null");
	EXPECT("", member(answer, 0, "offline"), "\"off\"");
	EXPECT("", member(answer, 0, "auth_passwd_set"), "true");
	EXPECT("", member(answer, 0, "auth_passwd"), "-");
	EXPECT("", member(answer, 0, "apns_list"),
	       "[{\"name\":\"a\",\"apns_env\":\"dev\",\"apns_topic\":\"t\"," NO_CERTIFICATES
	       "\"token_key_set\":true},{\"name\":\"b\"," NO_CERTIFICATES
	       "\"token_key_set\":false}]");
	CHECK(!strstr(answer, "PRIVATE") && !strstr(answer, "enc:1:") && !strstr(answer, "pbkdf2"));
	free((char *)answer);
	EXPECT("moved", command_text("HEXISTS " B ":conf apns_list"), "0");
	CHECK(strstr(command_text("HGET " B ":conf push_providers"), "\"enc:1:k:") != NULL);
	CHECK(!strstr(command_text("HGET " B ":conf push_providers"), "PRIVATE"));
}

static void test_list(void)
{
	static const struct {
		const char *query, *keys, *total;
	} rows[] = {
		{"", "/d /n0 /n1 /n2 /n3", "5"},
		{"?pageSize=2", "/d /n0", "5"},
		{"?pageSize=2&page=3", "/n3", "5"},
		{"?page=4", "", "5"},
		{"?page=9223372036854775807&pageSize=9223372036854775807", "", "5"},
		{"?key=n", "/n0 /n1 /n2 /n3", "4"},
		{"?key=n&pageSize=1&page=2", "/n1", "4"},
		{"?name=odd", "/n1 /n3", "2"},
		{"?offline=on", "/n0", "1"},
		{"?offline=off&name=even", "/n2", "1"},
		{"?offline=all", "/d /n0 /n1 /n2 /n3", "5"},
		{"?key=none", "", "0"},
	};
	struct lp_buf keys = {0};
	char text[128];

	fresh();
	for (int i = 0; i < 4; i++) {
		snprintf(text, sizeof(text), "{\"key\":\"n%d\",\"name\":\"%s\"}", i,
			 i % 2 ? "odd" : "even");
		post(ADMIN, "/api/admin/namespace/save", text);
	}
	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"n0\",\"offline\":\"on\"}");
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body = NULL, *list = NULL;
		const char *answer;

		snprintf(text, sizeof(text), "/api/admin/namespace/list%s", rows[i].query);
		answer = lp_xstrdup(get(ADMIN, text));
		EXPECT(text, member(answer, 0, "total"), rows[i].total);
		CHECK(lp_json_parse(lp_cstr(answer + 4), &body) == LP_OK);
		CHECK_ROW(lp_cstr(text), json_object_object_get_ex(body, "list", &list));
		lp_buf_reset(&keys);
		lp_buf_addz(&keys, "");
		for (size_t n = 0; list && n < json_object_array_length(list); n++)
			lp_buf_addf(&keys, "%s%.*s", n ? " " : "",
				    LP_FMT(lp_json_str(json_object_array_get_idx(list, n), "key")));
		EXPECT(text, keys.data, rows[i].keys);
		json_object_put(body);
		free((char *)answer);
	}
	lp_buf_clear(&keys);
	EXPECT("", msg_of(get(ADMIN, "/api/admin/namespace/list?page=0")),
	       "400 page and size must be numbers from 1");
	CHECK(!strstr(get(ADMIN, "/api/admin/namespace/list"), "clientCount"));
	CHECK(strstr(get(ADMIN, "/api/admin/namespace/list?online=1"), "\"clientCount\":0") !=
	      NULL);
}

/* More namespaces than one pipeline holds. */
static void test_many(void)
{
	fresh();
	for (int i = 0; i < 250; i++) {
		command("ZADD lp:namespaces 0 /m%d", i);
		command("HSET lp:{/m%d}:conf key /m%d rev 1 name m", i, i);
		command("HSET lp:{/m%d}:users u 1", i);
	}
	EXPECT("", member(get(ADMIN, "/api/admin/report/online"), 0, "userCount"), "250");
	EXPECT("", member(get(ADMIN, "/api/admin/namespace/list?name=m&pageSize=500"), 0, "total"),
	       "250");
}

/* --- Redis away --- */

static void test_unavailable(void)
{
	static const struct {
		enum api_method method;
		const char *authorization, *url;
	} rows[] = {
		{API_POST, OWNER, "/api/auth/login"},
		{API_POST, OWNER, "/api/auth/push"},
		{API_GET, OWNER, "/api/auth/namespace"},
		{API_POST, OWNER, "/api/auth/namespace/save"},
		{API_GET, OWNER, "/api/auth/report/push"},
		{API_GET, OWNER, "/api/auth/report/push/1"},
		{API_GET, OWNER, "/api/auth/report/online"},
		{API_GET, OWNER, "/api/auth/report/online?room=r"},
		{API_GET, OWNER, "/api/auth/clients"},
		{API_GET, OWNER, "/api/auth/rooms"},
		{API_POST, OWNER, "/api/auth/transfer"},
		{API_POST, OWNER, "/api/auth/client"},
		{API_POST, OWNER, "/api/auth/room-apns"},
		{API_POST, OWNER, "/api/auth/room-leave-message"},
		{API_GET, OWNER, "/api/auth/namespace/current-message-stat"},
		{API_GET, OWNER, "/api/auth/namespace/message-stat"},
		{API_POST, ADMIN, "/api/admin/namespace/save"},
		{API_GET, ADMIN, "/api/admin/namespace/list"},
		{API_GET, ADMIN, "/api/admin/namespace/clear/d"},
		{API_POST, ADMIN, "/api/admin/namespace/flush/d"},
		{API_POST, ADMIN, "/api/admin/namespace/clear-realtime-data"},
		{API_POST, ADMIN, "/api/admin/clear-legacy-client"},
		{API_GET, ADMIN, "/api/admin/report/online"},
	};

	fresh();
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}"); /* remembered */
	fixture_kill();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].url,
		       msg_of(api_request(rows[i].method, rows[i].authorization, rows[i].url,
					  "application/json",
					  "{\"key\":\"d\",\"namespace\":\"d\",\"room\":\"r\","
					  "\"pushData\":{}}")),
		       "503 service unavailable");
	EXPECT("", get("", "/health"), "200 hello");
	EXPECT("", post(ADMIN, "/api/admin/login", ""), "200 {}");
	fixture_restart();
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"login", test_login},
		{"password changes", test_password_changes},
		{"push stored", test_push_stored},
		{"push errors", test_push_errors},
		{"report push", test_report_push},
		{"report message", test_report_message},
		{"timeline", test_timeline},
		{"replay", test_replay},
		{"report online", test_report_online},
		{"report admin online", test_report_admin_online},
		{"save", test_save},
		{"texts of a namespace", test_save_texts},
		{"apns_list", test_apns_list},
		{"list", test_list},
		{"many", test_many},
		{"unavailable", test_unavailable},
	};

	return fixture_main("api", tests, COUNT(tests));
}
