#include "config.h"

#include <string.h>

#include "common/lp_json.h"
#include "worker/provider/content.h"

/* Members of aps, in Apple's writing and in that of the library light-push 1.x used. */
static const struct {
	const char *name;
	const char *other;
} aps_names[] = {
	{"alert", NULL},
	{"badge", NULL},
	{"sound", NULL},
	{"category", NULL},
	{"content-available", "contentAvailable"},
	{"mutable-content", "mutableContent"},
	{"thread-id", "threadId"},
	{"url-args", "urlArgs"},
	{"target-content-id", "targetContentIdentifier"},
	{"interruption-level", "interruptionLevel"},
	{"relevance-score", "relevanceScore"},
};

static const char *aps_name(const char *name)
{
	for (size_t i = 0; i < sizeof(aps_names) / sizeof(*aps_names); i++) {
		if (strcmp(name, aps_names[i].name) == 0 ||
		    (aps_names[i].other && strcmp(name, aps_names[i].other) == 0))
			return aps_names[i].name;
	}
	return NULL;
}

static struct json_object *member(struct json_object *obj, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(obj, json_type_object))
		json_object_object_get_ex(obj, name, &value);
	return value;
}

static void copy_members(struct json_object *to, struct json_object *from)
{
	json_object_object_foreach(from, name, value)
		json_object_object_add(to, name, json_object_get(value));
}

/* node-apn's flags are true where Apple's are 1. */
static struct json_object *aps_value(struct json_object *value)
{
	if (json_object_is_type(value, json_type_boolean))
		return json_object_new_int(json_object_get_boolean(value));
	return json_object_get(value);
}

static void sort_members(struct json_object *payload, struct json_object *aps,
			 struct json_object *given)
{
	json_object_object_foreach(given, name, value)
	{
		const char *known = aps_name(name);

		if (known)
			json_object_object_add(aps, known, aps_value(value));
		else if (strcmp(name, "payload") == 0 &&
			 json_object_is_type(value, json_type_object))
			copy_members(payload, value);
		else
			json_object_object_add(payload, name, json_object_get(value));
	}
}

/* The payload with aps in it, whichever of the two forms it came in. */
static struct json_object *payload_of(struct json_object *given)
{
	struct json_object *payload = json_object_new_object(), *aps;

	if (json_object_is_type(member(given, "aps"), json_type_object)) {
		copy_members(payload, given);
		return payload;
	}
	aps = json_object_new_object();
	if (json_object_is_type(given, json_type_string))
		json_object_object_add(aps, "alert", json_object_get(given));
	else if (json_object_is_type(given, json_type_object))
		sort_members(payload, aps, given);
	/* Last: what was beside it may have had that name too. */
	json_object_object_add(payload, "aps", aps);
	return payload;
}

static bool is_set(struct json_object *aps, const char *name)
{
	struct json_object *value = member(aps, name);

	if (json_object_is_type(value, json_type_string))
		return json_object_get_string_len(value) > 0;
	return value != NULL;
}

static void read_alert(struct content *c, const char *alert)
{
	struct json_object *aps = member(c->payload, "aps"), *value;

	c->background = json_object_get_int(member(aps, "content-available")) == 1 &&
			!is_set(aps, "alert") && !is_set(aps, "badge") && !is_set(aps, "sound");
	if (!c->background && !is_set(aps, "alert"))
		json_object_object_add(aps, "alert", json_object_new_string(alert));
	value = member(aps, "alert");
	if (json_object_is_type(value, json_type_string)) {
		c->body = lp_str(json_object_get_string(value),
				 (size_t)json_object_get_string_len(value));
	} else if (json_object_is_type(value, json_type_object)) {
		c->title = lp_json_str(value, "title");
		c->body = lp_json_str(value, "body");
	}
}

static struct json_object *take(struct json_object *data, const char *name)
{
	struct json_object *value = json_object_get(member(data, name));

	if (json_object_is_type(data, json_type_object))
		json_object_object_del(data, name);
	return value;
}

void content_read(struct content *c, struct lp_str push_data, const char *alert)
{
	struct json_object *data = NULL, *aps;

	*c = (struct content){.data = NULL};
	if (lp_json_parse(push_data, &data) != LP_OK)
		data = NULL;
	aps = take(data, "apsData");
	c->fcm = take(data, "fcmData");
	c->web = take(data, "webData");
	c->data = data;
	c->payload = payload_of(aps);
	json_object_put(aps);
	read_alert(c, alert);
}

void content_clear(struct content *c)
{
	json_object_put(c->data);
	json_object_put(c->payload);
	json_object_put(c->fcm);
	json_object_put(c->web);
	*c = (struct content){.data = NULL};
}

static void add_text(struct lp_buf *out, const char *name, struct lp_str value)
{
	lp_buf_addf(out, ",\"%s\":", name);
	lp_json_quote(out, value);
}

void content_default(struct lp_buf *out, const struct content *c, const struct content_ids *ids,
		     bool as_texts, size_t max)
{
	struct lp_buf data = {0};
	size_t start = out->len, full;

	lp_buf_addz(out, "{\"id\":");
	lp_json_quote(out, ids->id);
	add_text(out, "room", ids->room);
	add_text(out, "namespace", ids->nsp);
	if (!as_texts && c->title.n)
		add_text(out, "title", c->title);
	if (!as_texts && c->body.n)
		add_text(out, "body", c->body);
	full = out->len;
	lp_json_text(&data, c->data);
	if (as_texts) {
		add_text(out, "pushData", lp_buf_str(&data));
	} else {
		lp_buf_addz(out, ",\"pushData\":");
		lp_buf_adds(out, lp_buf_str(&data));
	}
	if (out->len + 1 - start > max)
		out->len = full;
	lp_buf_addc(out, '}');
	lp_buf_clear(&data);
}
