/*
 * The Redis side of a keeper, a thread with a connection of its own: takes the next batch while the
 * keeper writes the one before, and tells Redis of what is written. Three batches are in memory at
 * most: one that is ready, one that the keeper has, one that is written and Redis does not know of.
 */
#ifndef ARCHIVE_FEED_H
#define ARCHIVE_FEED_H

#include "worker/archive/batch.h"

struct archive_feed;

/* Starts the thread, with a connection in place of src->redis. most: entries of a batch. */
struct archive_feed *archive_feed_new(const struct archive_source *src, struct redis_shared *shared,
				      size_t most);
/* From now on nothing is taken. What is ready stays so. */
void archive_feed_stop(struct archive_feed *f);
/* Waits until Redis knows what is written, if it answers. The rest is left to others. */
void archive_feed_free(struct archive_feed *f);

/* Moves the batch that is ready to b, which is empty; waits for it for ms. Whether there was one. */
bool archive_feed_next(struct archive_feed *f, struct archive_batch *b, unsigned ms);
/* Takes b, which is written, and is empty then. False: not within ms, since Redis does not answer. */
bool archive_feed_written(struct archive_feed *f, struct archive_batch *b, unsigned ms);

#endif
