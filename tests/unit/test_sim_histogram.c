#include "config.h"

#include "tests/simulator/sim_histogram.h"
#include "tests/unit/lp_test.h"

static struct sim_histogram whole, parts[3];

/* Every value is found again within 1.6 %, and never as less than it is. */
static void test_error(void)
{
	for (uint64_t us = 0; us < UINT64_C(1) << 37; us = us * 5 / 4 + 1) {
		struct sim_histogram *h = &parts[0];
		uint64_t at;

		memset(h, 0, sizeof(*h));
		sim_histogram_add(h, us);
		h->max = UINT64_MAX; /* or that would be the answer */
		at = sim_histogram_at(h, 1);
		CHECK(at >= us && at <= us + us / 63);
	}
}

static void test_at(void)
{
	static const struct {
		double share;
		uint64_t want;
	} rows[] = {{0.0, 1}, {0.005, 1}, {0.01, 1}, {0.5, 50}, {0.501, 51}, {0.99, 99}, {1, 100}};

	memset(&whole, 0, sizeof(whole));
	CHECK(sim_histogram_at(&whole, 0.5) == 0);
	for (uint64_t us = 1; us <= 100; us++)
		sim_histogram_add(&whole, us);
	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK(sim_histogram_at(&whole, rows[i].share) == rows[i].want);
	CHECK(whole.sum == 5050 && whole.count == 100 && whole.max == 100);
	sim_histogram_add(&whole, UINT64_C(1) << 60); /* beyond the last bucket */
	CHECK(sim_histogram_at(&whole, 1) == UINT64_C(1) << 60);
}

/* What several have counted is what one would have counted. */
static void test_merge(void)
{
	struct sim_histogram *sum = &parts[0];

	memset(&whole, 0, sizeof(whole));
	memset(parts, 0, sizeof(parts));
	for (uint64_t i = 0; i < 30000; i++) {
		uint64_t us = i * i % 1000003;

		sim_histogram_add(&whole, us);
		sim_histogram_add(&parts[i % 3], us);
	}
	sim_histogram_merge(sum, &parts[1]);
	sim_histogram_merge(sum, &parts[2]);
	CHECK(memcmp(sum, &whole, sizeof(whole)) == 0);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"error", test_error},
		{"at", test_at},
		{"merge", test_merge},
	};

	return lp_test_main("sim_histogram", tests, COUNT(tests));
}
