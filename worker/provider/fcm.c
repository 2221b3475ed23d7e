#include "config.h"

#include <inttypes.h>
#include <string.h>

#include "common/lp_json.h"
#include "worker/provider/fcm.h"

#define QUOTA_MS     60000u /* Google's: wait a minute where the answer does not say */
#define BUSY_MS      5000u
#define TTL_MAX      (28 * 24 * 3600) /* s */
#define LIFETIME_MAX (24 * 3600)

static void add_string(struct json_object *obj, const char *name, struct lp_str value)
{
	json_object_object_add(obj, name,
			       json_object_new_string_len(value.p ? value.p : "", (int)value.n));
}

static struct json_object *notification(const struct content *c)
{
	struct json_object *n = json_object_new_object();

	if (c->title.n)
		add_string(n, "title", c->title);
	add_string(n, "body", c->body);
	return n;
}

static size_t text_length(struct json_object *value)
{
	return value ? strlen(json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN)) : 0;
}

static struct json_object *default_message(const struct content *c, const struct content_ids *ids)
{
	struct json_object *message = json_object_new_object(), *data = NULL;
	struct lp_buf text = {0};
	size_t used = 0;

	if (!c->background) {
		struct json_object *n = notification(c);

		used = text_length(n);
		json_object_object_add(message, "notification", n);
	}
	if (used < FCM_PAYLOAD_MAX) {
		content_default(&text, c, ids, true, FCM_PAYLOAD_MAX - used);
		if (lp_json_parse(lp_buf_str(&text), &data) == LP_OK)
			json_object_object_add(message, "data", data);
	}
	lp_buf_clear(&text);
	return message;
}

/* What names receivers is ours. */
static struct json_object *own_message(struct json_object *given)
{
	struct json_object *message = json_object_new_object();

	json_object_object_foreach(given, name, value)
	{
		if (strcmp(name, "token") != 0 && strcmp(name, "topic") != 0 &&
		    strcmp(name, "condition") != 0)
			json_object_object_add(message, name, json_object_get(value));
	}
	return message;
}

static void add_missing(struct json_object *obj, const char *name, struct lp_str value)
{
	if (!json_object_object_get_ex(obj, name, NULL))
		add_string(obj, name, value);
}

/* The object under that name as a copy of its own: what was given is shared. */
static struct json_object *own_member(struct json_object *obj, const char *member)
{
	struct json_object *given = NULL, *own = json_object_new_object();

	if (json_object_object_get_ex(obj, member, &given) &&
	    json_object_is_type(given, json_type_object)) {
		json_object_object_foreach(given, name, value)
			json_object_object_add(own, name, json_object_get(value));
	}
	json_object_object_add(obj, member, own);
	return own;
}

/*
 * Not a collapse_key: a device that is away keeps the messages of four keys. A notification's tag
 * does no harm, and what is sent twice is shown once.
 */
static void add_android(struct json_object *message, const struct content *c, int64_t ttl,
			struct lp_str tag)
{
	struct json_object *android = own_member(message, "android");
	struct lp_buf text = {0};

	ttl = ttl < 0 ? 0 : ttl > TTL_MAX ? TTL_MAX : ttl;
	lp_buf_addf(&text, "%" PRId64 "s", ttl);
	add_missing(android, "ttl", lp_buf_str(&text));
	add_missing(android, "priority", c->background ? LP_STR("NORMAL") : LP_STR("HIGH"));
	if (json_object_object_get_ex(message, "notification", NULL))
		add_missing(own_member(android, "notification"), "tag", tag);
	lp_buf_clear(&text);
}

int fcm_message(struct lp_buf *out, const struct content *c, const struct content_ids *ids,
		int64_t ttl, struct lp_str tag)
{
	struct json_object *message = json_object_is_type(c->fcm, json_type_object)
					      ? own_message(c->fcm)
					      : default_message(c, ids);
	struct json_object *note = NULL, *data = NULL;
	int rc = LP_ETOOBIG;

	json_object_object_get_ex(message, "notification", &note);
	json_object_object_get_ex(message, "data", &data);
	if (text_length(note) + text_length(data) <= FCM_PAYLOAD_MAX) {
		add_android(message, c, ttl, tag);
		lp_json_text(out, message);
		rc = LP_OK;
	}
	json_object_put(message);
	return rc;
}

void fcm_body(struct lp_buf *out, struct lp_str message, struct lp_str token)
{
	lp_buf_addz(out, "{\"message\":{\"token\":");
	lp_json_quote(out, token);
	lp_buf_addc(out, ',');
	lp_buf_adds(out, lp_str_from(message, 1)); /* it has members: behind its brace */
	lp_buf_addc(out, '}');
}

/* errorCode of the FcmError among the details, or else the canonical status. */
static struct lp_str error_code(struct json_object *answer)
{
	struct json_object *error = NULL, *details = NULL;
	struct lp_str code = {NULL, 0};

	json_object_object_get_ex(answer, "error", &error);
	json_object_object_get_ex(error, "details", &details);
	if (json_object_is_type(details, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(details) && !code.n; i++)
			code = lp_json_str(json_object_array_get_idx(details, i), "errorCode");
	}
	return code.n ? code : lp_json_str(error, "status");
}

/* 404 without UNREGISTERED is about the project: no token is at fault. */
static const struct judgement_rule rules[] = {
	{200, NULL, PROVIDER_DELIVERED, RULE_ALONE, 0},
	{0, "UNREGISTERED", PROVIDER_GONE, RULE_ALONE, 0},
	{0, "THIRD_PARTY_AUTH_ERROR", PROVIDER_REFUSED, RULE_ALONE, 0},
	{401, NULL, PROVIDER_RETRY, RULE_RENEW, 1000},
	{0, "QUOTA_EXCEEDED", PROVIDER_RETRY, RULE_PAUSE_ENTRY, QUOTA_MS},
	{429, NULL, PROVIDER_RETRY, RULE_PAUSE_ENTRY, QUOTA_MS},
	{503, NULL, PROVIDER_RETRY, RULE_PAUSE_ENTRY, BUSY_MS},
};

void fcm_judge(struct judgement *j, int status, struct lp_str body, uint64_t retry_ms)
{
	struct json_object *answer = NULL;
	struct lp_str reason = {NULL, 0};

	if (status != 200 && lp_json_parse(body, &answer) == LP_OK)
		reason = error_code(answer);
	judgement_make(j, rules, sizeof(rules) / sizeof(*rules), status, reason, retry_ms, BUSY_MS);
	json_object_put(answer);
}

/* It becomes a header's value: RFC 6750, b64token. */
static bool token_valid(struct lp_str token)
{
	for (size_t i = 0; i < token.n; i++) {
		if ((unsigned char)token.p[i] <= ' ' || (unsigned char)token.p[i] >= 0x7f)
			return false;
	}
	return token.n && token.n <= FCM_TOKEN_MAX;
}

int fcm_token_read(struct json_object **answer, struct lp_str body, struct lp_str *token,
		   uint64_t *lifetime, struct lp_str *why)
{
	struct json_object *value = NULL;
	int64_t seconds;

	*answer = NULL;
	*why = LP_STR("the token server's answer can not be read");
	if (lp_json_parse(body, answer) != LP_OK)
		*answer = NULL;
	if (lp_json_str(*answer, "error").n)
		*why = lp_json_str(*answer, "error");
	*token = lp_json_str(*answer, "access_token");
	if (!token_valid(*token) || !json_object_object_get_ex(*answer, "expires_in", &value))
		return LP_EPROTO;
	seconds = json_object_get_int64(value);
	if (seconds <= 0)
		return LP_EPROTO;
	*lifetime = (uint64_t)(seconds < LIFETIME_MAX ? seconds : LIFETIME_MAX) * 1000;
	return LP_OK;
}
