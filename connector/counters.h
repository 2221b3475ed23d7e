/* The counters of all parts, as a line for the log and as metrics for Prometheus. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include <stddef.h>
#include <stdint.h>

#include "common/lp_buf.h"

struct core;
struct engine;
struct http_caller;
struct http_server;
struct store;

/* Where they are, and what else is told with them. */
struct counted {
	const struct http_server *http;
	const struct engine *engine;
	const struct core *core;
	const struct store *store;
	const struct http_caller *caller;
	size_t sessions_limit;
	size_t namespaces; /* that have a number of their own */
	uint64_t started;  /* ms since 1970 */
};

/* Appends "name=value" for each counter, a blank in front of each. */
void counters_log(struct lp_buf *out, const struct counted *c);
void counters_metrics(struct lp_buf *out, const struct counted *c);

#endif
