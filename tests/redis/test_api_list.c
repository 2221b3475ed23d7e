/* Lists of clients and rooms, page by page, against a real Redis. */
#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "tests/redis/api_fixture.h"

#define CLIENTS "/api/auth/clients"
#define ROOMS   "/api/auth/rooms"
#define USERS   "/api/auth/users"

/* What the pages of a list had, by id or name. */
struct got {
	UT_hash_handle hh;
	int times;
	char name[];
};

static struct got *all;
static size_t pages, largest;

static void all_clear(void)
{
	struct got *g, *next;

	HASH_ITER(hh, all, g, next)
	{
		HASH_DEL(all, g);
		free(g);
	}
	pages = largest = 0;
}

static int times(const char *name)
{
	struct got *g;

	HASH_FIND_STR(all, name, g);
	return g ? g->times : 0;
}

static void note(const char *name)
{
	struct got *g;

	HASH_FIND_STR(all, name, g);
	if (!g) {
		g = lp_xcalloc(1, sizeof(*g) + strlen(name) + 1);
		memcpy(g->name, name, strlen(name));
		HASH_ADD_STR(all, name, g);
	}
	g->times++;
}

/* One page into the table; returns the cursor, heap, or NULL at the end. */
static char *page(const char *url, const char *cursor)
{
	struct json_object *body = NULL, *list = NULL, *next = NULL;
	struct lp_buf full = {0};
	const char *answer;
	char *copy = NULL;
	size_t n;

	lp_buf_addz(&full, url);
	if (cursor)
		lp_buf_addf(&full, "&cursor=%s", cursor);
	answer = get(OWNER, full.data);
	lp_buf_clear(&full);
	CHECK_STR(lp_cstr(url), lp_str(answer, 3), LP_STR("200"));
	if (lp_json_parse(lp_cstr(answer + 4), &body) == LP_OK) {
		json_object_object_get_ex(body, "list", &list);
		json_object_object_get_ex(body, "cursor", &next);
	}
	n = list ? json_object_array_length(list) : 0;
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(list, i), *name;

		if (json_object_object_get_ex(one, "id", &name) ||
		    json_object_object_get_ex(one, "name", &name) ||
		    json_object_object_get_ex(one, "userid", &name))
			note(json_object_get_string(name));
	}
	pages++;
	if (n > largest)
		largest = n;
	if (next)
		copy = strdup(json_object_get_string(next));
	json_object_put(body);
	return copy;
}

/* All pages; between two of them the script runs, if there is one. */
static void walk(const char *url, const char *script)
{
	char *cursor;

	all_clear();
	cursor = page(url, NULL);
	while (cursor && pages < 100000) {
		char *next;

		if (script)
			command("EVAL %s 1 " B " %d", script, (int)pages);
		next = page(url, cursor);
		free(cursor);
		cursor = next;
	}
	CHECK(!cursor);
	free(cursor);
}

/* Clients u1 ... un online in the room r, by what is in presence. */
static void crowd(int n)
{
	command("EVAL %s 1 " B " %d",
		"for i = 1, tonumber(ARGV[1]) do local id = '/d#u' .. i .. '#web-' .. i "
		"redis.call('HSET', KEYS[1] .. ':clients', id, 'c1.1/' .. i .. '/' .. #('u' .. i)) "
		"redis.call('SADD', KEYS[1] .. ':room:r:on:web', id) "
		"redis.call('SADD', KEYS[1] .. ':joined:' .. id, 'r') "
		"redis.call('HSET', KEYS[1] .. ':rooms', 'room' .. i, i) end",
		n);
}

static void test_all(void)
{
	static const struct {
		int crowd, size;
	} rows[] = {
		{0, 10},    {1, 1},      {50, 1},     {50, 7},      {50, 50},
		{50, 1000}, {3000, 100}, {3000, 999}, {3000, 1000}, {600, 1},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		static const char *const lists[] = {
			CLIENTS "?size=", CLIENTS "?room=r&size=", ROOMS "?size="};
		size_t count = (size_t)rows[i].crowd;

		fresh();
		if (count)
			crowd(rows[i].crowd);
		for (size_t k = 0; k < COUNT(lists); k++) {
			char url[64];

			snprintf(url, sizeof(url), "%s%d", lists[k], rows[i].size);
			walk(url, NULL);
			CHECK_ROW(lp_cstr(url), HASH_COUNT(all) == count);
			CHECK_ROW(lp_cstr(url), largest <= (size_t)rows[i].size);
			for (struct got *g = all; g; g = g->hh.next)
				CHECK_ROW(lp_cstr(g->name), g->times == 1);
		}
	}
	all_clear();
}

/* Those who are there all the time are listed, whoever comes and goes; the tables grow and shrink. */
static void test_changes(void)
{
	static const char script[] =
		"local grow = tonumber(ARGV[1]) % 40 < 20 "
		"for i = 1, 200 do local n = (tonumber(ARGV[1]) % 20) * 200 + i "
		"local id = '/d#x' .. n .. '#web-1' "
		"if grow then redis.call('HSET', KEYS[1] .. ':clients', id, 'c1.1/1/' .. #('x' .. "
		"n)) "
		"redis.call('SADD', KEYS[1] .. ':room:r:on:web', id) "
		"else redis.call('HDEL', KEYS[1] .. ':clients', id) "
		"redis.call('SREM', KEYS[1] .. ':room:r:on:web', id) end end";
	static const char *const urls[] = {CLIENTS "?size=9", CLIENTS "?room=r&size=9",
					   CLIENTS "?size=100", CLIENTS "?room=r&size=1"};

	for (size_t i = 0; i < COUNT(urls); i++) {
		fresh();
		crowd(700);
		walk(urls[i], script);
		for (int n = 1; n <= 700; n++) {
			char id[32];

			snprintf(id, sizeof(id), "/d#u%d#web-%d", n, n);
			CHECK_ROW(lp_cstr(id), times(id) >= 1);
		}
	}
	all_clear();
}

static void test_entries(void)
{
	struct lp_buf rooms = {0};
	int n = 0;

	fresh();
	other_begin();
	EXPECT("nobody", get(OWNER, CLIENTS), "200 {\"list\":[],\"cursor\":null}");
	EXPECT("nothing", get(OWNER, ROOMS), "200 {\"list\":[],\"cursor\":null}");
	online("ann#1", "ios", "u-1", "r");
	command("HSET " B ":client:/d#ann#1#ios-u-1 last_connect_time 1700000000000");
	EXPECT("client", get(OWNER, CLIENTS),
	       "200 {\"list\":[{\"id\":\"/d#ann#1#ios-u-1\",\"userid\":\"ann#1\",\"uuid\":\"u-1\","
	       "\"platform\":\"ios\",\"connector\":\"c1\",\"connect_time\":1700000000000,"
	       "\"rooms\":[\"r\",\"user_ann#1\"]}],\"cursor\":null}");
	EXPECT("room", get(OWNER, ROOMS),
	       "200 {\"list\":[{\"name\":\"r\",\"clientCount\":1,\"userCount\":1}],"
	       "\"cursor\":null}");
	online("bob", "web", "2", "r");
	online("bob", "android", "3", "user_ann#1");
	walk(CLIENTS "?room=r", NULL);
	CHECK(HASH_COUNT(all) == 2 && times("/d#bob#web-2") && times("/d#ann#1#ios-u-1"));
	walk(CLIENTS "?user=bob&room=", NULL);
	CHECK(HASH_COUNT(all) == 2 && times("/d#bob#web-2") && times("/d#bob#android-3"));
	walk(CLIENTS "?user=ann%231", NULL);
	CHECK(HASH_COUNT(all) == 1 && times("/d#ann#1#ios-u-1"));
	walk(CLIENTS "?user=bob&room=r", NULL);
	CHECK(HASH_COUNT(all) == 1 && times("/d#bob#web-2"));
	walk(CLIENTS "?user=eve", NULL);
	CHECK(HASH_COUNT(all) == 0);
	/* more rooms than one call names: all the same each client has all of its own */
	command("EVAL %s 1 " B,
		"for i = 1, 700 do for _, id in ipairs({ '/d#bob#web-2', '/d#ann#1#ios-u-1' }) do "
		"redis.call('SADD', KEYS[1] .. ':joined:' .. id, 'many' .. i) end end");
	lp_buf_addz(&rooms, get(OWNER, CLIENTS));
	for (const char *at = rooms.data; (at = strstr(at, "\"many700\"")); at++)
		n++;
	CHECK(n == 2);
	walk(CLIENTS, NULL);
	CHECK(HASH_COUNT(all) == 3);
	lp_buf_clear(&rooms);
	all_clear();
	other_end();
}

/* Looking for a part of the name: all that have it, in however many pages. */
static void test_parts(void)
{
	static const struct {
		const char *url;
		unsigned count;
	} rows[] = {
		{ROOMS "?q=room7", 1 + 10 + 100 + 1000},
		{ROOMS "?q=room77&size=7", 1 + 10 + 100},
		{ROOMS "?q=oom8001&size=1", 1},
		{ROOMS "?q=nowhere", 0},
		{ROOMS "?q=%25", 0},
		{CLIENTS "?q=%23web-42&size=5", 111},
		{CLIENTS "?room=r&q=u7999", 1},
		{USERS, 3},
		{USERS "?q=nn", 2},
		{USERS "?q=", 3},
	};

	fresh();
	crowd(8001);
	command("HSET " B ":users ann 1 nancy 1 hanna 2");
	for (size_t i = 0; i < COUNT(rows); i++) {
		walk(rows[i].url, NULL);
		CHECK_ROW(lp_cstr(rows[i].url), HASH_COUNT(all) == rows[i].count);
		for (struct got *g = all; g; g = g->hh.next)
			CHECK_ROW(lp_cstr(g->name), g->times == 1);
	}
	EXPECT("user", get(OWNER, USERS "?q=hanna"),
	       "200 {\"list\":[{\"userid\":\"hanna\",\"clientCount\":2}],\"cursor\":null}");
	all_clear();
}

static void test_errors(void)
{
	static const struct {
		const char *url, *field;
	} rows[] = {
		{CLIENTS "?size=0", "\"size\""},     {CLIENTS "?size=1001", "\"size\""},
		{CLIENTS "?size=ten", "\"size\""},   {ROOMS "?size=-1", "\"size\""},
		{ROOMS "?size[]=1", "\"size\""},     {CLIENTS "?room=a%20b", "\"room\""},
		{CLIENTS "?user=a%20b", "\"user\""}, {CLIENTS "?room[]=r", "\"room\""},
		{CLIENTS "?cursor=x", "\"cursor\""}, {ROOMS "?cursor[]=", "\"cursor\""},
		{ROOMS "?q[]=x", "\"q\""},           {USERS "?size=x", "\"size\""},
	};
	char *cursor, url[512];

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++) {
		EXPECT(rows[i].url, member(get(OWNER, rows[i].url), 0, "field"), rows[i].field);
		EXPECT(rows[i].url, member(get(OWNER, rows[i].url), 0, "error"),
		       "\"param_invalid\"");
	}
	/* a cursor of another query, and of another namespace */
	crowd(10);
	all_clear();
	cursor = page(CLIENTS "?room=r&size=3", NULL);
	snprintf(url, sizeof(url), CLIENTS "?room=r&size=5&cursor=%s", cursor);
	CHECK(strncmp(get(OWNER, url), "200", 3) == 0);
	other_begin();
	EXPECT("another namespace", member(get(OTHER, url), 0, "field"), "\"cursor\"");
	other_end();
	snprintf(url, sizeof(url), CLIENTS "?room=q&cursor=%s", cursor);
	EXPECT("another room", member(get(OWNER, url), 0, "field"), "\"cursor\"");
	snprintf(url, sizeof(url), CLIENTS "?user=r&cursor=%s", cursor);
	EXPECT("a user", member(get(OWNER, url), 0, "field"), "\"cursor\"");
	snprintf(url, sizeof(url), ROOMS "?cursor=%s", cursor);
	EXPECT("rooms", member(get(OWNER, url), 0, "field"), "\"cursor\"");
	snprintf(url, sizeof(url), CLIENTS "?room=r&q=u&cursor=%s", cursor);
	EXPECT("a part", member(get(OWNER, url), 0, "field"), "\"cursor\"");
	free(cursor);
	all_clear();
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"all", test_all},     {"changes", test_changes}, {"entries", test_entries},
		{"parts", test_parts}, {"errors", test_errors},
	};

	return fixture_main("api list", tests, COUNT(tests));
}
