#include "config.h"

#include "connector/core/identity.h"
#include "common/model/url_query.h"

/* Appends the value of that name from the first place that has one. */
static void read_one(struct lp_buf *out, const struct socket_request *req, struct json_object *auth,
		     const char *name)
{
	struct json_object *value;

	url_query_get(req->url_query, name, out);
	if (!out->len)
		url_query_get(req->packet_query, name, out);
	if (out->len || !auth || !json_object_object_get_ex(auth, name, &value))
		return;
	if (json_object_is_type(value, json_type_string))
		lp_buf_add(out, json_object_get_string(value),
			   (size_t)json_object_get_string_len(value));
	else if (json_object_is_type(value, json_type_int))
		lp_buf_addf(out, "%lld", (long long)json_object_get_int64(value));
}

/* As the flags of a REST request: set unless absent, empty, 0 or false. */
static bool read_flag(const struct socket_request *req, struct json_object *auth, const char *name)
{
	struct lp_buf text = {0};
	struct json_object *value = NULL;
	bool set;

	read_one(&text, req, auth, name);
	set = text.len && !lp_str_eq(lp_buf_str(&text), LP_STR("0")) &&
	      !lp_str_eq(lp_buf_str(&text), LP_STR("false"));
	if (!text.len && auth && json_object_object_get_ex(auth, name, &value))
		set = json_object_is_type(value, json_type_boolean) &&
		      json_object_get_boolean(value);
	lp_buf_clear(&text);
	return set;
}

struct json_object *identity_auth(struct lp_str text)
{
	struct json_object *auth = NULL;

	if (!text.n || !lp_json_few(text, IDENTITY_AUTH_MAX) || lp_json_parse(text, &auth) != LP_OK)
		return NULL;
	if (json_object_is_type(auth, json_type_object))
		return auth;
	json_object_put(auth);
	return NULL;
}

const char *identity_read(struct identity *who, const struct socket_request *req,
			  const struct ident_rules *rules)
{
	struct json_object *auth = identity_auth(req->auth);
	struct lp_buf platform = {0};
	const char *wrong = NULL;

	*who = (struct identity){0};
	read_one(&who->uuid, req, auth, "uuid");
	read_one(&who->userid, req, auth, "userid");
	read_one(&platform, req, auth, "platform");
	who->announced = read_flag(req, auth, "activityBroadcast");
	read_one(&who->token, req, auth, "token");
	who->provisional = !who->uuid.len && who->token.len;
	if (who->provisional) {
		lp_buf_reset(&who->userid);
		lp_buf_addc(&who->uuid, '-');
	}
	if (!who->userid.len)
		lp_buf_adds(&who->userid, lp_buf_str(&who->uuid));

	if (!who->provisional && !ident_uuid(rules, lp_buf_str(&who->uuid)))
		wrong = "uuid invalid";
	else if (!who->provisional && !ident_userid(rules, lp_buf_str(&who->userid)))
		wrong = "userid invalid";
	else if (platform_parse(lp_buf_str(&platform), &who->platform) != LP_OK)
		wrong = "platform invalid";
	lp_buf_clear(&platform);
	json_object_put(auth);
	return wrong;
}

void identity_clear(struct identity *who)
{
	lp_buf_clear(&who->uuid);
	lp_buf_clear(&who->userid);
	lp_buf_clear(&who->token);
}
