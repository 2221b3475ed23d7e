#include "config.h"

#include "common/http/http_circuit.h"
#include "common/lp_buf.h"
#include "tests/unit/lp_test.h"

#define A LP_STR("/a http://a:80")
#define B LP_STR("/b http://a:80")

static bool ask(struct http_circuits *c, struct lp_str name, uint64_t now)
{
	bool probe;

	return http_circuits_ask(c, name, now, &probe);
}

static bool probes(struct http_circuits *c, struct lp_str name, uint64_t now)
{
	bool probe;

	return http_circuits_ask(c, name, now, &probe) && probe;
}

static void test_opens(void)
{
	struct http_circuits *c = http_circuits_new(3, 1000);

	CHECK(!http_circuits_failed(c, A, 10));
	CHECK(!http_circuits_failed(c, A, 20));
	CHECK(ask(c, A, 20));
	CHECK(http_circuits_failed(c, A, 30));
	CHECK(!ask(c, A, 31));
	CHECK(!ask(c, A, 1029));
	CHECK(ask(c, B, 31));
	CHECK(probes(c, A, 1030));
	CHECK(!ask(c, A, 1031));
	http_circuits_free(c);
}

static void test_in_a_row(void)
{
	struct http_circuits *c = http_circuits_new(2, 1000);

	http_circuits_failed(c, A, 10);
	http_circuits_answered(c, A);
	CHECK(!http_circuits_failed(c, A, 20));
	CHECK(http_circuits_failed(c, A, 30));
	http_circuits_free(c);
}

static void test_probe(void)
{
	struct http_circuits *c = http_circuits_new(1, 1000);

	http_circuits_failed(c, A, 0);
	CHECK(probes(c, A, 1000));
	http_circuits_failed(c, A, 1500);
	CHECK(!ask(c, A, 2400));
	CHECK(probes(c, A, 2500));
	http_circuits_called_off(c, A);
	CHECK(probes(c, A, 2600));
	http_circuits_answered(c, A);
	CHECK(ask(c, A, 2601));
	CHECK(!probes(c, A, 2601));
	http_circuits_free(c);
}

/* Those that nobody asks for any more are forgotten when there are many. */
static void test_bounded(void)
{
	struct http_circuits *c = http_circuits_new(1, 10);
	struct lp_buf name = {0};

	for (uint64_t i = 0; i < 1500; i++) {
		lp_buf_reset(&name);
		lp_buf_addf(&name, "/n%u http://a:80", (unsigned)i);
		http_circuits_failed(c, lp_buf_str(&name), i < 1000 ? 0 : 1000);
	}
	/* The oldest was dropped, which leaves it closed: no probe. */
	CHECK(!probes(c, LP_STR("/n0 http://a:80"), 2000));
	CHECK(probes(c, LP_STR("/n1499 http://a:80"), 2000));
	lp_buf_clear(&name);
	http_circuits_free(c);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"opens after failures in a row", test_opens},
		{"an answer between closes it", test_in_a_row},
		{"one call tries after the pause", test_probe},
		{"old ones are forgotten", test_bounded},
	};

	return lp_test_main("http_circuit", tests, COUNT(tests));
}
