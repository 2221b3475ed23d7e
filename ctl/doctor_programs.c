#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/lp_json.h"
#include "common/store/overview.h"
#include "ctl/doctor.h"

#define LAG_MAX     1000  /* inbox entries */
#define WAITING_MAX 10000 /* callbacks */
#define BACKLOG     4096  /* what connectors and web servers ask the kernel for */

static int64_t number(struct json_object *from, const char *name)
{
	return json_object_get_int64(ctl_member(from, name));
}

static const char *text(struct json_object *from, const char *name)
{
	return lp_json_str(from, name).p ? lp_json_str(from, name).p : "";
}

/* --- this machine --- */

/* The first number in a file, -1 when it can not be read. */
static int64_t number_in(const char *path)
{
	FILE *file = fopen(path, "re");
	int64_t value = -1;

	if (!file)
		return -1;
	if (fscanf(file, "%" SCNd64, &value) != 1)
		value = -1;
	fclose(file);
	return value;
}

void doctor_machine(struct ctl *ctl, struct findings *f)
{
	const struct settings *s = &ctl->settings;
	int64_t backlog = number_in("/proc/sys/net/core/somaxconn");
	int64_t overcommit = number_in("/proc/sys/vm/overcommit_memory");

	if (!*s->admin_passwd)
		finding_add(f, "admin-password", FINDING_WARNING, "set admin_passwd",
			    "admin_passwd is empty: the administrator's API refuses every login");
	if (backlog >= 0 && backlog < BACKLOG)
		finding_add(f, "backlog", FINDING_WARNING, "sysctl net.core.somaxconn=4096",
			    "net.core.somaxconn is %" PRId64
			    ": connections are lost when very many come at once",
			    backlog);
	if (overcommit == 0 && strncmp(s->redis_address, "127.", 4) == 0)
		finding_add(
			f, "overcommit", FINDING_NOTE, "sysctl vm.overcommit_memory=1",
			"vm.overcommit_memory is 0: Redis may fail to save when memory is short");
}

/* Open files that process pid may have; 0 when that can not be seen. */
static int64_t files_of(int64_t pid)
{
	char path[64], line[256];
	int64_t most = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%" PRId64 "/limits", pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "Max open files %" SCNd64, &most) == 1)
			break;
	}
	if (file)
		fclose(file);
	return most;
}

/* --- programs --- */

static void check_connector(struct ctl *ctl, struct findings *f, struct json_object *c)
{
	char host[65] = "";
	int64_t files = 0;

	gethostname(host, sizeof(host) - 1);
	if (strcmp(text(c, "host"), host) == 0)
		files = files_of(number(c, "pid"));
	if (json_object_get_boolean(ctl_member(c, "stale")))
		finding_add(f, "connector", FINDING_ERROR, "look at its log, or start it again",
			    "connector %s on %s has not told of itself for %" PRId64 " s",
			    text(c, "id"), text(c, "host"), number(c, "age") / 1000);
	else if (number(c, "lag") > LAG_MAX)
		finding_add(f, "connector", FINDING_WARNING,
			    "it has more to deliver than one core can do: add a connector",
			    "connector %s has %" PRId64 " inbox entries to read", text(c, "id"),
			    number(c, "lag"));
	else
		finding_add(f, "connector", FINDING_OK, NULL, "connector %s: %" PRId64 " clients",
			    text(c, "id"), number(c, "clients"));
	if (files && files < ctl->settings.max_clients)
		finding_add(f, "open-files", FINDING_WARNING,
			    "LimitNOFILE= of the service, or ulimit -n",
			    "connector %s may open %" PRId64 " files, max_clients is %" PRId64,
			    text(c, "id"), files, ctl->settings.max_clients);
}

/* Two with one node_id take each other's place in Redis, and the web server finds only one. */
static void check_ids(struct findings *f, struct json_object *list)
{
	for (size_t i = 1; i < json_object_array_length(list); i++) {
		struct json_object *a = json_object_array_get_idx(list, i - 1);
		struct json_object *b = json_object_array_get_idx(list, i);

		if (strcmp(text(a, "id"), text(b, "id")) == 0 &&
		    !json_object_get_boolean(ctl_member(a, "stale")) &&
		    !json_object_get_boolean(ctl_member(b, "stale")))
			finding_add(f, "node-id", FINDING_ERROR,
				    "give each connector a node_id of its own",
				    "two connectors are called %s, on %s and %s", text(a, "id"),
				    text(a, "host"), text(b, "host"));
	}
}

static void check_versions(struct findings *f, struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		if (strcmp(text(one, "version"), PACKAGE_VERSION) != 0)
			finding_add(f, "version", FINDING_WARNING,
				    "finish the update: restart what is old",
				    "%s on %s is version %s, this is %s", text(one, "id"),
				    text(one, "host"), text(one, "version"), PACKAGE_VERSION);
	}
}

static void check_workers(struct findings *f, struct json_object *workers)
{
	size_t alive = 0;

	for (size_t i = 0; i < json_object_array_length(workers); i++)
		alive += !json_object_get_boolean(
			ctl_member(json_object_array_get_idx(workers, i), "stale"));
	if (alive)
		finding_add(f, "worker", FINDING_OK, NULL, "%zu running", alive);
	else
		finding_add(f, "worker", FINDING_ERROR, "start light-push-worker",
			    "no worker runs: nobody makes disconnect callbacks or clears up");
}

static void check_queues(struct findings *f, struct json_object *queues)
{
	if (number(queues, "callbacks") > WAITING_MAX)
		finding_add(f, "callbacks", FINDING_WARNING,
			    "add a worker, and see which namespace's server is slow",
			    "%" PRId64 " disconnect callbacks wait", number(queues, "callbacks"));
	if (number(queues, "callbacksLost"))
		finding_add(f, "callbacks", FINDING_WARNING,
			    "they can not be had back; were workers away?",
			    "%" PRId64 " disconnect callbacks were dropped, too many waited",
			    number(queues, "callbacksLost"));
}

static void check_archive(struct findings *f, struct json_object *archive)
{
	struct lp_str state = lp_json_str(archive, "state");

	if (lp_str_eq(state, LP_STR("away")))
		finding_add(f, "archive", FINDING_ERROR,
			    "look at the log of the worker, and at the database",
			    "the archive's database takes nothing: messages of %" PRId64
			    " namespaces wait",
			    number(archive, "waiting"));
	else if (lp_str_eq(state, LP_STR("no_worker")))
		finding_add(f, "archive", FINDING_ERROR,
			    "does each worker have the same setting archive?",
			    "no worker keeps the archive");
	else if (lp_str_eq(state, LP_STR("ok")))
		finding_add(f, "archive", FINDING_OK, NULL, "%" PRId64 " ms behind",
			    number(archive, "lag"));
	if (number(archive, "lost"))
		finding_add(f, "archive", FINDING_WARNING,
			    "raise archive_backlog_max if the database is away for longer",
			    "%" PRId64 " messages were trimmed before they were archived",
			    number(archive, "lost"));
}

void doctor_programs(struct ctl *ctl, struct findings *f)
{
	struct json_object *all, *connectors, *workers;

	if (overview_read(ctl->ctx.redis, &ctl->settings, false, &all) != LP_OK)
		return;
	connectors = ctl_member(all, "connectors");
	workers = ctl_member(all, "workers");
	if (!json_object_array_length(connectors))
		finding_add(f, "connector", FINDING_ERROR, "start light-push-connector",
			    "no connector runs: no client can connect");
	for (size_t i = 0; i < json_object_array_length(connectors); i++)
		check_connector(ctl, f, json_object_array_get_idx(connectors, i));
	check_ids(f, connectors);
	check_versions(f, connectors);
	check_versions(f, workers);
	check_workers(f, workers);
	check_queues(f, ctl_member(all, "queues"));
	check_archive(f, ctl_member(all, "archive"));
	json_object_put(all);
}
