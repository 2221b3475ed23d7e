#include "config.h"

#include <stdint.h>

#include "common/lp_pool.h"
#include "tests/unit/lp_test.h"

#define MANY 5000

/* Objects are zeroed, aligned, do not overlap, and are found as they were left. */
static void test_many(void)
{
	static uint64_t *objects[MANY];
	struct lp_pool pool;

	lp_pool_init(&pool, 3 * sizeof(uint64_t) - 1);
	for (uint64_t i = 0; i < MANY; i++) {
		objects[i] = lp_pool_get(&pool);
		CHECK((uintptr_t)objects[i] % sizeof(uint64_t) == 0);
		for (int k = 0; k < 3; k++) {
			CHECK(objects[i][k] == 0);
			objects[i][k] = i * 3 + (uint64_t)k;
		}
	}
	for (uint64_t i = 0; i < MANY; i += 2)
		lp_pool_put(&pool, objects[i]);
	for (uint64_t i = 0; i < MANY; i += 2) {
		objects[i] = lp_pool_get(&pool);
		for (int k = 0; k < 3; k++) {
			CHECK(objects[i][k] == 0);
			objects[i][k] = i * 3 + (uint64_t)k;
		}
	}
	for (uint64_t i = 0; i < MANY; i++) {
		for (int k = 0; k < 3; k++)
			CHECK(objects[i][k] == i * 3 + (uint64_t)k);
		lp_pool_put(&pool, objects[i]);
	}
	lp_pool_clear(&pool);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"many", test_many},
	};

	return lp_test_main("lp_pool", tests, COUNT(tests));
}
