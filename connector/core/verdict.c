#include "config.h"

#include "common/lp_json.h"
#include "connector/core/verdict.h"

static bool read_userid(struct verdict *v, struct json_object *object,
			const struct ident_rules *rules)
{
	struct json_object *value;

	if (!json_object_object_get_ex(object, "userid", &value) || !value)
		return true;
	if (!json_object_is_type(value, json_type_string) &&
	    !json_object_is_type(value, json_type_int))
		return false;
	lp_buf_addz(&v->userid, json_object_get_string(value));
	return ident_userid(rules, lp_buf_str(&v->userid));
}

static bool read_rooms(struct verdict *v, struct json_object *object,
		       const struct ident_rules *rules, size_t max)
{
	struct json_object *value;
	struct lp_buf text = {0};
	bool ok;

	if (!json_object_object_get_ex(object, "rooms", &value) || !value)
		return true;
	lp_json_text(&text, value);
	ok = json_object_is_type(value, json_type_array) &&
	     roomlist_read(&v->rooms, lp_buf_str(&text), rules, max);
	lp_buf_clear(&text);
	return ok;
}

/* False for an object that can not be read. */
static bool read_body(struct verdict *v, struct lp_str body, const struct ident_rules *rules,
		      size_t max_rooms)
{
	struct json_object *object = NULL;
	bool ok;

	while (body.n && strchr(" \t\r\n", body.p[0]) && body.p[0])
		body = lp_str_from(body, 1);
	if (!body.n || body.p[0] != '{')
		return true;
	ok = lp_json_parse(body, &object) == LP_OK && read_userid(v, object, rules) &&
	     read_rooms(v, object, rules, max_rooms);
	json_object_put(object);
	return ok;
}

bool verdict_read(struct verdict *v, const struct callback_answer *answer,
		  const struct ident_rules *rules, size_t max_rooms, struct lp_buf *message)
{
	*v = (struct verdict){.userid = {0}};
	if (answer->status == 200 && read_body(v, answer->body, rules, max_rooms))
		return true;
	if (answer->status == 200 || answer->status == 0)
		lp_buf_addz(message, "connect callback unreachable");
	else
		lp_buf_addf(message, "handshake fail statusCode: %d", answer->status);
	return false;
}

void verdict_clear(struct verdict *v)
{
	lp_buf_clear(&v->userid);
	roomlist_clear(&v->rooms);
}
