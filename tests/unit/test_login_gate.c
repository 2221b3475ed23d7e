#include "config.h"

#include <stdio.h>

#include "fcgi-api/login_gate.h"
#include "tests/unit/lp_test.h"

#define ANN LP_STR("192.0.2.1")
#define BOB LP_STR("192.0.2.2")

static void fail(struct login_gate *g, struct lp_str address, int times, uint64_t now)
{
	for (int i = 0; i < times; i++)
		login_gate_failed(g, address, now);
}

/* Ten within a minute, then one each six seconds. */
static void test_wait(void)
{
	struct login_gate *g = login_gate_new(10, 60000, 1);

	CHECK(login_gate_wait(g, ANN, 1000) == 0);
	fail(g, ANN, 9, 1000);
	CHECK(login_gate_wait(g, ANN, 1000) == 0);
	fail(g, ANN, 1, 1000);
	CHECK(login_gate_wait(g, ANN, 1000) == 6000);
	CHECK(login_gate_wait(g, BOB, 1000) == 0);
	CHECK(login_gate_wait(g, ANN, 6999) == 1);
	CHECK(login_gate_wait(g, ANN, 7000) == 0);
	fail(g, ANN, 1, 7000);
	CHECK(login_gate_wait(g, ANN, 7000) == 6000);
	/* all are forgotten */
	CHECK(login_gate_wait(g, ANN, 67000) == 0);
	fail(g, ANN, 9, 67000);
	CHECK(login_gate_wait(g, ANN, 67000) == 0);
	login_gate_free(g);
}

static void test_addresses(void)
{
	static const struct {
		const char *failed, *asks;
		bool same;
	} rows[] = {
		{"192.0.2.1", "192.0.2.1", true},
		{"192.0.2.1", "192.0.2.2", false},
		{"192.0.2.1", "::ffff:192.0.2.1", true},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:2::9", true},
		{"2001:db8:1:2:3:4:5:6", "2001:db8:1:3:3:4:5:6", false},
		{"fe80::1%eth0", "fe80::2", true},
		{"::1", "0.0.0.1", false},
		/* what is no address is nobody */
		{"", "", false},
		{"unix:", "unix:", false},
		{"192.0.2.1 ", "192.0.2.1 ", false},
		{"2001:db8:1:2:3:4:5:6:2001:db8:1:2:3:4:5:6:2001:db8:1:2:3:4:5:6",
		 "2001:db8:1:2:3:4:5:6:2001:db8:1:2:3:4:5:6:2001:db8:1:2:3:4:5:6", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct login_gate *g = login_gate_new(1, 60000, 1);

		login_gate_failed(g, lp_cstr(rows[i].failed), 5);
		CHECK_ROW(lp_cstr(rows[i].asks),
			  (login_gate_wait(g, lp_cstr(rows[i].asks), 5) > 0) == rows[i].same);
		login_gate_free(g);
	}
}

/* The table does not grow for ever; those who failed last are remembered. */
static void test_bounded(void)
{
	struct login_gate *g = login_gate_new(1, 60000, 1);
	char address[32];

	for (int i = 0; i < 30000; i++) {
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
		login_gate_failed(g, lp_cstr(address), 5);
		if (i == 25000)
			login_gate_failed(g, LP_STR("10.0.0.0"), 5);
	}
	CHECK(login_gate_wait(g, lp_cstr(address), 5) == 60000);
	CHECK(login_gate_wait(g, LP_STR("10.0.0.0"), 5) == 60000); /* failed once more meanwhile */
	CHECK(login_gate_wait(g, LP_STR("10.0.0.1"), 5) == 0);
	login_gate_free(g);
}

/* Only while there are many failures in all, whoever has them. */
static void test_hashing(void)
{
	struct login_gate *g = login_gate_new(10, 60000, 2);
	char address[32];

	for (int i = 0; i < 10; i++)
		CHECK(login_gate_enter(g, 5));
	for (int i = 0; i < 10; i++)
		login_gate_leave(g);
	for (int i = 0; i < 102; i++) {
		snprintf(address, sizeof(address), "10.0.0.%d", i);
		login_gate_failed(g, i % 2 ? lp_cstr(address) : LP_STR("unix:"), 5);
	}
	CHECK(login_gate_enter(g, 5));
	CHECK(login_gate_enter(g, 5));
	CHECK(!login_gate_enter(g, 5));
	login_gate_leave(g);
	CHECK(login_gate_enter(g, 5));
	CHECK(login_gate_enter(g, 1005)); /* ten a second are forgotten */
	login_gate_free(g);
}

static void test_off(void)
{
	struct login_gate *g = login_gate_new(0, 60000, 1);

	fail(g, ANN, 1000, 5);
	CHECK(login_gate_wait(g, ANN, 5) == 0);
	CHECK(login_gate_enter(g, 5) && login_gate_enter(g, 5));
	login_gate_free(g);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"wait", test_wait},       {"addresses", test_addresses},
		{"bounded", test_bounded}, {"hashing", test_hashing},
		{"off", test_off},
	};

	return lp_test_main("login_gate", tests, COUNT(tests));
}
