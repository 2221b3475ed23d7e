#include "config.h"

#include <pthread.h>
#include <stdio.h>

#include "fcgi-api/login_gate.h"
#include "tests/unit/lp_test.h"

#define ANN "192.0.2.1"
#define BOB "192.0.2.2"

static struct login_try from(const char *address)
{
	return (struct login_try){.address = login_address_of(lp_cstr(address)), .hashes = true};
}

static int64_t wait_of(struct login_gate *g, const char *address, uint64_t now)
{
	struct login_address a = login_address_of(lp_cstr(address));

	return login_gate_wait(g, &a, now);
}

static int enter(struct login_gate *g, const char *address, uint64_t now, int64_t *wait)
{
	struct login_try t = from(address);

	return login_gate_enter(g, &t, now, wait);
}

static void leave(struct login_gate *g, const char *address, uint64_t now, bool failed)
{
	struct login_try t = from(address);

	login_gate_leave(g, &t, now, failed);
}

/* So many tries one after the other, without asking whether they may be. */
static void fail(struct login_gate *g, const char *address, int times, uint64_t now)
{
	int64_t wait;

	for (int i = 0; i < times; i++) {
		CHECK(enter(g, address, now, &wait) == LP_OK);
		leave(g, address, now, true);
	}
}

/* Ten within a minute, then one each six seconds. */
static void test_wait(void)
{
	struct login_gate *g = login_gate_new(10, 60000, 1);
	int64_t wait;

	CHECK(wait_of(g, ANN, 1000) == 0);
	fail(g, ANN, 9, 1000);
	CHECK(wait_of(g, ANN, 1000) == 0);
	fail(g, ANN, 1, 1000);
	CHECK(wait_of(g, ANN, 1000) == 6000);
	CHECK(enter(g, ANN, 1000, &wait) == LP_ETOOBIG && wait == 6000);
	CHECK(wait_of(g, BOB, 1000) == 0);
	CHECK(wait_of(g, ANN, 6999) == 1);
	CHECK(wait_of(g, ANN, 7000) == 0);
	fail(g, ANN, 1, 7000);
	CHECK(wait_of(g, ANN, 7000) == 6000);
	/* all are forgotten */
	CHECK(wait_of(g, ANN, 67000) == 0);
	fail(g, ANN, 9, 67000);
	CHECK(wait_of(g, ANN, 67000) == 0);
	login_gate_free(g);
}

/* What turned out well does not count, and forgives nothing. */
static void test_right(void)
{
	struct login_gate *g = login_gate_new(3, 3000, 1);
	int64_t wait;

	for (int i = 0; i < 100; i++) {
		CHECK(enter(g, ANN, 5, &wait) == LP_OK);
		leave(g, ANN, 5, false);
	}
	fail(g, ANN, 2, 5);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	leave(g, ANN, 5, false);
	CHECK(wait_of(g, ANN, 5) == 0);
	fail(g, ANN, 1, 5);
	CHECK(wait_of(g, ANN, 5) == 1000);
	login_gate_free(g);
}

struct guesser {
	struct login_gate *gate;
	bool right;
	_Atomic int *tried, *refused;
};

static void *guess(void *arg)
{
	const struct guesser *one = arg;
	struct login_try t = from(ANN);
	int64_t wait;
	int rc;

	while ((rc = login_gate_enter(one->gate, &t, 5, &wait)) == LP_EBUSY)
		;
	if (rc == LP_OK) {
		++*one->tried;
		login_gate_leave(one->gate, &t, 5, !one->right);
	} else {
		++*one->refused;
	}
	return NULL;
}

/* Guesses side by side: no more come through than one after the other would; right ones all do. */
static void test_side_by_side(void)
{
	for (int right = 0; right < 2; right++) {
		struct login_gate *g = login_gate_new(5, 60000, 100);
		_Atomic int tried = 0, refused = 0;
		struct guesser one = {g, right, &tried, &refused};
		pthread_t threads[40];

		for (size_t i = 0; i < COUNT(threads); i++)
			CHECK(pthread_create(&threads[i], NULL, guess, &one) == 0);
		for (size_t i = 0; i < COUNT(threads); i++)
			pthread_join(threads[i], NULL);
		CHECK(tried == (right ? 40 : 5));
		CHECK(refused == (right ? 0 : 35));
		login_gate_free(g);
	}
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

		fail(g, rows[i].failed, 1, 5);
		CHECK_ROW(lp_cstr(rows[i].asks), (wait_of(g, rows[i].asks, 5) > 0) == rows[i].same);
		login_gate_free(g);
	}
}

/* The table does not grow for ever; those who tried last are remembered, and those who try now. */
static void test_bounded(void)
{
	struct login_gate *g = login_gate_new(2, 60000, 1000);
	char address[32];
	int64_t wait;

	CHECK(enter(g, BOB, 5, &wait) == LP_OK);
	for (int i = 0; i < 30000; i++) {
		snprintf(address, sizeof(address), "10.0.%d.%d", i / 250, i % 250);
		fail(g, address, 2, 5);
		if (i == 25000)
			fail(g, "10.0.0.0", 2, 5);
	}
	CHECK(wait_of(g, address, 5) == 30000);
	CHECK(wait_of(g, "10.0.0.0", 5) == 30000); /* failed once more meanwhile */
	CHECK(wait_of(g, "10.0.0.1", 5) == 0);
	leave(g, BOB, 5, true);
	fail(g, BOB, 1, 5);
	CHECK(wait_of(g, BOB, 5) == 30000);
	login_gate_free(g);
}

/* Only while there are many failures in all, whoever has them; tokens are not hashed. */
static void test_hashing(void)
{
	struct login_gate *g = login_gate_new(10, 60000, 2);
	struct login_try token = {.address = login_address_of(LP_STR(BOB))};
	char address[32];
	int64_t wait;

	for (int i = 0; i < 102; i++) {
		snprintf(address, sizeof(address), "10.0.0.%d", i);
		fail(g, i % 2 ? address : "unix:", 1, 5);
	}
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	CHECK(enter(g, ANN, 5, &wait) == LP_ETOOBIG && wait == 1000);
	CHECK(login_gate_enter(g, &token, 5, &wait) == LP_OK);
	CHECK(enter(g, ANN, 5, &wait) == LP_ETOOBIG);
	leave(g, ANN, 5, false);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	CHECK(enter(g, ANN, 1005, &wait) == LP_OK); /* ten a second are forgotten */
	login_gate_free(g);
}

/* However many there were, that ends soon after them. */
static void test_hashing_again(void)
{
	struct login_gate *g = login_gate_new(10, 60000, 1);
	int64_t wait;

	fail(g, "unix:", 5000, 5);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	CHECK(enter(g, BOB, 9005, &wait) == LP_ETOOBIG);
	CHECK(enter(g, BOB, 11005, &wait) == LP_OK);
	login_gate_free(g);
}

static void test_off(void)
{
	struct login_gate *g = login_gate_new(0, 60000, 1);
	int64_t wait;

	fail(g, ANN, 1000, 5);
	CHECK(wait_of(g, ANN, 5) == 0);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	CHECK(enter(g, ANN, 5, &wait) == LP_OK);
	login_gate_free(g);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"wait", test_wait},
		{"right", test_right},
		{"side by side", test_side_by_side},
		{"addresses", test_addresses},
		{"bounded", test_bounded},
		{"hashing", test_hashing},
		{"hashing again", test_hashing_again},
		{"off", test_off},
	};

	return lp_test_main("login_gate", tests, COUNT(tests));
}
