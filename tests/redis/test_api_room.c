/* Endpoints about rooms and clients against a real Redis. Tests are named after the endpoint. */
#include "config.h"

#include "common/lp_mem.h"
#include "tests/redis/api_fixture.h"

#define FAR "9999999999999"

/* Clients ever in room r that are not online. */
static void away(const char *platform, int count)
{
	command("EVAL %s 0 " B ":room:r:ever:%s /d#u%%d#%s-%%d %d",
		"for i = 1, tonumber(ARGV[3]) do redis.call('ZADD', ARGV[1], i, "
		"string.format(ARGV[2], i, i)) end",
		platform, platform, count);
}

/* --- POST /api/auth/transfer --- */

#define TRANSFER "/api/auth/transfer"

static void test_transfer_errors(void)
{
	static const char empty[] =
		"400 targetRoom and sourceRooms and type and namespace can not be empty";
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{}", empty},
		{"[]", empty},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\"]}", empty},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[],\"type\":\"join\"}", empty},
		{"{\"targetRoom\":\"\",\"sourceRooms\":[\"r\"],\"type\":\"join\"}", empty},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\"],\"type\":\"\"}", empty},
		{"{\"targetRoom\":\"a b\",\"sourceRooms\":[1],\"type\":\"join\"}",
		 "400 targetRoom invalid"},
		{"{\"targetRoom\":7,\"sourceRooms\":[1],\"type\":\"join\"}",
		 "400 targetRoom invalid"},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\",1],\"type\":\"join\"}",
		 "400 sourceRoom invalid"},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\",\"a b\"],\"type\":\"join\"}",
		 "400 sourceRoom invalid"},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":[\"\"],\"type\":\"join\"}",
		 "400 sourceRoom invalid"},
		{"{\"targetRoom\":\"t\",\"sourceRooms\":{\"a\":\"r\"},\"type\":\"join\"}",
		 "400 sourceRoom invalid"},
	};

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].body, msg_of(post(OWNER, TRANSFER, rows[i].body)), rows[i].want);
	EXPECT("nobody", msg_of(post("", TRANSFER, "{}")), "400 need authorization");
	post(OWNER, "/api/auth/namespace/save", "{\"offline\":\"on\"}");
	EXPECT("offline comes first", msg_of(post(OWNER, TRANSFER, "{}")),
	       "400 this namespace offline");
	EXPECT("inbox", command_text("HGET lp:inbox-seq c1.1"), "2");
}

static void test_transfer_join(void)
{
	fresh();
	other_begin();
	online("ann", "web", "1", "r");
	online("bob", "ios", "2", "s");
	away("android", 600);
	command("ZADD " B ":room:t:ever:android 5 /d#u1#android-1");
	command("HSET " B ":route:s gone.1 1");
	EXPECT("",
	       post(OWNER, TRANSFER,
		    "{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\",\"s\",\"none\",\"t\"],"
		    "\"type\":\"join\"}"),
	       "200 {}");
	/* one entry, though this connector has members of both */
	EXPECT("", command_text("HGET lp:inbox-seq c1.1"), "2");
	EXPECT("entry",
	       command_text("EVAL %s 1 lp:inbox:c1.1",
			    "return table.concat(redis.call('XRANGE', KEYS[1], '2', '2')[1][2], "
			    "' ')"),
	       "k transfer n /d t t j join s [\"r\",\"s\",\"none\",\"t\"]");
	EXPECT("pushes go there from now on", command_text("HGET " B ":route:t c1.1"), "1");
	EXPECT("a dead one's route", command_text("HEXISTS " B ":route:s gone.1"), "0");
	EXPECT("those away", command_text("ZCARD " B ":room:t:ever:android"), "600");
	EXPECT("since when", command_text("ZSCORE " B ":room:t:ever:android /d#u1#android-1"), "5");
	EXPECT("since now", command_text("ZCOUNT " B ":room:t:ever:android 1700000000000 " FAR),
	       "599");
	EXPECT("web", command_text("ZCARD " B ":room:t:ever:web"), "1");
	EXPECT("ios", command_text("ZCARD " B ":room:t:ever:ios"), "1");
	EXPECT("source stays", command_text("ZCARD " B ":room:r:ever:android"), "600");
	other_end();
}

static void test_transfer_leave(void)
{
	fresh();
	other_begin();
	away("android", 600);
	post(OWNER, TRANSFER, "{\"targetRoom\":\"t\",\"sourceRooms\":\"r\",\"type\":\"join\"}");
	command("ZADD " B ":room:t:ever:android 5 /d#x#android-1");
	EXPECT("any other word leaves",
	       post(OWNER, TRANSFER,
		    "{\"targetRoom\":\"t\",\"sourceRooms\":[\"r\"],\"type\":true}"),
	       "200 {}");
	EXPECT("", command_text("ZCARD " B ":room:t:ever:android"), "1");
	EXPECT("", command_text("ZCARD " B ":room:r:ever:android"), "600");
	EXPECT("nobody online", command_text("HGET lp:inbox-seq c1.1"), "1");
	/* out of the room itself */
	EXPECT("",
	       post(OWNER, TRANSFER,
		    "{\"targetRoom\":\"r\",\"sourceRooms\":[\"r\"],\"type\":\"leave\"}"),
	       "200 {}");
	EXPECT("", command_text("ZCARD " B ":room:r:ever:android"), "0");
	other_end();
}

/* --- POST /api/auth/client --- */

#define CLIENT "/api/auth/client"

static void test_client(void)
{
	static const struct {
		const char *body, *want;
	} rows[] = {
		{"{}", "400 param id can not find "},
		{"{\"id\":\"\"}", "400 param id can not find "},
		{"{\"id\":7}", "400 param id can not find "},
		{"{\"id\":\"/e#ann#web-1\"}", "404 client not found"},
		{"{\"id\":\"/e#ann#web-1\",\"mobile\":\"1\"}", "404 client not found"},
		{"{\"id\":\"/d\"}", "404 client not found"},
		{"{\"id\":\"/d#ann\"}", "404 client not found"},
		{"{\"id\":\"/d#ann#web-\"}", "404 client not found"},
		{"{\"id\":\"/d##web-1\"}", "404 client not found"},
		{"{\"id\":\"/d#ann#tv-1\"}", "404 client not found"},
		{"{\"id\":\"/d#a b#web-1\"}", "404 client not found"},
		{"{\"id\":\"/dx#ann#web-1\"}", "404 client not found"},
		{"{\"id\":\"/d#ann#web-1\"}", "200 {}"},
		{"{\"id\":\"/d#a#b#web-#web-1\"}", "200 {}"},
		{"{\"id\":\"/d#ann#web-1\",\"system\":{}}", "400 a field of the client is invalid"},
		{"{\"id\":\"/d#ann#web-1\",\"longitude\":181}",
		 "400 a field of the client is invalid"},
		{"{\"id\":\"/d#ann#web-1\",\"latitude\":\"nan\"}",
		 "400 a field of the client is invalid"},
		{"{\"id\":\"/d#ann#web-1\",\"latitude\":\"5x\"}",
		 "400 a field of the client is invalid"},
	};

	fresh();
	other_begin();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].body, msg_of(post(OWNER, CLIENT, rows[i].body)), rows[i].want);
	EXPECT("nothing was stored", command_text("EXISTS " B ":client:/d#ann#web-1"), "0");
	EXPECT("set",
	       post(OWNER, CLIENT,
		    "{\"id\":\"/d#ann#web-1\",\"device_token\":\"T\",\"mobile\":123,"
		    "\"leaveMessage\":false,\"longitude\":8.5,\"latitude\":\"47.4\","
		    "\"userId\":\"u\",\"nspName\":\"n\",\"system\":\"s\",\"other\":1}"),
	       "204 ");
	EXPECT("offline: no place", command_text("EXISTS " B ":geo"), "0");
	EXPECT("form",
	       api_request(API_POST, OWNER, CLIENT, "application/x-www-form-urlencoded",
			   "id=/d%23ann%23web-1&mobile=&leaveMessage=true"),
	       "204 ");
	EXPECT("get", post(OWNER, CLIENT, "{\"id\":\"/d#ann#web-1\",\"mobile\":null}"),
	       "200 {\"device_token\":\"T\",\"system\":\"s\",\"leaveMessage\":\"true\","
	       "\"userId\":\"u\",\"nspName\":\"n\",\"longitude\":\"8.5\",\"latitude\":\"47.4\"}");
	other_end();
}

/* A token for each provider that is named, ten of them. */
static void test_client_tokens(void)
{
	static const char record[] = B ":client:/d#ann#web-1";
	struct lp_buf text = {0};

	fresh();
	EXPECT("an object",
	       post(OWNER, CLIENT,
		    "{\"id\":\"/d#ann#web-1\",\"push_provider\":\"web\","
		    "\"device_token\":{\"endpoint\":\"https://x\"}}"),
	       "204 ");
	lp_buf_addf(&text, "HGET %s device_token:web", record);
	EXPECT("", command_text(text.data), "{\"endpoint\":\"https://x\"}");
	for (int i = 1; i <= 10; i++) {
		lp_buf_reset(&text);
		lp_buf_addf(&text,
			    "{\"id\":\"/"
			    "d#ann#web-1\",\"push_provider\":\"p%d\",\"device_token\":\"t\"}",
			    i);
		EXPECT(text.data, msg_of(post(OWNER, CLIENT, text.data)),
		       i < 10 ? "204 " : "400 too many tokens");
	}
	EXPECT("one that is there",
	       post(OWNER, CLIENT,
		    "{\"id\":\"/d#ann#web-1\",\"push_provider\":\"p1\",\"device_token\":\"u\"}"),
	       "204 ");
	EXPECT("away",
	       post(OWNER, CLIENT,
		    "{\"id\":\"/d#ann#web-1\",\"push_provider\":\"web\",\"device_token\":\"\"}"),
	       "204 ");
	lp_buf_reset(&text);
	lp_buf_addf(&text, "HLEN %s", record);
	EXPECT("", command_text(text.data), "9");
	EXPECT("a name that can not be",
	       msg_of(post(OWNER, CLIENT,
			   "{\"id\":\"/d#ann#web-1\",\"push_provider\":\"\\u0000\","
			   "\"device_token\":\"t\"}")),
	       "400 a field of the client is invalid");
	EXPECT("no name",
	       msg_of(post(OWNER, CLIENT,
			   "{\"id\":\"/d#ann#web-1\",\"push_provider\":[],"
			   "\"device_token\":\"t\"}")),
	       "400 a field of the client is invalid");
	lp_buf_clear(&text);
}

/* The place of a client is known while it is online. */
static void test_client_place(void)
{
	fresh();
	online("ann", "web", "1", "r");
	EXPECT("half", post(OWNER, CLIENT, "{\"id\":\"/d#ann#web-1\",\"longitude\":8.5}"), "204 ");
	EXPECT("", command_text("EXISTS " B ":geo"), "0");
	EXPECT("whole", post(OWNER, CLIENT, "{\"id\":\"/d#ann#web-1\",\"latitude\":90}"), "204 ");
	EXPECT("", command_text("ZCARD " B ":geo"), "1");
	EXPECT("away", post(OWNER, CLIENT, "{\"id\":\"/d#ann#web-1\",\"latitude\":\"\"}"), "204 ");
	EXPECT("", command_text("EXISTS " B ":geo"), "0");
}

/* --- POST /api/auth/room-apns, room-leave-message --- */

#define APNS  "/api/auth/room-apns"
#define LEAVE "/api/auth/room-leave-message"

static void test_room_apns(void)
{
	fresh();
	other_begin();
	away("ios", 600);
	away("android", 3);
	EXPECT("", msg_of(post(OWNER, APNS, "{}")), "400 can not find room");
	EXPECT("", msg_of(post(OWNER, APNS, "{\"room\":[\"r\"]}")), "400 can not find room");
	EXPECT("", msg_of(post(OWNER, APNS, "{\"room\":\"r\",\"add\":[1]}")), "400 room invalid");
	EXPECT("", msg_of(post(OWNER, APNS, "{\"room\":\"r\",\"remove\":[\"a b\"]}")),
	       "400 room invalid");
	EXPECT("nothing", post(OWNER, APNS, "{\"room\":\"r\"}"), "200 {}");
	EXPECT("", command_text("EVAL %s 0", "return #redis.call('KEYS', '" B ":quiet:*')"), "0");
	EXPECT("add", post(OWNER, APNS, "{\"room\":\"r\",\"add\":[\"r\",\"x\"]}"), "200 {}");
	EXPECT("", command_text("EVAL %s 0", "return #redis.call('KEYS', '" B ":quiet:*')"), "600");
	EXPECT("both", post(OWNER, APNS, "{\"room\":\"r\",\"add\":\"y\",\"remove\":[\"r\"]}"),
	       "200 {}");
	EXPECT("", command_text("SCARD " B ":quiet:/d#u600#ios-600"), "2");
	EXPECT("", command_text("SISMEMBER " B ":quiet:/d#u1#ios-1 r"), "0");
	EXPECT("", command_text("SISMEMBER " B ":quiet:/d#u1#ios-1 y"), "1");
	EXPECT("nobody was there", post(OWNER, APNS, "{\"room\":\"none\",\"add\":[\"r\"]}"),
	       "200 {}");
	other_end();
}

static void test_room_leave_message(void)
{
	fresh();
	other_begin();
	away("web", 1);
	away("ios", 600);
	away("android", 600);
	EXPECT("", msg_of(post(OWNER, LEAVE, "{\"leaveMessage\":true}")), "400 can not find room");
	EXPECT("on", post(OWNER, LEAVE, "{\"room\":\"r\",\"leaveMessage\":true}"), "200 {}");
	EXPECT("", command_text("EVAL %s 0", "return #redis.call('KEYS', '" B ":client:*')"),
	       "1201");
	EXPECT("", command_text("HGET " B ":client:/d#u600#ios-600 leaveMessage"), "true");
	EXPECT("off",
	       api_request(API_POST, OWNER, LEAVE, "application/x-www-form-urlencoded",
			   "room=r&leaveMessage=false"),
	       "200 {}");
	EXPECT("", command_text("HGET " B ":client:/d#u600#android-600 leaveMessage"), "false");
	EXPECT("", command_text("HGET " B ":client:/d#u1#web-1 leaveMessage"), "false");
	other_end();
}

/* --- GET /api/auth/report/online, with more than one page --- */

static void test_report_long(void)
{
	static const char url[] = "/api/auth/report/online?room=r&room=user_me&detail=1";
	char *answer;
	size_t clients = 0;

	fresh();
	online("me", "web", "1", "s");
	command("EVAL %s 0",
		"for i = 1, 2500 do redis.call('SADD', '" B ":room:r:on:web', '/d#u' "
		".. i .. '#web-1') redis.call('HSET', '" B ":room:r:users', 'u' .. i, 1) end");
	answer = lp_xstrdup(get(OWNER, url));
	EXPECT("count", member(answer, 0, "clientCount"), "2500");
	EXPECT("too many", member(answer, 0, "client"), "-");
	EXPECT("too many", member(answer, 0, "user"), "-");
	EXPECT("own", member(answer, 1, "user"), "[\"me\"]");
	free(answer);
	fixture.settings.report_online_list_max_limit = 2500;
	answer = lp_xstrdup(get(OWNER, url));
	for (const char *p = answer; (p = strstr(p, "\"/d#u")); p++)
		clients++;
	CHECK(clients == 2500);
	CHECK(strstr(answer, "\"u2500\"") != NULL);
	free(answer);
	fixture.settings.report_online_list_max_limit = 1000;
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"POST /api/auth/transfer: errors", test_transfer_errors},
		{"POST /api/auth/transfer: join", test_transfer_join},
		{"POST /api/auth/transfer: leave", test_transfer_leave},
		{"POST /api/auth/client", test_client},
		{"POST /api/auth/client: place", test_client_place},
		{"tokens of providers", test_client_tokens},
		{"POST /api/auth/room-apns", test_room_apns},
		{"POST /api/auth/room-leave-message", test_room_leave_message},
		{"GET /api/auth/report/online: long lists", test_report_long},
	};

	return fixture_main("api_room", tests, COUNT(tests));
}
