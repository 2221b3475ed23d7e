#include "config.h"

#include <stdlib.h>

#include "common/async/redis_conn.h"
#include "common/http/http_caller.h"
#include "common/lp_mem.h"
#include "common/metrics.h"
#include "connector/core/core.h"
#include "connector/counters.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"
#include "connector/store/store.h"

enum source { HTTP, CONN, ENGINE, CORE, STORE, CALLER, NOW, SOURCES };

/* Numbers that are no one's counter. */
struct now {
	size_t sessions;
	size_t sessions_limit;
};

/* clang-format off */
#define ROW(SOURCE, STRUCT, FIELD, NAME, METRIC, LABELS, TYPE, HELP)                               \
	{METRIC_AT(SOURCE, STRUCT, FIELD), NAME, METRIC, LABELS, HELP, METRIC_##TYPE}
#define HTTP_ROW(...)   ROW(HTTP, http_server_stats, __VA_ARGS__)
#define CONN_ROW(...)   ROW(CONN, conn_stats, __VA_ARGS__)
#define ENGINE_ROW(...) ROW(ENGINE, engine_stats, __VA_ARGS__)
#define CORE_ROW(...)   ROW(CORE, core_stats, __VA_ARGS__)
#define STORE_ROW(...)  ROW(STORE, store_stats, __VA_ARGS__)
#define CALLER_ROW(...) ROW(CALLER, http_caller_stats, __VA_ARGS__)
#define NOW_ROW(...)    ROW(NOW, now, __VA_ARGS__)
#define LEFT(REASON, NAME, HELP)                                                                   \
	ENGINE_ROW(sessions_closed[REASON], "closed_" NAME, "clients_left_total",                  \
		   "reason=\"" NAME "\"", COUNTER, HELP)
#define DROPPED(REASON, NAME, HELP)                                                                \
	ENGINE_ROW(sessions_closed[REASON], "closed_" NAME, "clients_dropped_total",               \
		   "reason=\"" NAME "\"", COUNTER, HELP)

/* One row per counter: the line in the log and the metrics are made from it. */
static const struct metric_row rows[] = {
	CONN_ROW(open, "connections", "connections", NULL, GAUGE, "Connections open now."),
	CONN_ROW(opened, "accepted", "connections_accepted_total", NULL, COUNTER,
		 "Connections accepted."),
	HTTP_ROW(refused, "refused", "connections_refused_total", "reason=\"limit\"", COUNTER,
		 "Connections closed at once: too many, or not the TLS that is spoken here."),
	CONN_ROW(tls_failed, "tls_failed", "connections_refused_total", "reason=\"tls\"", COUNTER, NULL),
	CONN_ROW(slow, "slow", "connections_slow_total", NULL, COUNTER,
		 "Connections closed because more than send_queue_max waited for them."),
	CONN_ROW(bytes_in, "bytes_in", "received_bytes_total", NULL, COUNTER, "Bytes from clients."),
	CONN_ROW(bytes_out, "bytes_out", "sent_bytes_total", NULL, COUNTER, "Bytes to clients."),
	HTTP_ROW(requests, "requests", "requests_total", NULL, COUNTER, "HTTP requests."),
	HTTP_ROW(bad_requests, "bad_requests", "bad_requests_total", NULL, COUNTER,
		 "HTTP requests that could not be read, or were too large."),
	HTTP_ROW(large_heads, "large_heads", "large_heads_total", NULL, COUNTER,
		 "Of the bad requests: head over header_max."),
	HTTP_ROW(large_bodies, "large_bodies", "large_bodies_total", NULL, COUNTER,
		 "Of the bad requests: body over max_payload."),
	HTTP_ROW(bad_origins, "bad_origins", "bad_origins_total", NULL, COUNTER,
		 "Websockets refused to pages of other origins."),
	HTTP_ROW(timeouts, "timeouts", "request_timeouts_total", NULL, COUNTER,
		 "Requests whose head or body did not come in time."),
	HTTP_ROW(websockets, "websockets", "websockets_opened_total", NULL, COUNTER,
		 "Websockets opened."),
	HTTP_ROW(bad_frames, "bad_frames", "bad_frames_total", NULL, COUNTER,
		 "Websockets closed because of what they sent."),
	HTTP_ROW(large_messages, "large_messages", "large_messages_total", NULL, COUNTER,
		 "Of the bad frames: message over max_payload or max_fragments."),
	HTTP_ROW(control_floods, "control_floods", "control_floods_total", NULL, COUNTER,
		 "Of the bad frames: more than max_control_frames."),
	NOW_ROW(sessions, "sessions", "sessions", NULL, GAUGE, "Sessions now."),
	NOW_ROW(sessions_limit, "sessions_limit", "sessions_limit", NULL, GAUGE,
		"Sessions that max_clients allows."),
	ENGINE_ROW(sessions_opened, "opened", "sessions_opened_total", NULL, COUNTER,
		   "Sessions opened."),
	ENGINE_ROW(sessions_refused, "over_limit", "sessions_refused_total", "reason=\"limit\"", COUNTER,
		   "Sessions refused: over max_clients, or over sessions_per_address."),
	ENGINE_ROW(addresses_refused, "over_address_limit", "sessions_refused_total",
		   "reason=\"address\"", COUNTER, NULL),
	ENGINE_ROW(namespaces_refused, "over_namespaces", "sessions_over_namespaces_total", NULL, COUNTER,
		   "Sessions closed at max_namespaces."),
	ENGINE_ROW(payloads_refused, "over_packets", "sessions_over_packets_total", NULL, COUNTER,
		   "Sessions closed at max_packets."),
	ENGINE_ROW(upgrades, "upgrades", "upgrades_total", NULL, COUNTER,
		   "Sessions that went from long-polling to websocket."),
	ENGINE_ROW(packets_in, "packets_in", "packets_received_total", NULL, COUNTER,
		   "Packets from clients."),
	ENGINE_ROW(packets_out, "packets_out", "packets_sent_total", NULL, COUNTER,
		   "Packets to clients."),
	LEFT(CLOSE_CLIENT, "client", "Sessions that the client ended, or its connection did."),
	LEFT(CLOSE_TRANSPORT, "transport", NULL),
	DROPPED(CLOSE_SERVER, "server", "Sessions that this connector ended, by the reason."),
	DROPPED(CLOSE_PING_TIMEOUT, "ping_timeout", NULL),
	DROPPED(CLOSE_CONNECT_TIMEOUT, "connect_timeout", NULL),
	DROPPED(CLOSE_PROTOCOL, "protocol", NULL),
	DROPPED(CLOSE_PACKET, "packet", NULL),
	DROPPED(CLOSE_OVERLAP, "overlap", NULL),
	DROPPED(CLOSE_SLOW, "slow", NULL),
	DROPPED(CLOSE_SHUTDOWN, "shutdown", NULL),
	CORE_ROW(clients, "clients", "clients", NULL, GAUGE, "Clients online here."),
	CORE_ROW(rooms, "rooms", "rooms", NULL, GAUGE, "Rooms with members here."),
	CORE_ROW(pushes, "pushes", "pushes_total", NULL, COUNTER, "Messages taken from the inbox, or the logs."),
	CORE_ROW(deliveries, "deliveries", "deliveries_total", NULL, COUNTER,
		 "Messages handed to a client's connection."),
	CORE_ROW(acks, "acks", "acks_total", NULL, COUNTER, "Acknowledgements that counted."),
	CORE_ROW(acks_refused, "acks_refused", "acks_refused_total", NULL, COUNTER,
		 "Acknowledgements of messages that were not addressed to the client."),
	CORE_ROW(replaced, "replaced", "clients_replaced_total", NULL, COUNTER,
		 "Clients replaced by a newer connection of their own."),
	CORE_ROW(expelled, "expelled", "clients_expelled_total", NULL, COUNTER,
		 "Clients sent away by the business system."),
	CORE_ROW(callbacks, "connect_callbacks", "connect_callbacks_total", NULL, COUNTER,
		 "Connect callbacks that were decided on."),
	CORE_ROW(callbacks_refused, "connect_callbacks_refused", "connect_callbacks_refused_total", NULL,
		 COUNTER, "Clients that connect callbacks refused."),
	CORE_ROW(tokens_refused, "tokens_refused", "clients_tokens_refused_total", NULL, COUNTER,
		 "Clients refused without a good token."),
	CORE_ROW(expired, "expired", "clients_expired_total", NULL, COUNTER,
		 "Clients disconnected because their token had expired."),
	CORE_ROW(unpaced, "unpaced", "unpaced_messages_total", NULL, COUNTER,
		 "Messages not delivered here: too many of a namespace over its limit waited."),
	CORE_ROW(catchups, "catchups", "catchups_total", NULL, COUNTER,
		 "Times this connector caught up with the logs."),
	CORE_ROW(missed, "missed", "missed_messages_total", NULL, COUNTER,
		 "Messages trimmed from the logs before it caught up."),
	STORE_ROW(connected, "store_up", "redis_up", NULL, GAUGE, "1 while Redis answers."),
	STORE_ROW(waiting, "waiting", "redis_waiting_operations", NULL, GAUGE,
		  "Operations that Redis has not answered yet."),
	STORE_ROW(lost_links, "lost_links", "redis_links_lost_total", NULL, COUNTER,
		  "Times a connection to Redis broke."),
	STORE_ROW(refused, "store_refused", "redis_refused_operations_total", NULL, COUNTER,
		  "Operations refused by Redis, or because too many waited."),
	STORE_ROW(inbox_read, "inbox_read", "inbox_entries_total", NULL, COUNTER, "Inbox entries read."),
	STORE_ROW(inbox_lost, "inbox_lost", "inbox_lost_entries_total", NULL, COUNTER,
		  "Inbox entries trimmed before they were read."),
	STORE_ROW(inbox_bad, "inbox_bad", "inbox_bad_entries_total", NULL, COUNTER,
		  "Inbox entries that were not understood."),
	STORE_ROW(inbox_lag, "inbox_lag", "inbox_lag_entries", NULL, GAUGE,
		  "Inbox entries not read yet, when the lease was renewed last."),
	CALLER_ROW(running, "callbacks_running", "callbacks_running", NULL, GAUGE,
		   "Callbacks under way."),
	CALLER_ROW(waiting, "callbacks_waiting", "callbacks_waiting", NULL, GAUGE,
		   "Callbacks that wait for their turn."),
	CALLER_ROW(answered, "callbacks_answered", "callbacks_total", "result=\"answered\"", COUNTER,
		   "Callbacks by what became of them; refused: not called at all."),
	CALLER_ROW(failed, "callbacks_failed", "callbacks_total", "result=\"failed\"", COUNTER, NULL),
	CALLER_ROW(refused, "callbacks_refused", "callbacks_total", "result=\"refused\"", COUNTER, NULL),
};
/* clang-format on */

#define ROWS (sizeof(rows) / sizeof(rows[0]))

typedef void rows_fn(struct lp_buf *out, const struct metric_row *rows, size_t count,
		     const void *const *sources);

static void each(const struct counted *c, rows_fn *add, struct lp_buf *out)
{
	struct now now = {engine_sessions(c->engine), c->sessions_limit};
	const void *sources[SOURCES] = {
		[HTTP] = http_server_stats(c->http),
		[CONN] = http_server_conn_stats(c->http),
		[ENGINE] = engine_stats(c->engine),
		[CORE] = core_stats(c->core),
		[STORE] = store_stats(c->store),
		[CALLER] = http_caller_stats(c->caller),
		[NOW] = &now,
	};

	add(out, rows, ROWS, sources);
}

void counters_log(struct lp_buf *out, const struct counted *c)
{
	each(c, metrics_log, out);
}

/* --- clients per namespace --- */

struct tenant {
	struct lp_str nsp;
	size_t clients;
};

struct tenants {
	struct tenant *at;
	size_t count, space;
};

static void add_tenant(void *arg, struct lp_str nsp, size_t clients)
{
	struct tenants *t = arg;

	if (t->count == t->space) {
		t->space = t->space ? t->space * 2 : 64;
		t->at = lp_xrealloc(t->at, t->space * sizeof(t->at[0]));
	}
	t->at[t->count++] = (struct tenant){nsp, clients};
}

static int more_clients(const void *a, const void *b)
{
	const struct tenant *x = a, *y = b;

	return (x->clients < y->clients) - (x->clients > y->clients);
}

/* So many values at most, however many namespaces there are. */
static void add_tenants(struct lp_buf *out, const struct counted *c)
{
	struct tenants t = {0};
	uint64_t others = 0;

	core_each_namespace(c->core, add_tenant, &t);
	if (t.count)
		qsort(t.at, t.count, sizeof(t.at[0]), more_clients);
	metrics_head(out, "namespace_clients", METRIC_GAUGE,
		     "Clients online here of the namespaces that have most; other: of all others.");
	for (size_t i = 0; i < t.count; i++) {
		if (i < c->namespaces)
			metrics_labelled(out, "namespace_clients", "namespace", t.at[i].nsp,
					 t.at[i].clients);
		else
			others += t.at[i].clients;
	}
	/* A key begins with a slash: this is none. */
	metrics_labelled(out, "namespace_clients", "namespace", LP_STR("other"), others);
	free(t.at);
}

void counters_metrics(struct lp_buf *out, const struct counted *c)
{
	const struct core_stats *core = core_stats(c->core);

	metrics_process(out, "connector", c->started);
	each(c, metrics_add, out);
	add_tenants(out, c);
	metrics_histogram(out, "push_delay_seconds",
			  "From the acceptance of a push to its arrival at this connector.",
			  &core->delay, 1000);
	metrics_histogram(out, "push_to_ack_seconds",
			  "From the acceptance of a push to a client's acknowledgement.",
			  &core->ack_time, 1000);
	metrics_histogram(out, "redis_latency_seconds",
			  "From a command to its answer, of one command at a time.",
			  &store_stats(c->store)->latency, REDIS_CONN_UNIT_US);
}
