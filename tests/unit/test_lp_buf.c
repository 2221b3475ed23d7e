#include "config.h"

#include "tests/unit/lp_test.h"

static void test_empty(void)
{
	struct lp_buf b = {0};

	lp_buf_reset(&b);
	lp_buf_consume(&b, 5);
	CHECK(b.data == NULL && b.len == 0);
	lp_buf_add(&b, NULL, 0);
	CHECK(b.data && b.data[0] == '\0' && b.len == 0);
	lp_buf_clear(&b);
	CHECK(b.data == NULL && b.cap == 0);
}

static void test_add(void)
{
	struct lp_buf b = {0};

	lp_buf_addz(&b, "ab");
	lp_buf_addc(&b, '\0');
	lp_buf_adds(&b, LP_STR("cd"));
	lp_buf_addu(&b, 0);
	lp_buf_addu(&b, UINT64_MAX);
	lp_buf_addf(&b, "<%s %d>", "x", -7);
	CHECK_STR(LP_STR("all"), lp_buf_str(&b), LP_STR("ab\0cd018446744073709551615<x -7>"));
	CHECK(b.data[b.len] == '\0');
	lp_buf_clear(&b);
}

/* Every length around the steps in which the memory grows. */
static void test_growth(void)
{
	struct lp_buf b = {0};
	bool good = true;

	for (size_t i = 0; i < 5000; i++) {
		lp_buf_addc(&b, (char)('a' + i % 26));
		good = good && b.len == i + 1 && b.cap > b.len && b.data[b.len] == '\0';
	}
	for (size_t i = 0; i < 5000; i++)
		good = good && b.data[i] == (char)('a' + i % 26);
	CHECK(good);
	lp_buf_reserve(&b, 100000);
	CHECK(b.len == 5000 && b.cap >= 105001);
	lp_buf_clear(&b);
}

static void test_long_format(void)
{
	struct lp_buf b = {0};

	lp_buf_addf(&b, "%01000d", 1);
	CHECK(b.len == 1000 && b.data[0] == '0' && b.data[999] == '1' && b.data[1000] == '\0');
	lp_buf_clear(&b);
}

static void test_consume(void)
{
	static const struct {
		size_t n;
		struct lp_str left;
	} rows[] = {
		{0, BYTES("hello")}, {1, BYTES("ello")},    {5, BYTES("")},
		{6, BYTES("")},      {SIZE_MAX, BYTES("")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf b = {0};

		lp_buf_addz(&b, "hello");
		lp_buf_consume(&b, rows[i].n);
		CHECK_STR(rows[i].left, lp_buf_str(&b), rows[i].left);
		CHECK(b.data[b.len] == '\0');
		lp_buf_clear(&b);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"empty", test_empty},     {"add", test_add},
		{"growth", test_growth},   {"long format", test_long_format},
		{"consume", test_consume},
	};

	return lp_test_main("lp_buf", tests, COUNT(tests));
}
