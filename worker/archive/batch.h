/*
 * Messages on their way from the logs in Redis into the archive: taken as one consumer of the
 * groups `archive`, and done with when they are in the database.
 */
#ifndef ARCHIVE_BATCH_H
#define ARCHIVE_BATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "common/settings.h"
#include "common/store/redis.h"
#include "worker/archive/write.h"

/* A batch is taken with some calls, each of which takes Redis a few ms. */
#define ARCHIVE_BATCH_TAKES 4
#define ARCHIVE_TAKE_MAX    2000 /* entries of one */
#define ARCHIVE_BATCH_MAX   (ARCHIVE_BATCH_TAKES * ARCHIVE_TAKE_MAX)

/* Where messages come from, borrowed. */
struct archive_source {
	struct redis *redis;
	const struct settings *settings;
	const char *consumer; /* no two have the same, not even after a restart */
};

/* Zero-initialised is valid and empty. */
struct archive_batch {
	struct redisReply *replies[ARCHIVE_BATCH_TAKES]; /* texts of the messages are in there */
	size_t taken;                                    /* replies */
	size_t first;                                    /* of the namespaces in each */
	struct archive_message **messages;
	size_t count, cap;
	uint64_t refused; /* entries that are no messages */
};

/*
 * Takes what has waited longest into an empty batch: `most` entries at most, with some MB of texts.
 * LP_OK, also for nothing, or LP_ESTORE.
 */
int archive_batch_take(struct archive_batch *b, const struct archive_source *src,
		       size_t most) LP_MUSTCHECK;
/*
 * Takes what others have left of some namespaces, from the one at *rank on, which moves on; it is 0
 * again behind the last one.
 */
int archive_batch_claim(struct archive_batch *b, const struct archive_source *src,
			int64_t *rank) LP_MUSTCHECK;
bool archive_batch_empty(const struct archive_batch *b);

/* Gives the messages their keys. Those of namespaces beyond the bound are left out, and refused. */
int archive_batch_number(struct archive_batch *b, struct archive_write *w) LP_MUSTCHECK;
/* All is written: tells Redis, and empties it. On LP_ESTORE it stays, to be tried again. */
int archive_batch_done(struct archive_batch *b, const struct archive_source *src) LP_MUSTCHECK;
/* Zero-initialised again. */
void archive_batch_clear(struct archive_batch *b);

#endif
