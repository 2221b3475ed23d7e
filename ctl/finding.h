/* What doctor found, one after the other. */
#ifndef FINDING_H
#define FINDING_H

#include <json-c/json.h>

enum finding_level { FINDING_OK, FINDING_NOTE, FINDING_WARNING, FINDING_ERROR };

struct findings {
	struct json_object *list; /* of {check, level, text, hint} */
	enum finding_level worst;
};

/*
 * Adds one. check: what was looked at, a short name that stays; hint: what to do, NULL with
 * FINDING_OK. The rest as printf() has it.
 */
void finding_add(struct findings *f, const char *check, enum finding_level level, const char *hint,
		 const char *text, ...) __attribute__((format(printf, 5, 6)));

/* "ok", "note", "warning", "error" */
const char *finding_level_name(enum finding_level level);

#endif
