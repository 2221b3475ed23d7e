#include "config.h"

#include "common/http/http_caller.h"
#include "connector/core/core.h"
#include "connector/counters.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"
#include "connector/store/store.h"

static void add(struct lp_buf *out, const char *name, uint64_t value)
{
	lp_buf_addc(out, ' ');
	lp_buf_addz(out, name);
	lp_buf_addc(out, '=');
	lp_buf_addu(out, value);
}

static void add_http(struct lp_buf *out, const struct http_server *http)
{
	const struct http_server_stats *h = http_server_stats(http);
	const struct conn_stats *n = http_server_conn_stats(http);

	add(out, "connections", n->open);
	add(out, "accepted", n->opened);
	add(out, "refused", h->refused);
	add(out, "slow", n->slow);
	add(out, "tls_failed", n->tls_failed);
	add(out, "bytes_in", n->bytes_in);
	add(out, "bytes_out", n->bytes_out);
	add(out, "requests", h->requests);
	add(out, "bad_requests", h->bad_requests);
	add(out, "large_heads", h->large_heads);
	add(out, "large_bodies", h->large_bodies);
	add(out, "bad_origins", h->bad_origins);
	add(out, "timeouts", h->timeouts);
	add(out, "websockets", h->websockets);
	add(out, "bad_frames", h->bad_frames);
	add(out, "large_messages", h->large_messages);
	add(out, "control_floods", h->control_floods);
}

static void add_engine(struct lp_buf *out, const struct engine *engine)
{
	const struct engine_stats *e = engine_stats(engine);

	add(out, "sessions", engine_sessions(engine));
	add(out, "opened", e->sessions_opened);
	add(out, "over_limit", e->sessions_refused);
	add(out, "over_address_limit", e->addresses_refused);
	add(out, "over_namespaces", e->namespaces_refused);
	add(out, "over_packets", e->payloads_refused);
	add(out, "upgrades", e->upgrades);
	add(out, "packets_in", e->packets_in);
	add(out, "packets_out", e->packets_out);
	for (int i = 0; i < CLOSE_REASON_COUNT; i++) {
		lp_buf_addz(out, " closed_");
		lp_buf_addz(out, close_reason_name(i));
		lp_buf_addc(out, '=');
		lp_buf_addu(out, e->sessions_closed[i]);
	}
}

static void add_core(struct lp_buf *out, const struct core *core)
{
	const struct core_stats *c = core_stats(core);

	add(out, "clients", c->clients);
	add(out, "rooms", c->rooms);
	add(out, "pushes", c->pushes);
	add(out, "deliveries", c->deliveries);
	add(out, "acks", c->acks);
	add(out, "acks_refused", c->acks_refused);
	add(out, "replaced", c->replaced);
	add(out, "expelled", c->expelled);
	add(out, "connect_callbacks", c->callbacks);
	add(out, "connect_callbacks_refused", c->callbacks_refused);
}

static void add_store(struct lp_buf *out, const struct store *store)
{
	const struct store_stats *s = store_stats(store);

	lp_buf_addz(out, s->connected ? " store=up" : " store=down");
	add(out, "waiting", s->waiting);
	add(out, "lost_links", s->lost_links);
	add(out, "inbox_read", s->inbox_read);
	add(out, "inbox_lost", s->inbox_lost);
	add(out, "inbox_bad", s->inbox_bad);
	add(out, "store_refused", s->refused);
}

static void add_callbacks(struct lp_buf *out, const struct http_caller *caller)
{
	const struct http_caller_stats *c = http_caller_stats(caller);

	add(out, "callbacks_running", c->running);
	add(out, "callbacks_waiting", c->waiting);
	add(out, "callbacks_answered", c->answered);
	add(out, "callbacks_failed", c->failed);
	add(out, "callbacks_refused", c->refused);
}

void counters_add(struct lp_buf *out, const struct http_server *http, const struct engine *engine,
		  const struct core *core, const struct store *store,
		  const struct http_caller *caller)
{
	add_http(out, http);
	add_engine(out, engine);
	add_core(out, core);
	add_store(out, store);
	add_callbacks(out, caller);
}
