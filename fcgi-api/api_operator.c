#include "config.h"

#include "common/lp_json.h"
#include "common/metrics.h"
#include "common/store/overview.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_operator.h"

void api_operator_overview(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct json_object *overview;

	if (overview_read(ctx->redis, ctx->app->settings, true, &overview) == LP_OK)
		lp_json_text(&resp->body, overview);
	else
		api_fail(resp, API_UNAVAILABLE);
	json_object_put(overview);
}

void api_operator_settings(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	lp_buf_addz(&resp->body, "{\"list\":");
	settings_json(ctx->app->settings, &resp->body);
	lp_buf_addc(&resp->body, '}');
}

/* --- metrics --- */

static struct json_object *member(struct json_object *from, const char *name)
{
	struct json_object *value = NULL;

	json_object_object_get_ex(from, name, &value);
	return value;
}

static uint64_t number(struct json_object *from, const char *name)
{
	int64_t value = json_object_get_int64(member(from, name));

	return value > 0 ? (uint64_t)value : 0;
}

static void add_gauge(struct lp_buf *out, const char *metric, const char *help, uint64_t value)
{
	metrics_head(out, metric, METRIC_GAUGE, help);
	metrics_value(out, metric, NULL, value);
}

/* How many of a list are not stale. */
static uint64_t alive(struct json_object *list)
{
	uint64_t count = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		count += !json_object_get_boolean(
			member(json_object_array_get_idx(list, i), "stale"));
	return count;
}

static uint64_t sum(struct json_object *list, const char *name)
{
	uint64_t total = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		total += number(json_object_array_get_idx(list, i), name);
	return total;
}

/* A value per connector; its node_id is the label. */
static void add_each(struct lp_buf *out, struct json_object *connectors, const char *metric,
		     const char *help, const char *name)
{
	metrics_head(out, metric, METRIC_GAUGE, help);
	for (size_t i = 0; i < json_object_array_length(connectors); i++) {
		struct json_object *one = json_object_array_get_idx(connectors, i);

		/* One that moved to another host is there twice until the old one is forgotten. */
		if (!json_object_get_boolean(member(one, "stale")))
			metrics_labelled(out, metric, "connector", lp_json_str(one, "id"),
					 number(one, name));
	}
}

static void add_queues(struct lp_buf *out, struct json_object *queues)
{
	metrics_head(out, "platform_queue_entries", METRIC_GAUGE,
		     "What waits in Redis for workers: due now, and later.");
	json_object_object_foreach(queues, name, value)
	{
		size_t n = strlen(name);

		if (n < 4 || strcmp(name + n - 4, "Lost") != 0)
			metrics_labelled(out, "platform_queue_entries", "queue", lp_cstr(name),
					 (uint64_t)json_object_get_int64(value));
	}
	metrics_head(out, "platform_callbacks_lost_total", METRIC_COUNTER,
		     "Disconnect callbacks never queued, because too many waited.");
	metrics_value(out, "platform_callbacks_lost_total", NULL, number(queues, "callbacksLost"));
}

static void add_metrics(struct lp_buf *out, struct json_object *overview)
{
	struct json_object *connectors = member(overview, "connectors");
	struct json_object *workers = member(overview, "workers");
	struct json_object *redis = member(overview, "redis");

	add_gauge(out, "platform_namespaces", "Namespaces.",
		  number(member(overview, "totals"), "namespaces"));
	add_gauge(out, "platform_connectors", "Connectors that told of themselves lately.",
		  alive(connectors));
	add_gauge(out, "platform_workers", "Workers that told of themselves lately.",
		  alive(workers));
	add_gauge(out, "platform_clients", "Clients online on all connectors.",
		  sum(connectors, "clients"));
	add_each(out, connectors, "platform_connector_clients", "Clients online on a connector.",
		 "clients");
	add_each(out, connectors, "platform_inbox_lag_entries",
		 "Inbox entries that a connector has not read.", "lag");
	add_queues(out, member(overview, "queues"));
	add_gauge(out, "platform_redis_memory_bytes", "Memory that Redis uses.",
		  number(redis, "memory"));
	add_gauge(out, "platform_redis_memory_limit_bytes", "Its maxmemory; 0: none.",
		  number(redis, "memoryLimit"));
	add_gauge(out, "platform_redis_ok",
		  "1 while Redis is a master that is loaded and can write to its disk.",
		  (uint64_t)json_object_get_boolean(member(redis, "ok")));
}

void api_operator_metrics(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	struct json_object *overview;

	if (overview_read(ctx->redis, ctx->app->settings, false, &overview) == LP_OK) {
		resp->text = true;
		add_metrics(&resp->body, overview);
	} else {
		api_fail(resp, API_UNAVAILABLE);
	}
	json_object_put(overview);
}
