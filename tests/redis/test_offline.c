/* The scripts of offline delivery, on a real Redis. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/store/script.h"
#include "tests/redis/script_calls.h"

#define B    "lp:{/d}"
#define LIFE "w.1"
/* ids of clients of the namespace /d, all ever in the room r */
#define ANN "/d#ann#android-1"
#define BOB "/d#bob#android-2"
#define IOS "/d#ann#ios-3"
#define WEB "/d#eve#web-4"

/* Message 7 to the room r, sent at 1000, with the four clients in it; sent "now" for lives. */
static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
	EXPECT("HSET " B
	       ":msg:7 id 7 room r sendDate 1000 pushData {\"n\":1} @a.1 3 leaveMessage true",
	       "6");
	EXPECT("PEXPIRE " B ":msg:7 600000", "1");
	EXPECT("ZADD " B ":room:r:ever:android 500 " ANN " 600 " BOB, "2");
	EXPECT("ZADD " B ":room:r:ever:ios 500 " IOS, "1");
	EXPECT("ZADD " B ":room:r:ever:web 500 " WEB, "1");
	EXPECT("HSET " B ":client:" IOS " userId ann device_token t1", "2");
	call("worker_renew", "lp:workers", LIFE, "10000", NULL);
}

/*
 * A page of a platform for message 7, in the call of that number: "<cursor> <stored>", " due" when
 * something waits, and the devices to send to with their tokens.
 */
static const char *slice(const char *life, const char *platform, const char *number,
			 const char *cancel)
{
	static char text[500];
	redisReply *r =
		redisCommand(redis, "EVAL %s 1 " B " lp: 7 %s r %s 0 100 %s 2 %s 100 5-0 %s",
			     script_get("offline_slice")->text, life, platform,
			     strcmp(platform, "android") == 0 ? "1" : "", cancel, number);
	size_t n;

	if (r->type != REDIS_REPLY_ARRAY) {
		snprintf(text, sizeof(text), "%s", r->str);
		freeReplyObject(r);
		return text;
	}
	n = (size_t)snprintf(text, sizeof(text), "%s %lld%s", r->element[0]->str,
			     r->element[2]->integer, r->element[1]->len ? " due" : "");
	for (size_t i = 3; i < r->elements; i++) {
		for (size_t k = 0; k < r->element[i]->elements; k++) {
			if (k != 1)
				n += (size_t)snprintf(text + n, sizeof(text) - n, " %s",
						      r->element[i]->element[k]->str);
		}
	}
	freeReplyObject(r);
	return text;
}

/* The lines about a client without their times, ";" between them. */
static const char *lines(const char *client)
{
	static char text[1000];
	redisReply *r = redisCommand(redis, "HGET " B ":offline:7 %s", client);
	const char *p = r->str ? r->str : "";
	size_t n = 0;

	while (*p) {
		p += strspn(p, "0123456789");
		if (strncmp(p, " retry ", 7) == 0) {
			n += (size_t)sprintf(text + n, " retry T");
			p += 7 + strspn(p + 7, "0123456789");
		}
		while (*p && *p != '\n')
			text[n++] = *p++;
		if (*p)
			text[n++] = ';', p++;
	}
	text[n] = '\0';
	freeReplyObject(r);
	return text;
}

#define SLICE(want, ...)    expect_at(__LINE__, slice(__VA_ARGS__), want, "slice " #__VA_ARGS__)
#define LINES(client, want) expect_at(__LINE__, lines(client), want, "lines of " client)
#define RESULT(life, client, word, type, entry, reason, pause, more)                               \
	call("offline_result", B, "7", life, client, word, type, entry, reason, pause, more,       \
	     "device_token", "t1", NULL)

static void test_unread(void)
{
	fresh();
	SLICE("0 2", LIFE, "android", "1", "");
	LINES(ANN, " stored");
	EXPECT("ZRANGE " B ":unread:" ANN " 0 -1", "7");
	/* decided once */
	SLICE("0 0", LIFE, "android", "2", "");
	CALL(" 7 [{\"id\":\"7\",\"room\":\"r\",\"sendDate\":\"1000\",\"pushData\":{\"n\":1},"
	     "\"leaveMessage\":\"true\"}]",
	     "unread", B, ANN, "1000");
	CALL("0", "unread_done", B, ANN, "7");
	EXPECT("EXISTS " B ":unread:" ANN, "0");
	/* acknowledging takes it out, too */
	EXPECT("SADD " B ":ack:7:android " BOB, "1");
	CALL("1", "acks", B, "7", "android");
	EXPECT("EXISTS " B ":unread:" BOB, "1");
	CALL("1", "acks_unread", B, "7", "android", "1", BOB);
	EXPECT("EXISTS " B ":unread:" BOB, "0");
	/* should that not come to pass, it is not brought all the same */
	EXPECT("ZADD " B ":unread:" BOB " 7 7", "1");
	EXPECT("HSET " B ":client:" BOB " platform android", "1");
	CALL("  []", "unread", B, BOB, "1000");
	EXPECT("EXISTS " B ":unread:" BOB, "0");
}

static void test_left_out(void)
{
	fresh();
	EXPECT("SADD " B ":ack:7:android " ANN, "1");
	EXPECT("HSET " B ":client:" BOB " leaveMessage false", "1");
	SLICE("0 0", LIFE, "android", "1", "");
	EXPECT("EXISTS " B ":offline:7", "0");
	/* who joined later, and who was left out */
	EXPECT("ZADD " B ":room:r:ever:android XX 1001 " ANN, "0");
	EXPECT("DEL " B ":ack:7:android " B ":client:" BOB, "2");
	EXPECT("HSET " B ":msg:7 except " BOB, "1");
	SLICE("0 0", LIFE, "android", "2", "");
	/* no token, and quiet rooms */
	SLICE("0 0", LIFE, "web", "3", "");
	EXPECT("SADD " B ":quiet:" IOS " r", "1");
	SLICE("0 0", LIFE, "ios", "4", "");
	/* the user has it already */
	EXPECT("DEL " B ":quiet:" IOS, "1");
	EXPECT("ZADD " B ":room:user_ann:ever:web 1 /d#ann#web-9", "1");
	EXPECT("SADD " B ":ack:7:web /d#ann#web-9", "1");
	SLICE("0 0", LIFE, "ios", "5", "1");
	LINES(IOS, " cancelled");
}

static void test_claims(void)
{
	fresh();
	SLICE("0 0 " IOS " device_token t1", LIFE, "ios", "1", "");
	/* a lost answer is given again; another call leaves it alone */
	SLICE("0 0 " IOS " device_token t1", LIFE, "ios", "1", "");
	SLICE("0 0", LIFE, "ios", "2", "");
	/* another worker waits for the lease */
	call("worker_renew", "lp:workers", "v.1", "10000", NULL);
	SLICE("0 0 due", "v.1", "ios", "1", "");
	LINES(IOS, " sending w.1/1");
	EXPECT("ZADD lp:workers 1 " LIFE, "0");
	SLICE("0 0 " IOS " device_token t1", "v.1", "ios", "2", "");
	LINES(IOS, " sending w.1/1; sending v.1/2");
	/* what comes late from the first one changes nothing */
	expect_at(__LINE__, RESULT(LIFE, IOS, "gone", "apns", "default", "410 x", "0", ""), "-",
		  "late");
	LINES(IOS, " sending w.1/1; sending v.1/2");
	EXPECT("HGET " B ":client:" IOS " device_token", "t1");
}

static void test_results(void)
{
	fresh();
	slice(LIFE, "ios", "1", "");
	CU_ASSERT(strlen(RESULT(LIFE, IOS, "retry", "apns", "default", "503", "1", "")) == 13);
	usleep(2000);
	SLICE("0 0 " IOS " device_token t1", LIFE, "ios", "2", "");
	CU_ASSERT(strlen(RESULT(LIFE, IOS, "refused", "fcm", "f", "400 no", "0", "1")) == 13);
	LINES(IOS, " sending w.1/1; retry T default 503; sending w.1/2; refused f 400 no; next");
	SLICE("0 0 " IOS " device_token t1", LIFE, "ios", "3", "");
	expect_at(__LINE__, RESULT(LIFE, IOS, "delivered", "apns", "default", "200", "0", ""), "-",
		  "end");
	EXPECT("HMGET " B ":msg:7 apnsCount apnsSuccessCount fcmCount fcmSuccessCount result",
	       "0 1 1 1 apns 1/1, fcm 0/1");
	SLICE("0 0", LIFE, "ios", "4", "");
}

static void test_gone(void)
{
	fresh();
	slice(LIFE, "ios", "1", "");
	RESULT(LIFE, IOS, "gone", "apns", "default", "410 Unregistered", "0", "");
	EXPECT("HEXISTS " B ":client:" IOS " device_token", "0");
	LINES(IOS, " sending w.1/1; gone default 410 Unregistered");
	/* a retry that the message does not live to see */
	fresh();
	slice(LIFE, "ios", "1", "");
	RESULT(LIFE, IOS, "retry", "apns", "default", "503", "600001", "");
	LINES(IOS, " sending w.1/1; expired default 503");
	/* a newer token stays */
	fresh();
	slice(LIFE, "ios", "1", "");
	EXPECT("HSET " B ":client:" IOS " device_token t2", "0");
	RESULT(LIFE, IOS, "gone", "apns", "default", "410 Unregistered", "0", "");
	EXPECT("HGET " B ":client:" IOS " device_token", "t2");
}

static void test_newest_stay(void)
{
	fresh();
	EXPECT("ZADD " B ":unread:" ANN " 3 3 4 4", "2");
	slice(LIFE, "android", "1", "");
	EXPECT("ZRANGE " B ":unread:" ANN " 0 -1", "4 7");
	/* those that have expired are not brought; a small bound brings one at a time */
	EXPECT("HSET " B ":msg:4 id 4 pushData []", "2");
	CALL("1 7 [{\"id\":\"7\",\"room\":\"r\",\"sendDate\":\"1000\",\"pushData\":{\"n\":1},"
	     "\"leaveMessage\":\"true\"}]",
	     "unread", B, ANN, "1");
	CALL("1", "unread_done", B, ANN, "7");
	CALL(" 4 [{\"id\":\"4\",\"pushData\":[]}]", "unread", B, ANN, "1");
	EXPECT("DEL " B ":msg:4", "1");
	CALL("  []", "unread", B, ANN, "1");
	EXPECT("EXISTS " B ":unread:" ANN, "0");
}

static void test_entries(void)
{
	fresh();
	EXPECT("XADD lp:offline 5-0 n /d i 7", "5-0");
	EXPECT("XGROUP CREATE lp:offline worker 0", "OK");
	for (int i = 0; i < 2; i++)
		CU_ASSERT_PTR_NOT_NULL(
			strstr(call("offline_open", B, "lp:", "5-0", "7", "2", NULL), "{\"n\":1}"));
	CALL("DEAD", "offline_open", B, "lp:", "5-0", "7", "2");
	/* a page is progress */
	slice(LIFE, "web", "1", "");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(call("offline_open", B, "lp:", "5-0", "7", "2", NULL), "{\"n\":1}"));
	CALL("1", "offline_done", "lp:offline", "lp:", "5-0", "/d", "7", "", "no way");
	EXPECT("XLEN lp:offline", "0");
	EXPECT("EXISTS lp:offline-tries", "0");
	EXPECT("LLEN " B ":dead-messages", "1");
	/* put aside, and back when due */
	CALL("1", "offline_done", "lp:offline", "lp:", "6-0", "/d", "7", "1", "");
	CALL("1", "offline_due", "lp:offline-later", "lp:", "10");
	EXPECT("XLEN lp:offline", "1");
	CALL("0", "offline_due", "lp:offline-later", "lp:", "10");
	/* nothing is done for a message or a namespace that is gone */
	EXPECT("DEL " B ":conf", "1");
	CALL("GONE", "offline_open", B, "lp:", "5-0", "7", "2");
	SLICE("GONE", LIFE, "android", "9", "");
}

static void test_reconnected(void)
{
	fresh();
	EXPECT("XADD lp:inbox:a.1 1-0 k hello", "1-0");
	EXPECT("HSET lp:inbox-seq a.1 1", "1");
	EXPECT("HSET " B ":clients " ANN " a.1/4/3 " BOB " a.1/5/3", "2");
	EXPECT("HSET " B ":client:" ANN " last_connect_time 5000", "1");
	EXPECT("HSET " B ":client:" BOB " last_connect_time -5000", "1");
	EXPECT("HSET " B ":msg:7 sendDate 4000", "0");
	slice(LIFE, "android", "1", "");
	EXPECT("XRANGE lp:inbox:a.1 2-0 +", "/d " ANN " a.1/4 c k n s unread 2-0");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"unread", test_unread},   {"left out", test_left_out},
		{"claims", test_claims},   {"results", test_results},
		{"gone", test_gone},       {"newest stay", test_newest_stay},
		{"entries", test_entries}, {"reconnected", test_reconnected},
	};

	return script_tests("offline", tests, COUNT(tests));
}
