#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "connector/io/out_queue.h"

#define CAP_MIN 8

/* Beside its bytes a waiting block costs a reference, its head and the allocator's part. */
#define ITEM_COST (sizeof(struct lp_blob *) + sizeof(struct lp_blob) + 16)

static struct lp_blob **slot(struct out_queue *q, uint32_t i)
{
	return &q->item[(q->head + i) & (q->cap - 1)];
}

static struct out_queue *grow(struct out_queue *old)
{
	uint32_t cap = old ? old->cap * 2 : CAP_MIN;
	struct out_queue *q = lp_xmalloc(sizeof(*q) + cap * sizeof(q->item[0]));

	*q = (struct out_queue){.cap = cap};
	if (old) {
		for (uint32_t i = 0; i < old->count; i++)
			q->item[i] = *slot(old, i);
		q->count = old->count;
		q->sent = old->sent;
		q->bytes = old->bytes;
		free(old);
	}
	return q;
}

void out_queue_push(struct out_queue **at, struct lp_blob *b)
{
	struct out_queue *q = *at;

	if (!b->len)
		return;
	if (!q || q->count == q->cap)
		*at = q = grow(q);
	*slot(q, q->count++) = lp_blob_ref(b);
	q->bytes += b->len;
}

int out_queue_iov(const struct out_queue *q, struct iovec *iov, int max, size_t *sum)
{
	size_t skip = q->sent;
	int n = 0;

	*sum = 0;
	while (n < max && (uint32_t)n < q->count) {
		struct lp_blob *b = q->item[(q->head + (uint32_t)n) & (q->cap - 1)];

		iov[n].iov_base = b->data + skip;
		iov[n].iov_len = b->len - skip;
		*sum += iov[n].iov_len;
		skip = 0;
		n++;
	}
	return n;
}

void out_queue_sent(struct out_queue **at, size_t n)
{
	struct out_queue *q = *at;

	q->bytes -= n;
	n += q->sent;
	while (q->count) {
		struct lp_blob *b = *slot(q, 0);

		if (n < b->len)
			break;
		n -= b->len;
		lp_blob_unref(b);
		q->head = (q->head + 1) & (q->cap - 1);
		q->count--;
	}
	q->sent = n;
	if (!q->count)
		out_queue_free(at);
}

void out_queue_free(struct out_queue **at)
{
	struct out_queue *q = *at;

	if (!q)
		return;
	for (uint32_t i = 0; i < q->count; i++)
		lp_blob_unref(*slot(q, i));
	free(q);
	*at = NULL;
}

size_t out_queue_cost(const struct out_queue *q)
{
	return q ? q->bytes + q->count * ITEM_COST : 0;
}
