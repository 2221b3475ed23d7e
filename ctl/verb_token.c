#include "config.h"

#include <stdio.h>

#include "common/model/iso_time.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_token.h"

static void put_text(struct json_object *to, const char *name, const char *value)
{
	json_object_object_add(to, name, json_object_new_string(value));
}

/* Calls one of the endpoints in the name of a namespace. Takes body. */
static enum ctl_status ask(struct ctl *ctl, ctl_handler *handler, const char *namespace,
			   struct json_object *body, struct json_object **answer)
{
	struct lp_buf key = {0};
	enum ctl_status status = ctl_namespace(ctl, namespace, &key);

	*answer = NULL;
	if (status == CTL_OK)
		status = ctl_call(ctl, handler, lp_buf_str(&key), NULL, NULL, body, answer);
	else
		json_object_put(body);
	if (status == CTL_OK && ctl->json)
		print_json(*answer);
	lp_buf_clear(&key);
	return status;
}

enum ctl_status verb_token_add(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "scope"}, {.name = NULL}};
	struct json_object *body, *answer;
	enum ctl_status status;
	const char *words[2];

	if (!ctl_arguments(argc, argv, words, 2, 2, options))
		return CTL_USAGE;
	body = json_object_new_object();
	put_text(body, "name", words[1]);
	put_text(body, "scope", options[0].value ? options[0].value : "push");
	status = ask(ctl, api_token_new, words[0], body, &answer);
	/* Nothing else, so that it can go into a file. */
	if (status == CTL_OK && !ctl->json)
		printf("%s\n", json_object_get_string(ctl_member(answer, "token")));
	json_object_put(answer);
	return status;
}

/* Puts text that people read in the place of a time in ms. */
static void show_time(struct json_object *entry, const char *name)
{
	struct json_object *ms = ctl_member(entry, name);
	struct lp_buf text = {0};

	if (!ms)
		return;
	iso_time_add(&text, json_object_get_int64(ms) / 1000);
	put_text(entry, name, text.data);
	lp_buf_clear(&text);
}

enum ctl_status verb_tokens(struct ctl *ctl, int argc, char **argv)
{
	static const char *const members[] = {"id",          "scope",          "name",
					      "create_time", "last_used_time", NULL};
	struct json_object *answer, *list;
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 1, 1, NULL))
		return CTL_USAGE;
	status = ask(ctl, api_token_list, words[0], NULL, &answer);
	if (status == CTL_OK && !ctl->json) {
		list = ctl_member(answer, "list");
		for (size_t i = 0; i < json_object_array_length(list); i++) {
			show_time(json_object_array_get_idx(list, i), "create_time");
			show_time(json_object_array_get_idx(list, i), "last_used_time");
		}
		print_table(list, members);
	}
	json_object_put(answer);
	return status;
}

enum ctl_status verb_token_revoke(struct ctl *ctl, int argc, char **argv)
{
	struct json_object *body, *answer;
	enum ctl_status status;
	const char *words[2];

	if (!ctl_arguments(argc, argv, words, 2, 2, NULL))
		return CTL_USAGE;
	body = json_object_new_object();
	put_text(body, "id", words[1]);
	status = ask(ctl, api_token_revoke, words[0], body, &answer);
	json_object_put(answer);
	return status;
}
