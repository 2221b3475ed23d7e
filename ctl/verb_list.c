#include "config.h"

#include <stdio.h>

#include "common/lp_time.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_history.h"
#include "fcgi-api/api_list.h"

static void put_text(struct json_object *to, const char *name, const char *value)
{
	if (value)
		json_object_object_add(to, name, json_object_new_string(value));
}

/* ms for which a search that finds nothing goes on by itself. */
#define PATIENCE 10000

/* The first page with something on it: one with nothing need not be the last. Takes params. */
static enum ctl_status ask(struct ctl *ctl, ctl_handler *handler, struct lp_str key,
			   struct json_object *params, struct json_object **page)
{
	uint64_t until = lp_mono_ms() + PATIENCE;

	for (;;) {
		enum ctl_status status =
			ctl_call(ctl, handler, key, NULL, json_object_get(params), NULL, page);
		struct json_object *cursor = status == CTL_OK ? ctl_member(*page, "cursor") : NULL;

		if (!cursor || json_object_array_length(ctl_member(*page, "list")) ||
		    lp_mono_ms() >= until) {
			json_object_put(params);
			return status;
		}
		json_object_object_add(params, "cursor", json_object_get(cursor));
		json_object_put(*page);
	}
}

/* Prints a page, and how to have the next one. Takes it. */
static void print_page(const struct ctl *ctl, struct json_object *page, const char *const *members)
{
	struct json_object *cursor = ctl_member(page, "cursor");

	if (ctl->json) {
		print_json(page);
	} else {
		print_table(ctl_member(page, "list"), members);
		if (cursor)
			printf("\nmore: --cursor %s\n", json_object_get_string(cursor));
	}
	json_object_put(page);
}

/* options: named as the parameters of the endpoint. */
static enum ctl_status list(struct ctl *ctl, int argc, char **argv, struct ctl_option *options,
			    ctl_handler *handler, const char *const *members)
{
	struct json_object *params, *page;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 1, 1, options))
		return CTL_USAGE;
	status = ctl_namespace(ctl, words[0], &key);
	if (status == CTL_OK) {
		params = json_object_new_object();
		for (; options->name; options++)
			put_text(params, options->name, options->value);
		status = ask(ctl, handler, lp_buf_str(&key), params, &page);
		if (status == CTL_OK)
			print_page(ctl, page, members);
	}
	lp_buf_clear(&key);
	return status;
}

enum ctl_status verb_rooms(struct ctl *ctl, int argc, char **argv)
{
	static const char *const members[] = {"name", "clientCount", "userCount", NULL};
	struct ctl_option options[] = {{.name = "size"}, {.name = "cursor"}, {.name = NULL}};

	return list(ctl, argc, argv, options, api_list_rooms, members);
}

enum ctl_status verb_clients(struct ctl *ctl, int argc, char **argv)
{
	static const char *const members[] = {"id", "connector", "connect_time", "rooms", NULL};
	struct ctl_option options[] = {{.name = "room"},
				       {.name = "user"},
				       {.name = "size"},
				       {.name = "cursor"},
				       {.name = NULL}};

	return list(ctl, argc, argv, options, api_list_clients, members);
}

enum ctl_status verb_history(struct ctl *ctl, int argc, char **argv)
{
	static const char *const members[] = {"id",       "sendDate", "room", "onlineClientCount",
					      "ackCount", "pushData", NULL};
	struct ctl_option options[] = {{.name = "room"}, {.name = "from"}, {.name = "to"},
				       {.name = "q"},    {.name = "size"}, {.name = "cursor"},
				       {.name = NULL}};

	return list(ctl, argc, argv, options, api_history, members);
}
