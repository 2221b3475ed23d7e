#include "config.h"

#include <stdlib.h>

#include "common/archive/sql_url.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "common/store/online_counts.h"
#include "common/store/overview.h"

/* What is asked of Redis first, in one go. */
enum question {
	ASK_TIME,
	ASK_INFO,
	ASK_STATES,
	ASK_NAMESPACES,
	ASK_INBOX_SEQ,
	ASK_CALLBACKS,
	ASK_CALLBACKS_LATER,
	ASK_CALLBACKS_LOST,
	ASK_OFFLINE,
	ASK_OFFLINE_LATER,
	ASK_ARCHIVE_LOST,
	ASK_ARCHIVE_WAITING,
	ASK_ARCHIVE_FIRST,
	ASK_ARCHIVE_CHANGED,
	ASK_COUNT
};

static const struct {
	const char *command, *key;
	const char *rest[3];
} questions[ASK_COUNT] = {
	[ASK_TIME] = {"TIME", NULL, {NULL}},
	[ASK_INFO] = {"INFO", NULL, {NULL}},
	[ASK_STATES] = {"ZRANGE", "states", {"0", "999"}},
	[ASK_NAMESPACES] = {"ZRANGE", "namespaces", {"0", "-1"}},
	[ASK_INBOX_SEQ] = {"HGETALL", "inbox-seq", {NULL}},
	[ASK_CALLBACKS] = {"XLEN", "callbacks", {NULL}},
	[ASK_CALLBACKS_LATER] = {"ZCARD", "callbacks-later", {NULL}},
	[ASK_CALLBACKS_LOST] = {"GET", "callbacks-lost", {NULL}},
	[ASK_OFFLINE] = {"XLEN", "offline", {NULL}},
	[ASK_OFFLINE_LATER] = {"ZCARD", "offline-later", {NULL}},
	[ASK_ARCHIVE_LOST] = {"HGET", "archive", {"lost"}},
	[ASK_ARCHIVE_WAITING] = {"ZCARD", "archive-due", {NULL}},
	[ASK_ARCHIVE_FIRST] = {"ZRANGE", "archive-due", {"0", "0", "WITHSCORES"}},
	[ASK_ARCHIVE_CHANGED] = {"ZCARD", "archive-counts", {NULL}},
};

static void add_int(struct json_object *to, const char *name, int64_t value)
{
	json_object_object_add(to, name, json_object_new_int64(value));
}

static void add_text(struct json_object *to, const char *name, struct lp_str value)
{
	json_object_object_add(to, name,
			       json_object_new_string_len(value.p ? value.p : "", (int)value.n));
}

/* --- what Redis says of itself --- */

struct lp_str overview_info(struct lp_str info, const char *field)
{
	size_t n = strlen(field);

	while (info.n) {
		struct lp_str line = lp_str(info.p, lp_str_find(info, '\n'));

		info = lp_str_from(info, line.n + 1);
		if (line.n > n && memcmp(line.p, field, n) == 0 && line.p[n] == ':') {
			line = lp_str_from(line, n + 1);
			if (line.n && line.p[line.n - 1] == '\r')
				line.n--;
			return line;
		}
	}
	return lp_str(NULL, 0);
}

static int64_t info_number(struct lp_str info, const char *field)
{
	struct lp_str text = overview_info(info, field);

	return text.n ? strtoll(text.p, NULL, 10) : 0; /* ends at the end of the line */
}

const char *overview_persistence(struct lp_str info, const struct redisReply *save)
{
	bool aof = info_number(info, "aof_enabled");

	if (redis_reply_count(save) < 2)
		return aof ? "aof" : "unknown";
	if (redis_reply_str(redis_reply_at(save, 1)).n)
		return aof ? "aof+rdb" : "rdb";
	return aof ? "aof" : "none";
}

static struct json_object *read_redis(struct redis *redis, struct lp_str info)
{
	struct json_object *out = json_object_new_object();
	struct redis_args args = {0};
	struct redisReply *save = NULL;
	bool ok = lp_str_eq(overview_info(info, "loading"), LP_STR("0")) &&
		  lp_str_eq(overview_info(info, "role"), LP_STR("master")) &&
		  lp_str_eq(overview_info(info, "rdb_last_bgsave_status"), LP_STR("ok")) &&
		  lp_str_eq(overview_info(info, "aof_last_write_status"), LP_STR("ok"));

	redis_args_addz(&args, "CONFIG");
	redis_args_addz(&args, "GET");
	redis_args_addz(&args, "save");
	if (redis_try(redis, &args, &save) == LP_EINVAL) { /* not allowed */
		redis_reply_free(save);
		save = NULL;
	}
	redis_args_clear(&args);
	add_text(out, "version", overview_info(info, "redis_version"));
	add_int(out, "memory", info_number(info, "used_memory"));
	add_int(out, "memoryLimit", info_number(info, "maxmemory"));
	add_text(out, "eviction", overview_info(info, "maxmemory_policy"));
	add_text(out, "persistence", lp_cstr(overview_persistence(info, save)));
	add_int(out, "clients", info_number(info, "connected_clients"));
	add_int(out, "uptime", info_number(info, "uptime_in_seconds") * 1000);
	json_object_object_add(out, "ok", json_object_new_boolean(ok));
	redis_reply_free(save);
	return out;
}

/* --- what the programs say --- */

static struct lp_str field_of(const struct redisReply *hash, const char *name)
{
	for (size_t i = 0; i + 1 < redis_reply_count(hash); i += 2) {
		if (lp_str_eq(redis_reply_str(redis_reply_at(hash, i)), lp_cstr(name)))
			return redis_reply_str(redis_reply_at(hash, i + 1));
	}
	return lp_str(NULL, 0);
}

static int64_t number_of(const struct redisReply *hash, const char *name)
{
	struct lp_str text = field_of(hash, name);

	return text.n ? strtoll(text.p, NULL, 10) : 0; /* hiredis terminates its strings */
}

/* Entries in the inbox that it has not read. */
static int64_t inbox_lag(const struct redisReply *state, const struct redisReply *inbox_seq)
{
	struct lp_str owner = field_of(state, "owner");
	int64_t last = 0;

	for (size_t i = 0; i + 1 < redis_reply_count(inbox_seq); i += 2) {
		if (lp_str_eq(redis_reply_str(redis_reply_at(inbox_seq, i)), owner))
			last = redis_reply_int(redis_reply_at(inbox_seq, i + 1));
	}
	last -= number_of(state, "read");
	return last > 0 ? last : 0;
}

static struct json_object *read_program(const struct redisReply *state,
					const struct redisReply *inbox_seq, int64_t now,
					bool connector)
{
	static const char *const texts[] = {"id", "host", "version", "state"};
	static const char *const numbers[] = {"pid", "metrics_port"};
	static const char *const connector_numbers[] = {"port",        "clients",    "sessions",
							"connections", "rooms",      "waiting",
							"pushes",      "deliveries", "acks"};
	struct json_object *out = json_object_new_object();
	int64_t age = now - number_of(state, "time");
	bool archive = field_of(state, "archive_away").n;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		add_text(out, texts[i], field_of(state, texts[i]));
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
		add_int(out, numbers[i], number_of(state, numbers[i]));
	add_int(out, "age", age > 0 ? age : 0);
	add_int(out, "uptime", now - number_of(state, "started"));
	json_object_object_add(out, "stale", json_object_new_boolean(age > OVERVIEW_STALE_MS));
	if (!connector && archive) {
		add_int(out, "archived", number_of(state, "archived"));
		json_object_object_add(out, "archive_away",
				       json_object_new_boolean(number_of(state, "archive_away")));
	}
	if (!connector)
		return out;
	add_text(out, "owner", field_of(state, "owner"));
	for (size_t i = 0; i < sizeof(connector_numbers) / sizeof(connector_numbers[0]); i++)
		add_int(out, connector_numbers[i], number_of(state, connector_numbers[i]));
	add_int(out, "lag", inbox_lag(state, inbox_seq));
	return out;
}

/* names: of states, in the order of their last sign of life. */
static int read_programs(struct redis *redis, const char *prefix, const struct redisReply *names,
			 const struct redisReply *inbox_seq, int64_t now, struct json_object *out)
{
	struct json_object *connectors = json_object_new_array(),
			   *workers = json_object_new_array();
	size_t count = redis_reply_count(names);
	struct redis_args *commands = lp_xcalloc(count + 1, sizeof(*commands));
	struct redisReply **replies = lp_xcalloc(count + 1, sizeof(struct redisReply *));
	int rc = LP_OK;

	json_object_object_add(out, "connectors", connectors);
	json_object_object_add(out, "workers", workers);
	for (size_t i = 0; i < count; i++) {
		redis_args_addz(&commands[i], "HGETALL");
		key_of_platform(&commands[i].text, prefix, "state:");
		lp_buf_adds(&commands[i].text, redis_reply_str(redis_reply_at(names, i)));
		redis_args_end(&commands[i]);
	}
	if (count)
		rc = redis_pipeline(redis, commands, count, replies);
	for (size_t i = 0; i < count; i++) {
		bool connector = lp_str_eq(field_of(replies[i], "program"), LP_STR("connector"));

		/* One that ended in between has no fields. */
		if (rc == LP_OK && redis_reply_count(replies[i]))
			json_object_array_add(connector ? connectors : workers,
					      read_program(replies[i], inbox_seq, now, connector));
		redis_reply_free(replies[i]);
		redis_args_clear(&commands[i]);
	}
	free(commands);
	free(replies);
	return rc;
}

static int by_id(const void *a, const void *b)
{
	struct json_object *const *x = a, *const *y = b;
	struct lp_str p = lp_json_str(*x, "id"), q = lp_json_str(*y, "id");

	if (p.n != q.n)
		return p.n < q.n ? -1 : 1; /* 2 before 10 */
	return p.n ? memcmp(p.p, q.p, p.n) : 0;
}

/* --- the archive --- */

/* workers: as they tell of themselves. */
static const char *archive_state(const char *url, struct json_object *workers)
{
	bool kept = false;

	if (sql_url_off(url))
		return "off";
	for (size_t i = 0; i < json_object_array_length(workers); i++) {
		struct json_object *worker = json_object_array_get_idx(workers, i), *away, *stale;

		if (!json_object_object_get_ex(worker, "archive_away", &away) ||
		    !json_object_object_get_ex(worker, "stale", &stale) ||
		    json_object_get_boolean(stale))
			continue;
		if (json_object_get_boolean(away))
			return "away";
		kept = true;
	}
	return kept ? "ok" : "no_worker";
}

static struct json_object *read_archive(const char *url, struct json_object *workers,
					struct redisReply *const *replies, int64_t now)
{
	struct json_object *out = json_object_new_object();
	int64_t first = redis_reply_int(redis_reply_at(replies[ASK_ARCHIVE_FIRST], 1));

	add_text(out, "state", lp_cstr(archive_state(url, workers)));
	add_text(out, "kind",
		 sql_url_off(url)                     ? LP_STR("off")
		 : sql_url_dialect(url) == SQL_SQLITE ? LP_STR("sqlite")
						      : LP_STR("postgresql"));
	add_int(out, "waiting", redis_reply_int(replies[ASK_ARCHIVE_WAITING]));
	add_int(out, "lag", first && now > first ? now - first : 0);
	add_int(out, "changed", redis_reply_int(replies[ASK_ARCHIVE_CHANGED]));
	add_int(out, "lost", redis_reply_int(replies[ASK_ARCHIVE_LOST]));
	return out;
}

/* --- totals --- */

static int add_totals(struct redis *redis, const char *prefix, const struct redisReply *namespaces,
		      bool users, struct json_object *out)
{
	struct json_object *totals = json_object_new_object();
	size_t count = redis_reply_count(namespaces);
	struct lp_str *nsps = lp_xcalloc(count + 1, sizeof(*nsps));
	struct online_counts *counts = lp_xcalloc(count + 1, sizeof(*counts)), sum = {0};
	int rc = LP_OK;

	for (size_t i = 0; i < count; i++)
		nsps[i] = redis_reply_str(redis_reply_at(namespaces, i));
	if (users)
		rc = online_counts_read(redis, prefix, nsps, count, counts);
	for (size_t i = 0; i < count; i++) {
		sum.rooms += counts[i].rooms;
		sum.users += counts[i].users;
		sum.clients += counts[i].clients;
	}
	add_int(totals, "namespaces", (int64_t)count);
	if (users) {
		add_int(totals, "clients", sum.clients);
		add_int(totals, "users", sum.users);
		add_int(totals, "rooms", sum.rooms);
	}
	json_object_object_add(out, "totals", totals);
	free(nsps);
	free(counts);
	return rc;
}

/* --- all of it --- */

static int ask(struct redis *redis, const char *prefix, struct redisReply **replies)
{
	struct redis_args commands[ASK_COUNT] = {0};
	int rc;

	for (int i = 0; i < ASK_COUNT; i++) {
		redis_args_addz(&commands[i], questions[i].command);
		if (questions[i].key) {
			key_of_platform(&commands[i].text, prefix, questions[i].key);
			redis_args_end(&commands[i]);
		}
		for (int k = 0; k < 3 && questions[i].rest[k]; k++)
			redis_args_addz(&commands[i], questions[i].rest[k]);
	}
	rc = redis_pipeline(redis, commands, ASK_COUNT, replies);
	for (int i = 0; i < ASK_COUNT; i++)
		redis_args_clear(&commands[i]);
	return rc;
}

static void add_queues(struct json_object *out, struct redisReply *const *replies)
{
	struct json_object *queues = json_object_new_object();

	add_int(queues, "callbacks", redis_reply_int(replies[ASK_CALLBACKS]));
	add_int(queues, "callbacksLater", redis_reply_int(replies[ASK_CALLBACKS_LATER]));
	add_int(queues, "callbacksLost", redis_reply_int(replies[ASK_CALLBACKS_LOST]));
	add_int(queues, "offline", redis_reply_int(replies[ASK_OFFLINE]));
	add_int(queues, "offlineLater", redis_reply_int(replies[ASK_OFFLINE_LATER]));
	json_object_object_add(out, "queues", queues);
}

int overview_read(struct redis *redis, const struct settings *settings, bool users,
		  struct json_object **out)
{
	const char *prefix = settings->redis_prefix;
	struct redisReply *replies[ASK_COUNT] = {NULL};
	struct json_object *all = json_object_new_object(), *list;
	int64_t now;
	int rc = ask(redis, prefix, replies);

	*out = NULL;
	if (rc == LP_OK) {
		now = redis_reply_int(redis_reply_at(replies[ASK_TIME], 0)) * 1000 +
		      redis_reply_int(redis_reply_at(replies[ASK_TIME], 1)) / 1000;
		add_text(all, "version", LP_STR(PACKAGE_VERSION));
		rc = read_programs(redis, prefix, replies[ASK_STATES], replies[ASK_INBOX_SEQ], now,
				   all);
		json_object_object_get_ex(all, "connectors", &list);
		json_object_array_sort(list, by_id);
		json_object_object_get_ex(all, "workers", &list);
		json_object_array_sort(list, by_id);
		json_object_object_add(all, "redis",
				       read_redis(redis, redis_reply_str(replies[ASK_INFO])));
		json_object_object_add(all, "archive",
				       read_archive(settings->archive, list, replies, now));
		add_queues(all, replies);
	}
	if (rc == LP_OK)
		rc = add_totals(redis, prefix, replies[ASK_NAMESPACES], users, all);
	for (int i = 0; i < ASK_COUNT; i++)
		redis_reply_free(replies[i]);
	if (rc == LP_OK)
		*out = all;
	else
		json_object_put(all);
	return rc;
}
