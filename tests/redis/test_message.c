/* The scripts that accept messages and count what becomes of them, against a real Redis. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/script.h"
#include "tests/redis/script_calls.h"

#define B "lp:{/d}"
/* id of a client of the namespace /d */
#define ANN "/d#ann#web-1"

static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
}

/* --- pushes --- */

/* What a connector asks for knows no revision of the settings, but a namespace must be there. */
static void test_push(void)
{
#define PUSH(rev)                                                                                  \
	"push", B, "lp:", rev, "10", "10", "10", "", "", "600", "1", "0", "news", "", "", "0",     \
		"3600", leave, "[1", "", "2", "from", "x"
	const char *leave = "";
	char day[24], key[64];

	EXPECT("FLUSHALL", "OK");
	CALL("ERR GONE", PUSH(""));
	EXPECT("HSET " B ":conf rev 7", "1");
	CALL("ERR STALE", PUSH("6"));
	CALL("1", PUSH(""));
	CALL("2", PUSH("7"));
	EXPECT("HMGET " B ":msg:1 id room from", "1 news x");
	EXPECT("EXISTS lp:offline", "0");
	leave = "1";
	CALL("3", PUSH(""));
	EXPECT("XLEN lp:offline", "1");
	CALL("-1", PUSH(""));
	leave = "";
	EXPECT("HSET " B ":conf offline on", "1");
	CALL("ERR OFFLINE", PUSH(""));
	/* counted under the time that the record has */
	snprintf(day, sizeof(day), "%lld",
		 strtoll(command("HGET " B ":msg:1 sendDate"), NULL, 10) / 86400000);
	snprintf(key, sizeof(key), "TTL " B ":stat:%s", day);
	EXPECT(key, "3456000");
	snprintf(key, sizeof(key), "TTL " B ":stat-minute:%s", day);
	EXPECT(key, "691200");
#undef PUSH
}

/* --- acks --- */

static void message(const char *id, const char *more)
{
	freeReplyObject(redisCommand(redis, "DEL " B ":msg:%s", id));
	freeReplyObject(
		redisCommand(redis, "HSET " B ":msg:%s room x sendDate 5000 ackCount 0", id));
	if (more)
		freeReplyObject(redisCommand(redis, "HSET " B ":msg:%s except %s", id, more));
	freeReplyObject(redisCommand(redis, "PEXPIRE " B ":msg:%s 60000", id));
}

static void test_acks(void)
{
	fresh();
	message("1", NULL);
	message("2", NULL);
	EXPECT("SADD " B ":ack:1:web " ANN " w2", "2");
	EXPECT("SADD " B ":ack:9:web " ANN, "1");
	EXPECT("SADD " B ":ack:2:ios i1 i2", "2");
	CALL("0", "acks", B, "1", "web", "9", "web", "2", "ios");
	EXPECT("HMGET " B ":msg:1 ackCount ackWebCount ackIOSCount", "2 2 nil");
	EXPECT("HMGET " B ":msg:2 ackCount ackIOSCount", "2 2");
	EXPECT("EXISTS " B ":ack:9:web " B ":msg:9", "0");
	EXPECT("HMGET " B ":stat:0 w0 i0", "2 2");
	/* again, with one that is new */
	EXPECT("SADD " B ":ack:1:web " ANN " w2 w3", "1");
	EXPECT("SADD " B ":ack:1:android d1", "1");
	CALL("0", "acks", B, "1", "web", "1", "android", "1", "web", "2", "ios");
	EXPECT("HMGET " B ":msg:1 ackCount ackWebCount ackAndroidCount", "1 3 4");
	EXPECT("HMGET " B ":msg:2 ackCount ackIOSCount", "2 2");
	EXPECT("HMGET " B ":stat:0 w0 i0 a0", "1 2 3");
	CU_ASSERT(atoi(command("PTTL " B ":ack:1:web")) > 50000);
	CU_ASSERT(atoi(command("PTTL " B ":ack:1:web")) <= 60000);
	CU_ASSERT(atoi(command("PTTL " B ":ack:1:android")) > 50000);
}

static void test_ack_late(void)
{
	fresh();
	EXPECT("ZADD " B ":room:x:ever:web 4999 old 5000 then 5001 new", "3");
	message("1", NULL);
	message("2", "old");
	CALL("1", "ack_late", B, "1", "web", "old");
	CALL("0", "ack_late", B, "1", "web", "old");
	CALL("1", "ack_late", B, "1", "web", "then");
	CALL("0", "ack_late", B, "1", "web", "new");
	CALL("0", "ack_late", B, "1", "web", "never");
	CALL("0", "ack_late", B, "1", "ios", "old");
	CALL("0", "ack_late", B, "2", "web", "old");
	CALL("0", "ack_late", B, "3", "web", "old");
	EXPECT("HMGET " B ":msg:1 ackCount ackWebCount", "2 2");
	EXPECT("EXISTS " B ":ack:2:web " B ":ack:3:web", "0");
}

static void test_delivered(void)
{
	fresh();
	message("1", NULL);
	CALL("1", "delivered", B, "a.1", "1", "5/3/2", "2", "5/0/0");
	CALL("1", "delivered", B, "b.2", "1", "0/3/0");
	CALL("1", "delivered", B, "a.1", "1", "7/3/2");
	CALL("1", "delivered", B, "a.1", "1", "7/3/3");
	CALL("1", "delivered", B, "a.1", "1", "7/3/3");
	EXPECT("HMGET " B ":msg:1 @a.1 @b.2", "0/3/0 7/3/3");
	EXPECT("EXISTS " B ":msg:2", "0");
	/* sent at 5 s: all of it in the first minute */
	EXPECT("HGETALL " B ":stat:0", "16 o0");
	EXPECT("HGETALL " B ":stat-minute:0", "16 o0");
}

/* What comes of a message is counted when that was sent, on its day in UTC. */
static void test_stat(void)
{
	fresh();
	message("1", NULL);
	EXPECT("HSET " B ":msg:1 sendDate 1795564799999", "0");
	EXPECT("SADD " B ":ack:1:web w1 w2", "2");
	CALL("0", "acks", B, "1", "web");
	CALL("0", "acks", B, "1", "web");
	EXPECT("SADD " B ":ack:1:ios i1", "1");
	EXPECT("SADD " B ":ack:1:android a1 a2", "2");
	CALL("0", "acks", B, "1", "ios", "1", "android");
	EXPECT("HGETALL " B ":stat:20781", "1 2 2 a95 i95 w95");
	EXPECT("HGETALL " B ":stat-minute:20781", "1 2 2 a1439 i1439 w1439");
	EXPECT("HSET " B ":msg:1 sendDate 1795564800000", "0");
	EXPECT("SADD " B ":ack:1:web w3", "1");
	CALL("0", "acks", B, "1", "web");
	EXPECT("HGETALL " B ":stat:20782", "1 w0");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"push", test_push},           {"acks", test_acks}, {"ack late", test_ack_late},
		{"delivered", test_delivered}, {"stat", test_stat},
	};

	return script_tests("message", tests, COUNT(tests));
}
