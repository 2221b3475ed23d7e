#include "config.h"

#include <inttypes.h>
#include <stdio.h>

#include "common/lp_json.h"
#include "common/store/overview.h"
#include "ctl/ctl.h"

static int64_t number(struct json_object *from, const char *name)
{
	return json_object_get_int64(ctl_member(from, name));
}

/* Programs that tell of themselves. */
static size_t alive(struct json_object *list)
{
	size_t count = 0;

	for (size_t i = 0; i < json_object_array_length(list); i++)
		count += !json_object_get_boolean(
			ctl_member(json_object_array_get_idx(list, i), "stale"));
	return count;
}

/* The archive takes what is pushed, if one is kept. */
static bool archive_well(struct json_object *archive)
{
	struct lp_str state = lp_json_str(archive, "state");

	return lp_str_eq(state, LP_STR("ok")) || lp_str_eq(state, LP_STR("off"));
}

static void print_programs(struct json_object *list, const char *what, const char *const *members)
{
	if (json_object_array_length(list))
		print_table(list, members);
	else
		printf("no %s\n", what);
	putchar('\n');
}

static void print_overview(struct json_object *all)
{
	static const char *const connector[] = {"id",  "host",    "pid",     "state",
						"age", "uptime",  "clients", "connections",
						"lag", "version", NULL};
	static const char *const worker[] = {"id",  "host",   "pid",     "state",
					     "age", "uptime", "version", NULL};
	struct json_object *redis = ctl_member(all, "redis"), *totals = ctl_member(all, "totals");
	struct json_object *queues = ctl_member(all, "queues"),
			   *archive = ctl_member(all, "archive");

	print_programs(ctl_member(all, "connectors"), "connector", connector);
	print_programs(ctl_member(all, "workers"), "worker", worker);
	printf("Redis %s, %" PRId64 " MB, persistence %s, %s\n",
	       json_object_get_string(ctl_member(redis, "version")),
	       number(redis, "memory") / 1000000,
	       json_object_get_string(ctl_member(redis, "persistence")),
	       json_object_get_boolean(ctl_member(redis, "ok")) ? "ok" : "NOT OK");
	printf("archive %s, messages of %" PRId64 " namespaces wait, %" PRId64 " ms behind\n",
	       json_object_get_string(ctl_member(archive, "state")), number(archive, "waiting"),
	       number(archive, "lag"));
	printf("%" PRId64 " namespaces, %" PRId64 " clients of %" PRId64 " users, %" PRId64
	       " rooms\n",
	       number(totals, "namespaces"), number(totals, "clients"), number(totals, "users"),
	       number(totals, "rooms"));
	printf("callbacks waiting: %" PRId64 ", to be tried again: %" PRId64 "\n",
	       number(queues, "callbacks"), number(queues, "callbacksLater"));
	printf("offline delivery waiting: %" PRId64 ", to be tried again: %" PRId64 "\n",
	       number(queues, "offline"), number(queues, "offlineLater"));
}

enum ctl_status verb_status(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *all, *connectors, *workers;
	const char *words[1];
	bool well;

	if (!ctl_arguments(argc, argv, words, 0, 0, NULL))
		return CTL_USAGE;
	if (overview_read(ctl->ctx.redis, &ctl->settings, true, &all) != LP_OK)
		return ctl_no_redis(ctl);
	connectors = ctl_member(all, "connectors");
	workers = ctl_member(all, "workers");
	well = alive(connectors) && alive(connectors) == json_object_array_length(connectors) &&
	       alive(workers) && alive(workers) == json_object_array_length(workers) &&
	       json_object_get_boolean(ctl_member(ctl_member(all, "redis"), "ok")) &&
	       archive_well(ctl_member(all, "archive"));
	if (ctl->json)
		print_json(all);
	else
		print_overview(all);
	json_object_put(all);
	return well ? CTL_OK : CTL_ATTENTION;
}
