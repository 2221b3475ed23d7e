#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "common/model/iso_time.h"
#include "fcgi-api/api.h"

#define TIME_MAX INT64_C(253402300799999) /* ms: the end of the year 9999 */

void api_req_clear(struct api_req *req)
{
	lp_buf_clear(&req->as);
	lp_buf_clear(&req->as_path);
	lp_buf_clear(&req->arg);
	json_object_put(req->params);
	json_object_put(req->body);
	lp_buf_clear(&req->body_text);
	lp_buf_clear(&req->credentials);
}

enum api_scope api_scope_of(struct lp_str name)
{
	if (lp_str_eq(name, LP_STR("push")))
		return SCOPE_PUSH;
	if (lp_str_eq(name, LP_STR("read")))
		return SCOPE_READ;
	return lp_str_eq(name, LP_STR("all")) ? SCOPE_ALL : SCOPE_ANY;
}

struct json_object *api_param(struct json_object *from, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(from, json_type_object))
		json_object_object_get_ex(from, name, &value);
	return value;
}

int api_param_text(struct json_object *from, const char *name, struct lp_str *out)
{
	struct json_object *value;

	*out = (struct lp_str){NULL, 0};
	if (!json_object_is_type(from, json_type_object) ||
	    !json_object_object_get_ex(from, name, &value))
		return LP_ENOENT;
	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return LP_EINVAL;
	*out = lp_cstr(value ? json_object_get_string(value) : NULL);
	if (json_object_is_type(value, json_type_string))
		out->n = (size_t)json_object_get_string_len(value);
	return LP_OK;
}

int api_param_int(struct json_object *from, const char *name, int64_t min, int64_t max,
		  int64_t *out)
{
	struct lp_str text;
	int rc = api_param_text(from, name, &text);
	int64_t value;
	char *end;

	if (rc != LP_OK || !text.n)
		return rc == LP_EINVAL ? LP_EINVAL : LP_ENOENT;
	if (!isdigit((unsigned char)text.p[0]) && text.p[0] != '-')
		return LP_EINVAL;
	value = strtoll(text.p, &end, 10); /* what does not fit is beyond max or min */
	if (end != text.p + text.n || value < min || value > max)
		return LP_EINVAL;
	*out = value;
	return LP_OK;
}

int api_param_time(struct json_object *from, const char *name, int64_t *out)
{
	struct lp_str text;
	int rc = api_param_text(from, name, &text);

	if (rc != LP_OK || !text.n)
		return rc == LP_EINVAL ? LP_EINVAL : LP_ENOENT;
	if (iso_time_parse(text, out) == LP_OK)
		return LP_OK;
	return api_param_int(from, name, 0, TIME_MAX, out);
}

int api_param_rooms(const struct api_app *app, struct json_object *from, const char *name,
		    struct lp_str *rooms, size_t max)
{
	struct json_object *given = api_param(from, name), *one = given;
	bool many = json_object_is_type(given, json_type_array);
	size_t n = many ? json_object_array_length(given) : given ? 1 : 0, count = 0;

	for (size_t i = 0; i < n; i++) {
		if (many)
			one = json_object_array_get_idx(given, i);
		if (!json_object_is_type(one, json_type_string))
			return -1;
		if (!json_object_get_string_len(one))
			continue;
		if (count == max)
			return -1;
		rooms[count] = lp_str(json_object_get_string(one),
				      (size_t)json_object_get_string_len(one));
		if (!ident_room(app->rules, rooms[count++]))
			return -1;
	}
	return (int)count;
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
