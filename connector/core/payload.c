#include "config.h"

#include <stdlib.h>

#include "connector/core/payload.h"

#define NUMBER_MAX 64 /* characters */

struct json_object *payload_read(const struct socket_event *ev)
{
	struct json_object *payload = NULL;

	if (!ev->argc || !lp_json_few(ev->args[0], PAYLOAD_VALUES_MAX) ||
	    lp_json_parse(ev->args[0], &payload) != LP_OK)
		return NULL;
	if (!json_object_is_type(payload, json_type_object)) {
		json_object_put(payload);
		payload = NULL;
	}
	return payload;
}

struct json_object *payload_member(struct json_object *payload, const char *name)
{
	struct json_object *value = NULL;

	if (payload)
		json_object_object_get_ex(payload, name, &value);
	return value;
}

int payload_text(struct json_object *payload, const char *name, size_t max, struct lp_buf *out)
{
	struct json_object *value = payload_member(payload, name);
	size_t before = out->len;

	if (!value)
		return LP_ENOENT;
	if (json_object_is_type(value, json_type_string))
		lp_buf_adds(out, lp_json_str(payload, name));
	else if (json_object_is_type(value, json_type_int) ||
		 json_object_is_type(value, json_type_double))
		lp_json_text(out, value);
	else
		return LP_EINVAL;
	if (out->len - before <= max)
		return LP_OK;
	out->len = before;
	return LP_EINVAL;
}

int payload_number(struct json_object *payload, const char *name, double min, double max,
		   double *out)
{
	struct lp_buf text = {0};
	int rc = payload_text(payload, name, NUMBER_MAX, &text);
	char *end = NULL;
	double value = 0;

	if (rc == LP_OK && !text.len)
		rc = LP_ENOENT;
	if (rc == LP_OK) {
		/* strtod() also takes "inf", "nan" and hexadecimal. */
		value = strspn(text.data, "+-.0123456789eE") == text.len ? strtod(text.data, &end)
									 : 0;
		if (!end || end != text.data + text.len || !(value >= min && value <= max))
			rc = LP_EINVAL;
	}
	if (rc == LP_OK)
		*out = value;
	lp_buf_clear(&text);
	return rc;
}
