/* The scripts of presence and connectors' registrations, against a real Redis. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/store/script.h"
#include "tests/redis/script_calls.h"
#include "tests/redis/script_cast.h"

static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
}

/* --- clients and rooms --- */

static void test_on_off(void)
{
	fresh();
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "user_ann", "news"));
	CALL("DONE", ON("a.1", ANN_IOS, "8", "ann", "ios", "user_ann", "news"));
	EXPECT("HGETALL " B ":clients", ANN_IOS " " ANN " a.1/7/3 a.1/8/3");
	EXPECT("HGETALL " B ":users", "2 ann");
	EXPECT("HGETALL " B ":rooms", "2 news");
	EXPECT("SMEMBERS " B ":joined:" ANN, "news");
	EXPECT("SMEMBERS " B ":room:news:on:web", ANN);
	EXPECT("SMEMBERS " B ":room:news:on:ios", ANN_IOS);
	EXPECT("SMEMBERS " B ":room:user_ann:on:ios", ANN_IOS);
	EXPECT("HGETALL " B ":room:news:users", "2 ann");
	EXPECT("EXISTS " B ":room:user_ann:users", "0");
	EXPECT("ZRANGE " B ":room:news:ever:ios 0 -1", ANN_IOS);
	EXPECT("ZRANGE " B ":ever 0 -1", ANN_IOS " " ANN);
	EXPECT("HGETALL " B ":route:news", "1 a.1");
	EXPECT("SMEMBERS " B ":node:a.1", ANN_IOS " " ANN);
	EXPECT("SMEMBERS lp:node-nsps:a.1", "/d");

	CALL("1", OFF("a.1", ANN, "7", "user_ann", "", "news", ""));
	EXPECT("HGETALL " B ":users", "1 ann");
	EXPECT("HGETALL " B ":rooms", "1 news");
	EXPECT("HGETALL " B ":route:news", "1 a.1");
	CALL("1", OFF("a.1", ANN_IOS, "8", "user_ann", "1", "news", "1"));
	EXPECT("KEYS *", "lp:node-nsps:a.1 " B ":client:" ANN_IOS " " B ":client:" ANN " " B
			 ":conf " B ":ever " B ":room:news:ever:ios " B ":room:news:ever:web " B
			 ":room:user_ann:ever:ios " B ":room:user_ann:ever:web");
	CALL("0", OFF("a.1", ANN_IOS, "8", "news", "1"));
}

static void test_refusals(void)
{
	fresh();
	EXPECT("HSET " B ":conf offline on", "1");
	CALL("OFFLINE", ON("a.1", ANN, "7", "ann", "web", "news"));
	EXPECT("KEYS *", B ":conf");
	/* one that was accepted before is written, and must go */
	CALL("OFFLINE", "client_on", B, "a.1", "lp:", "1000", "1", ANN, "7", "ann", "web", "", "",
	     "news");
	EXPECT("HGET " B ":clients " ANN, "a.1/7/3");
	CALL("UNKNOWN", "client_on", "lp:{/e}", "a.1", "lp:", "1000", "1", "/e#x#web-1", "7", "x",
	     "web", "", "", "news");
	EXPECT("EXISTS lp:{/e}:clients", "0");
}

/* Several calls in one leave what they leave one by one; what is wrong with one harms no other. */
static void test_many(void)
{
#define FIELDS(client, serial, user)                                                               \
	"10", "lp:", "1000", "", client, serial, user, "web", "", "", "user_x"
	fresh();
	CALL("DONE DONE", "client_on_many", B, "a.1", FIELDS(ANN, "7", "ann"),
	     FIELDS("/d#eve#web-9", "8", "eve"));
	EXPECT("HMGET " B ":clients " ANN " /d#eve#web-9", "a.1/7/3 a.1/8/3");
	EXPECT("SMEMBERS lp:node-nsps:a.1", "/d");
	EXPECT("SCARD " B ":room:user_x:on:web", "2");

	EXPECT("DEL " B ":joined:" ANN, "1");
	EXPECT("SET " B ":joined:" ANN " x", "OK");
	EXPECT("HSET " B ":room:user_y:on:web a b", "1");
	CALL("0 1 WRONGTYPE Operation against a key holding the wrong kind of value",
	     "room_join_many", B, "a.1", "5", ANN, "7", "lp:", "1000", "chat", "5", "/d#eve#web-9",
	     "8", "lp:", "1000", "chat", "5", BOB, "9", "lp:", "1000", "chat");
	EXPECT("HGET " B ":rooms chat", "1");
	EXPECT("DEL " B ":joined:" ANN, "1");
	CALL("0 1", "client_off_many", B, "a.1", "8", "/d#eve#web-9", "8", "lp:", "1000", "bye",
	     "3", "chat", "1", "8", BOB, "9", "lp:", "1000", "bye", "3", "chat", "");
	EXPECT("HGETALL " B ":clients", ANN " a.1/7/3");
	EXPECT("EXISTS " B ":room:chat:users " B ":route:chat", "0");
	CALL("UNKNOWN", "client_on_many", "lp:{/e}", "a.1", FIELDS("/e#x#web-1", "7", "x"));

	/* the second takes out what the first has not written yet */
	fresh();
	CALL("DONE DONE", "client_on_many", B, "a.1", FIELDS(ANN, "7", "ann"),
	     FIELDS(ANN, "8", "ann"));
	EXPECT("HGETALL " B ":clients", ANN " a.1/8/3");
	EXPECT("HGETALL " B ":users", "1 ann");
	EXPECT("HGETALL " B ":rooms", "1 user_x");
	EXPECT("HGETALL " B ":room:user_x:users", "1 ann");
	EXPECT("SMEMBERS " B ":node:a.1", ANN);
	EXPECT("ZRANGE " B ":ever 0 -1", ANN);
	EXPECT("ZRANGE " B ":room:user_x:ever:web 0 -1", ANN);
#undef FIELDS
}

static void test_replaced(void)
{
	fresh();
	EXPECT("XADD lp:inbox:a.1 1-0 k hello", "1-0");
	EXPECT("HSET lp:inbox-seq a.1 1", "1");
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "user_ann", "news"));
	/* by a newer connection of the same connector: nobody is told */
	CALL("DONE", ON("a.1", ANN, "8", "ann", "web", "user_ann", "chat"));
	EXPECT("SMEMBERS " B ":joined:" ANN, "chat");
	EXPECT("HGETALL " B ":rooms", "1 chat");
	EXPECT("XLEN lp:inbox:a.1", "1");
	CALL("0", OFF("a.1", ANN, "7", "news", "1", "user_ann", ""));
	EXPECT("EXISTS " B ":route:news", "0");
	EXPECT("HGET " B ":users ann", "1");
	/* on another connector */
	CALL("DONE", ON("b.2", ANN, "7", "ann", "web", "user_ann"));
	EXPECT("HGET " B ":clients " ANN, "b.2/7/3");
	EXPECT("EXISTS " B ":node:a.1", "0");
	EXPECT("HGET " B ":users ann", "1");
	EXPECT("EXISTS " B ":rooms", "0");
	EXPECT("XRANGE lp:inbox:a.1 2-0 +", "/d " ANN " a.1/8 c k kick n s 2-0");
	EXPECT("HGET lp:inbox-seq a.1", "2");
	/* what the old connection still says touches its routes only */
	CALL("0", JOIN("a.1", ANN, "8", "late"));
	EXPECT("HGETALL " B ":route:late", "1 a.1");
	CALL("0", LEAVE("a.1", ANN, "8", "late", "1", "user_ann", ""));
	EXPECT("EXISTS " B ":route:late", "0");
	CALL("0", OFF("a.1", ANN, "8", "user_ann", "1", "chat", "1"));
	EXPECT("SMEMBERS " B ":room:user_ann:on:web", ANN);
	EXPECT("EXISTS " B ":joined:" ANN, "0");
	EXPECT("HGETALL " B ":route:user_ann", "1 b.2");
	/* nobody hears of it when the other connector is gone */
	CALL("DONE", ON("c.3", ANN, "1", "ann", "web", "user_ann"));
	EXPECT("EXISTS lp:inbox:b.2", "0");
}

/* A serial number is compared as a whole, and so is an owner. */
static void test_not_a_prefix(void)
{
	fresh();
	CALL("DONE", ON("a.1", ANN, "71", "ann", "web", "user_ann"));
	CALL("0", OFF("a.1", ANN, "7", "user_ann", ""));
	CALL("0", OFF("a.", ANN, "71", "user_ann", ""));
	CALL("0", JOIN("a.17", ANN, "1", "news"));
	EXPECT("HGET " B ":clients " ANN, "a.1/71/3");
	/* written again, the connection keeps what it joined meanwhile */
	CALL("1", JOIN("a.1", ANN, "71", "news"));
	CALL("DONE", ON("a.1", ANN, "71", "ann", "web", "user_ann"));
	EXPECT("SMEMBERS " B ":joined:" ANN, "news");
}

static void test_rooms(void)
{
	fresh();
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "user_ann"));
	CALL("DONE", ON("a.1", BOB, "8", "bob", "android", "user_bob"));
	CALL("1", JOIN("a.1", ANN, "7", "x", "y", "user_bob"));
	CALL("1", JOIN("a.1", BOB, "8", "y"));
	EXPECT("HGETALL " B ":rooms", "1 1 2 user_bob x y");
	EXPECT("HGETALL " B ":room:user_bob:users", "1 ann");
	CALL("1", LEAVE("a.1", ANN, "7", "y", "", "x", "1", "never", "1"));
	EXPECT("HGETALL " B ":rooms", "1 1 user_bob y");
	EXPECT("HGETALL " B ":room:y:users", "1 bob");
	EXPECT("EXISTS " B ":route:x", "0");
	EXPECT("EXISTS " B ":route:y", "1");
	EXPECT("ZRANGE " B ":room:x:ever:web 0 -1", ANN);
}

/* The first join is kept. */
static void test_ever(void)
{
	char first[64];

	fresh();
	CALL("DONE", ON("a.1", ANN, "7", "ann", "web", "user_ann", "x"));
	EXPECT("ZADD " B ":room:x:ever:web XX 1000 " ANN, "0");
	snprintf(first, sizeof(first), "%s", command("ZSCORE " B ":ever " ANN));
	CU_ASSERT_EQUAL(strlen(first), 13);
	CALL("1", LEAVE("a.1", ANN, "7", "x", "1"));
	CALL("1", JOIN("a.1", ANN, "7", "x"));
	EXPECT("ZSCORE " B ":room:x:ever:web " ANN, "1000");
}

static void open_inbox(const char *prefix, const char *owner)
{
	freeReplyObject(redisCommand(redis, "XADD %sinbox:%s 1-0 k hello", prefix, owner));
	freeReplyObject(redisCommand(redis, "HSET %sinbox-seq %s 1", prefix, owner));
}

/* The event in the newest entry of the inbox of a.1, with "\/" as the "/" that it stands for. */
static const char *last_event(void)
{
	static char text[1024];
	redisReply *r = redisCommand(redis, "XREVRANGE lp:inbox:a.1 + - COUNT 1");
	redisReply *fields = r->elements ? r->element[0]->element[1] : NULL;
	size_t at = 0;

	for (size_t i = 0; fields && i + 1 < fields->elements; i += 2) {
		if (strcmp(fields->element[i]->str, "e") != 0)
			continue;
		for (const char *p = fields->element[i + 1]->str; *p && at < sizeof(text) - 1;
		     p++) {
			if (p[0] != '\\' || p[1] != '/')
				text[at++] = *p;
		}
	}
	text[at] = '\0';
	freeReplyObject(r);
	return text;
}

/* Names may hold the separators of a client id. */
static void test_awkward_names(void)
{
	static const struct {
		const char *nsp, *userid, *platform, *uuid;
	} rows[] = {
		{"/d#x", "u#web-1", "ios", "2"},
		{"/d", "a-b#android-$", "web", "c#web-d"},
		{"/d/e.f", "%25", "android", "-"},
		{"/d", "web-", "web", "#web-#web-"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		char base[64], client[200], own[64], event[600];

		EXPECT("FLUSHALL", "OK");
		open_inbox("lp:", "a.1");
		snprintf(base, sizeof(base), "lp:{%s}", rows[i].nsp);
		snprintf(client, sizeof(client), "%s#%s#%s-%s", rows[i].nsp, rows[i].userid,
			 rows[i].platform, rows[i].uuid);
		snprintf(own, sizeof(own), "user_%s", rows[i].userid);
		freeReplyObject(redisCommand(redis, "HSET %s:conf key x", base));
		CALL("DONE", "client_on", base, "a.1", "lp:", "10", "", client, "1", rows[i].userid,
		     rows[i].platform, "1", "", own, "r");
		/* those who are told read its names out of the client id, too */
		snprintf(event, sizeof(event),
			 "[\"peopleJoin\",{\"sid\":\"%s\",\"uuid\":\"%s\",\"userid\":\"%s\","
			 "\"room\":\"r\"}]",
			 client, rows[i].uuid, rows[i].userid);
		expect_at(__LINE__, last_event(), event, "peopleJoin");
		CALL("1", "room_join", base, "a.1", client, "1", "lp:", "10", "s");
		CALL("1", "client_off", base, "a.1", client, "1", "lp:", "10", "bye", "3");
		freeReplyObject(
			redisCommand(redis, "DEL %s:ever %s:client:%s", base, base, client));
		EXPECT("DEL lp:inbox:a.1 lp:inbox-seq", "2");
		EXPECT("EVAL return(#redis.call('KEYS','*'))-#redis.call('KEYS','*:ever:*') 0",
		       "5"); /* conf, node-nsps, three routes */
	}
}

/* --- registrations --- */

/* Registers; the owner in static memory. */
static const char *start(const char *node, const char *again)
{
	static char owners[8][40];
	static int at;
	char *out = owners[at++ % 8];
	redisReply *r = redisCommand(redis, "EVAL %s 1 " NODES " lp: %s 60000 %s",
				     script_get("node_start")->text, node, again);

	snprintf(out, sizeof(owners[0]), "%s", r->element[0]->str);
	freeReplyObject(r);
	return out;
}

static void test_node_start(void)
{
	const char *a, *b, *a2;
	char key[64];

	fresh();
	a = start("n1", "");
	b = start("n10", "");
	CU_ASSERT_STRING_NOT_EQUAL(strchr(a, '.') + 1, strchr(b, '.') + 1);
	CU_ASSERT_EQUAL(strncmp(a, "n1.", 3), 0);
	snprintf(key, sizeof(key), "XLEN lp:inbox:%s", a);
	EXPECT(key, "1");
	snprintf(key, sizeof(key), "HGET lp:inbox-seq %s", a);
	EXPECT(key, "1");
	snprintf(key, sizeof(key), "PTTL lp:inbox:%s", a);
	CU_ASSERT(atoi(command(key)) > 3500000);
	/* a later life hears of the earlier one, not of n10 */
	a2 = line_of(redisCommand(redis, "EVAL %s 1 " NODES " lp: n1 60000 %s",
				  script_get("node_start")->text, ""));
	CU_ASSERT_PTR_NOT_NULL(strstr(a2, a));
	CU_ASSERT_PTR_NULL(strstr(a2, b));
	/* one that runs on leaves a valid lease alone */
	a2 = line_of(redisCommand(redis, "EVAL %s 1 " NODES " lp: n1 60000 1",
				  script_get("node_start")->text));
	CU_ASSERT_PTR_NULL(strchr(strchr(a2, ' ') + 1, ' ')); /* the time, and the new owner */
	EXPECT("ZADD lp:nodes 5 n1.5", "1");
	a2 = line_of(redisCommand(redis, "EVAL %s 1 " NODES " lp: n1 60000 1",
				  script_get("node_start")->text));
	CU_ASSERT_PTR_NOT_NULL(strstr(a2, "n1.5"));
	/* epochs do not come back after the end of everything */
	EXPECT("FLUSHALL", "OK");
	CU_ASSERT_STRING_NOT_EQUAL(start("n1", ""), a);
}

static void test_node_renew(void)
{
	const char *a, *answer;
	char text[128];

	fresh();
	a = start("n1", "");
	for (int i = 2; i <= 9; i++) {
		snprintf(text, sizeof(text), "XADD lp:inbox:%s %d-0 k x", a, i);
		command(text);
	}
	snprintf(text, sizeof(text), "HSET lp:inbox-seq %s 9", a);
	command(text);
	command("ZADD lp:nodes 5 gone.1 0 gone.2");
	/* "1 1 <time> 9 ...": in order of their text */
	answer = call("node_renew", NODES, a, "lp:", "60000", "6", NULL);
	CU_ASSERT_EQUAL(strncmp(answer, "1 1 ", 4), 0);
	CU_ASSERT_PTR_EQUAL(strchr(answer + 4, ' '), answer + 17);
	CU_ASSERT_STRING_EQUAL(answer + 17, " 9 gone.1 gone.2");
	snprintf(text, sizeof(text), "XLEN lp:inbox:%s", a);
	EXPECT(text, "4");
	/* being reaped, gone, or without an inbox */
	snprintf(text, sizeof(text), "ZADD lp:nodes 0 %s", a);
	command(text);
	CALL("0", "node_renew", NODES, a, "lp:", "60000", "6");
	CALL("0", "node_renew", NODES, "n9.9", "lp:", "60000", "6");
	a = start("n1", "");
	snprintf(text, sizeof(text), "DEL lp:inbox:%s", a);
	command(text);
	CALL("0", "node_renew", NODES, a, "lp:", "60000", "6");
}

static int reap(const char *owner, const char *force)
{
	int calls = 0;

	while (atoi(call("node_reap", NODES, "lp:", owner, "2", force, "100", "3", NULL)) == 1)
		calls++;
	return calls;
}

static void test_node_reap(void)
{
	const char *a, *b;
	char client[64], text[128];

	fresh();
	EXPECT("HSET lp:{/e}:conf key /e", "1");
	a = start("n1", "");
	b = start("n2", "");
	for (int i = 0; i < 5; i++) {
		snprintf(client, sizeof(client), "/d#u#web-%d", i);
		CALL("DONE", ON(a, client, "1", "u", "web", "user_u", "x"));
		snprintf(client, sizeof(client), "/e#u#web-%d", i);
		CALL("DONE", "client_on", "lp:{/e}", a, "lp:", "10", "", client, "1", "u", "web",
		     "", "", "x");
	}
	CALL("DONE", ON(b, BOB, "1", "bob", "android", "user_bob", "x"));
	CALL("DONE", ON(b, "/d#u#web-4", "9", "u", "web", "user_u"));
	snprintf(text, sizeof(text), "SADD " B ":node:%s " BOB " /d#nobody#web-1", a);
	EXPECT(text, "2");               /* what another connector holds is left alone */
	CU_ASSERT_EQUAL(reap(a, ""), 0); /* alive */
	snprintf(text, sizeof(text), "ZSCORE lp:nodes %s", a);
	CU_ASSERT_EQUAL(strlen(command(text)), 13);
	CU_ASSERT(reap(a, "1") >= 4);
	EXPECT("HGET " B ":users u", "1");
	EXPECT("HGETALL " B ":rooms", "1 x");
	EXPECT("HLEN " B ":clients", "2");
	snprintf(text, sizeof(text), "1 %s", b);
	EXPECT("HGETALL " B ":route:x", text);
	EXPECT("KEYS lp:{/e}:[^c]*", "lp:{/e}:ever lp:{/e}:room:x:ever:web");
	EXPECT("ZRANGE lp:nodes 0 -1", b);
	EXPECT("HKEYS lp:inbox-seq", b);
	snprintf(text, sizeof(text), "EXISTS lp:inbox:%s lp:node-nsps:%s " B ":node:%s", a, a, a);
	EXPECT(text, "0");
	/* half reaped, it can not come back */
	a = start("n1", "");
	CALL("DONE", ON(a, ANN, "1", "ann", "web", "user_ann"));
	CALL("1", "node_reap", NODES, "lp:", a, "1", "1", "100", "3");
	CALL("0", "node_renew", NODES, a, "lp:", "60000", "0");
	reap(a, "");
	EXPECT("ZRANGE lp:nodes 0 -1", b);
}

/* A connector that dies before it takes back the routes of clients that were taken over. */
static void test_reap_routes(void)
{
	const char *a, *b;
	char text[128];

	fresh();
	a = start("n1", "");
	b = start("n2", "");
	CALL("DONE", ON(a, ANN, "7", "ann", "web", "user_ann", "news"));
	CALL("DONE", ON(a, ANN, "8", "ann", "web", "user_ann", "chat"));
	CALL("DONE", ON(b, ANN, "9", "ann", "web", "user_ann"));
	CALL("0", JOIN(a, ANN, "8", "late"));
	snprintf(text, sizeof(text), "SMEMBERS " B ":left:%s", a);
	EXPECT(text, "chat late news user_ann");
	/* what it does take back is forgotten */
	CALL("0", OFF(a, ANN, "7", "user_ann", "", "news", "1"));
	EXPECT(text, "chat late user_ann");
	reap(a, "1");
	EXPECT("KEYS " B ":route:*", B ":route:user_ann");
	EXPECT("HKEYS " B ":route:user_ann", b);
	EXPECT("KEYS " B ":left:*", "-");
}

/* A clear or a flush goes on while clients leave: what it has removed does not come back. */
static void test_removed(void)
{
	fresh();
	CALL("DONE", ON("a.1", ANN, "1", "ann", "web", "user_ann"));
	CALL("DONE", ON("a.1", BOB, "2", "bob", "android", "user_bob"));
	EXPECT("DEL " B ":client:" ANN " " B ":client:" BOB " " B ":ever", "3");
	CALL("1", OFF("a.1", ANN, "1", "user_ann", "1"));
	EXPECT("EXISTS " B ":client:" ANN, "0");
	EXPECT("ZADD " NODES " 5 a.1", "1");
	reap("a.1", "");
	EXPECT("KEYS " B ":cl*", "-");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"on off", test_on_off},
		{"refusals", test_refusals},
		{"many", test_many},
		{"replaced", test_replaced},
		{"not a prefix", test_not_a_prefix},
		{"rooms", test_rooms},
		{"ever", test_ever},
		{"awkward names", test_awkward_names},
		{"node start", test_node_start},
		{"node renew", test_node_renew},
		{"node reap", test_node_reap},
		{"reap routes", test_reap_routes},
		{"removed", test_removed},
	};

	return script_tests("presence", tests, COUNT(tests));
}
