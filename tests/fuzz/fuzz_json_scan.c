/*
 * Texts that json_scan takes for JSON, json-c takes as well; both count the same elements and read
 * the same strings. The first byte chooses the depth allowed.
 */
#include "config.h"

#include "common/lp_json.h"
#include "connector/proto/json_scan.h"
#include "tests/fuzz/fuzz.h"

#define ELEMENTS_MAX 4

static void check_array(struct lp_str text, struct json_object *value)
{
	struct lp_str elements[ELEMENTS_MAX];
	ssize_t count = json_scan_array(text, LP_JSON_DEPTH, elements, ELEMENTS_MAX);

	MUST(count == (ssize_t)json_object_array_length(value));
	for (ssize_t i = 0; i < count && i < ELEMENTS_MAX; i++) {
		struct json_object *element;

		MUST(inside(elements[i], text.p, text.n));
		MUST(lp_json_parse(elements[i], &element) == LP_OK);
		MUST(json_object_equal(element, json_object_array_get_idx(value, (size_t)i)));
		json_object_put(element);
	}
}

static void check_string(struct lp_str text, struct json_object *value)
{
	struct lp_buf out = {0};

	/* json_scan_string() takes no white space around it */
	while (text.n && strchr(" \t\r\n", text.p[0]))
		text = lp_str_from(text, 1);
	while (text.n && strchr(" \t\r\n", text.p[text.n - 1]))
		text.n--;
	MUST(json_scan_string(text, &out) == LP_OK);
	MUST(lp_str_eq(lp_buf_str(&out), lp_str(json_object_get_string(value),
						(size_t)json_object_get_string_len(value))));
	lp_buf_clear(&out);
}

static void check_object(struct lp_str text)
{
	static const char *const names[] = {"a", "sid", "_placeholder", ""};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct lp_str member;
		int rc = json_scan_member(text, JSON_SCAN_DEPTH_MAX, names[i], &member);

		MUST(rc == LP_OK || rc == LP_ENOENT);
		if (rc != LP_OK)
			continue;
		MUST(inside(member, text.p, text.n));
		MUST(json_scan_value(member, LP_JSON_DEPTH) == (ssize_t)member.n);
	}
}

static void check_value(struct lp_str text)
{
	struct json_object *value;

	MUST(lp_json_parse(text, &value) == LP_OK);
	switch (json_object_get_type(value)) {
	case json_type_array:
		check_array(text, value);
		break;
	case json_type_string:
		check_string(text, value);
		break;
	case json_type_object:
		check_object(text);
		break;
	default:
		break;
	}
	json_object_put(value);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str elements[ELEMENTS_MAX], text;
	struct lp_buf out = {0};
	ssize_t n;

	if (!size)
		return 0;
	text = lp_str((const char *)data + 1, size - 1);
	n = json_scan_value(text, data[0] % 8);
	MUST(n == LP_EPROTO || n == LP_ETOOBIG || (n > 0 && n <= (ssize_t)text.n));
	if (n > 0)
		MUST(json_scan_value(text, LP_JSON_DEPTH) == n);
	n = json_scan_array(text, data[0] % 8, elements, ELEMENTS_MAX);
	MUST(n >= 0 || n == LP_EPROTO || n == LP_ETOOBIG);
	n = json_scan_value(text, LP_JSON_DEPTH);
	if (n == (ssize_t)text.n && lp_utf8_valid(text))
		check_value(text);
	else if (json_scan_string(text, &out) != LP_OK)
		MUST(!out.len);
	lp_buf_clear(&out);
	return 0;
}
