#include "config.h"

#include "common/lp_mem.h"
#include "connector/io/out_queue.h"
#include "tests/unit/lp_test.h"

static void push(struct out_queue **q, const char *text)
{
	struct lp_blob *b = lp_blob_new(text, strlen(text));

	out_queue_push(q, b);
	lp_blob_unref(b);
}

/* What the queue would write, at most max blocks of it. */
static void check_rest(struct out_queue *q, int max, const char *want)
{
	struct lp_buf got = {0};
	struct iovec iov[32];
	size_t sum;
	int n = out_queue_iov(q, iov, max, &sum);

	for (int i = 0; i < n; i++)
		lp_buf_add(&got, iov[i].iov_base, iov[i].iov_len);
	CHECK_STR(lp_cstr(want), lp_buf_str(&got), lp_cstr(want));
	CHECK_ROW(lp_cstr(want), sum == got.len);
	lp_buf_clear(&got);
}

static void test_partial_writes(void)
{
	static const struct {
		size_t sent;
		const char *rest;
	} steps[] = {{1, "bcdefghij"}, {1, "cdefghij"}, {2, "efghij"}, {0, "efghij"}, {5, "j"}};
	struct out_queue *q = NULL;

	push(&q, "abc");
	push(&q, "");
	push(&q, "defg");
	push(&q, "hij");
	check_rest(q, 32, "abcdefghij");
	check_rest(q, 1, "abc");
	check_rest(q, 2, "abcdefg");
	for (size_t i = 0; i < COUNT(steps); i++) {
		out_queue_sent(&q, steps[i].sent);
		CHECK(q && q->bytes == strlen(steps[i].rest));
		check_rest(q, 32, steps[i].rest);
	}
	out_queue_sent(&q, 1);
	CHECK(q == NULL);
}

/* The ring grows while its oldest element is in the middle. */
static void test_wrap_and_grow(void)
{
	struct out_queue *q = NULL;
	char text[2] = "a";

	for (int i = 0; i < 6; i++, text[0]++)
		push(&q, text);
	out_queue_sent(&q, 5);
	for (int i = 0; i < 12; i++, text[0]++)
		push(&q, text);
	check_rest(q, 32, "fghijklmnopqr");
	CHECK(q->count == 13);
	out_queue_sent(&q, 13);
	CHECK(q == NULL);
}

static void test_references(void)
{
	struct lp_blob *b = lp_blob_new("xy", 2);
	struct out_queue *q = NULL;

	CHECK(out_queue_cost(q) == 0);
	out_queue_push(&q, b);
	out_queue_push(&q, b);
	CHECK(b->refs == 3);
	CHECK(out_queue_cost(q) > 4);
	out_queue_sent(&q, 3);
	CHECK(b->refs == 2);
	out_queue_free(&q);
	CHECK(b->refs == 1);
	CHECK(q == NULL);
	lp_blob_unref(b);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"partial writes", test_partial_writes},
		{"wrap and grow", test_wrap_and_grow},
		{"references", test_references},
	};

	return lp_test_main("out_queue", tests, COUNT(tests));
}
