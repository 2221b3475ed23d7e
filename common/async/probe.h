/*
 * A small HTTP server for the operator's tools, on an address of its own that clients do not
 * reach: GET and HEAD of
 *
 *     /metrics   counters for Prometheus
 *     /healthz   200 while the event loop turns
 *     /readyz    200, or 503 with the reason while the program can not do its work
 *
 * One request per connection, few connections, short time-outs: it can not hold up the program.
 */
#ifndef PROBE_H
#define PROBE_H

#include "common/lp_buf.h"
#include "common/settings.h"

struct probe;
struct event_base;

struct probe_ops {
	/* Appends the metrics. */
	void (*metrics)(void *arg, struct lp_buf *out);
	/* NULL when the program does its work; else why it does not. */
	const char *(*unready)(void *arg);
};

/*
 * Listens on metrics_ip and metrics_port, which must not be 0. NULL when that is not possible
 * (logged). ops is borrowed.
 */
struct probe *probe_new(struct event_base *base, const struct settings *settings,
			const struct probe_ops *ops, void *arg);
/* NULL is fine. */
void probe_free(struct probe *p);

#endif
