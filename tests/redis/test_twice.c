/* Presence does not depend on how often a script is carried out, or on how many go in one call. */
#include "config.h"

#include <CUnit/Basic.h>
#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "common/store/script.h"
#include "tests/redis/script_calls.h"

static void open_inbox(const char *prefix, const char *owner)
{
	freeReplyObject(redisCommand(redis, "XADD %sinbox:%s 1-0 k hello", prefix, owner));
	freeReplyObject(redisCommand(redis, "HSET %sinbox-seq %s 1", prefix, owner));
}

/* For printf's "%.*s": what stands in front of the namespace. */
#define PREFIX(base) (int)strcspn(base, "{"), (base)

static void dump(const char *base, struct lp_buf *out)
{
	redisReply *keys = redisCommand(redis, "KEYS %s:*", base);
	char **names = lp_xcalloc(keys->elements + 1, sizeof(*names));
	char key[64];

	for (size_t i = 0; i < keys->elements; i++)
		names[i] = keys->element[i]->str + strlen(base);
	qsort(names, keys->elements, sizeof(*names), by_text);
	for (size_t i = 0; i < keys->elements; i++) {
		redisReply *type = redisCommand(redis, "TYPE %s%s", base, names[i]);
		redisReply *r = NULL;

		if (strncmp(names[i], ":client:", 8) == 0) /* without the times */
			r = redisCommand(redis, "HMGET %s%s userId platform disconnect_reason",
					 base, names[i]);
		else if (strcmp(type->str, "hash") == 0)
			r = redisCommand(redis, "HGETALL %s%s", base, names[i]);
		else if (strcmp(type->str, "set") == 0)
			r = redisCommand(redis, "SMEMBERS %s%s", base, names[i]);
		else if (strcmp(type->str, "zset") == 0)
			r = redisCommand(redis, "ZRANGE %s%s 0 -1", base, names[i]);
		lp_buf_addf(out, "%s = %s\n", names[i], r ? line_of(r) : "?");
		freeReplyObject(type);
	}
	free(names);
	freeReplyObject(keys);
	snprintf(key, sizeof(key), "%.*sinbox-seq", PREFIX(base));
	lp_buf_addf(out, "inboxes = %s\n", line_of(redisCommand(redis, "HGETALL %s", key)));
}

/* Counts are those of the sets they stand for. */
#define AUDIT                                                                                      \
	"local B, bad = KEYS[1], {} "                                                              \
	"local function same(key, want) "                                                          \
	" local got = redis.call('HGETALL', key) "                                                 \
	" for i = 1, #got, 2 do "                                                                  \
	"  if tonumber(got[i + 1]) ~= want[got[i]] then bad[#bad + 1] = key .. ' ' .. got[i] end " \
	"  want[got[i]] = nil end "                                                                \
	" for k in pairs(want) do bad[#bad + 1] = key .. ' lacks ' .. k end end "                  \
	"local users, rooms, held = {}, {}, {} "                                                   \
	"local clients = redis.call('HGETALL', B .. ':clients') "                                  \
	"for i = 1, #clients, 2 do "                                                               \
	" local c, owner = clients[i], string.match(clients[i + 1], '^(.-)/') "                    \
	" local u, p = string.match(c, '#(%a+)#(%a+)-') "                                          \
	" users[u] = (users[u] or 0) + 1 "                                                         \
	" held[owner] = (held[owner] or 0) + 1 "                                                   \
	" if redis.call('SISMEMBER', B .. ':node:' .. owner, c) == 0 then bad[#bad + 1] = c end "  \
	" for _, r in ipairs(redis.call('SMEMBERS', B .. ':joined:' .. c)) do "                    \
	"  if redis.call('SISMEMBER', B .. ':room:' .. r .. ':on:' .. p, c) == 0 then "            \
	"   bad[#bad + 1] = r .. ' without ' .. c end "                                            \
	"  if r ~= 'user_' .. u then "                                                             \
	"   rooms[r] = rooms[r] or {}; rooms[r][u] = (rooms[r][u] or 0) + 1 end end end "          \
	"same(B .. ':users', users) "                                                              \
	"local totals = {} "                                                                       \
	"for r, by in pairs(rooms) do "                                                            \
	" for _, n in pairs(by) do totals[r] = (totals[r] or 0) + n end "                          \
	" same(B .. ':room:' .. r .. ':users', by) end "                                           \
	"same(B .. ':rooms', totals) "                                                             \
	"for _, key in ipairs(redis.call('KEYS', B .. ':node:*')) do "                             \
	" if redis.call('SCARD', key) ~= held[string.match(key, ':node:(.*)$')] then "             \
	"  bad[#bad + 1] = key end end "                                                           \
	"return table.concat(bad, ', ')"

static unsigned draw(unsigned *seed, unsigned below)
{
	*seed = *seed * 1103515245u + 12345u;
	return (*seed >> 16) % below;
}

/* One random operation on the namespace key given; the same seed gives the same one. */
static void step(const char *base, unsigned seed)
{
	static const char *const users[] = {"ann", "bob"};
	static const char *const platforms[] = {"web", "ios", "android"};
	static const char *const owners[] = {"a.1", "b.2"};
	static const char *const rooms[] = {"x", "y", "user_ann", "user_bob"};
	static const char *const edges[] = {"", "1"};
	const char *user = users[draw(&seed, 2)];
	const char *platform = platforms[draw(&seed, 3)];
	const char *owner = owners[draw(&seed, 2)];
	const char *room = rooms[draw(&seed, 4)];
	const char *other = rooms[draw(&seed, 4)];
	const char *edge = edges[draw(&seed, 2)];
	const char *told = edges[draw(&seed, 2)], *dup = draw(&seed, 4) ? "" : "r";
	char client[64], serial[8], own[32], prefix[8];

	snprintf(prefix, sizeof(prefix), "%.*s", PREFIX(base));
	snprintf(client, sizeof(client), "/d#%s#%s-1", user, platform);
	snprintf(serial, sizeof(serial), "%u", draw(&seed, 2));
	snprintf(own, sizeof(own), "user_%s", user);
	switch (draw(&seed, 9)) {
	case 0:
	case 1:
	case 2:
		call("client_on", base, owner, prefix, "1000", dup, client, serial, user, platform,
		     told, "", own, room, other, NULL);
		break;
	case 3:
		call("client_off", base, owner, client, serial, prefix, "1000", "bye", "3", room,
		     edge, NULL);
		break;
	case 4:
	case 5:
		call("room_join", base, owner, client, serial, prefix, "1000", room, other, NULL);
		break;
	case 6:
		call("room_move", base, owner, prefix, "1000", room, told, edge, client, serial,
		     "/d#ann#web-1", serial, NULL);
		break;
	case 7:
		call("info", base, client, "longitude", "1.5", "latitude", edge, NULL);
		break;
	default:
		call("room_leave", base, owner, client, serial, prefix, "1000", room, edge, other,
		     "", NULL);
	}
}

static void two_namespaces(void)
{
	EXPECT("FLUSHALL", "OK");
	EXPECT("HSET one:{/d}:conf key x", "1");
	EXPECT("HSET two:{/d}:conf key x", "1");
	EXPECT("ZADD one:nodes 9999999999999 a.1", "1");
	EXPECT("ZADD two:nodes 9999999999999 a.1", "1");
	open_inbox("one:", "a.1");
	open_inbox("two:", "a.1");
}

static void test_twice(void)
{
	struct lp_buf once = {0}, twice = {0};
	unsigned seed = 4711;

	two_namespaces();
	for (int i = 0; i < 400; i++) {
		unsigned which = draw(&seed, 32768);

		step("one:{/d}", which);
		step("two:{/d}", which);
		step("two:{/d}", which);
		if (i % 10)
			continue;
		dump("one:{/d}", &once);
		dump("two:{/d}", &twice);
		expect_at(__LINE__, twice.data, once.data, "doing it twice");
		expect_at(__LINE__, line_of(redisCommand(redis, "EVAL %s 1 one:{/d}", AUDIT)), "-",
			  "the audit");
		lp_buf_reset(&once);
		lp_buf_reset(&twice);
	}
	lp_buf_clear(&once);
	lp_buf_clear(&twice);
}

/* --- together --- */

/* Puts n calls of the script into one of its namesake for many, or makes them one by one. */
static void calls(const char *base, bool together, const char *script, const char *owner,
		  const char *args[][12], unsigned n, unsigned argc)
{
	char many[40], prefix[8], count[4];
	const char *argv[5 + 4 * 13] = {"EVAL", NULL, "1", base, owner};
	int at = 5;

	snprintf(many, sizeof(many), "%s_many", script);
	snprintf(prefix, sizeof(prefix), "%.*s", PREFIX(base));
	snprintf(count, sizeof(count), "%u", argc);
	argv[1] = script_get(together ? many : script)->text;
	for (unsigned i = 0; i < n; i++) {
		if (together)
			argv[at++] = count;
		for (unsigned k = 0; k < argc; k++)
			argv[at++] = strcmp(args[i][k], "PREFIX") ? args[i][k] : prefix;
		if (together && i + 1 < n)
			continue;
		freeReplyObject(redisCommandArgv(redis, at, argv, NULL));
		at = 5;
	}
}

/* Four calls of one kind for random clients, the same one more than once among them. */
static void steps_together(const char *base, bool together, unsigned seed)
{
	static const char *const users[] = {"ann", "bob"};
	static const char *const serials[] = {"1", "2", "3"};
	static const char *const owners[] = {"a.1", "b.2"};
	static const char *const rooms[] = {"x", "y", "user_ann", "user_bob"};
	const char *args[4][12], *owner = owners[draw(&seed, 2)];
	bool join = draw(&seed, 2);
	char clients[4][32];

	for (unsigned i = 0; i < 4; i++) {
		const char *user = users[draw(&seed, 2)],
			   *platform = draw(&seed, 2) ? "ios" : "web";
		const char *serial = serials[draw(&seed, 3)], *told = draw(&seed, 2) ? "1" : "";
		const char *room = rooms[draw(&seed, 4)], *other = rooms[draw(&seed, 4)];
		const char *since = draw(&seed, 4) ? "" : "r";

		snprintf(clients[i], sizeof(clients[i]), "/d#%s#%s-1", user, platform);
		memcpy(args[i],
		       join ? (const char *[12]){clients[i], serial, "PREFIX", "1000", room, other}
			    : (const char *[12]){"PREFIX", "1000", since, clients[i], serial, user,
						 platform, told, "", room, other, "x"},
		       sizeof(args[i]));
	}
	calls(base, together, join ? "room_join" : "client_on", owner, args, 4, join ? 6 : 12);
}

/* The same operations leave the same behind, in one call or in several. */
static void test_together(void)
{
	struct lp_buf many = {0}, single = {0};
	unsigned seed = 815;

	two_namespaces();
	for (int i = 0; i < 400; i++) {
		unsigned which = draw(&seed, 32768);

		if (which % 3) {
			steps_together("one:{/d}", true, which);
			steps_together("two:{/d}", false, which);
		} else {
			step("one:{/d}", which);
			step("two:{/d}", which);
		}
		if (i % 10)
			continue;
		dump("one:{/d}", &many);
		dump("two:{/d}", &single);
		expect_at(__LINE__, many.data, single.data, "doing it together");
		expect_at(__LINE__, line_of(redisCommand(redis, "EVAL %s 1 one:{/d}", AUDIT)), "-",
			  "the audit");
		lp_buf_reset(&many);
		lp_buf_reset(&single);
	}
	lp_buf_clear(&many);
	lp_buf_clear(&single);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"twice", test_twice},
		{"together", test_together},
	};

	return script_tests("twice", tests, COUNT(tests));
}
