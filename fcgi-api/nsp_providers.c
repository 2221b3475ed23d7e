#include "config.h"

#include <openssl/crypto.h>

#include "common/lp_json.h"
#include "common/model/iso_time.h"
#include "common/model/push_msg.h"
#include "common/push/credential.h"
#include "common/push/provider_fields.h"
#include "common/push/secret_box.h"
#include "fcgi-api/nsp_provider_check.h"
#include "fcgi-api/nsp_providers.h"

struct merging {
	const struct nsp_providers *env;
	struct json_object *list;
	bool apns; /* the changes are those of apns_list */
	struct nsp_wrong *wrong;
};

/* --- the stored list --- */

/* Index of the entry of that name in list, or its length. */
static size_t find_entry(struct json_object *list, struct lp_str name)
{
	size_t n = json_object_array_length(list), i = 0;

	while (i < n && !lp_str_eq(lp_json_str(json_object_array_get_idx(list, i), "name"), name))
		i++;
	return i;
}

/* Adds the usable ones to list. */
static void read_stored(struct json_object *list, struct lp_str text)
{
	struct json_object *from = NULL;
	size_t n = 0;

	if (lp_json_parse(text, &from) == LP_OK && json_object_is_type(from, json_type_array))
		n = json_object_array_length(from);
	for (size_t i = 0; i < n; i++) {
		struct json_object *entry = json_object_array_get_idx(from, i);
		struct lp_str name = lp_json_str(entry, "name");

		if (name.n && find_entry(list, name) == json_object_array_length(list) &&
		    provider_type_parse(lp_json_str(entry, "type")) < PROVIDER_TYPES)
			json_object_array_add(list, json_object_get(entry));
	}
	json_object_put(from);
}

static struct json_object *read_both(struct lp_str push_providers, struct lp_str apns_list)
{
	struct json_object *list = json_object_new_array();

	read_stored(list, push_providers);
	read_stored(list, apns_list);
	return list;
}

static bool is_certificate(const struct provider_field *field)
{
	size_t n = strlen(field->name);

	return n > 5 && strcmp(field->name + n - 5, "_cert") == 0;
}

/* Appends when a certificate ends, ISO 8601; nothing when it can not be read. */
static void add_expiry(struct lp_buf *out, struct lp_str cert)
{
	int64_t expires = 0;

	if (certificate_check(cert, LP_STR(""), 0, &expires) != CERTIFICATE_UNREADABLE && expires)
		iso_time_add(out, expires);
}

/* --- changes --- */

/* field: NULL when the entry itself is meant, or with an empty name the whole list. False. */
static bool refuse(struct merging *m, struct lp_str name, const char *field, const char *msg)
{
	lp_buf_addz(&m->wrong->field, m->apns ? "apns_list" : "push_providers");
	if (name.n)
		lp_buf_addf(&m->wrong->field, "[%.*s]", LP_FMT(name));
	if (field)
		lp_buf_addf(&m->wrong->field, ".%s", field);
	m->wrong->msg = msg;
	return false;
}

/* Only plain values are stored; the JSON file of a service account may come as it is. */
static struct json_object *plain_value(const struct provider_field *field,
				       struct json_object *value)
{
	struct lp_buf text = {0};
	struct json_object *plain;

	if (!json_object_is_type(value, json_type_object) || field->type != PROVIDER_FCM)
		return json_object_get(value);
	lp_json_text(&text, value);
	plain = json_object_new_string_len(text.data, (int)text.len);
	lp_buf_clear(&text);
	return plain;
}

static const char *value_wrong(const struct merging *m, const struct provider_field *field,
			       struct json_object *value)
{
	struct lp_str text = lp_cstr(json_object_get_string(value));
	bool string = json_object_is_type(value, json_type_string);

	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array) || (field->secret && !string))
		return "it must be text";
	if (text.n > field->max || (string && (size_t)json_object_get_string_len(value) != text.n))
		return "it is too long, or holds a zero byte";
	for (size_t i = 0; !field->secret && i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return "it holds control characters";
	}
	if (field->secret && secret_sealed(text))
		return "it is encrypted already: give it as the provider made it";
	if (field->secret && !m->env->keys)
		return "a secret can only be saved once the setting secret_keys is there to "
		       "encrypt it";
	return NULL;
}

static bool update_field(struct merging *m, struct json_object *entry,
			 const struct provider_field *field, struct json_object *given)
{
	struct json_object *value = plain_value(field, given);
	bool empty =
		json_object_is_type(value, json_type_string) && !json_object_get_string_len(value);
	const char *wrong = value && !empty ? value_wrong(m, field, value) : NULL;

	if (wrong) {
		json_object_put(value);
		return refuse(m, lp_json_str(entry, "name"), field->name, wrong);
	}
	if (value && !empty) {
		json_object_object_add(entry, field->name, value);
		return true;
	}
	json_object_put(value);
	if (!empty || !field->secret)
		json_object_object_del(entry, field->name);
	return true;
}

/* NULL when it was refused. */
static struct json_object *new_entry(struct merging *m, struct lp_str name, enum provider_type type)
{
	struct json_object *entry;

	if (json_object_array_length(m->list) >= NSP_PROVIDERS_MAX) {
		refuse(m, LP_STR(""), NULL, "too many entries");
		return NULL;
	}
	if (name.n > PROVIDER_NAME_MAX || !ident_room(m->env->rules, name)) {
		refuse(m, name, "name", "it must follow the rules for names of rooms");
		return NULL;
	}
	entry = json_object_new_object();
	json_object_object_add(entry, "name", json_object_new_string_len(name.p, (int)name.n));
	if (type != PROVIDER_APNS)
		json_object_object_add(entry, "type",
				       json_object_new_string(provider_type_names[type]));
	json_object_array_add(m->list, entry);
	return entry;
}

static bool update_entry(struct merging *m, struct json_object *entry, enum provider_type type,
			 struct json_object *change)
{
	struct json_object *value;
	const char *field, *why;

	for (size_t i = 0; i < provider_field_count; i++) {
		if (provider_fields[i].type == type &&
		    json_object_object_get_ex(change, provider_fields[i].name, &value) &&
		    !update_field(m, entry, &provider_fields[i], value))
			return false;
	}
	why = nsp_provider_check(m->env, entry, change, &field);
	return why ? refuse(m, lp_json_str(entry, "name"), field, why) : true;
}

static bool merge_entry(struct merging *m, struct json_object *change)
{
	struct lp_str name = lp_json_str(change, "name"), word = lp_json_str(change, "type");
	size_t count = json_object_array_length(m->list);
	enum provider_type type = provider_type_parse(word), old = type;
	struct json_object *entry = NULL, *value;
	size_t at;

	if (!name.n || (json_object_object_get_ex(change, "type", &value) && value && !word.p))
		return refuse(m, name, name.n ? "type" : NULL, NULL);
	at = find_entry(m->list, name);
	if (at < count) {
		entry = json_object_array_get_idx(m->list, at);
		old = provider_type_parse(lp_json_str(entry, "type"));
		type = word.n || m->apns ? type : old;
	}
	if (type == PROVIDER_TYPES || (m->apns && type != PROVIDER_APNS))
		return refuse(m, name, "type", "there is no such type here");
	if (type != old)
		return refuse(m, name, "type", "an entry keeps its type: remove it first");
	if (json_object_object_get_ex(change, "del", &value) && push_msg_flag(value)) {
		if (entry)
			json_object_array_del_idx(m->list, at, 1);
		return true;
	}
	if (!entry)
		entry = new_entry(m, name, type);
	return entry && update_entry(m, entry, type, change);
}

static bool merge_changes(struct merging *m, struct json_object *changes)
{
	if (!changes)
		return true;
	if (!json_object_is_type(changes, json_type_array))
		return refuse(m, LP_STR(""), NULL, NULL);
	for (size_t i = 0; i < json_object_array_length(changes); i++) {
		if (!merge_entry(m, json_object_array_get_idx(changes, i)))
			return false;
	}
	return true;
}

/* --- sealing --- */

static void add_text(struct json_object *entry, const char *name, struct lp_str text)
{
	json_object_object_add(entry, name,
			       json_object_new_string_len(text.p ? text.p : "", (int)text.n));
}

/* When it ends is kept beside it, to be shown. */
static void note_expiry(struct json_object *entry, const struct provider_field *field,
			struct lp_str cert)
{
	struct lp_buf name = {0}, when = {0};

	lp_buf_addf(&name, "%s_expires", field->name);
	add_expiry(&when, cert);
	add_text(entry, name.data, lp_buf_str(&when));
	lp_buf_clear(&name);
	lp_buf_clear(&when);
}

/* One that an older key sealed gets the first one; what can not be opened stays as it is. */
static void seal_field(const struct nsp_providers *env, struct json_object *entry,
		       const struct provider_field *field)
{
	struct lp_str text = lp_json_str(entry, field->name);
	struct lp_buf place = {0}, clear = {0}, out = {0};
	bool sealed = secret_sealed(text);

	if (!text.n || (sealed && secret_current(env->keys, text)))
		return;
	provider_place(&place, env->nsp, lp_json_str(entry, "name"), field->name);
	if (!sealed && is_certificate(field))
		note_expiry(entry, field, text);
	if (!sealed)
		secret_seal(&out, env->keys, lp_buf_str(&place), text);
	else if (secret_open(&clear, env->keys, lp_buf_str(&place), text) == LP_OK)
		secret_seal(&out, env->keys, lp_buf_str(&place), lp_buf_str(&clear));
	if (out.len)
		add_text(entry, field->name, lp_buf_str(&out));
	if (clear.data)
		OPENSSL_cleanse(clear.data, clear.len);
	lp_buf_clear(&place);
	lp_buf_clear(&clear);
	lp_buf_clear(&out);
}

/* Also those that earlier versions stored in the clear. */
static void seal_all(const struct nsp_providers *env, struct json_object *list)
{
	for (size_t i = 0; env->keys && i < json_object_array_length(list); i++) {
		for (size_t f = 0; f < provider_field_count; f++) {
			if (provider_fields[f].secret)
				seal_field(env, json_object_array_get_idx(list, i),
					   &provider_fields[f]);
		}
	}
}

enum api_error nsp_providers_merge(struct lp_buf *out, const struct nsp_providers *env,
				   struct lp_str push_providers, struct lp_str apns_list,
				   struct json_object *push_changes,
				   struct json_object *apns_changes, struct nsp_wrong *wrong)
{
	struct merging m = {
		.env = env,
		.list = read_both(push_providers, apns_list),
		.wrong = wrong,
	};
	bool good = merge_changes(&m, push_changes);

	if (good) {
		m.apns = true;
		good = merge_changes(&m, apns_changes);
	}
	if (good && json_object_array_length(m.list)) {
		seal_all(env, m.list);
		lp_json_text(out, m.list);
	}
	json_object_put(m.list);
	if (good)
		return API_OK;
	return m.apns ? API_APNS_LIST_INVALID : API_PUSH_PROVIDERS_INVALID;
}

/* --- what is shown --- */

static void show_secret(struct json_object *out, struct json_object *entry,
			const struct provider_field *field)
{
	struct lp_str text = lp_json_str(entry, field->name);
	struct lp_buf name = {0}, when = {0};

	lp_buf_addf(&name, "%s_set", field->name);
	json_object_object_add(out, name.data, json_object_new_boolean(text.n > 0));
	if (text.n && is_certificate(field)) {
		lp_buf_reset(&name);
		lp_buf_addf(&name, "%s_expires", field->name);
		if (secret_sealed(text))
			lp_buf_adds(&when, lp_json_str(entry, name.data));
		else
			add_expiry(&when, text);
		if (when.len)
			json_object_object_add(
				out, name.data,
				json_object_new_string_len(when.data, (int)when.len));
	}
	lp_buf_clear(&name);
	lp_buf_clear(&when);
}

static struct json_object *public_entry(struct json_object *entry, enum provider_type type,
					bool apns)
{
	struct json_object *out = json_object_new_object(), *value;

	if (json_object_object_get_ex(entry, "name", &value))
		json_object_object_add(out, "name", json_object_get(value));
	if (!apns)
		json_object_object_add(out, "type",
				       json_object_new_string(provider_type_names[type]));
	for (size_t i = 0; i < provider_field_count; i++) {
		const struct provider_field *field = &provider_fields[i];

		if (field->type != type)
			continue;
		if (field->secret)
			show_secret(out, entry, field);
		else if (json_object_object_get_ex(entry, field->name, &value))
			json_object_object_add(out, field->name, json_object_get(value));
	}
	return out;
}

void nsp_providers_json(struct lp_buf *out, struct lp_str push_providers, struct lp_str apns_list,
			bool apns)
{
	struct json_object *list = read_both(push_providers, apns_list);
	struct json_object *shown = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);
		enum provider_type type = provider_type_parse(lp_json_str(entry, "type"));

		if (!apns || type == PROVIDER_APNS)
			json_object_array_add(shown, public_entry(entry, type, apns));
	}
	lp_json_text(out, json_object_array_length(shown) ? shown : NULL);
	json_object_put(shown);
	json_object_put(list);
}
