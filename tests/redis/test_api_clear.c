/* Endpoints that remove data, against a real Redis. Tests are named after the endpoint. */
#include "config.h"

#include "common/lp_mem.h"
#include "common/store/script.h"
#include "tests/redis/api_fixture.h"

#define CLEAR    "/api/admin/namespace/clear/"
#define FLUSH    "/api/admin/namespace/flush/"
#define REALTIME "/api/admin/namespace/clear-realtime-data"
#define LEGACY   "/api/admin/clear-legacy-client"
#define OPEN     "400 namespace must be set offline on"

/* How many keys fit the pattern. */
static const char *keys(const char *pattern)
{
	return command_text("EVAL %s 0 %s", "return #redis.call('KEYS', ARGV[1])", pattern);
}

static void set_offline(void)
{
	EXPECT("offline", post(OWNER, "/api/auth/namespace/save", "{\"offline\":\"on\"}"),
	       "200 {}");
}

/* A namespace with data of every kind, also in rooms whose names look like keys. */
static void full(void)
{
	fresh();
	other_begin();
	/* names that a pattern would take for more than they are */
	command("HSET lp:{/d*}:conf key /d*");
	command("HSET lp:{/dd}:conf key /dd");
	command("SET lp:{/d} x");
	online("ann", "web", "1", "r");
	online("bob", "ios", "2", "clients");
	command("SADD " B ":room:x:ever:web:on:ios /d#ann#web-1");
	command("HSET " B ":client:/d#ann#web-1 userId ann");
	command("SADD " B ":quiet:/d#bob#ios-2 r");
	command("GEOADD " B ":geo 1 2 /d#ann#web-1");
	post(OWNER, "/api/auth/push", "{\"room\":\"r\",\"pushData\":{}}");
	command("SADD " B ":ack:1:web /d#ann#web-1");
	command("EVAL %s 0", "for i = 1, 2500 do redis.call('SET', '" B ":filler:' .. i, 1) end");
}

static void untouched(void)
{
	other_end();
	EXPECT("alike", keys("lp:{/d\\*}*"), "1");
	EXPECT("alike", keys("lp:{/dd}*"), "1");
	EXPECT("alike", command_text("EXISTS lp:{/d}"), "1");
}

static void test_clear(void)
{
	static const struct {
		enum api_method method;
		const char *path, *want;
	} rows[] = {
		{API_GET, CLEAR "d", "200 {}"}, {API_POST, CLEAR "%2Fd", "200 {}"},
		{API_POST, CLEAR "none", OPEN}, {API_POST, CLEAR "a%20b", OPEN},
		{API_POST, CLEAR "%2F", OPEN},  {API_POST, CLEAR "e", OPEN},
	};

	full();
	EXPECT("not offline", msg_of(get(ADMIN, CLEAR "d")), OPEN);
	EXPECT("owner", msg_of(get(OWNER, CLEAR "d")), "401 auth error");
	EXPECT("nothing is gone", keys(B ":filler:*"), "2500");
	set_offline();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].path,
		       msg_of(api_request(rows[i].method, ADMIN, rows[i].path, "", "")),
		       rows[i].want);
	EXPECT("all but the settings", keys(B ":*"), "1");
	EXPECT("the settings", command_text("HGET " B ":conf name"), "D");
	EXPECT("listed", command_text("ZSCORE lp:namespaces /d"), "0");
	/* told by the save, the push before it, and by the clear that found clients */
	EXPECT("those connected", command_text("HGET lp:inbox-seq c1.1"), "4");
	EXPECT("still let in", post(OWNER, "/api/auth/login", ""), "200 {}");
	untouched();
}

static void test_flush(void)
{
	full();
	EXPECT("not offline", msg_of(post(ADMIN, FLUSH "d", "")), OPEN);
	set_offline();
	EXPECT("flush", post(ADMIN, FLUSH "d", ""), "200 {}");
	EXPECT("nothing is left", keys(B ":*"), "0");
	EXPECT("not listed", command_text("ZSCORE lp:namespaces /d"), "nil");
	EXPECT("those connected", command_text("HGET lp:inbox-seq c1.1"), "4");
	EXPECT("again", msg_of(post(ADMIN, FLUSH "d", "")), OPEN);
	EXPECT("not let in", msg_of(post(OWNER, "/api/auth/login", "")), "400 namespace not found");
	untouched();
}

/* A connector that has not heard of it yet goes on; nothing of what it says is stored. */
static void test_flush_late(void)
{
	full();
	set_offline();
	EXPECT("flush", get(ADMIN, FLUSH "%2Fd"), "200 {}");
	online("late", "web", "7", "r"); /* refused */
	command("EVAL %s 1 " B " c1.1 /d#ann#web-1 1 lp: 100 r2 r3", script_get("room_join")->text);
	command("EVAL %s 1 " B " c1.1 lp: 100 r4 1 %s /d#ann#web-1 1",
		script_get("room_move")->text, "");
	command("SADD " B ":ack:1:web /d#ann#web-1");
	command("EVAL %s 1 " B " 1 web", script_get("acks")->text);
	command("EVAL %s 1 " B " 1 web /d#ann#web-1", script_get("ack_late")->text);
	command("EVAL %s 1 " B " c1.1 1 5", script_get("delivered")->text);
	EXPECT("nothing", keys(B ":*"), "0");
}

/* What was begun goes on when it is asked for again. */
static void test_flush_broken_off(void)
{
	full();
	set_offline();
	command("UNLINK " B ":conf");
	EXPECT("clear", msg_of(get(ADMIN, CLEAR "d")), OPEN);
	EXPECT("flush", get(ADMIN, FLUSH "d"), "200 {}");
	EXPECT("nothing is left", keys(B ":*"), "0");
	EXPECT("not listed", command_text("ZSCORE lp:namespaces /d"), "nil");
	untouched();
}

static void test_realtime(void)
{
	full();
	EXPECT("", msg_of(post(ADMIN, REALTIME, "{}")), "400 can not find key");
	EXPECT("", msg_of(post(ADMIN, REALTIME, "{\"namespace\":7}")), "400 can not find key");
	EXPECT("", msg_of(post(ADMIN, REALTIME, "{\"namespace\":\"none\"}")), OPEN);
	EXPECT("", msg_of(post(ADMIN, REALTIME, "{\"namespace\":\"/d\"}")), OPEN);
	set_offline();
	EXPECT("", post(ADMIN, REALTIME, "{\"namespace\":\"/d\"}"), "200 {}");
	EXPECT("", get(OWNER, "/api/auth/report/online"),
	       "200 {\"roomCount\":0,\"userCount\":0,\"clientCount\":0,\"totalClientCount\":2}");
	EXPECT("online", keys(B ":room:*:on:*"), "0");
	EXPECT("users", keys(B ":room:*:users"), "0");
	EXPECT("ever", keys(B ":room:*:ever:*"), "4");
	for (size_t i = 0; i < 4; i++) {
		static const char *const gone[] = {"joined:*", "route:*", "node:*", "geo"};
		char pattern[64];

		snprintf(pattern, sizeof(pattern), B ":%s", gone[i]);
		EXPECT(gone[i], keys(pattern), "0");
	}
	EXPECT("messages", keys(B ":msg:*"), "1");
	EXPECT("records", keys(B ":quiet:*"), "1");
	untouched();
}

static void test_legacy(void)
{
	char *answer;

	full();
	EXPECT("", msg_of(post(ADMIN, LEGACY, "{}")), "400 can not find key");
	EXPECT("", msg_of(post(ADMIN, LEGACY, "{\"namespace\":\"d\"}")), OPEN);
	/* seen an hour more and an hour less than 240 h ago */
	command("EVAL %s 0",
		"local now = redis.call('TIME')[1] * 1000 for i = 1, 1000 do "
		"local id, at = '/d#u' .. i .. '#ios-1', now - (i > 700 and 241 or 239) * 3600000 "
		"redis.call('ZADD', '" B ":ever', at, id) "
		"redis.call('ZADD', '" B ":room:big:ever:ios', at, id) "
		"redis.call('ZADD', '" B ":room:user_u' .. i .. ':ever:ios', at, id) "
		"redis.call('HSET', '" B ":client:' .. id, 'userId', 'u' .. i) "
		"redis.call('SADD', '" B ":quiet:' .. id, 'x') end");
	command("ZADD " B ":ever 5 /d#ann#web-1"); /* long connected */
	set_offline();
	answer = lp_xstrdup(post(ADMIN, LEGACY, "{\"namespace\":\"d\"}"));
	CHECK(strncmp(answer, "200 [\"/d#u", 10) == 0);
	EXPECT("700 stay, and two that are online", command_text("ZCARD " B ":ever"), "702");
	EXPECT("in the room", command_text("ZCARD " B ":room:big:ever:ios"), "700");
	EXPECT("own rooms", keys(B ":room:user_u*:ever:ios"), "700");
	EXPECT("records", keys(B ":client:*"), "702");
	EXPECT("quiet", keys(B ":quiet:*"), "701");
	CHECK(strstr(answer, "\"/d#u701#ios-1\"") && strstr(answer, "\"/d#u1000#ios-1\""));
	CHECK(!strstr(answer, "\"/d#u700#ios-1\"") && !strstr(answer, "ann"));
	free(answer);
	EXPECT("again", post(ADMIN, LEGACY, "{\"namespace\":\"/d\"}"), "200 []");
	untouched();
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"/api/admin/namespace/clear/:key", test_clear},
		{"/api/admin/namespace/flush/:key", test_flush},
		{"/api/admin/namespace/flush/:key: late words of a connector", test_flush_late},
		{"/api/admin/namespace/flush/:key: begun before", test_flush_broken_off},
		{"POST /api/admin/namespace/clear-realtime-data", test_realtime},
		{"POST /api/admin/clear-legacy-client", test_legacy},
	};

	return fixture_main("api_clear", tests, COUNT(tests));
}
