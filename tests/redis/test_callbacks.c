/* The scripts of the business system's callbacks, against a real Redis. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/store/script.h"
#include "tests/redis/script_calls.h"
#include "tests/redis/script_cast.h"

static int reap(const char *owner, const char *force)
{
	int calls = 0;

	while (atoi(call("node_reap", NODES, "lp:", owner, "2", force, "100", "3", NULL)) == 1)
		calls++;
	return calls;
}

static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
}

#define STREAM "lp:callbacks"
#define ASKING(flags, client, serial, query)                                                       \
	"client_on", B, "a.1", "lp:", "1000", flags, client, serial, "ann", "web", "", query,      \
		"user_ann"

/* What must be known first is said, and nothing is changed. */
static void test_needs(void)
{
	fresh();
	EXPECT("HSET " B ":conf connect_callback http://x callback_auth secret", "2");
	CALL("     http://x secret", ASKING("", ANN, "1", ""));
	EXPECT("KEYS *", B ":conf");
	CALL("DONE", ASKING("a", ANN, "1", ""));
	EXPECT("EXISTS " B ":queries", "0");
	EXPECT("HSET " B ":conf disconnect_callback http://y", "1");
	CALL("    1 http://x secret", ASKING("", ANN, "2", ""));
	CALL("     1 secret", ASKING("a", ANN, "2", ""));
	EXPECT("HGET " B ":clients " ANN, "a.1/1/3");
	CALL("DONE", ASKING("a", ANN, "2", "q=1"));
	EXPECT("HGET " B ":queries " ANN, "q=1");
	/* accepted before: nothing is asked */
	CALL("DONE", ASKING("1", ANN, "2", ""));
	/* a connection that lives is not replaced, asked or not */
	CALL("CONFLICT", ASKING("ra", ANN, "3", "q=2"));
	EXPECT("HGET " B ":queries " ANN, "q=1");
}

/* A token is verified before anything else; who only that knows is nobody before. */
static void test_needs_token(void)
{
	const char *need;

	fresh();
	EXPECT("HSET " B ":conf rev 7", "1");
	CALL("uuid invalid", ASKING("p", "/d#-#web--", "1", ""));
	EXPECT("HSET " B ":conf connect_auth jwt jwt_keys [{}] connect_callback http://x", "3");
	need = call(ASKING("p", "/d#-#web--", "1", ""), NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(need, " 7 [{}] http://x"));
	EXPECT("EXISTS " B ":clients", "0");
	CALL("      http://x", ASKING("t", ANN, "2", ""));
	CALL("DONE", ASKING("ta", ANN, "2", ""));
	CALL("DONE", ASKING("1", ANN, "2", ""));
	/* and when one is to be refreshed */
	need = call("token_keys", B, NULL);
	CU_ASSERT_PTR_NOT_NULL(strstr(need, " 7 [{}]"));
	EXPECT("HDEL " B ":conf connect_auth", "1");
	CALL("-", "token_keys", B);
}

/* The fields of the stream's entries from the oldest on, one command's worth. */
static const char *callbacks(void)
{
	return command("XRANGE " STREAM " - +");
}

static void test_gone(void)
{
	char *first;

	fresh();
	EXPECT("HSET " B ":conf disconnect_callback http://y", "1");
	CALL("DONE", ASKING("", ANN, "1", "q=1"));
	CALL("DONE", ASKING("", "/d#ann#web-2", "2", "q=2"));
	/* replaced: it is still there */
	CALL("DONE", ASKING("", ANN, "3", "q=3"));
	CALL("0", OFF("a.1", ANN, "1", "user_ann", ""));
	EXPECT("EXISTS " STREAM, "0");
	CALL("1", OFF("a.1", ANN, "3", "user_ann", ""));
	first = lp_xstrdup(callbacks());
	CU_ASSERT_PTR_NOT_NULL(strstr(first, "q=3"));
	CU_ASSERT_PTR_NOT_NULL(strstr(first, ANN));
	/* twice is once */
	CALL("0", OFF("a.1", ANN, "3", "user_ann", ""));
	EXPECT("XLEN " STREAM, "1");
	free(first);
	/* its connector died; it was the user's last */
	EXPECT("ZADD lp:nodes 5 a.1", "1");
	reap("a.1", "");
	EXPECT("XLEN " STREAM, "2");
	EXPECT("EXISTS " B ":queries", "0");
	/* nobody wants to hear of it any more */
	CALL("DONE", ASKING("", ANN, "4", "q=4"));
	EXPECT("HDEL " B ":conf disconnect_callback", "1");
	CALL("1", OFF("a.1", ANN, "4", "user_ann", "1"));
	EXPECT("XLEN " STREAM, "2");
	EXPECT("EXISTS " B ":queries", "0");
}

static void test_last_of_user(void)
{
	static const char flag[] = "EVAL %s 0";
	static const char script[] = "local f = redis.call('XREVRANGE','" STREAM
				     "','+','-','COUNT',1)[1][2] for i=1,#f,2 do if f[i]=='u' "
				     "then return f[i+1] end end";

	fresh();
	EXPECT("HSET " B ":conf disconnect_callback http://y", "1");
	CALL("DONE", ASKING("", ANN, "1", "q=1"));
	CALL("DONE", ASKING("", "/d#ann#web-2", "2", "q=2"));
	CALL("1", OFF("a.1", ANN, "1", "user_ann", ""));
	expect_at(__LINE__, line_of(redisCommand(redis, flag, script)), "-", "the first");
	CALL("1", OFF("a.1", "/d#ann#web-2", "2", "user_ann", "1"));
	expect_at(__LINE__, line_of(redisCommand(redis, flag, script)), "1", "the last");
}

static void test_too_many(void)
{
	fresh();
	EXPECT("HSET " B ":conf disconnect_callback http://y", "1");
	EXPECT("XADD " STREAM " 1-0 n /d", "1-0");
	EXPECT("ZADD lp:callbacks-later 9999999999999 x", "1");
	CALL("DONE", ASKING("", ANN, "1", "q=1"));
	CALL("1", OFF("a.1", ANN, "1", "user_ann", "1"));
	EXPECT("XLEN " STREAM, "2");
	CALL("DONE", ASKING("", ANN, "2", "q=1"));
	CALL("1", OFF("a.1", ANN, "2", "user_ann", "1"));
	EXPECT("XLEN " STREAM, "2");
	EXPECT("GET lp:callbacks-lost", "1");
	CALL("0 1", "callback_due", "lp:callbacks-later", "lp:", "10");
}

/* One entry as if it had been queued at that time (ms), given to a worker. */
static void given(const char *id)
{
	char text[128];

	fresh();
	snprintf(text, sizeof(text), "XADD " STREAM " %s n /d c " ANN " q q=1 u 1", id);
	EXPECT(text, id);
	EXPECT("XGROUP CREATE " STREAM " worker 0", "OK");
	command("XREADGROUP GROUP worker w STREAMS " STREAM " >");
}

static void test_failed(void)
{
	static const char newest[] =
		"return redis.call('XREVRANGE','" STREAM "','+','-','COUNT',1)[1][1]";

	given("9999999999999-0");
	/* far from over: each pause is twice the one before, up to a minute */
	for (int i = 0; i < 8; i++) {
		static const char *const pauses[] = {"1000",  "2000",  "4000",  "8000",
						     "16000", "32000", "60000", "60000"};
		char id[32];

		snprintf(id, sizeof(id), "%.31s",
			 line_of(redisCommand(redis, "EVAL %s 0", newest)));
		CALL(pauses[i], "callback_failed", STREAM, "lp:", id, "300000", "status 500");
		CALL("-1", "callback_failed", STREAM, "lp:", id, "300000", "status 500");
		EXPECT("XLEN " STREAM, "0");
		EXPECT("XPENDING " STREAM " worker", "0 nil nil nil");
		EXPECT("ZCARD lp:callbacks-later", "1");
		CALL("0 0", "callback_due", "lp:callbacks-later", "lp:", "10");
		line_of(redisCommand(redis, "EVAL %s 0",
				     "redis.call('ZADD','lp:callbacks-later',1,"
				     "redis.call('ZRANGE','lp:callbacks-later',0,0)[1])"));
		CALL("0 1", "callback_due", "lp:callbacks-later", "lp:", "10");
		EXPECT("ZCARD lp:callbacks-later", "0");
		CU_ASSERT_PTR_NOT_NULL(strstr(callbacks(), "9999999999999-0"));
	}
}

static void test_given_up(void)
{
	/* queued long ago */
	given("1000-0");
	CALL("0", "callback_failed", STREAM, "lp:", "1000-0", "300000", "status 500");
	EXPECT("LLEN " B ":dead-callbacks", "1");
	EXPECT("EXISTS lp:callbacks-later", "0");
	CU_ASSERT_PTR_NOT_NULL(strstr(command("LINDEX " B ":dead-callbacks 0"), "status 500"));
	CALL("0 1", "callback_replay", B, "0", "10", "1-1");
	CALL("0 0", "callback_replay", B, "1", "10", "1000-0");
	CALL("1 1", "callback_replay", B, "0", "10", "1000-0");
	EXPECT("EXISTS " B ":dead-callbacks", "0");
	CU_ASSERT_PTR_NOT_NULL(strstr(callbacks(), "1000-0"));
	CALL("0 0", "callback_replay", B, "0", "10");
	/* not tried at all, for want of a place: its time begins anew */
	given("1000-0");
	CALL("1000", "callback_failed", STREAM, "lp:", "1000-0", "300000", "");
	EXPECT("ZCARD lp:callbacks-later", "1");
}

/* Page by page, in the order in which they had happened. */
static void test_replay(void)
{
	static const char push[] =
		"for i = 1, 5 do redis.call('LPUSH', '" B ":dead-callbacks', "
		"cjson.encode({ e = i .. '-0', n = '/d', c = 'c', q = '', u = '' })) end";
	static const char order[] =
		"local ids = {} for _, entry in ipairs(redis.call('XRANGE', '" STREAM
		"', '-', '+')) do for i = 1, #entry[2], 2 do if entry[2][i] == 'e' then "
		"ids[#ids + 1] = entry[2][i + 1] end end end "
		"return table.concat(ids, ' ')";

	fresh();
	line_of(redisCommand(redis, "EVAL %s 0", push));
	CALL("2 2", "callback_replay", B, "0", "2");
	CALL("1 2", "callback_replay", B, "0", "2", "4-0");
	CALL("0 1", "callback_replay", B, "1", "2", "3-0");
	EXPECT("LLEN " B ":dead-callbacks", "2");
	CALL("2 2", "callback_replay", B, "0", "2");
	expect_at(__LINE__, line_of(redisCommand(redis, "EVAL %s 0", order)), "1-0 2-0 4-0 3-0 5-0",
		  "in order");
	EXPECT("DEL " B ":conf", "1");
	CALL("ERR GONE", "callback_replay", B, "0", "2");
}

/* While it was under way its namespace was flushed: nothing is kept of that. */
static void test_flushed(void)
{
	static const char *const ids[] = {"1000-0", "9999999999999-0"};

	for (size_t i = 0; i < COUNT(ids); i++) {
		given(ids[i]);
		EXPECT("DEL " B ":conf", "1");
		CALL("-1", "callback_failed", STREAM, "lp:", ids[i], "300000", "status 500");
		EXPECT("KEYS " B ":*", "-");
		EXPECT("EXISTS lp:callbacks-later", "0");
		EXPECT("XLEN " STREAM, "0");
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"needs", test_needs},       {"needs token", test_needs_token},
		{"gone", test_gone},         {"last of user", test_last_of_user},
		{"too many", test_too_many}, {"failed", test_failed},
		{"given up", test_given_up}, {"replay", test_replay},
		{"flushed", test_flushed},
	};

	return script_tests("callbacks", tests, COUNT(tests));
}
