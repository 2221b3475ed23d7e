/* Any form becomes an object of strings and containers, not too deep, or is refused. */
#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/api_form.h"
#include "tests/fuzz/fuzz.h"

/* Returns the strings in it. */
static size_t check_value(struct json_object *value, unsigned depth)
{
	size_t strings = 0;

	MUST(depth <= API_FORM_DEPTH + 1);
	if (json_object_is_type(value, json_type_string)) {
		MUST(lp_utf8_valid(lp_str(json_object_get_string(value),
					  (size_t)json_object_get_string_len(value))));
		return 1;
	}
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(value); i++)
			strings += check_value(json_object_array_get_idx(value, i), depth + 1);
		MUST(strings > 0);
		return strings;
	}
	MUST(json_object_is_type(value, json_type_object));
	json_object_object_foreach(value, name, inner)
	{
		MUST(lp_utf8_valid(lp_cstr(name)));
		strings += check_value(inner, depth + 1);
	}
	return strings;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str text = lp_str((const char *)data, size);
	struct json_object *form;
	struct lp_buf out = {0};
	size_t fields = 1;

	for (size_t i = 0; i < size; i++)
		fields += data[i] == '&';
	api_form_unescape(&out, text, true);
	MUST(out.len <= size);
	lp_buf_clear(&out);
	if (api_form_parse(text, &form) == LP_OK) {
		MUST(json_object_is_type(form, json_type_object));
		MUST(check_value(form, 0) <= fields);
		json_object_put(form);
	} else {
		MUST(!form);
	}
	return 0;
}
