/*
 * A thread that keeps the archive: writes the messages that its feed takes from Redis (feed.h), and
 * sees to what chores.h names. It has connections of its own. While the database is away or full no
 * more than a batch is taken ahead, all else waits in Redis, and it tries again with growing pauses.
 */
#ifndef ARCHIVE_KEEPER_H
#define ARCHIVE_KEEPER_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/settings.h"
#include "common/store/redis.h"

/* What all keepers of a worker share. Zeroed, then archive_status_init(). */
struct archive_status {
	pthread_mutex_t lock;
	pthread_cond_t wake; /* stopping has changed */
	bool stopping;
	unsigned running; /* keepers */
	unsigned away;    /* keepers whose database does not take anything */
	/* since the start */
	uint64_t messages, counts, refused, failures;
	/* as Redis says */
	uint64_t lost;    /* trimmed from logs before they were read; by all workers, since ever */
	uint64_t waiting; /* namespaces with entries that are not read yet */
	uint64_t lag;     /* ms: for how long the first of them has waited */
	uint64_t changed; /* messages whose counts are to be written */
};

void archive_status_init(struct archive_status *s);
void archive_status_clear(struct archive_status *s);
/* All keepers end after what they are at. */
void archive_status_stop(struct archive_status *s);

struct archive_keeper;

/* Starts a thread; name: of the consumer in Redis. The first one also does what one can do alone. */
struct archive_keeper *archive_keeper_new(const struct settings *settings,
					  struct redis_shared *shared,
					  struct archive_status *status, const char *name,
					  bool first);
/* Waits for its end. NULL is fine. */
void archive_keeper_free(struct archive_keeper *k);

#endif
