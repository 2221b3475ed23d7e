#include "config.h"

#include "tests/simulator/sim_pattern.h"
#include "tests/unit/lp_test.h"

static void test_expand(void)
{
	static const struct {
		const char *pattern;
		uint64_t n;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"", 7, ""},
		{"/demo", 7, "/demo"},
		{"u-{n}", 7, "u-7"},
		{"{n}{n}", 12, "1212"},
		{"user-{n/2}", 7, "user-3"},
		{"/ns-{n%100}", 12345, "/ns-45"},
		{"{n%100/10}", 12345, "4"},
		{"{n/100%10}-x", 12345, "3-x"},
		{"{n:6}", 42, "000042"},
		{"{n%10:3}", 42, "002"},
		{"{n:1}", 42, "42"},
		{"}", 1, "}"},
		{"{", 1, NULL},
		{"{}", 1, NULL},
		{"{m}", 1, NULL},
		{"{n", 1, NULL},
		{"{n%}", 1, NULL},
		{"{n%0}", 1, NULL},
		{"{n/0}", 1, NULL},
		{"{n*2}", 1, NULL},
		{"{n:}", 1, NULL},
		{"{n:21}", 1, NULL},
		{"{n%1234567890123456789}", 1, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf out = {0};
		int rc = sim_pattern_expand(rows[i].pattern, rows[i].n, &out);

		if (CHECK_ROW(lp_cstr(rows[i].pattern), (rc == LP_OK) == (rows[i].want != NULL)) &&
		    rows[i].want)
			CHECK_STR(lp_cstr(rows[i].pattern), lp_buf_str(&out),
				  lp_cstr(rows[i].want));
		lp_buf_clear(&out);
	}
}

static const char *const names[] = {"on", "off", "late", NULL};

static void test_mix_parse(void)
{
	static const struct {
		const char *text;
		unsigned count, total; /* 0: refused */
	} rows[] = {
		{"on", 1, 1},
		{"on,off", 2, 2},
		{"on:3,late", 2, 4},
		{"off:0,on:5", 2, 5},
		{"", 0, 0},
		{"on,", 0, 0},
		{",on", 0, 0},
		{"of", 0, 0},
		{"on:", 0, 0},
		{"on:x", 0, 0},
		{"on:-1", 0, 0},
		{"on:0", 0, 0},
		{"on:1000001", 0, 0},
		{"on:1:2", 0, 0},
		{"on;off", 0, 0},
		{"on,on,on,on,on,on,on,on", 8, 8},
		{"on,on,on,on,on,on,on,on,on", 0, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_mix mix;
		int rc = sim_mix_parse(rows[i].text, names, &mix);

		CHECK_ROW(lp_cstr(rows[i].text), (rc == LP_OK) == (rows[i].total != 0));
		if (rc == LP_OK)
			CHECK_ROW(lp_cstr(rows[i].text),
				  mix.count == rows[i].count && mix.total == rows[i].total);
	}
}

/* Each is picked as often as its weight says. */
static void test_mix_pick(void)
{
	unsigned picked[3] = {0};
	struct sim_mix mix;

	CHECK(sim_mix_parse("late:3,off:0,on:7", names, &mix) == LP_OK);
	for (uint64_t i = 0; i < 100; i++)
		picked[sim_mix_pick(&mix, i)]++;
	CHECK(picked[0] == 70 && picked[1] == 0 && picked[2] == 30);
}

/* Depends on all three, and is spread evenly enough for choices. */
static void test_random(void)
{
	unsigned count[10] = {0};

	CHECK(sim_random(1, 2, 3) == sim_random(1, 2, 3));
	CHECK(sim_random(1, 2, 3) != sim_random(2, 2, 3));
	CHECK(sim_random(1, 2, 3) != sim_random(1, 3, 3));
	CHECK(sim_random(1, 2, 3) != sim_random(1, 2, 4));
	for (uint64_t n = 0; n < 10000; n++)
		count[sim_random(1, n, 0) % 10]++;
	for (int i = 0; i < 10; i++)
		CHECK(count[i] > 850 && count[i] < 1150);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"expand", test_expand},
		{"mix_parse", test_mix_parse},
		{"mix_pick", test_mix_pick},
		{"random", test_random},
	};

	return lp_test_main("sim_pattern", tests, COUNT(tests));
}
