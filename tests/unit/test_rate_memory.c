#include "config.h"

#include <pthread.h>
#include <stdio.h>

#include "fcgi-api/rate_memory.h"
#include "tests/unit/lp_test.h"

#define T UINT64_C(5000000000) /* us: some time */

/* What Redis says of a bucket with this limit that is empty. */
static struct api_rate empty(int64_t limit)
{
	return (struct api_rate){
		.limit = limit, .full_us = 1000000, .more_us = (1000000 + limit - 1) / limit};
}

static void note(struct rate_memory *m, const char *nsp, const char *rev, struct api_rate rate,
		 uint64_t asked)
{
	rate_memory_note(m, lp_cstr(nsp), rev, &rate, asked);
}

static bool look(struct rate_memory *m, const char *nsp, const char *rev, uint64_t now,
		 struct api_rate *rate)
{
	return rate_memory_look(m, lp_cstr(nsp), rev, now, rate);
}

/* It fills evenly, and is forgotten when it must be full. */
static void test_fills(void)
{
	static const struct {
		int64_t limit;
		uint64_t later; /* us */
		bool known;
		int64_t left, full_us, more_us;
	} rows[] = {
		{1, 0, true, 0, 1000000, 1000000},
		{1, 1, true, 0, 999999, 999999},
		{1, 999999, true, 0, 1, 1},
		{1, 1000000, false, 0, 0, 0},
		{100, 0, true, 0, 1000000, 10000},
		{100, 9999, true, 0, 990001, 1},
		{100, 10000, true, 1, 990000, 0},
		{100, 999999, true, 99, 1, 0},
		{3, 333333, true, 0, 666667, 1},
		{3, 333334, true, 1, 666666, 0},
		{1000000, 0, true, 0, 1000000, 1},
		{1000000, 1, true, 1, 999999, 0},
		{INT64_C(1000000000000), 0, true, 0, 1000000, 1},
		{INT64_C(1000000000000), 999999, true, INT64_C(999999000000), 1, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rate_memory *m = rate_memory_new(1);
		struct api_rate rate = {0};

		note(m, "/a", "7", empty(rows[i].limit), T);
		CHECK(look(m, "/a", "7", T + rows[i].later, &rate) == rows[i].known);
		CHECK(rate.limit == (rows[i].known ? rows[i].limit : 0));
		CHECK(rate.left == rows[i].left);
		CHECK(rate.full_us == rows[i].full_us);
		CHECK(rate.more_us == rows[i].more_us);
		rate_memory_free(m);
	}
}

/* Another thread's clock may be behind. */
static void test_before(void)
{
	struct rate_memory *m = rate_memory_new(1);
	struct api_rate rate;

	note(m, "/a", "7", empty(2), T);
	CHECK(look(m, "/a", "7", T - 5, &rate));
	CHECK(rate.left == 0 && rate.full_us == 1000005 && rate.more_us == 500005);
	rate_memory_free(m);
}

/* Namespaces are their own, and other settings may have another limit. */
static void test_whose(void)
{
	struct rate_memory *m = rate_memory_new(9);
	struct api_rate rate;

	note(m, "/a", "7", empty(2), T);
	CHECK(look(m, "/a", "7", T, &rate));
	CHECK(!look(m, "/", "7", T, &rate));
	CHECK(!look(m, "/aa", "7", T, &rate));
	CHECK(!look(m, "/a", "8", T, &rate));
	CHECK(!look(m, "/a", "", T, &rate));
	/* with the new ones; who still knows the old ones has to ask */
	note(m, "/a", "8", empty(5), T);
	CHECK(look(m, "/a", "8", T, &rate) && rate.limit == 5);
	CHECK(!look(m, "/a", "7", T, &rate));
	rate_memory_free(m);
}

/* Who has something left asks; of one that had nothing, the later answer counts. */
static void test_later(void)
{
	struct rate_memory *m = rate_memory_new(9);
	struct api_rate some = {.limit = 10, .left = 1, .full_us = 900000}, rate;

	note(m, "/a", "7", some, T);
	CHECK(!look(m, "/a", "7", T, &rate));
	note(m, "/a", "7", empty(10), T);
	/* an answer from before */
	note(m, "/a", "7", some, T - 1000);
	CHECK(look(m, "/a", "7", T, &rate) && rate.left == 0 && rate.full_us == 1000000);
	/* one after 0.3 s, when two more had been taken than were there */
	note(m, "/a", "7", (struct api_rate){.limit = 10, .left = 1, .full_us = 850000},
	     T + 300000);
	CHECK(look(m, "/a", "7", T + 300000, &rate) && rate.left == 1 && rate.full_us == 850000);
	CHECK(look(m, "/a", "7", T + 350000, &rate) && rate.left == 2);
	rate_memory_free(m);
}

/* As many questions in a second as pushes, ten at least; only those at the limit are counted. */
static void test_ask(void)
{
	static const struct {
		int64_t limit;
		int questions;
		uint64_t step; /* us */
	} rows[] = {{1, 10, 100000}, {10, 10, 100000}, {11, 10, 90910}, {20, 20, 50000}};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct rate_memory *m = rate_memory_new(9);
		uint64_t step = rows[i].step;

		for (int k = 0; k < 99; k++)
			CHECK(rate_memory_ask(m, LP_STR("/a"), T));
		note(m, "/a", "7", empty(rows[i].limit), T);
		for (int k = 0; k < rows[i].questions; k++)
			CHECK(rate_memory_ask(m, LP_STR("/a"), T));
		CHECK(!rate_memory_ask(m, LP_STR("/a"), T));
		CHECK(rate_memory_ask(m, LP_STR("/b"), T));
		CHECK(!rate_memory_ask(m, LP_STR("/a"), T));
		/* what was not asked is not saved up */
		for (int k = 0; k < rows[i].questions; k++)
			CHECK(rate_memory_ask(m, LP_STR("/a"), T + 9000000));
		CHECK(!rate_memory_ask(m, LP_STR("/a"), T + 9000000));
		CHECK(rate_memory_ask(m, LP_STR("/a"), T + 9000000 + step));
		CHECK(!rate_memory_ask(m, LP_STR("/a"), T + 9000000 + step));
		rate_memory_free(m);
	}
}

static void test_many(void)
{
	struct rate_memory *m = rate_memory_new(3);
	struct api_rate rate;
	char name[8];

	for (int i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "/%d", i);
		note(m, name, "7", empty(2), T);
	}
	CHECK(!look(m, "/0", "7", T, &rate));
	CHECK(!look(m, "/1", "7", T, &rate));
	CHECK(look(m, "/2", "7", T, &rate));
	CHECK(look(m, "/4", "7", T, &rate));
	/* one that is full makes room */
	CHECK(!look(m, "/3", "7", T + 1000000, &rate));
	note(m, "/5", "7", empty(2), T);
	CHECK(look(m, "/2", "7", T, &rate));
	rate_memory_free(m);
}

static void *use(void *arg)
{
	struct api_rate rate;
	char name[8];
	int known = 0;

	for (uint64_t i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "/%u", (unsigned)i % 7);
		note(arg, name, "7", empty(100), T + i);
		known += look(arg, name, "7", T + i, &rate) && rate.limit == 100;
	}
	return known == 2000 ? arg : NULL;
}

/* For the thread sanitizer; and that none disturbs the other. */
static void test_threads(void)
{
	struct rate_memory *m = rate_memory_new(7);
	pthread_t threads[4];
	void *good;

	for (size_t i = 0; i < COUNT(threads); i++) {
		if (pthread_create(&threads[i], NULL, use, m) != 0)
			abort();
	}
	for (size_t i = 0; i < COUNT(threads); i++) {
		pthread_join(threads[i], &good);
		CHECK(good == m);
	}
	rate_memory_free(m);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"fills", test_fills},     {"before", test_before}, {"whose", test_whose},
		{"later", test_later},     {"ask", test_ask},       {"many", test_many},
		{"threads", test_threads},
	};

	return lp_test_main("rate memory", tests, COUNT(tests));
}
