/* The store against a real Redis: what it survives, and that every question is answered once. */
#include "config.h"

#include <CUnit/Basic.h>
#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/script.h"
#include "connector/store/store.h"
#include "tests/redis/fake_core.h"
#include "tests/redis/redis_server.h"

#define WAIT_MS 20000u
#define B       "lp:{/d}"
#define ANN     "/d#ann#web-1"
#define BOB     "/d#bob#ios-2"

/* One connector. */
struct node {
	struct settings settings;
	struct core core;
	struct store *store;
	int ready; /* -1: asked, 0: failed, 1: good */
	bool done;
};

static struct redis_server *server;
static struct event_base *base;

/* --- helpers --- */

static int answers[STORE_ANSWERS + 1]; /* by enum store_answer; the last: all */
static char texts[512];                /* of the last answer */

static void on_answer(void *arg, enum store_answer answer, const struct store_texts *got)
{
	size_t at = 0;

	texts[0] = '\0';
	for (size_t i = 0; i < got->count && at < sizeof(texts); i++)
		at += (size_t)snprintf(texts + at, sizeof(texts) - at, i ? " %.*s" : "%.*s",
				       LP_FMT(got->items[i]));
	answers[answer]++;
	answers[STORE_ANSWERS]++;
	if (arg)
		++*(int *)arg;
}

static void on_ready(void *arg, bool ok)
{
	((struct node *)arg)->ready = ok;
}

static void on_done(void *arg)
{
	((struct node *)arg)->done = true;
}

static void set(struct settings *s, const char *name, const char *value)
{
	char *error = NULL;

	if (settings_set(s, name, value, &error) != LP_OK) {
		fprintf(stderr, "%s\n", error);
		abort();
	}
}

static void turn(void)
{
	const struct timeval tick = {0, 5000};

	event_base_loopexit(base, &tick);
	event_base_dispatch(base);
}

/* Runs the loop until the expression is true; fails the test after WAIT_MS. */
#define WAIT(expression)                                                                           \
	do {                                                                                       \
		uint64_t end_ = lp_mono_ms() + WAIT_MS;                                            \
		while (!(expression) && lp_mono_ms() < end_)                                       \
			turn();                                                                    \
		CU_ASSERT(expression);                                                             \
	} while (0)

static void run_for(unsigned ms)
{
	uint64_t end = lp_mono_ms() + ms;

	while (lp_mono_ms() < end)
		turn();
}

/* Not started yet. */
static void node_new(struct node *n, const char *id, const char *address)
{
	memset(n, 0, sizeof(*n));
	settings_init(&n->settings);
	set(&n->settings, "redis_address", address);
	set(&n->settings, "node_id", id);
	set(&n->settings, "lease_time", "900ms");
	set(&n->settings, "redis_timeout", "500ms");
	n->store = store_new(base, &n->settings);
	n->core.store = n->store;
	store_set_core(n->store, &n->core);
	n->ready = -1;
}

static void node_start(struct node *n, const char *id)
{
	node_new(n, id, redis_server_address(server));
	store_start(n->store, on_ready, n);
	WAIT(n->ready >= 0);
	CU_ASSERT_EQUAL_FATAL(n->ready, 1);
}

static void node_free(struct node *n)
{
	store_free(n->store);
	fake_core_free(&n->core);
	settings_clear(&n->settings);
}

static void node_stop(struct node *n)
{
	store_stop(n->store, WAIT_MS, on_done, n);
	WAIT(n->done);
	node_free(n);
}

/* The answer to a command as text, over a connection of its own. */
static const char *ask(const char *format, const char *arg)
{
	static char text[16384];
	redisContext *c = redis_server_connect(server);
	redisReply *r = arg ? redisCommand(c, format, arg) : redisCommand(c, format);

	if (!r)
		snprintf(text, sizeof(text), "no reply");
	else if (r->type == REDIS_REPLY_INTEGER)
		snprintf(text, sizeof(text), "%lld", r->integer);
	else if (r->type == REDIS_REPLY_ARRAY)
		snprintf(text, sizeof(text), "%zu elements", r->elements);
	else
		snprintf(text, sizeof(text), "%s", r->str ? r->str : "nil");
	if (r)
		freeReplyObject(r);
	redisFree(c);
	return text;
}

static bool is(const char *format, const char *arg, const char *want)
{
	return strcmp(ask(format, arg), want) == 0;
}

static void fresh(void)
{
	ask("FLUSHALL", NULL);
	ask("SCRIPT FLUSH", NULL);
	ask("HSET " B ":conf key /d", NULL);
	memset(answers, 0, sizeof(answers));
}

static struct store_client client(const char *id, const char *userid, enum platform platform,
				  uint64_t serial)
{
	return (struct store_client){.nsp = LP_STR("/d"),
				     .id = lp_cstr(id),
				     .userid = lp_cstr(userid),
				     .platform = platform,
				     .serial = serial};
}

static void on(struct node *n, const struct store_client *c, int *got)
{
	struct store_room rooms[2] = {{LP_STR("user_x"), true}, {LP_STR("news"), true}};

	store_redis_ops.client_on(n->store, c, rooms, 2, false, on_answer, got);
}

static void off(struct node *n, const struct store_client *c)
{
	struct store_room rooms[2] = {{LP_STR("user_x"), true}, {LP_STR("news"), true}};

	store_redis_ops.client_off(n->store, c, rooms, 2, "test");
}

/* The core knows the client as accepted, in the room news. */
static void known(struct node *n, const struct store_client *c)
{
	struct fake_client *k = &n->core.clients[n->core.client_count++];

	k->who = *c;
	k->rooms[0] = (struct store_room){LP_STR("news"), true};
	k->room_count = 1;
}

static bool idle(struct node *n)
{
	return store_stats(n->store)->connected && store_stats(n->store)->waiting == 0;
}

/* --- tests --- */

static void test_operations(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	struct store_client bob = client(BOB, "bob", PLATFORM_IOS, 4);
	struct store_client lost = {.nsp = LP_STR("/none"),
				    .id = LP_STR("/none#a#web-1"),
				    .userid = LP_STR("a"),
				    .serial = 5};
	struct store_room room = {LP_STR("chat"), true};
	struct lp_str ids[2] = {LP_STR(ANN), LP_STR(BOB)};
	char held[64];

	fresh();
	node_start(&n, "n1");
	on(&n, &ann, NULL);
	on(&n, &bob, NULL);
	on(&n, &lost, NULL);
	CU_ASSERT_EQUAL(answers[STORE_ANSWERS], 0); /* never from inside the call */
	store_redis_ops.room_join(n.store, &ann, &room, 1, on_answer, NULL);
	store_redis_ops.room_leave(n.store, &bob, &room, 1, on_answer, NULL);
	WAIT(answers[STORE_ANSWERS] == 5);
	CU_ASSERT_EQUAL(answers[STORE_DONE], 4);
	CU_ASSERT_EQUAL(answers[STORE_UNKNOWN_NAMESPACE], 1);
	snprintf(held, sizeof(held), "%s/3/3", store_owner(n.store));
	CU_ASSERT(is("HGET " B ":clients %s", ANN, held));
	CU_ASSERT(is("HGET " B ":rooms chat", NULL, "1"));
	CU_ASSERT(is("EXISTS " B ":route:chat", NULL, "0")); /* bob was said to be the last */

	ask("HSET " B ":msg:1 room news sendDate 9999999999999 ackCount 0", NULL);
	ask("HSET " B ":msg:2 room news sendDate 9999999999999 ackCount 0", NULL);
	store_redis_ops.acks(n.store, LP_STR("/d"), 1, PLATFORM_WEB, ids, 2);
	store_redis_ops.acks(n.store, LP_STR("/e"), 1, PLATFORM_WEB, ids, 1);
	store_redis_ops.acks(n.store, LP_STR("/d"), 2, PLATFORM_IOS, ids, 1);
	store_redis_ops.ack_late(n.store, &bob, 2);
	store_redis_ops.delivered(n.store, LP_STR("/d"), 1, (uint64_t[]){30, 9, 1});
	store_redis_ops.delivered(n.store, LP_STR("/d"), 1, (uint64_t[]){39, 9, 2});
	run_for(20);
	WAIT(idle(&n));
	CU_ASSERT(is("HGET " B ":msg:1 ackWebCount", NULL, "2"));
	CU_ASSERT(is("HGET " B ":msg:2 ackIOSCount", NULL, "2"));
	CU_ASSERT(is("HGET " B ":msg:1 @%s", store_owner(n.store), "39/9/2"));

	ask("HSET " B ":conf offline on", NULL);
	ann.id = LP_STR("/d#c#web-9");
	on(&n, &ann, NULL);
	WAIT(answers[STORE_OFFLINE_NAMESPACE] == 1);
	off(&n, &bob);
	node_stop(&n);
	/* nothing is left of it */
	CU_ASSERT(is("EXISTS " B ":clients " B ":rooms " B ":route:news lp:nodes lp:inbox-seq",
		     NULL, "0"));
	CU_ASSERT(is("KEYS lp:inbox:*", NULL, "0 elements"));
}

/* Very many, and again, while the link breaks again and again: each counts once. */
static void test_acks(void)
{
	enum { MANY = 20000, STEP = 500 };
	struct node n;
	char(*names)[24] = lp_xcalloc(MANY, sizeof(*names));
	struct lp_str *ids = lp_xcalloc(MANY, sizeof(*ids));

	for (int i = 0; i < MANY; i++)
		ids[i] = lp_str(names[i], (size_t)snprintf(names[i], sizeof(names[i]),
							   "/d#u%d#android-1", i));
	fresh();
	node_start(&n, "n1");
	ask("HSET " B ":msg:1 room news sendDate 9999999999999 ackCount 0", NULL);
	ask("HSET " B ":offline:1 %s stored", names[7]);
	ask("ZADD " B ":unread:%s 1 1 2 2", names[7]);
	for (int i = 0; i < MANY; i += STEP) {
		store_redis_ops.acks(n.store, LP_STR("/d"), 1, PLATFORM_ANDROID, ids, (size_t)i);
		store_redis_ops.acks(n.store, LP_STR("/d"), 2, PLATFORM_ANDROID, ids, STEP);
		run_for(1);
		if (i % (8 * STEP) == 0)
			ask("CLIENT KILL TYPE normal SKIPME yes", NULL);
	}
	store_redis_ops.acks(n.store, LP_STR("/d"), 1, PLATFORM_ANDROID, ids, MANY);
	run_for(20);
	WAIT(idle(&n));
	CU_ASSERT(store_stats(n.store)->lost_links > 0);
	CU_ASSERT(is("HGET " B ":msg:1 ackAndroidCount", NULL, "20000"));
	CU_ASSERT(is("HGET " B ":msg:1 ackCount", NULL, "20000"));
	CU_ASSERT(is("SCARD " B ":ack:1:android", NULL, "20000"));
	CU_ASSERT(is("ZCARD " B ":unread:%s", names[7], "1"));
	CU_ASSERT(is("EXISTS " B ":ack:2:android", NULL, "0"));
	node_stop(&n);
	free(ids);
	free(names);
}

/* What is asked for in one pass goes in few calls, in order, and each has its own answer. */
static void test_together(void)
{
	enum { CLIENTS = 40 };
	struct node n;
	struct store_client all[CLIENTS];
	char names[CLIENTS][16], users[CLIENTS][8];
	int got[CLIENTS] = {0};
	struct store_room room = {LP_STR("chat"), true};
	unsigned calls = 0;
	const char *stats;

	fresh();
	node_start(&n, "n1");
	ask("SET " B ":joined:/d#u7#web-1 wrong", NULL);
	ask("CONFIG RESETSTAT", NULL);
	for (unsigned i = 0; i < CLIENTS; i++) {
		snprintf(users[i], sizeof(users[i]), "u%u", i);
		snprintf(names[i], sizeof(names[i]), "/d#u%u#web-1", i);
		all[i] = client(names[i], users[i], PLATFORM_WEB, i + 1);
		on(&n, &all[i], &got[i]);
		if (i == 20)
			store_redis_ops.room_join(n.store, &all[i], &room, 1, on_answer, NULL);
	}
	WAIT(answers[STORE_ANSWERS] == CLIENTS + 1);
	CU_ASSERT_EQUAL(answers[STORE_DONE], CLIENTS);
	CU_ASSERT_EQUAL(answers[STORE_BUSY], 1); /* the one whose key is of another kind */
	for (unsigned i = 0; i < CLIENTS; i++)
		CU_ASSERT_EQUAL(got[i], 1);
	CU_ASSERT(is("HGET " B ":rooms chat", NULL, "1"));
	stats = strstr(ask("INFO commandstats", NULL), "cmdstat_evalsha:calls=");
	CU_ASSERT(stats && sscanf(stats, "cmdstat_evalsha:calls=%u", &calls) == 1);
	/* Two for the first 21, the join, two for the others, and renewals of the lease. */
	CU_ASSERT(calls >= 5 && calls < CLIENTS / 2);
	ask("DEL " B ":joined:/d#u7#web-1", NULL);
	for (unsigned i = 0; i < CLIENTS; i++)
		off(&n, &all[i]);
	node_stop(&n);
	CU_ASSERT(is("EXISTS " B ":clients " B ":rooms " B ":route:news", NULL, "0"));
}

static void test_inbox(void)
{
	struct node n;

	fresh();
	node_start(&n, "n1");
	ask("XADD lp:inbox:%s 2-0 k push n /d r news i 77 x me e [\"push\",{}]",
	    store_owner(n.store));
	ask("XADD lp:inbox:%s 3-0 k offline n /d", store_owner(n.store));
	ask("XADD lp:inbox:%s 4-0 k push n /d r news i 7z e []", store_owner(n.store));
	ask("XADD lp:inbox:%s 5-0 k kick n /d c who s other.1/5", store_owner(n.store));
	ask("XADD lp:inbox:%s 6-0 k unknown n /d", store_owner(n.store));
	ask("XADD lp:inbox:%s 7-0 k emit n /d r news x me e [\"peopleJoin\",{}]",
	    store_owner(n.store));
	ask("XADD lp:inbox:%s 8-0 k transfer n /d t in j join s [\"a\"]", store_owner(n.store));
	ask("XADD lp:inbox:%s 9-0 k transfer n /d t in j leave s x", store_owner(n.store));
	ask("XADD lp:inbox:%s 10-0 k transfer n /d t in j move s [\"a\"]", store_owner(n.store));
	ask("XADD lp:inbox:%s 11-0 k expel n /d c [\"/d#u#web-1\",\"7\"] e [\"kicked\",{}]",
	    store_owner(n.store));
	ask("XADD lp:inbox:%s 12-0 k expel n /d c [\"/d#u#web-1\",\"7\"]", store_owner(n.store));
	ask("XADD lp:inbox:%s 13-0 k emit n /d r news", store_owner(n.store));
	ask("XADD lp:inbox:%s 16-0 k push n /d r news i 78 e []", store_owner(n.store));
	WAIT(store_stats(n.store)->inbox_read == 14);
	CU_ASSERT_STRING_EQUAL(fake_core_take(&n.core),
			       "push /d news 77 [me] [\"push\",{}]\noffline /d\n"
			       "emit /d news [me] [\"peopleJoin\",{}]\n"
			       "transfer /d in join [\"a\"]\ntransfer /d in leave x\n"
			       "expel /d [\"/d#u#web-1\",\"7\"] [\"kicked\",{}]\n"
			       "catch up\npush /d news 78 [] []\n");
	CU_ASSERT_EQUAL(store_stats(n.store)->inbox_bad, 7);
	CU_ASSERT_EQUAL(store_stats(n.store)->inbox_lost, 2);
	/* what was read is trimmed away with the next renewal */
	ask("HSET lp:inbox-seq %s 16", store_owner(n.store));
	WAIT(is("XLEN lp:inbox:%s", store_owner(n.store), "1"));
	node_stop(&n);
}

/* Asked for and told: what clients say goes there, what comes of it is read as it should be. */
static void test_questions(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_IOS, 3);
	struct store_client bob = client(BOB, "bob", PLATFORM_WEB, 4);
	struct store_field fields[] = {{"longitude", LP_STR("10")}, {"latitude", LP_STR("50")}};
	struct lp_str rooms[] = {LP_STR("r"), LP_STR("q")};
	struct store_quiet quiet = {rooms, rooms + 1, 1, 1, 5};
	struct store_place where = {false, 0, 0, 10, 5};
	struct store_room chat = {LP_STR("chat"), true};
	struct store_moved moved[] = {{ann.id, 3}, {bob.id, 4}};

	fresh();
	node_start(&n, "n1");
	ann.announced = true;
	on(&n, &ann, NULL);
	on(&n, &bob, NULL);
	store_redis_ops.info(n.store, &ann, fields, 2, on_answer, NULL);
	store_redis_ops.info(n.store, &bob, fields, 2, on_answer, NULL);
	store_redis_ops.apns(n.store, &ann, &quiet, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 5);
	store_redis_ops.apns(n.store, &ann, &(struct store_quiet){.max = 5}, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 6);
	CU_ASSERT_STRING_EQUAL(texts, "r");
	store_redis_ops.info(n.store, &ann, NULL, 0, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 7);
	CU_ASSERT_PTR_NOT_NULL(strstr(texts, "userId ann nspName /d platform ios"));
	store_redis_ops.discover(n.store, &bob, &where, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 8);
	CU_ASSERT_PTR_NOT_NULL(strstr(texts, ANN " ann 0.000"));
	where.known = true;
	store_redis_ops.discover(n.store, &bob, &where, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 9);
	CU_ASSERT_STRING_EQUAL(texts, "");
	fake_core_take(&n.core);
	store_redis_ops.room_move(n.store, LP_STR("/d"), &chat, true, moved, 2, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 10 && n.core.log.len);
	CU_ASSERT_PTR_NOT_NULL(strstr(fake_core_take(&n.core), "emit /d chat [" ANN "] [\"people"));
	CU_ASSERT(is("HGET " B ":rooms chat", NULL, "2"));
	set(&n.settings, "duplicate_client", "reject");
	ann.serial = 9;
	on(&n, &ann, NULL);
	WAIT(answers[STORE_CONFLICT] == 1);
	node_stop(&n);
}

/* A push is carried out once or not at all, and not later than asked for. */
static void test_push(void)
{
	struct node n;
	struct lp_str room = LP_STR("r");
	struct push_msg m = {.room = room, .expire_s = 60};

	fresh();
	ask("SET " B ":seq 41", NULL);
	ask("HSET " B ":conf rev 1", NULL);
	lp_buf_addz(&m.data, "{}");
	lp_buf_addz(&m.expire, "1");
	node_start(&n, "n1");
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 1);
	CU_ASSERT_STRING_EQUAL(texts, "42");
	CU_ASSERT(is("HGET " B ":msg:42 room", NULL, "r"));
	store_redis_ops.push(n.store, LP_STR("/none"), &m, on_answer, NULL);
	WAIT(answers[STORE_UNKNOWN_NAMESPACE] == 1);
	ask("HSET " B ":conf offline on", NULL);
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	WAIT(answers[STORE_OFFLINE_NAMESPACE] == 1);
	ask("HSET " B ":conf offline off", NULL);
	/* on its way when the link breaks: nobody knows, and it is not sent again */
	redis_server_freeze(server);
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	CU_ASSERT_EQUAL(answers[STORE_BUSY], 0);
	WAIT(!store_stats(n.store)->connected);
	WAIT(answers[STORE_BUSY] == 2);
	/* while Redis is away: refused at once */
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	turn();
	CU_ASSERT_EQUAL(answers[STORE_BUSY], 3);
	redis_server_thaw(server);
	WAIT(idle(&n));
	run_for(50);
	CU_ASSERT(is("GET " B ":seq", NULL, "44"));
	store_redis_ops.push(n.store, LP_STR("/d"), &m, on_answer, NULL);
	WAIT(answers[STORE_DONE] == 2);
	CU_ASSERT_STRING_EQUAL(texts, "45");
	push_msg_clear(&m);
	node_stop(&n);
}

static void test_kick(void)
{
	struct node a, b;
	struct store_client old = client(ANN, "ann", PLATFORM_WEB, 3);
	struct store_client new = client(ANN, "ann", PLATFORM_WEB, 8);
	char held[64];

	fresh();
	node_start(&a, "n1");
	node_start(&b, "n2");
	on(&a, &old, NULL);
	WAIT(answers[STORE_DONE] == 1);
	on(&b, &new, NULL);
	WAIT(a.core.log.len);
	CU_ASSERT_STRING_EQUAL(fake_core_take(&a.core), "kick /d " ANN " 3\n");
	off(&a, &old);
	WAIT(idle(&a));
	snprintf(held, sizeof(held), "%s/8/3", store_owner(b.store));
	CU_ASSERT(is("HGET " B ":clients %s", ANN, held));
	node_stop(&a);
	node_stop(&b);
}

/* Killed, away for a while and started again, with operations all the time. */
static void test_crash(void)
{
	enum { CLIENTS = 3000 };
	struct node n;
	struct store_client c[CLIENTS];
	static char ids[CLIENTS][32];
	static int got[CLIENTS];
	char owner[64];
	int wrong = 0;

	fresh();
	memset(got, 0, sizeof(got));
	node_start(&n, "n1");
	snprintf(owner, sizeof(owner), "%s", store_owner(n.store));
	set(&n.settings, "lease_time", "60s");
	for (int i = 0; i < CLIENTS; i++) {
		snprintf(ids[i], sizeof(ids[i]), "/d#u#web-%d", i);
		c[i] = client(ids[i], "u", PLATFORM_WEB, (uint64_t)i + 1);
		on(&n, &c[i], &got[i]);
		if (i % 3 == 0)
			off(&n, &c[i]);
		if (i % 500 == 0)
			turn();
		if (i == 1000)
			redis_server_kill(server);
		if (i == 2000) {
			run_for(300);
			CU_ASSERT(!store_stats(n.store)->connected);
			redis_server_again(server);
		}
	}
	WAIT(idle(&n));
	for (int i = 0; i < CLIENTS; i++)
		wrong += got[i] != 1;
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(answers[STORE_DONE], CLIENTS);
	CU_ASSERT(is("HLEN " B ":clients", NULL, "2000"));
	CU_ASSERT(is("HGET " B ":users u", NULL, "2000"));
	CU_ASSERT(is("HGET " B ":rooms news", NULL, "2000"));
	CU_ASSERT_STRING_EQUAL(store_owner(n.store), owner);
	CU_ASSERT(store_stats(n.store)->lost_links >= 1);
	/* the inbox goes on where it was */
	ask("XADD lp:inbox:%s 2-0 k offline n /d", owner);
	WAIT(n.core.log.len);
	node_stop(&n);
	CU_ASSERT(is("EXISTS " B ":clients " B ":users", NULL, "0"));
}

static void test_emptied(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	struct store_client bob = client(BOB, "bob", PLATFORM_IOS, 4);
	char first[64];

	fresh();
	node_start(&n, "n1");
	snprintf(first, sizeof(first), "%s", store_owner(n.store));
	on(&n, &ann, NULL);
	WAIT(answers[STORE_DONE] == 1);
	known(&n, &ann);
	ask("FLUSHALL", NULL);
	ask("HSET " B ":conf key /d", NULL);
	/* written under the old name until the store notices; left before that */
	on(&n, &bob, NULL);
	off(&n, &bob);
	WAIT(n.core.rejoins == 1);
	CU_ASSERT_STRING_NOT_EQUAL(store_owner(n.store), first);
	WAIT(idle(&n) && is("HLEN " B ":clients", NULL, "1"));
	CU_ASSERT(is("HGET " B ":rooms news", NULL, "1"));
	CU_ASSERT(is("HLEN " B ":route:news", NULL, "1"));
	WAIT(is("ZCARD lp:nodes", NULL, "1"));
	ask("XADD lp:inbox:%s 2-0 k offline n /d", store_owner(n.store));
	WAIT(n.core.log.len);
	CU_ASSERT_EQUAL(store_stats(n.store)->inbox_lost, 0);
	run_for(1000);
	CU_ASSERT_EQUAL(n.core.rejoins, 1);
	node_stop(&n);
}

/* Killed, and what it had is gone: requests waiting are carried out under the new name. */
static void test_emptied_while_away(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	struct store_client bob = client(BOB, "bob", PLATFORM_IOS, 4);
	int got_ann = 0, got_bob = 0;

	fresh();
	node_start(&n, "n1");
	on(&n, &ann, &got_ann);
	WAIT(got_ann == 1);
	known(&n, &ann);
	ask("FLUSHALL", NULL);
	ask("HSET " B ":conf key /d", NULL);
	redis_server_kill(server);
	run_for(50);
	on(&n, &bob, &got_bob);
	redis_server_again(server);
	WAIT(n.core.rejoins == 1 && idle(&n));
	CU_ASSERT_EQUAL(got_ann, 1);
	CU_ASSERT_EQUAL(got_bob, 1);
	CU_ASSERT(is("HLEN " B ":clients", NULL, "2"));
	CU_ASSERT(is("HGET " B ":rooms news", NULL, "2"));
	node_stop(&n);
	CU_ASSERT(is("EXISTS " B ":clients", NULL, "0"));
}

/* A connector that does not answer for longer than its lease is reaped by another. */
static void test_reaped(void)
{
	struct node a, b;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	char owner[64];

	fresh();
	node_start(&a, "n1");
	on(&a, &ann, NULL);
	WAIT(answers[STORE_DONE] == 1);
	snprintf(owner, sizeof(owner), "%s", store_owner(a.store));
	node_free(&a); /* as by kill -9 */
	CU_ASSERT(is("HLEN " B ":clients", NULL, "1"));
	node_start(&b, "n2");
	WAIT(is("HLEN " B ":clients", NULL, "0"));
	WAIT(is("EXISTS lp:inbox:%s", owner, "0"));
	CU_ASSERT(is("ZCARD lp:nodes", NULL, "1"));
	node_stop(&b);
}

/* The next life of a node id does not wait for the lease. */
static void test_next_life(void)
{
	struct node a, b;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);

	fresh();
	node_start(&a, "n1");
	on(&a, &ann, NULL);
	WAIT(answers[STORE_DONE] == 1);
	node_free(&a);
	node_start(&b, "n1");
	CU_ASSERT(is("HLEN " B ":clients", NULL, "0"));
	CU_ASSERT(is("ZCARD lp:nodes", NULL, "1"));
	node_stop(&b);
}

static void test_scripts_forgotten(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	int got = 0;

	fresh();
	node_start(&n, "n1");
	ask("SCRIPT FLUSH", NULL);
	for (int i = 0; i < 20; i++) {
		ann.serial = (uint64_t)i + 1;
		on(&n, &ann, &got);
	}
	WAIT(got == 20);
	CU_ASSERT_EQUAL(answers[STORE_DONE], 20);
	off(&n, &ann);
	WAIT(idle(&n) && is("EXISTS " B ":clients", NULL, "0"));
	node_stop(&n);
}

static void test_no_answer(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	int got = 0;

	fresh();
	node_start(&n, "n1");
	set(&n.settings, "lease_time", "60s");
	redis_server_freeze(server);
	on(&n, &ann, &got);
	WAIT(!store_stats(n.store)->connected);
	CU_ASSERT_EQUAL(got, 0);
	redis_server_thaw(server);
	WAIT(got == 1 && idle(&n));
	CU_ASSERT(is("HLEN " B ":clients", NULL, "1"));
	node_stop(&n);
}

static void test_too_much(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);
	struct store_room room = {LP_STR("chat"), true};
	int got = 0;

	fresh();
	node_start(&n, "n1");
	redis_server_freeze(server);
	for (int i = 0; i < 200000; i++)
		store_redis_ops.room_leave(n.store, &ann, &room, 1, NULL, NULL);
	store_redis_ops.room_leave(n.store, &ann, &room, 1, on_answer, NULL);
	store_redis_ops.room_join(n.store, &ann, &room, 1, on_answer, &got);
	CU_ASSERT_EQUAL(got, 0);
	turn();
	CU_ASSERT_EQUAL(got, 1);
	CU_ASSERT_EQUAL(answers[STORE_BUSY], 1);
	CU_ASSERT_EQUAL(store_stats(n.store)->refused, 1);
	redis_server_thaw(server);
	WAIT(idle(&n));
	CU_ASSERT_EQUAL(answers[STORE_DONE], 1);
	node_stop(&n);
}

static void test_not_there(void)
{
	static const char *const addresses[] = {"unix:/nonexistent/socket", "127.0.0.1:1"};
	struct node n;

	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		node_new(&n, "n1", addresses[i]);
		store_start(n.store, on_ready, &n);
		WAIT(n.ready == 0);
		node_free(&n);
	}
	/* a wrong password */
	ask("CONFIG SET requirepass secret", NULL);
	node_new(&n, "n1", redis_server_address(server));
	set(&n.settings, "redis_password", "wrong");
	store_start(n.store, on_ready, &n);
	WAIT(n.ready == 0);
	node_free(&n);
	/* the right one, and a database of its own */
	node_new(&n, "n1", redis_server_address(server));
	set(&n.settings, "redis_password", "secret");
	set(&n.settings, "redis_db", "3");
	store_start(n.store, on_ready, &n);
	WAIT(n.ready == 1);
	run_for(50);
	node_stop(&n);
}

/* At the start of a machine Redis may still be loading. */
static void test_loading(void)
{
	struct node n;

	fresh();
	ask("EVAL %s 0", "for i = 1, 10000 do redis.call('SET', 'k' .. i, i) end");
	redis_server_kill(server);
	redis_server_again_slowly(server);
	CU_ASSERT(strncmp(ask("GET k1", NULL), "LOADING", 7) == 0);
	node_new(&n, "n1", redis_server_address(server));
	store_start(n.store, on_ready, &n);
	WAIT(n.ready >= 0);
	CU_ASSERT_EQUAL(n.ready, 1);
	CU_ASSERT(store_stats(n.store)->lost_links > 0);
	node_stop(&n);
}

/* Stopping ends in time although Redis is away. */
static void test_stop_limit(void)
{
	struct node n;
	struct store_client ann = client(ANN, "ann", PLATFORM_WEB, 3);

	fresh();
	node_start(&n, "n1");
	redis_server_freeze(server);
	on(&n, &ann, NULL);
	store_stop(n.store, 100, on_done, &n);
	WAIT(n.done);
	node_free(&n);
	redis_server_thaw(server);
	CU_ASSERT_EQUAL(answers[STORE_ANSWERS], 0);
}

int main(void)
{
	CU_pSuite suite;
	unsigned failed;

	signal(SIGPIPE, SIG_IGN);
	if (lp_log_open("test_store", getenv("LP_TEST_LOG") ? NULL : "/dev/null", LP_LOG_DEBUG,
			false) != LP_OK)
		return 1;
	scripts_init();
	server = redis_server_start();
	base = event_base_new();
	CU_initialize_registry();
	suite = CU_add_suite("store", NULL, NULL);
	/* first, while there is little to load */
	CU_ADD_TEST(suite, test_loading);
	CU_ADD_TEST(suite, test_operations);
	CU_ADD_TEST(suite, test_acks);
	CU_ADD_TEST(suite, test_together);
	CU_ADD_TEST(suite, test_inbox);
	CU_ADD_TEST(suite, test_questions);
	CU_ADD_TEST(suite, test_push);
	CU_ADD_TEST(suite, test_kick);
	CU_ADD_TEST(suite, test_crash);
	CU_ADD_TEST(suite, test_emptied);
	CU_ADD_TEST(suite, test_emptied_while_away);
	CU_ADD_TEST(suite, test_reaped);
	CU_ADD_TEST(suite, test_next_life);
	CU_ADD_TEST(suite, test_scripts_forgotten);
	CU_ADD_TEST(suite, test_no_answer);
	CU_ADD_TEST(suite, test_too_much);
	CU_ADD_TEST(suite, test_stop_limit);
	CU_ADD_TEST(suite, test_not_there);
	CU_basic_set_mode(CU_BRM_NORMAL);
	CU_basic_run_tests();
	failed = CU_get_number_of_failures();
	CU_cleanup_registry();
	event_base_free(base);
	redis_server_stop(server);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
