/* What lp_json_parse() accepts is valid UTF-8 when printed, and stays the same from then on. */
#include "config.h"

#include "common/lp_json.h"
#include "tests/fuzz/fuzz.h"

static void print_again(struct lp_str text)
{
	struct json_object *value;
	struct lp_buf again = {0};

	MUST(lp_utf8_valid(text));
	MUST(lp_json_parse(text, &value) == LP_OK);
	lp_json_text(&again, value);
	MUST(lp_str_eq(text, lp_buf_str(&again)));
	json_object_put(value);
	lp_buf_clear(&again);
}

/* Any valid text makes a string literal that reads back as it was. */
static void quote(struct lp_str text)
{
	struct json_object *value;
	struct lp_buf out = {0};

	lp_json_quote(&out, text);
	MUST(lp_json_parse(lp_buf_str(&out), &value) == LP_OK);
	MUST(lp_str_eq(text, lp_str(json_object_get_string(value),
				    (size_t)json_object_get_string_len(value))));
	json_object_put(value);
	lp_buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str text = lp_str((const char *)data, size);
	struct json_object *value;
	struct lp_buf out = {0};

	if (lp_json_parse(text, &value) == LP_OK) {
		lp_json_str(value, "id");
		lp_json_text(&out, value);
		print_again(lp_buf_str(&out));
		json_object_put(value);
		lp_buf_clear(&out);
	} else {
		MUST(!value);
	}
	if (lp_utf8_valid(text))
		quote(text);
	return 0;
}
