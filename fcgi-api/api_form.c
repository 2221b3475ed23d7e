#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "fcgi-api/api_form.h"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

void api_form_unescape(struct lp_buf *out, struct lp_str s, bool plus)
{
	lp_buf_reserve(out, s.n);
	for (size_t i = 0; i < s.n; i++) {
		char c = s.p[i];

		if (c == '+' && plus) {
			c = ' ';
		} else if (c == '%' && s.n - i > 2 && hex_digit(s.p[i + 1]) >= 0 &&
			   hex_digit(s.p[i + 2]) >= 0) {
			c = (char)(hex_digit(s.p[i + 1]) * 16 + hex_digit(s.p[i + 2]));
			i += 2;
		}
		lp_buf_addc(out, c);
	}
}

/* While parsing, an array is an object with the names "0", "1", ...: the next free one. */
static void next_index(struct json_object *container, char *name, size_t size)
{
	size_t n = (size_t)json_object_object_length(container);

	do
		snprintf(name, size, "%zu", n++);
	while (json_object_object_get_ex(container, name, NULL));
}

/*
 * The container under name, made when there is none. NULL when there is a plain value.
 */
static struct json_object *descend(struct json_object *container, const char *name)
{
	struct json_object *inner;

	if (json_object_object_get_ex(container, name, &inner))
		return json_object_is_type(inner, json_type_object) ? inner : NULL;
	inner = json_object_new_object();
	json_object_object_add(container, name, inner);
	return inner;
}

/* Puts a value under name; a second one of the same name makes a list of them. */
static void put(struct json_object *container, const char *name, struct json_object *value)
{
	struct json_object *old;
	char index[24];

	if (!json_object_object_get_ex(container, name, &old)) {
		json_object_object_add(container, name, value);
		return;
	}
	if (!json_object_is_type(old, json_type_object)) {
		struct json_object *list = json_object_new_object();

		json_object_object_add(list, "0", json_object_get(old));
		json_object_object_add(container, name, list);
		old = list;
	}
	next_index(old, index, sizeof(index));
	json_object_object_add(old, index, value);
}

/*
 * Cuts the first bracketed part off brackets, "[x][y]" -> "x", and terminates it. NULL when
 * brackets is not of that form.
 */
static char *next_part(char **brackets)
{
	char *part = *brackets + 1, *end;

	if (**brackets != '[')
		return NULL;
	end = strchr(part, ']');
	if (!end)
		return NULL;
	*end = '\0';
	*brackets = end + 1;
	return part;
}

/* name is decoded and terminated; it is cut up. Takes value. */
static int add_field(struct json_object *form, char *name, struct json_object *value)
{
	char *brackets = name + strcspn(name + (*name == '['), "[") + (*name == '[');
	struct json_object *container = form;
	char index[24];
	const char *key = name;
	int depth = 0;
	bool nests = *brackets == '[' && strchr(brackets, ']');

	while (nests && *brackets) {
		char *rest = brackets, *part = next_part(&rest);

		if (!part || ++depth > API_FORM_DEPTH)
			goto refuse;
		*brackets = '\0'; /* ends key */
		container = descend(container, key);
		if (!container)
			goto refuse;
		key = part;
		if (!*part) {
			next_index(container, index, sizeof(index));
			key = index;
		}
		brackets = rest;
	}
	put(container, key, value);
	return LP_OK;
refuse:
	json_object_put(value);
	return LP_EINVAL;
}

static int parse_field(struct json_object *form, struct lp_str field)
{
	struct lp_buf name = {0}, value = {0};
	size_t eq = lp_str_find(field, '=');
	int rc = LP_EINVAL;

	api_form_unescape(&name, lp_str(field.p, eq), true);
	api_form_unescape(&value, lp_str_from(field, eq + 1), true);
	/* json-c's names end at a NUL. */
	if (lp_utf8_valid(lp_buf_str(&name)) && lp_utf8_valid(lp_buf_str(&value)) &&
	    lp_str_find(lp_buf_str(&name), '\0') == name.len)
		rc = name.len ? add_field(form, name.data,
					  json_object_new_string_len(value.len ? value.data : "",
								     (int)value.len))
			      : LP_OK;
	lp_buf_clear(&name);
	lp_buf_clear(&value);
	return rc;
}

/* Turns the containers that are numbered without a gap into arrays. Takes and returns a value. */
static struct json_object *settle(struct json_object *value, bool outermost)
{
	struct json_object *array, *element;
	struct json_object_iterator it, end;
	char index[24];
	int n, i;

	if (!json_object_is_type(value, json_type_object))
		return value;
	it = json_object_iter_begin(value);
	end = json_object_iter_end(value);
	for (; !json_object_iter_equal(&it, &end); json_object_iter_next(&it)) {
		const char *name = json_object_iter_peek_name(&it);

		element = json_object_iter_peek_value(&it);
		if (json_object_is_type(element, json_type_object))
			json_object_object_add(value, name,
					       settle(json_object_get(element), false));
	}
	n = json_object_object_length(value);
	for (i = 0; i < n; i++) {
		snprintf(index, sizeof(index), "%d", i);
		if (!json_object_object_get_ex(value, index, NULL))
			break;
	}
	if (outermost || i < n)
		return value;
	array = json_object_new_array();
	for (i = 0; i < n; i++) {
		snprintf(index, sizeof(index), "%d", i);
		json_object_object_get_ex(value, index, &element);
		json_object_array_add(array, json_object_get(element));
	}
	json_object_put(value);
	return array;
}

int api_form_parse(struct lp_str text, struct json_object **out)
{
	struct json_object *form = json_object_new_object();
	size_t fields = 0;
	int rc = LP_OK;

	while (text.n && rc == LP_OK) {
		size_t n = lp_str_find(text, '&');

		if (n && ++fields > API_FORM_FIELDS)
			rc = LP_EINVAL;
		else if (n)
			rc = parse_field(form, lp_str(text.p, n));
		text = lp_str_from(text, n + 1);
	}
	if (rc == LP_OK) {
		*out = settle(form, true);
	} else {
		*out = NULL;
		json_object_put(form);
	}
	return rc;
}
