/* The log of a namespace, and reading on in it. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/script.h"
#include "tests/redis/script_calls.h"

#define B "lp:{/d}"

static void fresh(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET " B ":conf key /d", "1");
	EXPECT("HSET " B ":route:here a.1 1", "1");
	EXPECT("HSET " B ":route:there b.1 1", "1");
}

/* A page, in the order of the reply, '|' between its texts; in static memory. */
static const char *page(const char *after, const char *count, const char *first)
{
	static char text[700000];
	redisReply *r = redisCommand(redis, "EVAL %s 1 " B " a.1 %s %s %s",
				     script_get("log_read")->text, after, count, first);
	size_t at = 0;

	text[0] = '\0';
	if (r->type == REDIS_REPLY_ERROR)
		snprintf(text, sizeof(text), "%s", r->str);
	for (size_t i = 0; r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, i ? "|%s" : "%s",
				       r->element[i]->str);
	freeReplyObject(r);
	return text;
}

#define PAGE(want, ...) expect_at(__LINE__, page(__VA_ARGS__), want, "page " #__VA_ARGS__)

/* An entry of the log, its record beside it. */
static void accepted(unsigned ms, unsigned id, const char *room, const char *more)
{
	char text[256];

	snprintf(text, sizeof(text), "XADD " B ":log %u-0 i %u r %s x c e [%u]%s", ms, id, room, id,
		 more);
	command(text);
	snprintf(text, sizeof(text), "HSET " B ":msg:%u sendDate %u", id, ms);
	command(text);
}

static void test_pages(void)
{
	fresh();
	PAGE("|0", "0-0", "3", "1");
	accepted(100, 1, "here", "");
	accepted(200, 2, "there", "");
	accepted(300, 3, "here", " l 1"); /* for nobody who is online */
	accepted(400, 4, "here", "");
	accepted(500, 5, "here", "");
	PAGE("300-0|0|100-0|1|here||c|[1]", "0-0", "3", "1");
	PAGE("|0|400-0|4|here||c|[4]|500-0|5|here||c|[5]", "300-0", "3", "");
	PAGE("400-0|0|400-0|4|here||c|[4]", "300-0", "1", "");
	PAGE("|0", "500-0", "3", "");
	accepted(600, 6, "there", " o [\"elsewhere\"]");
	accepted(700, 7, "there", " o [\"elsewhere\",\"here\"]");
	PAGE("|0|700-0|7|there|[\"elsewhere\",\"here\"]|c|[7]", "500-0", "3", "");
}

/* A page ends when it is large enough. */
static void test_large(void)
{
	static char event[200001];
	const char *got;

	fresh();
	memset(event, 'x', sizeof(event) - 1);
	for (int i = 1; i <= 3; i++)
		freeReplyObject(redisCommand(redis, "XADD " B ":log %d-0 i %d r here x %s e %s", i,
					     i, "", event));
	got = page("0-0", "100", "");
	CU_ASSERT_EQUAL(strncmp(got, "2-0|0|1-0|1|here|||x", 20), 0);
	got = page("2-0", "100", "");
	CU_ASSERT_EQUAL(strncmp(got, "|0|3-0|3|here|||x", 17), 0);
}

/* What was trimmed is counted as far as it came later. */
static void test_trimmed(void)
{
	fresh();
	for (unsigned i = 1; i <= 20; i++)
		accepted(i * 100, i, "there", "");
	EXPECT("XTRIM " B ":log MINID 1500-0", "14");
	PAGE("|14", "0-0", "100", "1");
	PAGE("|9", "550-0", "100", "1");
	PAGE("|1", "1300-0", "100", "1");
	PAGE("|0", "1400-0", "100", "1");
	PAGE("|0", "1700-0", "100", "1");
	PAGE("|0", "0-0", "100", "");
	/* records that are gone are older */
	command("DEL " B ":msg:1 " B ":msg:2 " B ":msg:3");
	PAGE("|11", "0-0", "100", "1");
}

/* push.lua writes what log_read.lua reads, and tells the inbox where it stands. */
static void test_push(void)
{
	char id[64];

#define PUSH(except, lost)                                                                         \
	"push", B, "lp:", "", "10", "10", "10", "", "", "600", "1", "0", "there", "[\"here\"]",    \
		except, lost, "3600", "", "[1", "", "2", "from", "x"
	fresh();
	EXPECT("HSET " B ":conf rev 1", "1");
	EXPECT("XADD lp:inbox:a.1 1-0 k hello", "1-0");
	EXPECT("HSET lp:inbox-seq a.1 1", "1");
	CALL("1", PUSH("", "1"));
	CALL("2", PUSH("who", "0"));
	snprintf(id, sizeof(id), "%s", page("0-0", "100", "1"));
	/* "|0|<id>|2|there|..." */
	CU_ASSERT_EQUAL(strncmp(id, "|0|", 3), 0);
	memmove(id, id + 3, strlen(id + 3) + 1);
	CU_ASSERT_EQUAL(strncmp(id + strcspn(id, "|"), "|2|there|[\"here\"]|who|", 22), 0);
	id[strcspn(id, "|")] = '\0';
	EXPECT("XLEN lp:inbox:a.1", "2");
	CU_ASSERT_PTR_NOT_NULL(strstr(command("XREVRANGE lp:inbox:a.1 + - COUNT 1"), id));
#undef PUSH
}

/* One that is made is told of, when it is saved again it is not. */
static void test_made(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("ZADD lp:nodes 1 a.1", "1");
	EXPECT("XADD lp:inbox:a.1 1-0 k hello", "1-0");
	EXPECT("HSET lp:inbox-seq a.1 1", "1");
	call("ns_save", B, "lp:", "0", "/d", "::1", "100", "1", "name", "D", NULL);
	EXPECT("XRANGE lp:inbox:a.1 2 +", "/d k made n 2-0");
	call("ns_save", B, "lp:", "", "/d", "::1", "100", "", "name", "E", NULL);
	EXPECT("XLEN lp:inbox:a.1", "2");
}

static void eval(const char *script)
{
	freeReplyObject(redisCommand(redis, "EVAL %s 0", script));
}

/* What the archive held back goes when it has all of it, however much that is. */
static void test_held_back(void)
{
	EXPECT("FLUSHALL", "OK");
	eval("for i = 1, 30000 do redis.call('XADD', '" B ":log', i .. '-0', 'i', i) end "
	     "redis.call('SET', '" B ":seq', 30000)");
	EXPECT("XGROUP CREATE " B ":log archive 0", "OK");
	eval("redis.call('XREADGROUP', 'GROUP', 'archive', 'w', 'STREAMS', '" B ":log', '>') "
	     "for i = 2, 30000 do redis.call('XACK', '" B ":log', 'archive', i .. '-0') end");
	CALL("1", "archive_done", B, "1000", "30000-0");
	EXPECT("XLEN " B ":log", "30000"); /* the first is not written yet */
	CALL("1", "archive_done", B, "1000", "1-0");
	EXPECT("XLEN " B ":log", "1000");
}

/* What one worker has taken for the archive another one takes over when it is not written for long. */
static void test_taken_over(void)
{
#define CLAIM(idle) "archive_claim", "lp:namespaces", "lp:", "w2", "0", "100", idle, "200"
	EXPECT("FLUSHALL", "OK");
	EXPECT("ZADD lp:namespaces 0 /d", "1");
	eval("for i = 1, 3 do redis.call('XADD', '" B ":log', i .. '-0', 'i', i, 'a', '{}') end");
	EXPECT("XGROUP CREATE " B ":log archive 0", "OK");
	eval("redis.call('XREADGROUP', 'GROUP', 'archive', 'w1', 'STREAMS', '" B ":log', '>')");
	EXPECT("XTRIM " B ":log MAXLEN 1", "2");
	CALL("1", CLAIM("60000")); /* w1 has them in hand, also those that were trimmed */
	EXPECT("XPENDING " B ":log archive", "1-0 3 3 w1 3-0");
	EXPECT("HEXISTS lp:archive lost", "0");
	call(CLAIM("0"), NULL);
	EXPECT("XPENDING " B ":log archive", "1 1 w2 3-0 3-0");
	EXPECT("HGET lp:archive lost", "2");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"pages", test_pages},
		{"large", test_large},
		{"trimmed", test_trimmed},
		{"push", test_push},
		{"made", test_made},
		{"held back", test_held_back},
		{"taken over", test_taken_over},
	};

	return script_tests("log", tests, COUNT(tests));
}
