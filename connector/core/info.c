#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/push_msg.h"
#include "common/push/provider_fields.h"
#include "connector/core/info.h"
#include "connector/core/payload.h"
#include "connector/core/reply.h"
#include "connector/core/roomlist.h"

#define TEXT_MAX   1024 /* bytes of a field */
#define TOKEN_MAX  2048 /* of device_token: subscriptions of browsers are long */
#define FIELDS_MAX 6

static const char *const text_fields[] = {"mobile", "system"};

/* The fields that an event sets. */
struct change {
	struct store_field fields[FIELDS_MAX];
	size_t count;
	struct lp_buf text;  /* of the values; never moves */
	struct lp_buf token; /* name of the token's field */
};

void info_add_members(struct lp_buf *json, const struct lp_str *items, size_t count)
{
	for (size_t i = 0; i + 1 < count; i += 2) {
		if (!lp_utf8_valid(items[i]) || !lp_utf8_valid(items[i + 1]))
			continue;
		lp_json_quote(json, items[i]);
		lp_buf_addc(json, ':');
		lp_json_quote(json, items[i + 1]);
		lp_buf_addc(json, ',');
	}
}

/* --- info --- */

/* The value is what was appended to the text from byte `from` on. */
static void set(struct change *ch, const char *name, size_t from)
{
	ch->fields[ch->count++] =
		(struct store_field){name, lp_str_from(lp_buf_str(&ch->text), from)};
}

/* Empty text takes a field away. */
static bool read_place(struct change *ch, struct json_object *payload, const char *name, double max)
{
	size_t from = ch->text.len;
	double degrees;
	int rc = payload_number(payload, name, -max, max, &degrees);

	if (rc == LP_OK)
		lp_buf_addf(&ch->text, "%.10g", degrees);
	if (rc == LP_OK || payload_member(payload, name))
		set(ch, name, from);
	return rc != LP_EINVAL;
}

/*
 * A token is for APNs, or for the provider that the event names: each has a field of its own. The
 * subscription of a browser may come as the object it is.
 */
static bool read_token(struct change *ch, struct json_object *payload, const char **wrong)
{
	struct json_object *token = payload_member(payload, "device_token");
	size_t from = ch->text.len, prefix;
	int rc;

	lp_buf_addz(&ch->token, "device_token:");
	prefix = ch->token.len;
	*wrong = "push_provider";
	rc = payload_text(payload, *wrong, PROVIDER_NAME_MAX, &ch->token);
	if (rc == LP_EINVAL ||
	    (rc == LP_OK && !provider_name_plausible(lp_str_from(lp_buf_str(&ch->token), prefix))))
		return false;
	if (rc == LP_ENOENT)
		ch->token.data[--ch->token.len] = 0; /* without the colon */
	*wrong = "device_token";
	if (json_object_is_type(token, json_type_object)) {
		struct lp_buf text = {0};

		lp_json_text(&text, token);
		rc = text.len <= TOKEN_MAX ? LP_OK : LP_EINVAL;
		if (rc == LP_OK)
			lp_buf_adds(&ch->text, lp_buf_str(&text));
		lp_buf_clear(&text);
	} else {
		rc = payload_text(payload, *wrong, TOKEN_MAX, &ch->text);
	}
	if (rc == LP_OK)
		set(ch, ch->token.data, from);
	return rc != LP_EINVAL;
}

/* False, with the name of the field in *wrong, when one can not be taken. */
static bool read_change(struct change *ch, struct json_object *payload, const char **wrong)
{
	struct json_object *leave = payload_member(payload, "leaveMessage");
	size_t from;

	lp_buf_reserve(&ch->text, FIELDS_MAX * TEXT_MAX + TOKEN_MAX);
	if (!read_token(ch, payload, wrong))
		return false;
	for (size_t i = 0; i < sizeof(text_fields) / sizeof(text_fields[0]); i++) {
		int rc;

		from = ch->text.len;
		*wrong = text_fields[i];
		rc = payload_text(payload, *wrong, TEXT_MAX, &ch->text);
		if (rc == LP_EINVAL)
			return false;
		if (rc == LP_OK)
			set(ch, *wrong, from);
	}
	if (leave) {
		from = ch->text.len;
		lp_buf_addz(&ch->text, push_msg_flag(leave) ? "true" : "false");
		set(ch, "leaveMessage", from);
	}
	*wrong = "longitude";
	if (!read_place(ch, payload, *wrong, 180))
		return false;
	*wrong = "latitude";
	return read_place(ch, payload, *wrong, 90);
}

static void changed(void *arg, enum store_answer answer, const struct store_texts *got)
{
	(void)got;
	reply_answer(arg, answer);
}

static void saved(void *arg, enum store_answer answer, const struct store_texts *got)
{
	if (answer == STORE_FULL)
		reply_refuse(arg, 400, "too many tokens");
	else
		changed(arg, answer, got);
}

static void shown(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct lp_buf json = {0};

	if (answer != STORE_DONE) {
		reply_answer(arg, answer);
		return;
	}
	lp_buf_addc(&json, '{');
	info_add_members(&json, got->items, got->count);
	lp_buf_addz(&json, "\"status\":200,\"msg\":\"ok\"}");
	reply_json(arg, lp_buf_str(&json));
	lp_buf_clear(&json);
}

/* Another client is meant. */
static bool foreign(const struct client *c, struct json_object *payload)
{
	return payload_member(payload, "clientId") &&
	       !lp_str_eq(lp_json_str(payload, "clientId"), client_id(c));
}

void info_event(struct client *c, const struct socket_event *ev)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct json_object *payload = payload_read(ev);
	struct change ch = {0};
	const char *wrong;
	struct reply *reply;
	char text[40];

	if (foreign(c, payload)) {
		reply_status(c, ev->ack, 403, "Forbidden");
	} else if (!read_change(&ch, payload, &wrong)) {
		snprintf(text, sizeof(text), "%s invalid", wrong);
		reply_status(c, ev->ack, 400, text);
	} else if ((reply = reply_later(c, ev->ack))) {
		core->ops->info(core->store, &who, ch.fields, ch.count, ch.count ? saved : shown,
				reply);
	}
	lp_buf_clear(&ch.text);
	lp_buf_clear(&ch.token);
	json_object_put(payload);
}

/* --- apns --- */

static void rooms_shown(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct lp_buf json = {0};

	if (answer != STORE_DONE) {
		reply_answer(arg, answer);
		return;
	}
	lp_buf_addc(&json, '[');
	for (size_t i = 0; i < got->count; i++) {
		if (json.len > 1)
			lp_buf_addc(&json, ',');
		lp_json_quote(&json, got->items[i]);
	}
	lp_buf_addc(&json, ']');
	reply_json(arg, lp_buf_str(&json));
	lp_buf_clear(&json);
}

/* The rooms of a member: true also when it is absent, or null. */
static bool read_rooms(struct roomlist *list, struct json_object *payload, const char *name,
		       const struct core_conf *conf)
{
	struct json_object *value = payload_member(payload, name);
	struct lp_buf text = {0};
	bool good;

	*list = (struct roomlist){0};
	if (!value)
		return true;
	lp_json_text(&text, value);
	good = roomlist_read(list, lp_buf_str(&text), conf->rules, conf->max_rooms);
	lp_buf_clear(&text);
	return good;
}

static struct lp_str *names_of(const struct roomlist *list)
{
	struct lp_str *names = lp_xmalloc((list->count + 1) * sizeof(names[0]));

	for (size_t i = 0; i < list->count; i++)
		names[i] = list->entries[i].name;
	return names;
}

static void change_rooms(struct client *c, const struct roomlist *add,
			 const struct roomlist *remove, store_cb done, struct lp_str ack)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct reply *reply = reply_later(c, ack);
	struct lp_str *in, *out;

	if (!reply)
		return;
	in = names_of(add);
	out = names_of(remove);
	core->ops->apns(core->store, &who,
			&(struct store_quiet){.add = in,
					      .remove = out,
					      .add_count = add->count,
					      .remove_count = remove->count,
					      .max = core->conf.max_rooms},
			done, reply);
	free(in);
	free(out);
}

void info_apns_event(struct client *c, const struct socket_event *ev)
{
	const struct core_conf *conf = &c->nsp->core->conf;
	struct json_object *payload;
	struct roomlist add, remove;
	bool good, query;

	if (c->platform != PLATFORM_IOS) {
		reply_status(c, ev->ack, 403, "Forbidden");
		return;
	}
	payload = payload_read(ev);
	query = !payload_member(payload, "add") && !payload_member(payload, "remove");
	good = read_rooms(&add, payload, "add", conf);
	good = read_rooms(&remove, payload, "remove", conf) && good;
	if (!good)
		reply_status(c, ev->ack, 400, "room invalid");
	else if (!query && !add.count && !remove.count)
		reply_status(c, ev->ack, 200, "ok"); /* empty arrays */
	else
		change_rooms(c, &add, &remove, query ? rooms_shown : changed, ev->ack);
	roomlist_clear(&add);
	roomlist_clear(&remove);
	json_object_put(payload);
}
