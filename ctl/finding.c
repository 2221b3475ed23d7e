#include "config.h"

#include <stdarg.h>

#include "common/lp_buf.h"
#include "ctl/finding.h"

const char *finding_level_name(enum finding_level level)
{
	static const char *const names[] = {"ok", "note", "warning", "error"};

	return names[level];
}

void finding_add(struct findings *f, const char *check, enum finding_level level, const char *hint,
		 const char *text, ...)
{
	struct json_object *one = json_object_new_object();
	struct lp_buf out = {0};
	va_list ap;

	va_start(ap, text);
	lp_buf_addv(&out, text, ap);
	va_end(ap);
	json_object_object_add(one, "check", json_object_new_string(check));
	json_object_object_add(one, "level", json_object_new_string(finding_level_name(level)));
	json_object_object_add(one, "text", json_object_new_string_len(out.data, (int)out.len));
	json_object_object_add(one, "hint", hint ? json_object_new_string(hint) : NULL);
	json_object_array_add(f->list, one);
	if (level > f->worst)
		f->worst = level;
	lp_buf_clear(&out);
}
