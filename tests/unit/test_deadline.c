#include "config.h"

#include "connector/io/deadline.h"
#include "tests/unit/lp_test.h"

static void test_order(void)
{
	struct deadline_queue q;
	struct deadline a = {0}, b = {0}, c = {0};

	deadline_queue_init(&q, 100);
	CHECK(deadline_wait(&q, 0, 1000) == 1000);
	deadline_set(&a, &q, 10);
	deadline_set(&b, &q, 20);
	deadline_set(&c, &q, 30);
	CHECK(deadline_wait(&q, 10, 1000) == 100);
	CHECK(deadline_wait(&q, 10, 50) == 50);
	CHECK(deadline_wait(&q, 200, 50) == 0);
	CHECK(deadline_take(&q, 109) == NULL);
	CHECK(deadline_take(&q, 110) == &a);
	CHECK(deadline_take(&q, 110) == NULL);
	deadline_clear(&b);
	CHECK(deadline_take(&q, 1000) == &c);
	CHECK(deadline_take(&q, 1000) == NULL);
}

/* Setting it again, or in another queue, replaces what was set. */
static void test_move(void)
{
	struct deadline_queue q, other;
	struct deadline a = {0}, b = {0};

	deadline_queue_init(&q, 100);
	deadline_queue_init(&other, 5);
	deadline_set(&a, &q, 0);
	deadline_set(&b, &q, 0);
	deadline_set(&a, &q, 50);
	CHECK(deadline_take(&q, 149) == &b);
	CHECK(deadline_take(&q, 149) == NULL);
	deadline_set(&a, &other, 50);
	CHECK(deadline_take(&q, 1000) == NULL);
	CHECK(deadline_take(&other, 55) == &a);
	deadline_clear(&a);
	CHECK(deadline_take(&other, 1000) == NULL);
}

int main(void)
{
	static const struct lp_test tests[] = {{"order", test_order}, {"move", test_move}};

	return lp_test_main("deadline", tests, COUNT(tests));
}
