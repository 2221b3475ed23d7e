#include "config.h"

#include "fcgi-api/nsp_change.h"
#include "fcgi-api/nsp_limits.h"
#include "fcgi-api/password.h"

/* Bytes. */
#define NAME_MAX   1000u /* hundreds of them are shown on one page */
#define URL_MAX    2000u
#define AUTH_MAX   4000u
#define SECRET_MIN 16u /* of callback_secret */
#define SECRET_MAX 256u

#define ARCHIVE_DAYS_MAX 36500

const char *const nsp_limit_names[NSP_LIMITS] = {
	[NSP_LIMIT_CLIENTS] = "limit_clients",
	[NSP_LIMIT_ROOMS_PER_CLIENT] = "limit_rooms_per_client",
	[NSP_LIMIT_PUSHES_PER_SECOND] = "limit_pushes_per_second",
	[NSP_LIMIT_BYTES_PER_SECOND] = "limit_bytes_per_second",
};

static void add(struct redis_args *args, const char *field, struct lp_str value)
{
	redis_args_addz(args, field);
	redis_args_add(args, value);
}

/* good: NULL, or whether a text that is not empty can be taken. */
static enum api_error add_text(struct redis_args *args, struct json_object *body, const char *name,
			       size_t max, bool (*good)(struct lp_str value))
{
	struct lp_str value;
	int rc = api_param_text(body, name, &value);

	if (rc == LP_EINVAL || value.n > max || (value.n && good && !good(value)))
		return API_SETTING_INVALID;
	if (rc == LP_OK)
		add(args, name, value);
	return API_OK;
}

static enum api_error add_name(struct redis_args *args, struct json_object *body, const char *name)
{
	return add_text(args, body, name, NAME_MAX, NULL);
}

/* Bytes that could end a line of a request. */
static bool is_line(struct lp_str text)
{
	for (size_t i = 0; i < text.n; i++) {
		if ((unsigned char)text.p[i] < ' ' || text.p[i] == 0x7f)
			return false;
	}
	return true;
}

static bool is_url(struct lp_str text)
{
	size_t scheme = lp_str_find(text, ':');

	return (lp_str_caseeq(lp_str(text.p, scheme), LP_STR("http")) ||
		lp_str_caseeq(lp_str(text.p, scheme), LP_STR("https"))) &&
	       lp_str_starts(lp_str_from(text, scheme), LP_STR("://")) && text.n > scheme + 3 &&
	       is_line(text) && lp_str_find(text, ' ') == text.n;
}

static enum api_error add_url(struct redis_args *args, struct json_object *body, const char *name)
{
	return add_text(args, body, name, URL_MAX, is_url);
}

static enum api_error add_header(struct redis_args *args, struct json_object *body,
				 const char *name)
{
	return add_text(args, body, name, AUTH_MAX, is_line);
}

static enum api_error add_offline(struct redis_args *args, struct json_object *body,
				  const char *name)
{
	struct lp_str value;
	int rc = api_param_text(body, name, &value);

	if (rc == LP_EINVAL ||
	    (value.n && !lp_str_eq(value, LP_STR("on")) && !lp_str_eq(value, LP_STR("off"))))
		return API_SETTING_INVALID;
	if (value.n)
		add(args, name, value);
	return API_OK;
}

static enum api_error add_connect_auth(struct redis_args *args, struct json_object *body,
				       const char *name)
{
	struct lp_str value;
	int rc = api_param_text(body, name, &value);

	if (rc == LP_EINVAL || (value.n && !lp_str_eq(value, LP_STR("jwt"))))
		return API_SETTING_INVALID;
	if (rc == LP_OK)
		add(args, name, value);
	return API_OK;
}

/* Forms can not show a password, so an empty one keeps what there is. */
static enum api_error add_password(struct redis_args *args, struct json_object *body,
				   const char *name)
{
	struct lp_str value;
	int rc = api_param_text(body, name, &value);

	if (rc == LP_EINVAL)
		return API_SETTING_INVALID;
	if (value.n) {
		redis_args_addz(args, name);
		password_hash(&args->text, value);
		redis_args_end(args);
	}
	return API_OK;
}

/* The other one can be taken away again, when all callers know the new one: an empty one does. */
static enum api_error add_second_password(struct redis_args *args, struct json_object *body,
					  const char *name)
{
	struct lp_str value;

	if (api_param_text(body, name, &value) != LP_OK || value.n)
		return add_password(args, body, name);
	add(args, name, value);
	return API_OK;
}

/* A secret that is kept as it is: an empty one keeps what there is, null takes it away. */
static enum api_error add_secret(struct redis_args *args, struct json_object *body,
				 const char *name)
{
	struct lp_str value;
	int rc = api_param_text(body, name, &value);

	if (rc == LP_EINVAL || (value.n && (value.n < SECRET_MIN || value.n > SECRET_MAX)))
		return API_SETTING_INVALID;
	if (value.n || (rc == LP_OK && !api_param(body, name)))
		add(args, name, value);
	return API_OK;
}

static enum api_error add_limit(struct redis_args *args, struct json_object *body, const char *name,
				bool admin)
{
	struct lp_str text;
	int64_t value = 0;
	int rc;

	if (api_param_text(body, name, &text) == LP_ENOENT)
		return API_OK;
	if (!admin)
		return API_ADMIN_ONLY;
	rc = api_param_int(body, name, 0, NSP_LIMIT_MAX, &value);
	if (rc == LP_EINVAL)
		return API_SETTING_INVALID;
	redis_args_addz(args, name);
	if (value)
		lp_buf_addu(&args->text, (uint64_t)value);
	redis_args_end(args);
	return API_OK;
}

/* An empty text or null takes it away: then the setting of that name holds. 0 is for ever. */
static enum api_error add_archive_days(struct redis_args *args, struct json_object *body,
				       bool admin)
{
	const char *name = "archive_days";
	struct lp_str text;
	int64_t value = 0;
	int rc = api_param_text(body, name, &text);

	if (rc == LP_ENOENT)
		return API_OK;
	if (!admin)
		return API_ADMIN_ONLY;
	if (rc == LP_OK && !text.n) {
		add(args, name, text);
		return API_OK;
	}
	if (api_param_int(body, name, 0, ARCHIVE_DAYS_MAX, &value) == LP_EINVAL)
		return API_SETTING_INVALID;
	redis_args_addz(args, name);
	redis_args_addi(args, value);
	return API_OK;
}

enum api_error nsp_change_args(struct redis_args *args, struct json_object *body, bool admin,
			       const char **field)
{
	static const struct {
		const char *name;
		enum api_error (*add)(struct redis_args *args, struct json_object *body,
				      const char *name);
	} settings[] = {
		{"name", add_name},
		{"connect_callback", add_url},
		{"disconnect_callback", add_url},
		{"callback_auth", add_header},
		{"callback_secret", add_secret},
		{"connect_auth", add_connect_auth},
		{"offline", add_offline},
		{"auth_passwd", add_password},
		{"auth_passwd2", add_second_password},
	};
	enum api_error err = API_OK;

	for (size_t i = 0; i < sizeof(settings) / sizeof(*settings) && err == API_OK; i++) {
		*field = settings[i].name;
		err = settings[i].add(args, body, *field);
	}
	for (size_t i = 0; i < NSP_LIMITS && err == API_OK; i++) {
		*field = nsp_limit_names[i];
		err = add_limit(args, body, *field, admin);
	}
	if (err == API_OK) {
		*field = "archive_days";
		err = add_archive_days(args, body, admin);
	}
	return err;
}
