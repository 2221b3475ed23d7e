/*
 * The connector's side of Redis: registers this connector, keeps its lease, carries out
 * core/ports.h through one pipelined connection, and reads the inbox stream with XREAD BLOCK on
 * another.
 */
#ifndef STORE_H
#define STORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/histogram.h"
#include "common/settings.h"
#include "connector/core/ports.h"

struct store;
struct core;
struct event_base;

struct store_stats {
	bool connected;           /* registered and the command connection is up */
	size_t waiting;           /* operations not answered yet */
	uint64_t lost_links;      /* times a Redis connection broke */
	uint64_t inbox_read;      /* entries */
	uint64_t inbox_lost;      /* entries trimmed away before they were read */
	uint64_t inbox_bad;       /* entries that could not be read */
	uint64_t inbox_lag;       /* entries not read yet, when the lease was renewed last */
	uint64_t refused;         /* operations answered STORE_BUSY or dropped */
	struct histogram latency; /* of Redis' answers, in REDIS_CONN_UNIT_US */
};

/* The operations to give core_new(), with the store as their first argument. */
extern const struct store_ops store_redis_ops;

/* settings are borrowed. Nothing is connected yet. The program must ignore SIGPIPE. */
struct store *store_new(struct event_base *base, const struct settings *settings);
/* Where inbox entries go; before store_start(). */
void store_set_core(struct store *s, struct core *core);
/*
 * Connects, reaps what earlier lives of this node id left, registers, starts to read the inbox;
 * then calls ready(arg, true), or ready(arg, false) when the first try fails (unreachable, wrong
 * password: already logged in one clear line). A server that is still loading its data is waited
 * for. Later losses are repaired in the background.
 */
void store_start(struct store *s, void (*ready)(void *arg, bool ok), void *arg);
/*
 * Called when stopping, after all clients were closed: waits until what is queued was carried out,
 * gives the registration up, then calls done(arg); at most limit_ms.
 */
void store_stop(struct store *s, unsigned limit_ms, void (*done)(void *arg), void *arg);
/* Also from inside ready() or done(), not from another callback. NULL is fine. */
void store_free(struct store *s);

const struct store_stats *store_stats(const struct store *s);
/* Number of the last inbox entry that was read. */
uint64_t store_inbox_read(const struct store *s);
/* <node_id>.<epoch>, "" before the registration. */
const char *store_owner(const struct store *s);

#endif
