/* Sending clients away, against a real Redis. */
#include "config.h"

#include "common/store/script.h"
#include "tests/redis/api_fixture.h"

#define KICK "/api/auth/client/disconnect"

/* The last entry of the connector's inbox, its fields and values. */
static const char *entry(void)
{
	return command_text(
		"EVAL %s 1 lp:inbox:c1.1",
		"return table.concat(redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', "
		"1)[1][2], ' ')");
}

static const char *register_again(const char *flags, const char *user, const char *uuid)
{
	char id[64];

	snprintf(id, sizeof(id), "/d#%s#web-%s", user, uuid);
	return command_text("EVAL %s 1 " B " c1.1 lp: 100 %s %s 5 %s web %s %s",
			    script_get("client_on")->text, flags, id, user, "", "");
}

static void test_errors(void)
{
	static const struct {
		const char *body, *msg, *field;
	} rows[] = {
		{"{}", "400 id, userid or room can not be empty", "\"id\""},
		{"{\"id\":\"\"}", "400 id, userid or room can not be empty", "\"id\""},
		{"{\"id\":\"/d#a#web-1\",\"room\":\"r\"}", "400 only one of id, userid and room",
		 "\"room\""},
		{"{\"id\":\"/e#a#web-1\"}", "400 id invalid", "\"id\""},
		{"{\"userid\":\"a b\"}", "400 userid invalid", "\"userid\""},
		{"{\"userid\":[\"a\"]}", "400 userid invalid", "\"userid\""},
		{"{\"room\":\"a b\"}", "400 room invalid", "\"room\""},
		{"{\"room\":\"r\",\"reason\":[]}", "400 reason must be a text of at most 500 bytes",
		 "\"reason\""},
		{"{\"room\":\"r\",\"retry_after\":-1}",
		 "400 retry_after must be seconds, at most a year", "\"retry_after\""},
		{"{\"room\":\"r\",\"retry_after\":1.5}",
		 "400 retry_after must be seconds, at most a year", "\"retry_after\""},
		{"{\"room\":\"r\",\"retry_after\":31536001}",
		 "400 retry_after must be seconds, at most a year", "\"retry_after\""},
		{"{\"room\":\"r\",\"retry_after\":true}",
		 "400 retry_after must be seconds, at most a year", "\"retry_after\""},
	};

	fresh();
	online("ann", "web", "1", "r");
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(rows[i].body, msg_of(post(OWNER, KICK, rows[i].body)), rows[i].msg);
		EXPECT(rows[i].body, member(post(OWNER, KICK, rows[i].body), 0, "field"),
		       rows[i].field);
		EXPECT("slug", member(post(OWNER, KICK, rows[i].body), 0, "error"),
		       "\"param_invalid\"");
	}
	EXPECT("told nobody", command_text("HGET lp:inbox-seq c1.1"), "1");
	EXPECT("refuses nobody", command_text("EXISTS " B ":kicked:/d#ann#web-1"), "0");
}

static void test_by_id(void)
{
	fresh();
	other_begin();
	online("ann", "web", "1", "r");
	online("ann", "ios", "2", "r");
	EXPECT("not online", post(OWNER, KICK, "{\"id\":\"/d#bob#web-1\"}"),
	       "200 {\"disconnected\":0}");
	EXPECT("", post(OWNER, KICK, "{\"id\":\"/d#ann#web-1\",\"reason\":\"\\\"so\\\"\"}"),
	       "200 {\"disconnected\":1}");
	EXPECT("", entry(),
	       "k expel n /d c [\"\\/d#ann#web-1\",\"1\"] e "
	       "[\"kicked\",{\"reason\":\"\\\"so\\\"\",\"retry_after\":0}]");
	EXPECT("not refused", register_again("", "ann", "1"), "DONE");
	post(OWNER, KICK, "{\"id\":\"/d#ann#web-1\",\"retry_after\":\"60\"}");
	EXPECT("refused", register_again("", "ann", "1"), "kicked, retry after 60 s");
	EXPECT("the other device is not", register_again("", "ann", "2"), "DONE");
	/* what it was sent away with stays until it is changed */
	post(OWNER, KICK, "{\"id\":\"/d#ann#web-1\"}");
	EXPECT("", register_again("", "ann", "1"), "kicked, retry after 60 s");
	/* accepted before it was sent away, by a connector that did not hear of it */
	EXPECT("again", register_again("1", "ann", "1"), "DONE");
	EXPECT("", entry(),
	       "k expel n /d c [\"\\/d#ann#web-1\",\"5\"] e "
	       "[\"kicked\",{\"reason\":\"\",\"retry_after\":60}]");
	post(OWNER, KICK, "{\"id\":\"/d#ann#web-1\",\"retry_after\":0}");
	EXPECT("again", register_again("", "ann", "1"), "DONE");
	other_end();
}

static void test_by_user(void)
{
	fresh();
	other_begin();
	online("ann", "web", "1", "r");
	online("ann", "ios", "2", "r");
	online("bob", "web", "3", "user_ann");
	EXPECT("", post(OWNER, KICK, "{\"userid\":\"ann\",\"retry_after\":9}"),
	       "200 {\"disconnected\":2}");
	EXPECT("whoever comes as that user", register_again("", "ann", "9"),
	       "kicked, retry after 9 s");
	EXPECT("not who is in its room", register_again("", "bob", "3"), "DONE");
	EXPECT("a user that is not here",
	       post(OWNER, KICK, "{\"userid\":\"eve\",\"retry_after\":9}"),
	       "200 {\"disconnected\":0}");
	EXPECT("", register_again("", "eve", "9"), "kicked, retry after 9 s");
	command("EVAL %s 1 " B, "for _, k in ipairs(redis.call('KEYS', KEYS[1] .. ':kicked:*')) do "
				"redis.call('PEXPIRE', k, 1) end");
	command("BLPOP none 0.05");
	EXPECT("over", register_again("", "eve", "9"), "DONE");
	other_end();
}

static void test_by_room(void)
{
	fresh();
	other_begin();
	command("EVAL %s 1 " B, "for i = 1, 3000 do local id = '/d#u' .. i .. '#web-' .. i "
				"redis.call('SADD', KEYS[1] .. ':room:r:on:web', id) "
				"redis.call('HSET', KEYS[1] .. ':clients', id, (i % 2 == 0 and "
				"'c1.1/' or 'gone.1/') "
				".. i .. '/' .. #('u' .. i)) end");
	online("ann", "ios", "2", "r");
	EXPECT("those that a connector holds",
	       post(OWNER, KICK, "{\"room\":\"r\",\"retry_after\":60}"),
	       "200 {\"disconnected\":1501}");
	EXPECT("each is refused", register_again("", "u7", "7"), "kicked, retry after 60 s");
	EXPECT("as a client", register_again("", "u7", "8"), "DONE");
	EXPECT("each was told once",
	       command_text("EVAL %s 1 lp:inbox:c1.1",
			    "local seen, n = {}, 0 "
			    "for _, e in ipairs(redis.call('XRANGE', KEYS[1], '2', '+')) do "
			    "local list = cjson.decode(e[2][6]) "
			    "for i = 1, #list, 2 do if not seen[list[i]] then n = n + 1 end "
			    "seen[list[i]] = true end end return n"),
	       "1501");
	EXPECT("an empty one", post(OWNER, KICK, "{\"room\":\"none\"}"),
	       "200 {\"disconnected\":0}");
	other_end();
	post(OWNER, "/api/auth/namespace/save", "{\"offline\":\"on\"}");
	EXPECT("", get(ADMIN, "/api/admin/namespace/flush/d"), "200 {}");
	EXPECT("gone with the namespace",
	       command_text("EVAL %s 0", "return #redis.call('KEYS', '" B "*')"), "0");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"errors", test_errors},
		{"by id", test_by_id},
		{"by user", test_by_user},
		{"by room", test_by_room},
	};

	return fixture_main("api kick", tests, COUNT(tests));
}
