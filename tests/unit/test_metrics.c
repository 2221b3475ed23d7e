#include "config.h"

#include "common/metrics.h"
#include "tests/unit/lp_test.h"

struct numbers {
	uint64_t wide;
	uint32_t narrow;
	bool flag;
};

static const struct metric_row rows[] = {
	{METRIC_AT(0, numbers, wide), "wide", "things_total", "kind=\"wide\"", "Things by kind.",
	 METRIC_COUNTER},
	{METRIC_AT(0, numbers, narrow), "narrow", "things_total", "kind=\"narrow\"", NULL,
	 METRIC_COUNTER},
	{METRIC_AT(1, numbers, flag), "flag", "up", NULL, "Whether it is up.", METRIC_GAUGE},
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct numbers first = {UINT64_MAX, 7, false};
static const struct numbers second = {0, 0, true};
static const void *const sources[] = {&first, &second};

static void test_log(void)
{
	struct lp_buf out = {0};

	metrics_log(&out, rows, ROWS, sources);
	CHECK_STR(LP_STR("log"), lp_buf_str(&out),
		  LP_STR(" wide=18446744073709551615 narrow=7 flag=1"));
	lp_buf_clear(&out);
}

static void test_text(void)
{
	struct lp_buf out = {0};

	metrics_add(&out, rows, ROWS, sources);
	CHECK_STR(LP_STR("text"), lp_buf_str(&out),
		  LP_STR("# HELP light_push_things_total Things by kind.\n"
			 "# TYPE light_push_things_total counter\n"
			 "light_push_things_total{kind=\"wide\"} 18446744073709551615\n"
			 "light_push_things_total{kind=\"narrow\"} 7\n"
			 "# HELP light_push_up Whether it is up.\n"
			 "# TYPE light_push_up gauge\n"
			 "light_push_up 1\n"));
	lp_buf_clear(&out);
}

/* A namespace's key is what the setting key_reg allows. */
static void test_label(void)
{
	static const struct {
		struct lp_str text, want;
	} cases[] = {
		{LP_STR("/demo"), LP_STR("light_push_x{n=\"/demo\"} 1\n")},
		{LP_STR(""), LP_STR("light_push_x{n=\"\"} 1\n")},
		{LP_STR("a\"b\\c\nd"), LP_STR("light_push_x{n=\"a\\\"b\\\\c\\nd\"} 1\n")},
		{LP_STR("\xe9\x80\x9a"), LP_STR("light_push_x{n=\"\xe9\x80\x9a\"} 1\n")},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lp_buf out = {0};

		metrics_labelled(&out, "x", "n", cases[i].text, 1);
		CHECK_STR(cases[i].text, lp_buf_str(&out), cases[i].want);
		lp_buf_clear(&out);
	}
}

static void test_bucket(void)
{
	static const struct {
		uint64_t units;
		unsigned bucket;
	} cases[] = {
		{0, 0},       {1, 0},       {2, 1},         {3, 2},           {4, 2},
		{5, 3},       {1024, 10},   {1025, 11},     {65536, 16},      {65537, 17},
		{131072, 17}, {131073, 17}, {1u << 31, 17}, {UINT64_MAX, 17},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct histogram h = {.sum = 1};
		char row[32];

		snprintf(row, sizeof(row), "%llu", (unsigned long long)cases[i].units);
		histogram_add(&h, cases[i].units);
		CHECK_ROW(lp_cstr(row), h.count[cases[i].bucket] == 1);
		CHECK_ROW(lp_cstr(row), h.sum == cases[i].units + 1);
	}
}

static void test_histogram(void)
{
	struct histogram h = {.sum = 0};
	struct lp_buf out = {0};
	struct lp_str text;

	histogram_add(&h, 1);
	histogram_add(&h, 3);
	histogram_add(&h, 1000000);
	metrics_histogram(&out, "wait_seconds", "Waiting.", &h, 1000);
	text = lp_buf_str(&out);
	CHECK(lp_str_starts(text, LP_STR("# HELP light_push_wait_seconds Waiting.\n"
					 "# TYPE light_push_wait_seconds histogram\n"
					 "light_push_wait_seconds_bucket{le=\"0.001\"} 1\n"
					 "light_push_wait_seconds_bucket{le=\"0.002\"} 1\n"
					 "light_push_wait_seconds_bucket{le=\"0.004\"} 2\n")));
	CHECK(strstr(text.p, "light_push_wait_seconds_bucket{le=\"65.536\"} 2\n"
			     "light_push_wait_seconds_bucket{le=\"+Inf\"} 3\n"
			     "light_push_wait_seconds_sum 1000.004\n"
			     "light_push_wait_seconds_count 3\n") != NULL);
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"log", test_log},       {"text", test_text},           {"label", test_label},
		{"bucket", test_bucket}, {"histogram", test_histogram},
	};

	return lp_test_main("metrics", tests, COUNT(tests));
}
