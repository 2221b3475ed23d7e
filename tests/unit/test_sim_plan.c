#include "config.h"

#include <unistd.h>

#include "common/lp_hash.h"
#include "tests/simulator/sim_plan.h"
#include "tests/unit/lp_test.h"

#define SECOND UINT64_C(1000000)

static void test_set(void)
{
	static const struct {
		const char *name, *value, *why; /* NULL: taken */
	} rows[] = {
		{"clients", "5000", NULL},
		{"clients", "0", "clients: a whole number from 1 to 10000000 is wanted, not \"0\""},
		{"clients", "5x",
		 "clients: a whole number from 1 to 10000000 is wanted, not \"5x\""},
		{"clients", "", "clients: a whole number from 1 to 10000000 is wanted, not \"\""},
		{"duration", "90", NULL},
		{"duration", "1m", NULL},
		{"duration", "1d", "duration: a time such as 500ms, 5s, 1m is wanted, not \"1d\""},
		{"away", "1s-500ms",
		 "away: a time such as 5s, or two with a - between them is wanted, not "
		 "\"1s-500ms\""},
		{"away", "1s-",
		 "away: a time such as 5s, or two with a - between them is wanted, "
		 "not \"1s-\""},
		{"json", "maybe", "json: yes or no is wanted, not \"maybe\""},
		{"rest_rate", "0.1", NULL},
		{"rest_rate", ".", "rest_rate: a number such as 200 or 0.1 is wanted, not \".\""},
		{"rest_rate", "1e3",
		 "rest_rate: a number such as 200 or 0.1 is wanted, not \"1e3\""},
		{"rest_rate", "-1", "rest_rate: a number such as 200 or 0.1 is wanted, not \"-1\""},
		{"nothing", "1", "there is no option nothing"},
	};
	struct sim_options o;

	sim_options_init(&o);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf why = {0};
		int rc = sim_options_set(&o, rows[i].name, rows[i].value, &why);

		CHECK_ROW(lp_cstr(rows[i].value), (rc == LP_OK) == !rows[i].why);
		CHECK_STR(lp_cstr(rows[i].value), lp_buf_str(&why), lp_cstr(rows[i].why));
		lp_buf_clear(&why);
	}
	CHECK(o.clients == 5000 && o.duration == 60 * SECOND);
	CHECK(o.away.from == SECOND && o.away.to == SECOND);
	sim_options_clear(&o);
}

/* Writes an INI file and reads it. */
static int read_ini(struct sim_options *o, const char *text, struct lp_buf *why)
{
	char name[] = "/tmp/light-push-test-XXXXXX";
	int fd = mkstemp(name), rc;

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
	rc = sim_options_read(o, name, why);
	unlink(name);
	return rc;
}

static void test_ini(void)
{
	static const struct {
		const char *text, *why; /* what stands behind the name of the file; NULL: taken */
	} rows[] = {
		{"", NULL},
		{"; a comment\n[clients]\nclients = 12\n\n[run]\nduration = 3s ; three\n", NULL},
		{"clients = 13\nnothing = 1\n", ":2: there is no option nothing"},
		{"clients = x\nduration = y\n",
		 ":1: clients: a whole number from 1 to 10000000 is wanted, not \"x\""},
		{"[clients]\nwhat is this\n", ":2: NAME = VALUE is wanted"},
	};
	struct sim_options o;
	struct lp_buf why = {0};

	sim_options_init(&o);
	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&why);
		CHECK_ROW(lp_cstr(rows[i].text),
			  (read_ini(&o, rows[i].text, &why) == LP_OK) == !rows[i].why);
		if (rows[i].why)
			CHECK_ROW(lp_cstr(rows[i].text), why.len && strstr(why.data, rows[i].why));
	}
	CHECK(o.clients == 13 && o.duration == 3 * SECOND);
	CHECK(sim_options_read(&o, "/nonexistent/x.ini", &why) == LP_EINVAL);
	CHECK(sim_options_read(&o, "/", &why) == LP_EINVAL);
	lp_buf_clear(&why);
	sim_options_clear(&o);
}

static void test_command_line(void)
{
	static const struct {
		const char *words[6];
		enum sim_options_next want;
		const char *why;
	} rows[] = {
		{{"sim"}, SIM_OPTIONS_RUN, ""},
		{{"sim", "--clients", "9", "--connect-rate", "5", "--json"}, SIM_OPTIONS_RUN, ""},
		{{"sim", "--connect_rate", "6"}, SIM_OPTIONS_RUN, ""},
		{{"sim", "--clients"}, SIM_OPTIONS_WRONG, "a value is missing behind --clients"},
		{{"sim", "--config"}, SIM_OPTIONS_WRONG, "a value is missing behind --config"},
		{{"sim", "x"}, SIM_OPTIONS_WRONG, "unknown argument \"x\", see --help"},
		{{"sim", "--"}, SIM_OPTIONS_WRONG, "unknown argument \"--\", see --help"},
		{{"sim", "--nothing"}, SIM_OPTIONS_WRONG, "there is no option nothing"},
	};
	struct sim_options o;

	sim_options_init(&o);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf why = {0};
		char *words[6];
		int count = 0;

		while (count < 6 && rows[i].words[count]) {
			words[count] = strdup(rows[i].words[count]);
			count++;
		}
		CHECK(sim_options_parse(&o, count, words, &why) == rows[i].want);
		CHECK_STR(lp_cstr(rows[i].why), lp_buf_str(&why), lp_cstr(rows[i].why));
		while (count)
			free(words[--count]);
		lp_buf_clear(&why);
	}
	CHECK(o.clients == 9 && o.connect_rate == 6 && o.json);
	sim_options_clear(&o);
}

/* Options that are wrong together, or in what they name. */
static void test_refused(void)
{
	static const struct {
		const char *name, *value, *why;
	} rows[] = {
		{"url", "http://a", "url:"},
		{"url", "ws://a:0", "url:"},
		{"url", "ws://:80", "url:"},
		{"url", "", "url:"},
		{"sources", "localhost", "sources:"},
		{"sources", "127.0.0.5-127.0.0.1", "sources:"},
		{"sources", "127.0.0.1-::1", "sources:"},
		{"join", "room", "join:"},
		{"join", "room:1", "join:"},
		{"join", ":5:1", "join:"},
		{"join", "room:5:6", "join:"},
		{"join", "room:0:0", "join:"},
		{"join", "room:300:257", "join:"},
		{"join", "room:3000000000:1", "join:"},
		{"engine", "5", "engine: one of 3 4"},
		{"platform", "tv", "platform: one of web ios android"},
		{"ack", "maybe", "ack: one of on off late"},
		{"uuid", "{x}", "uuid:"},
		{"userid", "", "userid:"},
		{"namespace", "demo", "namespace: it must begin with /"},
		{"path", "socket.io", "path:"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_options o;
		struct sim_plan plan;
		struct lp_buf why = {0};

		sim_options_init(&o);
		CHECK(sim_options_set(&o, rows[i].name, rows[i].value, &why) == LP_OK);
		CHECK_ROW(lp_cstr(rows[i].value), sim_plan_make(&plan, &o, 1, &why) == LP_EINVAL);
		CHECK_ROW(lp_cstr(rows[i].value),
			  lp_str_starts(lp_buf_str(&why), lp_cstr(rows[i].why)));
		sim_plan_clear(&plan);
		sim_options_clear(&o);
		lp_buf_clear(&why);
	}
}

static void make(struct sim_plan *plan, struct sim_options *o, const char *const *pairs)
{
	struct lp_buf why = {0};

	sim_options_init(o);
	for (; *pairs; pairs += 2)
		CHECK(sim_options_set(o, pairs[0], pairs[1], &why) == LP_OK);
	if (!CHECK(sim_plan_make(plan, o, 1, &why) == LP_OK))
		fprintf(stderr, "%s\n", why.data);
	lp_buf_clear(&why);
}

/* Connectors and addresses are used evenly, in all combinations. */
static void test_who(void)
{
	static const char *const pairs[] = {"clients",
					    "1200",
					    "url",
					    "ws://a:1,ws://b:2,wss://[::1]:3",
					    "sources",
					    "127.0.0.1-127.0.0.3,127.0.0.9",
					    "engine",
					    "3:1,4:2",
					    "slow_readers",
					    "5",
					    NULL};
	unsigned used[3][4] = {{0}}, engines[5] = {0};
	struct sim_options o;
	struct sim_plan plan;

	make(&plan, &o, pairs);
	CHECK(plan.url_count == 3 && plan.source_count == 4);
	CHECK(plan.urls[2].tls && plan.urls[2].port == 3 && strcmp(plan.urls[2].host, "::1") == 0);
	CHECK(!plan.urls[0].tls && strcmp(plan.sources[2], "127.0.0.3") == 0);
	for (uint32_t n = 0; n < 1200; n++) {
		struct sim_who who = sim_plan_who(&plan, n);
		int source = who.source[strlen(who.source) - 1] - '1';

		used[who.url->port - 1][source == 8 ? 3 : source]++;
		engines[who.engine]++;
		CHECK(who.slow == (n < 5));
		CHECK(strcmp(who.platform, "web") == 0);
	}
	for (int i = 0; i < 12; i++)
		CHECK(used[i / 4][i % 4] == 100);
	CHECK(engines[3] + engines[4] == 1200 && engines[3] > 300 && engines[3] < 500);
	sim_plan_clear(&plan);
	sim_options_clear(&o);
}

/* Rooms: as many as asked for, different ones, of the client's own namespace. */
static void test_rooms(void)
{
	static const char *const pairs[] = {
		"clients", "1000",    "namespace", "/n{n%10}",
		"userid",  "u{n/20}", "join",      "hall:1:1,room-:8:3,far:1000:2",
		NULL};
	struct sim_options o;
	struct sim_plan plan;

	make(&plan, &o, pairs);
	CHECK(plan.namespace_count == 10 && plan.rooms == 1009 && plan.client_rooms == 6);
	for (uint32_t n = 0; n < 1000; n++) {
		static const char *const prefixes[] = {"hall0", "room-", "room-",
						       "room-", "far",   "far"};
		uint32_t rooms[6];
		struct lp_buf name = {0};

		sim_plan_rooms(&plan, n, rooms);
		for (int i = 0; i < 6; i++) {
			for (int k = 0; k < i; k++)
				CHECK(rooms[i] != rooms[k]);
			lp_buf_reset(&name);
			sim_plan_room_name(&plan, rooms[i], &name);
			CHECK_ROW(lp_buf_str(&name),
				  lp_str_starts(lp_buf_str(&name), lp_cstr(prefixes[i])));
			CHECK(sim_plan_room_namespace(&plan, rooms[i]) == plan.namespaces[n % 10]);
		}
		/* clients 0, 10 are one user; 1, 11 another one, in another namespace */
		CHECK((sim_plan_user_room(&plan, n) == sim_plan_user_room(&plan, 0)) ==
		      (n == 0 || n == 10));
		lp_buf_reset(&name);
		sim_plan_room_name(&plan, sim_plan_user_room(&plan, n), &name);
		CHECK(atoi(name.data + strlen("user_u")) == (int)n / 20);
		lp_buf_clear(&name);
	}
	sim_plan_clear(&plan);
	sim_options_clear(&o);
}

int main(void)
{
	static const uint8_t key[16];
	static const struct lp_test tests[] = {
		{"set", test_set},         {"ini", test_ini}, {"command_line", test_command_line},
		{"refused", test_refused}, {"who", test_who}, {"rooms", test_rooms},
	};

	lp_hash_seed(key);
	return lp_test_main("sim_plan", tests, COUNT(tests));
}
