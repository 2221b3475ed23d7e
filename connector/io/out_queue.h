/*
 * What waits to be written to one connection: a ring of references to shared blocks. There is no
 * queue (NULL) while nothing waits, so an idle connection pays one pointer.
 */
#ifndef OUT_QUEUE_H
#define OUT_QUEUE_H

#include <stdint.h>
#include <sys/uio.h>

#include "common/lp_mem.h"

struct out_queue {
	uint32_t head; /* index of the oldest */
	uint32_t count;
	uint32_t cap; /* a power of two */
	size_t sent;  /* bytes of the oldest that are gone already */
	size_t bytes; /* all that is left to write */
	struct lp_blob *item[];
};

/* Puts b behind the others; the queue gets a reference of its own. */
void out_queue_push(struct out_queue **q, struct lp_blob *b);
/* Fills iov with what is to write next; returns how many, and their sum. */
int out_queue_iov(const struct out_queue *q, struct iovec *iov, int max, size_t *sum);
/* n bytes were written: gives up what is done. Empty, the queue is freed and *q NULL. */
void out_queue_sent(struct out_queue **q, size_t n);
void out_queue_free(struct out_queue **q);
/* Memory the queue keeps alive, at most: the bytes and what each block costs beside them. */
size_t out_queue_cost(const struct out_queue *q);

#endif
