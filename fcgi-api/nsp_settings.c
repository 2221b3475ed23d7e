#include "config.h"

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "common/store/keys.h"
#include "fcgi-api/nsp_settings.h"

/* What is shown, in this order; auth_passwd only as a flag. */
enum field {
	NSP_KEY,
	NSP_NAME,
	NSP_CONNECT_CALLBACK,
	NSP_DISCONNECT_CALLBACK,
	NSP_APNS_LIST,
	NSP_UPDATE_DATE,
	NSP_CLIENT_IP,
	NSP_CALLBACK_AUTH,
	NSP_OFFLINE,
	NSP_AUTH_PASSWD,
	NSP_FIELDS
};

static const char *const nsp_fields[NSP_FIELDS] = {
	[NSP_KEY] = "key",
	[NSP_NAME] = "name",
	[NSP_CONNECT_CALLBACK] = "connect_callback",
	[NSP_DISCONNECT_CALLBACK] = "disconnect_callback",
	[NSP_APNS_LIST] = "apns_list",
	[NSP_UPDATE_DATE] = "update_date",
	[NSP_CLIENT_IP] = "client_ip",
	[NSP_CALLBACK_AUTH] = "callback_auth",
	[NSP_OFFLINE] = "offline",
	[NSP_AUTH_PASSWD] = "auth_passwd",
};

/* The fields of an entry of apns_list; secret ones never go out. */
static const struct {
	const char *name;
	const char *flag; /* of a secret one: the name that tells whether it is set */
} apns_fields[] = {
	{"name", NULL},
	{"apns_env", NULL},
	{"apns_expiration", NULL},
	{"apns_topic", NULL},
	{"apns_dev_cert", NULL},
	{"apns_dev_key", "apns_dev_key_set"},
	{"apns_production_cert", NULL},
	{"apns_production_key", "apns_production_key_set"},
	{"token_key", "token_key_set"},
	{"token_keyId", NULL},
	{"token_teamId", NULL},
};
#define APNS_FIELDS (sizeof(apns_fields) / sizeof(*apns_fields))

static struct json_object *parse_list(struct lp_str text)
{
	struct json_object *list;

	if (lp_json_parse(text, &list) == LP_OK && json_object_is_type(list, json_type_array))
		return list;
	json_object_put(list);
	return json_object_new_array();
}

static struct json_object *public_entry(struct json_object *entry)
{
	struct json_object *out = json_object_new_object(), *value;

	for (size_t i = 0; i < APNS_FIELDS; i++) {
		bool set = json_object_object_get_ex(entry, apns_fields[i].name, &value);

		if (apns_fields[i].flag)
			json_object_object_add(out, apns_fields[i].flag,
					       json_object_new_boolean(set));
		else if (set)
			json_object_object_add(out, apns_fields[i].name, json_object_get(value));
	}
	return out;
}

static void add_apns(struct lp_buf *out, struct lp_str stored)
{
	struct json_object *list = parse_list(stored), *shown = json_object_new_array();

	for (size_t i = 0; i < json_object_array_length(list); i++)
		json_object_array_add(shown, public_entry(json_object_array_get_idx(list, i)));
	lp_json_text(out, shown);
	json_object_put(shown);
	json_object_put(list);
}

void nsp_settings_args(struct redis_args *args, const char *prefix, struct lp_str nsp)
{
	redis_args_addz(args, "HMGET");
	key_of_namespace(&args->text, prefix, nsp, "conf");
	redis_args_end(args);
	for (int i = 0; i < NSP_FIELDS; i++)
		redis_args_addz(args, nsp_fields[i]);
}

void nsp_settings_json(struct lp_buf *out, const struct redisReply *reply)
{
	for (size_t i = 0; i < NSP_FIELDS; i++) {
		struct lp_str value = redis_reply_str(redis_reply_at(reply, i));

		if (i == NSP_AUTH_PASSWD) {
			lp_buf_addz(out, "\"auth_passwd_set\":");
			lp_buf_addz(out, value.n ? "true" : "false");
			continue;
		}
		lp_json_quote(out, lp_cstr(nsp_fields[i]));
		lp_buf_addc(out, ':');
		if (!value.n)
			lp_buf_addz(out, "null");
		else if (i == NSP_APNS_LIST)
			add_apns(out, value);
		else
			lp_json_quote(out, value);
		lp_buf_addc(out, ',');
	}
}

/* Index of the entry of that name in list, or its length. */
static size_t find_entry(struct json_object *list, struct lp_str name)
{
	size_t n = json_object_array_length(list), i = 0;

	while (i < n && !lp_str_eq(lp_json_str(json_object_array_get_idx(list, i), "name"), name))
		i++;
	return i;
}

/* Only plain values are stored. */
static int update_field(struct json_object *entry, size_t field, struct json_object *value)
{
	const char *name = apns_fields[field].name;

	if (json_object_is_type(value, json_type_object) ||
	    json_object_is_type(value, json_type_array))
		return LP_EINVAL;
	if (json_object_is_type(value, json_type_string) && !json_object_get_string_len(value)) {
		if (apns_fields[field].flag)
			return LP_OK;
		value = NULL;
	}
	if (value)
		json_object_object_add(entry, name, json_object_get(value));
	else
		json_object_object_del(entry, name);
	return LP_OK;
}

static int merge_entry(struct json_object *list, struct json_object *change)
{
	struct lp_str name = lp_json_str(change, "name");
	struct json_object *entry, *value;
	size_t at;
	int rc = LP_OK;

	if (!name.n)
		return LP_EINVAL;
	at = find_entry(list, name);
	if (json_object_object_get_ex(change, "del", &value) && push_msg_flag(value)) {
		if (at < json_object_array_length(list))
			json_object_array_del_idx(list, at, 1);
		return LP_OK;
	}
	if (at == json_object_array_length(list))
		json_object_array_add(list, json_object_new_object());
	entry = json_object_array_get_idx(list, at);
	for (size_t i = 0; i < APNS_FIELDS && rc == LP_OK; i++) {
		if (json_object_object_get_ex(change, apns_fields[i].name, &value))
			rc = update_field(entry, i, value);
	}
	return rc;
}

int nsp_settings_merge_apns(struct lp_buf *out, struct lp_str stored, struct json_object *changes)
{
	struct json_object *list;
	int rc = LP_OK;

	if (!json_object_is_type(changes, json_type_array))
		return LP_EINVAL;
	list = parse_list(stored);
	for (size_t i = 0; i < json_object_array_length(changes) && rc == LP_OK; i++)
		rc = merge_entry(list, json_object_array_get_idx(changes, i));
	if (json_object_array_length(list) > NSP_APNS_MAX)
		rc = LP_EINVAL;
	if (rc == LP_OK && json_object_array_length(list))
		lp_json_text(out, list);
	json_object_put(list);
	return rc;
}
