#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "fcgi-api/api.h"

void api_req_clear(struct api_req *req)
{
	lp_buf_clear(&req->arg);
	json_object_put(req->params);
	json_object_put(req->body);
	lp_buf_clear(&req->body_text);
	lp_buf_clear(&req->credentials);
}

struct json_object *api_param(struct json_object *from, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(from, json_type_object))
		json_object_object_get_ex(from, name, &value);
	return value;
}

bool api_param_count(struct json_object *from, const char *name, int64_t fallback, int64_t *out)
{
	struct json_object *value = api_param(from, name);
	const char *text;

	*out = fallback;
	if (!value)
		return true;
	if (!json_object_is_type(value, json_type_string))
		return false;
	text = json_object_get_string(value);
	for (const char *p = text; *p; p++) {
		if (!isdigit((unsigned char)*p))
			return false;
	}
	if (*text)
		*out = strtoll(text, NULL, 10); /* INT64_MAX on overflow */
	return strlen(text) == (size_t)json_object_get_string_len(value) && *out >= 1;
}
