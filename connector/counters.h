/* The counters of all parts as one line of text, for the log. */
#ifndef COUNTERS_H
#define COUNTERS_H

#include "common/lp_buf.h"

struct core;
struct engine;
struct http_caller;
struct http_server;
struct store;

/* Appends "name=value" for each counter, a blank in front of each. */
void counters_add(struct lp_buf *out, const struct http_server *http, const struct engine *engine,
		  const struct core *core, const struct store *store,
		  const struct http_caller *caller);

#endif
