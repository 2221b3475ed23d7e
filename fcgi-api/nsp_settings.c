#include "config.h"

#include "common/jwt/jwt_keys.h"
#include "common/lp_json.h"
#include "common/store/keys.h"
#include "fcgi-api/nsp_limits.h"
#include "fcgi-api/nsp_providers.h"
#include "fcgi-api/nsp_settings.h"

/* What is shown, in this order; of secrets only whether they are set. */
enum field {
	NSP_KEY,
	NSP_NAME,
	NSP_CONNECT_CALLBACK,
	NSP_DISCONNECT_CALLBACK,
	NSP_APNS_LIST,
	NSP_PUSH_PROVIDERS,
	NSP_UPDATE_DATE,
	NSP_CLIENT_IP,
	NSP_CALLBACK_AUTH,
	NSP_OFFLINE,
	NSP_CONNECT_AUTH,
	NSP_JWT_KEYS,
	NSP_ARCHIVE_DAYS,
	NSP_FIRST_LIMIT,
	NSP_CALLBACK_SECRET = NSP_FIRST_LIMIT + NSP_LIMITS,
	NSP_AUTH_PASSWD,
	NSP_AUTH_PASSWD2,
	NSP_FIELDS
};

static const char *const nsp_fields[NSP_FIELDS] = {
	[NSP_KEY] = "key",
	[NSP_NAME] = "name",
	[NSP_CONNECT_CALLBACK] = "connect_callback",
	[NSP_DISCONNECT_CALLBACK] = "disconnect_callback",
	[NSP_APNS_LIST] = "apns_list",
	[NSP_PUSH_PROVIDERS] = "push_providers",
	[NSP_UPDATE_DATE] = "update_date",
	[NSP_CLIENT_IP] = "client_ip",
	[NSP_CALLBACK_AUTH] = "callback_auth",
	[NSP_OFFLINE] = "offline",
	[NSP_CONNECT_AUTH] = "connect_auth",
	[NSP_JWT_KEYS] = "jwt_keys",
	[NSP_ARCHIVE_DAYS] = "archive_days",
	[NSP_CALLBACK_SECRET] = "callback_secret",
	[NSP_AUTH_PASSWD] = "auth_passwd",
	[NSP_AUTH_PASSWD2] = "auth_passwd2",
};

static const char *field_name(size_t i)
{
	if (i >= NSP_FIRST_LIMIT && i < NSP_FIRST_LIMIT + NSP_LIMITS)
		return nsp_limit_names[i - NSP_FIRST_LIMIT];
	return nsp_fields[i];
}

static struct json_object *parse_list(struct lp_str text)
{
	struct json_object *list;

	if (lp_json_parse(text, &list) == LP_OK && json_object_is_type(list, json_type_array))
		return list;
	json_object_put(list);
	return json_object_new_array();
}

/* The keys without their secrets: a public key may be seen. */
static void add_keys(struct lp_buf *out, struct lp_str stored)
{
	struct json_object *list = parse_list(stored);

	for (size_t i = 0; i < json_object_array_length(list); i++) {
		struct json_object *entry = json_object_array_get_idx(list, i);

		if (lp_str_eq(lp_json_str(entry, "alg"), LP_STR("HS256")))
			json_object_object_del(entry, "key");
		json_object_object_add(entry, "key_set", json_object_new_boolean(true));
	}
	lp_json_text(out, list);
	json_object_put(list);
}

void nsp_settings_args(struct redis_args *args, const char *prefix, struct lp_str nsp)
{
	redis_args_addz(args, "HMGET");
	key_of_namespace(&args->text, prefix, nsp, "conf");
	redis_args_end(args);
	for (size_t i = 0; i < NSP_FIELDS; i++)
		redis_args_addz(args, field_name(i));
}

static void add_value(struct lp_buf *out, size_t field, struct lp_str value)
{
	if (field >= NSP_FIRST_LIMIT && field < NSP_FIRST_LIMIT + NSP_LIMITS)
		lp_buf_adds(out, value.n ? value : LP_STR("0"));
	else if (!value.n)
		lp_buf_addz(out, "null");
	else if (field == NSP_ARCHIVE_DAYS)
		lp_buf_adds(out, value);
	else if (field == NSP_JWT_KEYS)
		add_keys(out, value);
	else
		lp_json_quote(out, value);
}

bool nsp_settings_there(const struct redisReply *reply)
{
	return redis_reply_str(redis_reply_at(reply, NSP_KEY)).n;
}

void nsp_settings_json(struct lp_buf *out, struct lp_str nsp, const struct redisReply *reply)
{
	bool gone = !nsp_settings_there(reply);

	for (size_t i = 0; i < NSP_FIELDS; i++) {
		struct lp_str value = redis_reply_str(redis_reply_at(reply, i));

		if (gone && i == NSP_KEY)
			value = nsp;
		if (gone && i == NSP_OFFLINE)
			value = LP_STR("on");
		lp_buf_addf(out, "%s\"%s", i ? "," : "", field_name(i));
		if (i >= NSP_CALLBACK_SECRET) {
			lp_buf_addf(out, "_set\":%s", value.n ? "true" : "false");
			continue;
		}
		lp_buf_addz(out, "\":");
		if (i == NSP_APNS_LIST || i == NSP_PUSH_PROVIDERS)
			nsp_providers_json(
				out, redis_reply_str(redis_reply_at(reply, NSP_PUSH_PROVIDERS)),
				redis_reply_str(redis_reply_at(reply, NSP_APNS_LIST)),
				i == NSP_APNS_LIST);
		else
			add_value(out, i, value);
	}
}

/* The stored key that an entry without one means. */
static struct json_object *stored_key(struct json_object *list, struct json_object *entry)
{
	struct json_object *value = NULL;

	for (size_t i = 0; i < json_object_array_length(list) && !value; i++) {
		struct json_object *old = json_object_array_get_idx(list, i);

		if (lp_str_eq(lp_json_str(old, "kid"), lp_json_str(entry, "kid")) &&
		    lp_str_eq(lp_json_str(old, "alg"), lp_json_str(entry, "alg")))
			json_object_object_get_ex(old, "key", &value);
	}
	return json_object_get(value);
}

int nsp_settings_merge_keys(struct lp_buf *out, struct lp_str stored, struct json_object *change,
			    struct lp_buf *wrong)
{
	static const char *const members[] = {"kid", "alg", "key"};
	struct json_object *old = parse_list(stored), *list = json_object_new_array(), *value;
	bool array = json_object_is_type(change, json_type_array);
	size_t n = array ? json_object_array_length(change) : 0;
	struct jwt_keys *keys = NULL;

	for (size_t i = 0; i < n && i <= JWT_KEYS_MAX; i++) {
		struct json_object *entry = json_object_array_get_idx(change, i);
		struct json_object *kept = json_object_new_object();

		for (size_t m = 0; m < 3; m++) {
			if (json_object_is_type(entry, json_type_object) &&
			    json_object_object_get_ex(entry, members[m], &value) && value)
				json_object_object_add(kept, members[m], json_object_get(value));
		}
		if (!json_object_object_get_ex(kept, "key", &value) &&
		    (value = stored_key(old, kept)))
			json_object_object_add(kept, "key", value);
		json_object_array_add(list, kept);
	}
	if (array)
		keys = jwt_keys_read(list, wrong);
	if (keys && keys->count)
		lp_json_text(out, list);
	jwt_keys_free(keys);
	json_object_put(list);
	json_object_put(old);
	return keys ? LP_OK : LP_EINVAL;
}
