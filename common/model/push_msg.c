#include "config.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/json_text.h"
#include "common/model/push_msg.h"

/* The member, NULL when absent or null. Borrowed. */
static struct json_object *member(struct json_object *body, const char *key)
{
	struct json_object *value = NULL;

	if (json_object_is_type(body, json_type_object))
		json_object_object_get_ex(body, key, &value);
	return value;
}

bool push_msg_flag(struct json_object *value)
{
	struct lp_str text;

	if (!value)
		return false;
	if (!json_object_is_type(value, json_type_string))
		return json_object_get_boolean(value);
	text = lp_str(json_object_get_string(value), (size_t)json_object_get_string_len(value));
	return text.n && !lp_str_eq(text, LP_STR("0")) && !lp_str_eq(text, LP_STR("false"));
}

/* Any value as text: a string's own, else its JSON text. False when absent, null or "". */
static bool text_of(struct json_object *body, const char *key, struct lp_buf *out)
{
	struct json_object *value = member(body, key);

	if (!value)
		return false;
	if (json_object_is_type(value, json_type_string))
		lp_buf_adds(out, lp_json_str(body, key));
	else
		lp_json_text(out, value);
	return out->len;
}

/* A number of hours, also as decimal text. Negative when it is none. */
static double hours(const char *text)
{
	char *end;
	double value;

	/* strtod() also takes "inf", "nan" and hexadecimal. */
	for (const char *p = text; *p; p++) {
		if (!isdigit((unsigned char)*p) && !strchr("+-.eE", *p))
			return -1;
	}
	value = strtod(text, &end);
	return end == text || *end || !isfinite(value) ? -1 : value;
}

static bool parse_expire(struct push_msg *m, struct json_object *body,
			 const struct push_limits *limits)
{
	struct json_object *value = member(body, "expire");
	double h = limits->expire_h;

	if (json_object_is_type(value, json_type_boolean))
		return false;
	if (text_of(body, "expire", &m->expire)) {
		if (memchr(m->expire.data, '\0', m->expire.len))
			return false;
		h = hours(m->expire.data);
	}
	if (!(h > 0) || h > limits->expire_max_h)
		return false;
	/* Long digits are no use to anybody who reads the record. */
	lp_buf_reset(&m->expire);
	lp_buf_addf(&m->expire, "%.10g", h);
	m->expire_s = (int64_t)ceil(h * 3600);
	return true;
}

/* Splits pushData into what is stored and what goes out. False when apsData is too large. */
static bool parse_aps(struct push_msg *m, struct json_object *data, size_t max)
{
	struct json_object *aps = NULL;
	struct lp_buf text = {0};
	bool ok = true;

	if (!json_object_is_type(data, json_type_object) ||
	    !json_object_object_get_ex(data, "apsData", &aps))
		return true;
	if (m->leave && aps) {
		lp_json_text(&text, aps);
		ok = text.len <= max;
		lp_buf_clear(&text);
	}
	if (json_text_without(lp_buf_str(&m->data), "apsData", &m->data_out) != LP_OK) {
		json_object_object_del(data, "apsData");
		lp_json_text(&m->data_out, data);
	}
	return ok;
}

/* Adds a room that may be there already. */
static void add_room(struct push_msg *m, struct lp_str room)
{
	if (!m->room.n) {
		m->room = room;
		return;
	}
	if (lp_str_eq(m->room, room))
		return;
	for (size_t i = 0; i < m->other_count; i++) {
		if (lp_str_eq(m->others[i], room))
			return;
	}
	m->others[m->other_count++] = room;
}

static enum push_msg_error parse_rooms(struct push_msg *m, struct json_object *rooms,
				       const struct ident_rules *rules, size_t max)
{
	size_t n;

	if (!json_object_is_type(rooms, json_type_array))
		return PUSH_MSG_ROOMS_INVALID;
	n = json_object_array_length(rooms);
	if (n > max)
		return PUSH_MSG_ROOMS_INVALID;
	m->has_rooms = true;
	m->others = lp_xcalloc(n + 1, sizeof(*m->others));
	for (size_t i = 0; i < n; i++) {
		struct json_object *one = json_object_array_get_idx(rooms, i);
		struct lp_str room;

		if (!json_object_is_type(one, json_type_string))
			return PUSH_MSG_ROOMS_INVALID;
		room = lp_str(json_object_get_string(one), (size_t)json_object_get_string_len(one));
		if (!room.n || !ident_room(rules, room))
			return PUSH_MSG_ROOMS_INVALID;
		add_room(m, room);
	}
	return m->other_count < max ? PUSH_MSG_OK : PUSH_MSG_ROOMS_INVALID;
}

static enum push_msg_error parse_addressee(struct push_msg *m, struct json_object *body,
					   const struct ident_rules *rules, size_t rooms_max)
{
	struct json_object *room = member(body, "room"), *rooms = member(body, "rooms");
	enum push_msg_error err;

	m->room = lp_json_str(body, "room");
	if (room && !(json_object_is_type(room, json_type_string) && !m->room.n) &&
	    !(m->room.n && ident_room(rules, m->room)))
		return PUSH_MSG_ROOM_INVALID;
	if (rooms) {
		err = parse_rooms(m, rooms, rules, rooms_max);
		if (err)
			return err;
	}
	return m->room.n ? PUSH_MSG_OK : PUSH_MSG_ROOM_EMPTY;
}

enum push_msg_error push_msg_parse(struct push_msg *m, struct json_object *body, struct lp_str text,
				   const struct ident_rules *rules,
				   const struct push_limits *limits)
{
	enum push_msg_error err = parse_addressee(m, body, rules, limits->rooms_max);
	struct json_object *data = member(body, "pushData");
	struct json_object *except = member(body, "except"), *only = member(body, "only");
	struct lp_str span;

	if (err)
		return err;
	if (!json_object_is_type(data, json_type_object) &&
	    !json_object_is_type(data, json_type_array))
		return PUSH_MSG_DATA_INVALID;
	if (except && !json_object_is_type(except, json_type_string))
		return PUSH_MSG_EXCEPT_INVALID;
	if (only && !json_object_is_type(only, json_type_string))
		return PUSH_MSG_ONLY_INVALID;
	m->only = lp_json_str(body, "only");
	if (!m->only.n)
		m->except = lp_json_str(body, "except");

	if (json_text_member(text, "pushData", &span) == LP_OK)
		lp_buf_adds(&m->data, span);
	else
		lp_json_text(&m->data, data);
	m->has_leave = member(body, "leaveMessage");
	m->leave = push_msg_flag(member(body, "leaveMessage"));
	m->cancel = push_msg_flag(member(body, "cancel_on_ack"));
	m->has_from = text_of(body, "from", &m->from);
	m->has_extra = text_of(body, "extra", &m->extra);
	m->has_apns_name = text_of(body, "apnsName", &m->apns_name);
	m->lost = lp_str_eq(lp_json_str(body, "extra"), LP_STR("lost"));
	if (!parse_expire(m, body, limits))
		return PUSH_MSG_EXPIRE_INVALID;
	return parse_aps(m, data, limits->aps_max) ? PUSH_MSG_OK : PUSH_MSG_APS_TOO_LARGE;
}

void push_msg_clear(struct push_msg *m)
{
	lp_buf_clear(&m->data);
	lp_buf_clear(&m->data_out);
	lp_buf_clear(&m->from);
	lp_buf_clear(&m->extra);
	lp_buf_clear(&m->apns_name);
	lp_buf_clear(&m->expire);
	free(m->others);
	*m = (struct push_msg){0};
}

/* What an event begins with; its room follows. */
#define EVENT_START "[\"push\",{\"room\":"

void push_msg_event(struct lp_buf *out, const struct push_msg *m, struct lp_str nsp)
{
	lp_buf_addz(out, EVENT_START);
	lp_json_quote(out, m->room);
	lp_buf_addz(out, ",\"namespace\":");
	lp_json_quote(out, nsp);
	lp_buf_addz(out, ",\"pushData\":");
	lp_buf_adds(out, lp_buf_str(m->data_out.len ? &m->data_out : &m->data));
}

static void add_member(struct lp_buf *out, const char *name, struct lp_str value)
{
	lp_buf_addz(out, out->data[out->len - 1] == '{' ? "\"" : ",\"");
	lp_buf_addz(out, name);
	lp_buf_addz(out, "\":");
	lp_json_quote(out, value);
}

void push_msg_archive(struct lp_buf *out, const struct push_msg *m)
{
	lp_buf_addc(out, '{');
	add_member(out, "expire", lp_buf_str(&m->expire));
	if (m->data_out.len)
		add_member(out, "pushData", lp_buf_str(&m->data));
	if (m->has_from)
		add_member(out, "from", lp_buf_str(&m->from));
	if (m->has_extra)
		add_member(out, "extra", lp_buf_str(&m->extra));
	if (m->has_apns_name)
		add_member(out, "apnsName", lp_buf_str(&m->apns_name));
	if (m->has_leave)
		add_member(out, "leaveMessage", m->leave ? LP_STR("true") : LP_STR("false"));
	if (m->cancel)
		add_member(out, "cancel_on_ack", LP_STR("true"));
	lp_buf_addc(out, '}');
}

int push_msg_event_room(struct lp_buf *out, struct lp_str event, struct lp_str from,
			struct lp_str to)
{
	size_t before = out->len, skip;

	lp_buf_addz(out, EVENT_START);
	lp_json_quote(out, from);
	skip = out->len - before;
	if (!lp_str_starts(event, lp_str(out->data + before, skip))) {
		out->len = before;
		out->data[before] = '\0';
		return LP_EPROTO;
	}
	out->len = before + sizeof(EVENT_START) - 1;
	lp_json_quote(out, to);
	lp_buf_adds(out, lp_str_from(event, skip));
	return LP_OK;
}

void push_msg_others(struct lp_buf *out, const struct push_msg *m)
{
	for (size_t i = 0; i < m->other_count; i++) {
		lp_buf_addc(out, i ? ',' : '[');
		lp_json_quote(out, m->others[i]);
	}
	if (m->other_count)
		lp_buf_addc(out, ']');
}

void push_msg_addressee(struct lp_buf *out, const struct push_msg *m)
{
	if (m->only.n) {
		lp_buf_addc(out, PUSH_MSG_ONLY);
		lp_buf_adds(out, m->only);
	} else if (m->except.n && m->except.p[0] != PUSH_MSG_ONLY) {
		lp_buf_adds(out, m->except);
	}
}

/* The first room and the further ones. */
static void add_rooms(struct lp_buf *out, const struct push_msg *m)
{
	lp_buf_addc(out, '[');
	lp_json_quote(out, m->room);
	for (size_t i = 0; i < m->other_count; i++) {
		lp_buf_addc(out, ',');
		lp_json_quote(out, m->others[i]);
	}
	lp_buf_addc(out, ']');
}

void push_msg_fields(const struct push_msg *m, struct lp_str nsp,
		     void (*field)(void *arg, const char *name, struct lp_str value), void *arg)
{
	field(arg, "namespace", nsp);
	field(arg, "pushData", lp_buf_str(&m->data));
	if (m->has_rooms) {
		struct lp_buf rooms = {0};

		add_rooms(&rooms, m);
		field(arg, "rooms", lp_buf_str(&rooms));
		lp_buf_clear(&rooms);
	}
	field(arg, "expire", lp_buf_str(&m->expire));
	if (m->except.n)
		field(arg, "except", m->except);
	if (m->only.n)
		field(arg, "only", m->only);
	if (m->has_from)
		field(arg, "from", lp_buf_str(&m->from));
	if (m->has_extra)
		field(arg, "extra", lp_buf_str(&m->extra));
	if (m->has_apns_name)
		field(arg, "apnsName", lp_buf_str(&m->apns_name));
	if (m->has_leave)
		field(arg, "leaveMessage", m->leave ? LP_STR("true") : LP_STR("false"));
	if (m->cancel)
		field(arg, "cancel_on_ack", LP_STR("true"));
}
