#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/lp_json.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_kick.h"
#include "fcgi-api/api_push.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/api_timeline.h"

static void put_text(struct json_object *to, const char *name, const char *value)
{
	if (value)
		json_object_object_add(to, name, json_object_new_string(value));
}

/* Prints the answer as JSON, or one member of it behind a text. Takes it. */
static void print_answer(const struct ctl *ctl, struct json_object *answer, const char *text,
			 const char *member)
{
	if (ctl->json)
		print_json(answer);
	else
		printf("%s%s\n", text, json_object_get_string(ctl_member(answer, member)));
	json_object_put(answer);
}

enum ctl_status verb_push(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "except"},
				       {.name = "expire"},
				       {.name = "leave-message", .flag = true},
				       {.name = NULL}};
	struct json_object *body, *data = NULL, *answer;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[3];

	if (!ctl_arguments(argc, argv, words, 3, 3, options))
		return CTL_USAGE;
	if (lp_json_parse(lp_cstr(words[2]), &data) != LP_OK)
		return ctl_fail(ctl, CTL_USAGE, "push_data_invalid", "the message is not JSON");
	status = ctl_namespace(ctl, words[0], &key);
	if (status != CTL_OK) {
		json_object_put(data);
	} else {
		body = json_object_new_object();
		put_text(body, "room", words[1]);
		json_object_object_add(body, "pushData", data);
		put_text(body, "except", options[0].value);
		put_text(body, "expire", options[1].value);
		put_text(body, "leaveMessage", options[2].value);
		status = ctl_call(ctl, api_push, lp_buf_str(&key), NULL, NULL, body, &answer);
		if (status == CTL_OK)
			print_answer(ctl, answer, "message ", "id");
	}
	lp_buf_clear(&key);
	return status;
}

enum ctl_status verb_kick(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "id"},          {.name = "user"},
				       {.name = "room"},        {.name = "reason"},
				       {.name = "retry-after"}, {.name = NULL}};
	struct json_object *body, *answer;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 1, 1, options))
		return CTL_USAGE;
	status = ctl_namespace(ctl, words[0], &key);
	if (status == CTL_OK) {
		body = json_object_new_object();
		put_text(body, "id", options[0].value);
		put_text(body, "userid", options[1].value);
		put_text(body, "room", options[2].value);
		put_text(body, "reason", options[3].value);
		put_text(body, "retry_after", options[4].value);
		status = ctl_call(ctl, api_kick, lp_buf_str(&key), NULL, NULL, body, &answer);
		if (status == CTL_OK)
			print_answer(ctl, answer, "clients disconnected: ", "disconnected");
	}
	lp_buf_clear(&key);
	return status;
}

/* --- trace --- */

/* One line per step: when, what, and what is known of it. */
static void print_steps(struct json_object *steps)
{
	for (size_t i = 0; i < json_object_array_length(steps); i++) {
		struct json_object *step = json_object_array_get_idx(steps, i);
		struct json_object *time = ctl_member(step, "time");

		printf("%-14s %s", time ? json_object_get_string(time) : "",
		       json_object_get_string(ctl_member(step, "event")));
		json_object_object_foreach(step, name, value)
		{
			if (strcmp(name, "time") != 0 && strcmp(name, "event") != 0)
				printf("  %s=%s", name, json_object_get_string(value));
		}
		putchar('\n');
	}
}

enum ctl_status verb_trace(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "client"}, {.name = NULL}};
	struct json_object *all, *params, *record = NULL, *timeline = NULL;
	struct lp_buf key = {0};
	enum ctl_status status;
	const char *words[2];

	if (!ctl_arguments(argc, argv, words, 2, 2, options))
		return CTL_USAGE;
	status = ctl_namespace(ctl, words[0], &key);
	if (status == CTL_OK) {
		params = json_object_new_object();
		put_text(params, "ackDetail", "1");
		status = ctl_call(ctl, api_report_message, lp_buf_str(&key), words[1], params, NULL,
				  &record);
	}
	if (status == CTL_OK) {
		params = json_object_new_object();
		put_text(params, "client", options[0].value);
		status = ctl_call(ctl, api_timeline, lp_buf_str(&key), words[1], params, NULL,
				  &timeline);
	}
	all = json_object_new_object();
	json_object_object_add(all, "record", record);
	json_object_object_add(all, "timeline", json_object_get(ctl_member(timeline, "list")));
	if (status == CTL_OK && ctl->json) {
		print_json(all);
	} else if (status == CTL_OK) {
		print_members(record);
		putchar('\n');
		print_steps(ctl_member(all, "timeline"));
	}
	json_object_put(timeline);
	json_object_put(all);
	lp_buf_clear(&key);
	return status;
}
