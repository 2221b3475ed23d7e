#include "config.h"

#include <stdio.h>

#include "common/lp_json.h"
#include "ctl/doctor.h"

static void print_findings(struct json_object *list)
{
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);
		struct lp_str hint = lp_json_str(one, "hint");

		printf("%-8.*s %.*s: %.*s\n", LP_FMT(lp_json_str(one, "level")),
		       LP_FMT(lp_json_str(one, "check")), LP_FMT(lp_json_str(one, "text")));
		if (hint.n)
			printf("         -> %.*s\n", LP_FMT(hint));
	}
}

enum ctl_status verb_doctor(struct ctl *ctl, int argc, char **argv)
{
	struct ctl_option options[] = {{.name = "url"}, {.name = NULL}};
	struct findings f = {.list = NULL};
	struct json_object *all;
	const char *words[1];

	if (!ctl_arguments(argc, argv, words, 0, 0, options))
		return CTL_USAGE;
	f.list = json_object_new_array();
	doctor_machine(ctl, &f);
	if (doctor_redis(ctl, &f)) {
		doctor_programs(ctl, &f);
		doctor_certificates(ctl, &f);
	}
	doctor_web(&f, options[0].value);
	all = json_object_new_object();
	json_object_object_add(all, "worst", json_object_new_string(finding_level_name(f.worst)));
	json_object_object_add(all, "list", f.list);
	if (ctl->json)
		print_json(all);
	else
		print_findings(f.list);
	json_object_put(all);
	return f.worst == FINDING_ERROR ? CTL_ATTENTION : CTL_OK;
}
