/* The scripts of what clients ask for, and of what others are told of them, on a real Redis. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/store/script.h"
#include "tests/redis/script_calls.h"

#define B "lp:{/d}"
/* ids of clients of the namespace /d */
#define ANN     "/d#ann#web-1"
#define ANN_IOS "/d#ann#ios-2"
#define BOB     "/d#bob#android-3"
#define EVE     "/d#eve#web-4"

#define ON(owner, client, serial, user, platform, told, ...)                                       \
	"client_on", B, owner, "lp:", "1000", "", client, serial, user, platform, told, "",        \
		__VA_ARGS__
/* Done twice, as after a lost answer: the second time must change nothing. */
#define TWICE(want, ...)                                                                           \
	do {                                                                                       \
		CALL(want, __VA_ARGS__);                                                           \
		CALL(want, __VA_ARGS__);                                                           \
	} while (0)

static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
	EXPECT("ZADD lp:nodes 9999999999999 a.1 9999999999999 b.2 1000 late.3", "3");
	for (const char *const *owner = (const char *const[]){"a.1", "b.2", "late.3", NULL}; *owner;
	     owner++) {
		freeReplyObject(redisCommand(redis, "XADD lp:inbox:%s 1-0 k hello", *owner));
		freeReplyObject(redisCommand(redis, "HSET lp:inbox-seq %s 1", *owner));
	}
}

/* The events told to the owner since the last time, a line each, "room!" in front and behind it
 * "~" and the client left out; "\/" as the "/" that it stands for. */
static const char *told(const char *owner)
{
	static char text[2048];
	redisReply *r = redisCommand(redis, "XRANGE lp:inbox:%s 2-0 +", owner);
	size_t at = 0;

	for (size_t i = 0; i < r->elements; i++) {
		redisReply *f = r->element[i]->element[1];
		const char *value[128] = {0};

		for (size_t k = 0; k + 1 < f->elements; k += 2)
			value[(unsigned char)f->element[k]->str[0] % 128] = f->element[k + 1]->str;
		if (!value['k'] || strcmp(value['k'], "emit") != 0)
			continue;
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s!", value['r']);
		for (const char *p = value['e']; *p; p++) {
			if (p[0] != '\\' || p[1] != '/')
				text[at++] = *p;
		}
		at += (size_t)snprintf(text + at, sizeof(text) - at, "~%s\n", value['x']);
	}
	text[at] = '\0';
	freeReplyObject(r);
	freeReplyObject(redisCommand(redis, "XTRIM lp:inbox:%s MAXLEN 0", owner));
	return text;
}

#define TOLD(owner, want) expect_at(__LINE__, told(owner), want, "what " owner " is told")
#define JOINED(room, id, uuid, user)                                                               \
	room "![\"peopleJoin\",{\"sid\":\"" id "\",\"uuid\":\"" uuid "\",\"userid\":\"" user       \
	     "\",\"room\":\"" room "\"}]~" id "\n"
#define LEFT(room, id, uuid, user, offline)                                                        \
	room "![\"peopleLeave\",{\"sid\":\"" id "\",\"uuid\":\"" uuid "\",\"userid\":\"" user      \
	     "\",\"room\":\"" room "\",\"clientOffline\":" offline "}]~" id "\n"

/* --- who joins and leaves --- */

static void test_people(void)
{
	fresh();
	CALL("DONE", ON("b.2", BOB, "1", "bob", "android", "", "user_bob", "x"));
	TWICE("DONE", ON("a.1", ANN, "7", "ann", "web", "1", "user_ann"));
	TOLD("a.1", "");
	TWICE("1", "room_join", B, "a.1", ANN, "7", "lp:", "100", "x", "y");
	TOLD("a.1", JOINED("x", ANN, "1", "ann") JOINED("y", ANN, "1", "ann"));
	TOLD("b.2", JOINED("x", ANN, "1", "ann"));
	TWICE("1", "room_leave", B, "a.1", ANN, "7", "lp:", "100", "y", "", "x", "1");
	TOLD("a.1", LEFT("y", ANN, "1", "ann", "false"));
	TOLD("b.2", LEFT("x", ANN, "1", "ann", "false"));
	/* nobody hears of one that did not ask for it */
	CALL("1", "room_join", B, "b.2", BOB, "1", "lp:", "100", "y");
	CALL("1", "room_leave", B, "b.2", BOB, "1", "lp:", "100", "y", "");
	TOLD("a.1", "");
	TOLD("b.2", "");
}

static void test_people_gone(void)
{
	fresh();
	CALL("DONE", ON("b.2", BOB, "1", "bob", "android", "", "user_bob", "x"));
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "1", "user_ann", "x"));
	TOLD("b.2", JOINED("x", ANN, "1", "ann"));
	TOLD("a.1", JOINED("x", ANN, "1", "ann"));
	CALL("1", "client_off", B, "a.1", ANN, "7", "lp:", "100", "bye", "9", "user_ann", "1", "x",
	     "1");
	CALL("0", "client_off", B, "a.1", ANN, "7", "lp:", "100", "bye", "9", "user_ann", "1", "x",
	     "1");
	TOLD("b.2", LEFT("x", ANN, "1", "ann", "true"));
	TOLD("a.1", "");
	/* replaced: it is in none of the rooms any more, but not offline */
	CALL("DONE", ON("a.1", ANN, "8", "ann", "web", "1", "user_ann", "x"));
	told("a.1");
	told("b.2");
	TWICE("DONE", ON("b.2", ANN, "9", "ann", "web", "1", "user_ann"));
	TOLD("b.2", LEFT("x", ANN, "1", "ann", "false"));
	/* its connector is lost: that one need not hear of it */
	CALL("DONE", ON("late.3", EVE, "1", "eve", "web", "1", "user_eve", "x"));
	told("b.2");
	told("late.3");
	CALL("1", "node_reap", "lp:nodes", "lp:", "late.3", "10", "", "100", "9");
	TOLD("b.2", LEFT("x", EVE, "4", "eve", "true"));
	TOLD("late.3", "");
	EXPECT("HGET " B ":client:" EVE " disconnect_reason", "connector lost");
	/* written anew after the store forgot it: nobody has missed it */
	EXPECT("DEL " B ":clients " B ":joined:" ANN " " B ":room:x:on:web", "1");
	EXPECT("HSET " B ":client:" ANN " last_disconnect_time 1000", "0");
	CALL("DONE", "client_on", B, "b.2", "lp:", "100", "1000", ANN, "9", "ann", "web", "1", "",
	     "x");
	TOLD("b.2", "");
	/* after the others were told that it had gone */
	EXPECT("DEL " B ":clients " B ":joined:" ANN " " B ":room:x:on:web", "3");
	EXPECT("HSET " B ":client:" ANN " last_disconnect_time 1001", "0");
	CALL("DONE", "client_on", B, "b.2", "lp:", "100", "1000", ANN, "9", "ann", "web", "1", "",
	     "x");
	TOLD("b.2", JOINED("x", ANN, "1", "ann"));
}

/* Names are JSON whatever is in them. */
static void test_people_quoted(void)
{
	fresh();
	CALL("DONE", ON("a.1", "/d#a\"\\n#web-u\t", "7", "a\"\\n", "web", "1", "x\"\n"));
	TOLD("a.1", "x\"\n![\"peopleJoin\",{\"sid\":\"/d#a\\\"\\\\n#web-u\\t\",\"uuid\":\"u\\t\","
		    "\"userid\":\"a\\\"\\\\n\",\"room\":\"x\\\"\\n\"}]~/d#a\"\\n#web-u\t\n");
}

/* --- one connection for a client id --- */

static void test_conflict(void)
{
	fresh();
#define AGAIN(owner, serial, how)                                                                  \
	"client_on", B, owner, "lp:", "100", how, ANN, serial, "ann", "web", "", "", "user_ann"
	TWICE("DONE", AGAIN("a.1", "7", "r"));
	CALL("CONFLICT", AGAIN("a.1", "8", "r"));
	TWICE("CONFLICT", AGAIN("b.2", "7", "r"));
	EXPECT("HGET " B ":clients " ANN, "a.1/7/3");
	EXPECT("EXISTS " B ":node:b.2", "0");
	EXPECT("HGET lp:inbox-seq a.1", "1");
	/* before the connect callback is asked, and after */
	EXPECT("HSET " B ":conf connect_callback http://x/", "1");
	CALL("CONFLICT", AGAIN("b.2", "7", "r"));
	CALL("CONFLICT", AGAIN("b.2", "7", "ra"));
	EXPECT("HDEL " B ":conf connect_callback", "1");
	/* accepted before that one, and then after it */
	EXPECT("HSET " B ":client:" ANN " last_connect_time 5000", "0");
	CALL("CONFLICT", AGAIN("b.2", "9", "4000"));
	EXPECT("HGET " B ":clients " ANN, "a.1/7/3");
	CALL("DONE", AGAIN("b.2", "9", "5000"));
	EXPECT("HGET " B ":clients " ANN, "b.2/9/3");
	CALL("CONFLICT", AGAIN("a.1", "10", "r"));
	/* the connector of the other is dead, or unknown */
	EXPECT("HSET " B ":clients " ANN " late.3/1/3", "0");
	CALL("DONE", AGAIN("a.1", "11", "r"));
	EXPECT("HSET " B ":clients " ANN " gone.9/1/3", "0");
	CALL("DONE", AGAIN("a.1", "12", "r"));
	EXPECT("HGET " B ":clients " ANN, "a.1/12/3");
	EXPECT("HGET " B ":users ann", "1");
}

/* --- records --- */

static void test_record(void)
{
	char first[32];

	fresh();
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "", "user_ann"));
	EXPECT("HMGET " B ":client:" ANN " userId nspName platform", "/d ann web");
	CU_ASSERT_EQUAL(strlen(command("HGET " B ":client:" ANN " last_connect_time")), 13);
	EXPECT("HEXISTS " B ":client:" ANN " last_disconnect_time", "0");
	TWICE("-", "info", B, ANN, "mobile", "5", "system", "a b", "leaveMessage", "false");
	EXPECT("HMGET " B ":client:" ANN " mobile leaveMessage", "5 false");
	TWICE("-", "info", B, ANN, "mobile", "");
	EXPECT("HEXISTS " B ":client:" ANN " mobile", "0");
	EXPECT("HSET " B ":client:" ANN " last_connect_time 1", "0");
	CALL("/d 1 a b ann false last_connect_time leaveMessage nspName platform system userId web",
	     "info", B, ANN);
	/* written anew it did not connect again */
	CALL("DONE", "client_on", B, "a.1", "lp:", "100", "1", ANN, "7", "ann", "web", "", "", "x");
	EXPECT("HGET " B ":client:" ANN " last_connect_time", "1");
	CALL("1", "client_off", B, "a.1", ANN, "7", "lp:", "100", "ping timeout", "9");
	EXPECT("HGET " B ":client:" ANN " disconnect_reason", "ping timeout");
	snprintf(first, sizeof(first), "%s",
		 command("HGET " B ":client:" ANN " last_disconnect_time"));
	CU_ASSERT_EQUAL(strlen(first), 13);
	/* it stays, and the next connection finds it */
	CALL("DONE", ON("a.1", ANN, "8", "ann", "web", "", "user_ann"));
	EXPECT("HGET " B ":client:" ANN " system", "a b");
	EXPECT("HGET " B ":client:" ANN " last_disconnect_time", first);
	CU_ASSERT_EQUAL(strlen(command("HGET " B ":client:" ANN " last_connect_time")), 13);
	EXPECT("PTTL " B ":client:" ANN, "-1");
	/* nothing is written for a namespace that is gone, or goes */
	for (int i = 0; i < 11; i++) {
		char field[] = "device_token:a";

		field[13] = (char)('a' + i);
		CALL(i < 10 ? "-" : "FULL", "info", B, ANN, field, "t");
	}
	TWICE("-", "info", B, ANN, "device_token:a", "u");
	TWICE("-", "info", B, ANN, "device_token:a", "");
	CALL("UNKNOWN", "info", "lp:{/e}", "/e#a#web-1", "mobile", "5");
	EXPECT("HSET " B ":conf offline on", "1");
	CALL("OFFLINE", "info", B, EVE, "mobile", "5");
	EXPECT("EXISTS lp:{/e}:client:/e#a#web-1 " B ":client:" EVE, "0");
}

static void test_quiet(void)
{
	fresh();
	TWICE("-", "apns", B, ANN_IOS, "3", "r", "1", "q", "1", "never", "");
	CALL("q r", "apns", B, ANN_IOS, "3");
	TWICE("-", "apns", B, ANN_IOS, "3", "r", "", "p", "1", "q", "1");
	CALL("p q", "apns", B, ANN_IOS, "3");
	TWICE("FULL", "apns", B, ANN_IOS, "3", "a", "1", "b", "1", "q", "1");
	CALL("a p q", "apns", B, ANN_IOS, "3");
	TWICE("-", "apns", B, ANN_IOS, "3", "a", "", "p", "", "q", "");
	EXPECT("EXISTS " B ":quiet:" ANN_IOS, "0");
	CALL("-", "apns", B, ANN_IOS, "3");
	CALL("UNKNOWN", "apns", "lp:{/e}", ANN_IOS, "3", "a", "1");
	EXPECT("EXISTS lp:{/e}:quiet:" ANN_IOS, "0");
}

/* --- places --- */

static void place(const char *client, const char *longitude, const char *latitude)
{
	call("info", B, client, "longitude", longitude, "latitude", latitude, NULL);
}

static void test_geo(void)
{
	fresh();
	place(ANN, "13.4", "52.5"); /* not online */
	EXPECT("EXISTS " B ":geo", "0");
	TWICE("DONE", ON("a.1", ANN, "7", "ann", "web", "", "user_ann"));
	EXPECT("ZRANGE " B ":geo 0 -1", ANN);
	CALL("DONE", ON("a.1", BOB, "8", "bob", "android", "", "user_bob"));
	EXPECT("ZCARD " B ":geo", "1");
	place(BOB, "13.5", "90");
	EXPECT("ZCARD " B ":geo", "2");
	CALL("-", "info", B, BOB, "latitude", "");
	EXPECT("ZRANGE " B ":geo 0 -1", ANN);
	/* replaced it stays, gone it goes; a connector that is lost takes its own along */
	CALL("DONE", ON("b.2", ANN, "9", "ann", "web", "", "user_ann"));
	EXPECT("ZRANGE " B ":geo 0 -1", ANN);
	CALL("1", "client_off", B, "b.2", ANN, "9", "lp:", "100", "bye", "9");
	EXPECT("EXISTS " B ":geo", "0");
	CALL("DONE", ON("late.3", ANN, "1", "ann", "web", "", "user_ann"));
	EXPECT("ZCARD " B ":geo", "1");
	CALL("1", "node_reap", "lp:nodes", "lp:", "late.3", "10", "", "100", "9");
	EXPECT("EXISTS " B ":geo", "0");
	/* what is no place keeps nobody from connecting */
	for (const char *const *wrong =
		     (const char *const[]){"x", "nan", "inf", "-181", "1e99", "", NULL};
	     *wrong; wrong++) {
		freeReplyObject(redisCommand(redis, "HSET %s:client:%s longitude %s latitude 1", B,
					     ANN, *wrong));
		CALL("DONE", ON("a.1", ANN, "20", "ann", "web", "", "user_ann"));
		EXPECT("EXISTS " B ":geo", "0");
	}
}

/* Found ones as "id user km, ...": without the records. */
static const char *found(const char *caller, const char *radius, const char *count,
			 const char *longitude, const char *latitude)
{
	static struct lp_buf text;
	redisReply *r =
		redisCommand(redis, "EVAL %s 1 %s %s %s %s %s %s", script_get("discover")->text, B,
			     caller, radius, count, longitude, latitude);

	lp_buf_reset(&text);
	lp_buf_addz(&text, r->type == REDIS_REPLY_ARRAY ? "" : r->str);
	for (size_t i = 0; i + 3 < r->elements;) {
		lp_buf_addf(&text, "%s %s %.0f, ", r->element[i]->str, r->element[i + 1]->str,
			    atof(r->element[i + 2]->str));
		i += 4 + 2 * strtoul(r->element[i + 3]->str, NULL, 10);
		CU_ASSERT(i <= r->elements);
	}
	freeReplyObject(r);
	return text.data;
}

#define FOUND(want, ...) expect_at(__LINE__, found(__VA_ARGS__), want, #__VA_ARGS__)

static void test_discover(void)
{
	fresh();
	CALL("DONE", ON("a.1", ANN, "1", "ann", "web", "", "user_ann"));
	CALL("DONE", ON("a.1", ANN_IOS, "2", "ann", "ios", "", "user_ann"));
	CALL("DONE", ON("a.1", BOB, "3", "bob", "android", "", "user_bob"));
	CALL("DONE", ON("b.2", EVE, "4", "eve", "web", "", "user_eve"));
	FOUND("", ANN, "10", "9", "", "");
	place(ANN, "10", "50");
	place(ANN_IOS, "10.001", "50");
	place(BOB, "10.1", "50");
	place(EVE, "10.05", "50");
	/* neither the caller nor its user's other devices */
	FOUND(EVE " eve 4, " BOB " bob 7, ", ANN, "10", "9", "", "");
	FOUND(EVE " eve 4, ", ANN, "5", "9", "", "");
	FOUND(EVE " eve 4, ", ANN, "10", "1", "", "");
	/* of a user with many devices the nearest; those do not crowd others out */
	FOUND(EVE " eve 4, " ANN_IOS " ann 7, ", BOB, "10", "9", "", "");
	for (int i = 0; i < 60; i++) {
		char id[32], at[16];

		snprintf(id, sizeof(id), "/d#many#web-%d", i);
		snprintf(at, sizeof(at), "10.%04d", i + 50);
		CALL("DONE", ON("a.1", id, "5", "many", "web", "", "user_many"));
		place(id, at, "50");
	}
	FOUND("/d#many#web-0 many 0, " EVE " eve 4, " BOB " bob 7, ", ANN, "10", "9", "", "");
	FOUND("/d#many#web-0 many 0, " EVE " eve 4, ", ANN, "10", "2", "", "");
	/* another place */
	FOUND(BOB " bob 0, ", ANN, "1", "9", "10.1", "50");
	FOUND("", ANN, "1", "9", "-70", "-85.05");
	/* the record comes along */
	CALL("-", "info", B, BOB, "mobile", "55");
	CU_ASSERT_PTR_NOT_NULL(
		strstr(call("discover", B, ANN, "1", "1", "10.1", "50", NULL), "mobile"));
	CALL("UNKNOWN", "discover", "lp:{/e}", "/e#a#web-1", "1", "1", "", "");
}

/* --- many at a time --- */

static void test_move(void)
{
#define MOVE(owner, in, edge, ...) "room_move", B, owner, "lp:", "100", "t", in, edge, __VA_ARGS__
	fresh();
	CALL("DONE", ON("a.1", ANN, "1", "ann", "web", "1", "user_ann"));
	CALL("DONE", ON("a.1", BOB, "2", "bob", "android", "", "user_bob"));
	CALL("DONE", ON("b.2", EVE, "3", "eve", "web", "", "user_eve"));
	/* eve is not this connector's, nobody is not there, bob has another serial by now */
	TWICE("1", MOVE("a.1", "1", "", ANN, "1", BOB, "9", EVE, "3", "/d#no#web-1", "1"));
	EXPECT("SMEMBERS " B ":room:t:on:web", ANN);
	EXPECT("EXISTS " B ":room:t:on:android", "0");
	EXPECT("HGETALL " B ":rooms", "1 t");
	EXPECT("HGETALL " B ":route:t", "1 a.1");
	EXPECT("ZRANGE " B ":room:t:ever:web 0 -1", ANN);
	TOLD("a.1", JOINED("t", ANN, "1", "ann"));
	TWICE("1", MOVE("a.1", "1", "", BOB, "2"));
	EXPECT("HGET " B ":rooms t", "2");
	TWICE("1", MOVE("a.1", "", "", ANN, "1"));
	TOLD("a.1", LEFT("t", ANN, "1", "ann", "false"));
	EXPECT("HGETALL " B ":route:t", "1 a.1");
	TWICE("1", MOVE("a.1", "", "1", BOB, "2"));
	EXPECT("EXISTS " B ":route:t " B ":rooms", "0");
	EXPECT("ZRANGE " B ":room:t:ever:android 0 -1", BOB);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"people", test_people},
		{"people gone", test_people_gone},
		{"people quoted", test_people_quoted},
		{"conflict", test_conflict},
		{"record", test_record},
		{"quiet", test_quiet},
		{"geo", test_geo},
		{"discover", test_discover},
		{"move", test_move},
	};

	return script_tests("events", tests, COUNT(tests));
}
