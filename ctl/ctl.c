#include "config.h"

#include <stdio.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/store/keys.h"
#include "ctl/ctl.h"
#include "fcgi-api/api_error.h"

static struct ctl_option *find_option(struct ctl_option *options, const char *name)
{
	for (; options && options->name; options++) {
		if (strcmp(options->name, name) == 0)
			return options;
	}
	return NULL;
}

static bool usage(const char *what, const char *arg)
{
	fprintf(stderr, "light-push-ctl: %s%s; see light-push-ctl --help\n", what, arg);
	return false;
}

bool ctl_arguments(int argc, char **argv, const char **words, int min, int max,
		   struct ctl_option *options)
{
	int count = 0;

	memset(words, 0, (size_t)max * sizeof(words[0]));
	for (int i = 0; i < argc; i++) {
		struct ctl_option *option;

		if (strncmp(argv[i], "--", 2) != 0) {
			if (count == max)
				return usage("an argument too many: ", argv[i]);
			words[count++] = argv[i];
			continue;
		}
		option = find_option(options, argv[i] + 2);
		if (!option)
			return usage("unknown option ", argv[i]);
		if (!option->flag && i + 1 == argc)
			return usage("a value is missing behind ", argv[i]);
		option->value = option->flag ? "1" : argv[++i];
	}
	return count >= min || usage("an argument is missing", "");
}

struct json_object *ctl_member(struct json_object *from, const char *name)
{
	struct json_object *value = NULL;

	if (json_object_is_type(from, json_type_object))
		json_object_object_get_ex(from, name, &value);
	return value;
}

/* An answer with an error, as the API gives it. */
static void tell(const struct ctl *ctl, struct lp_str answer)
{
	struct json_object *error = NULL;
	struct lp_str msg;

	if (ctl->json) {
		printf("%.*s\n", LP_FMT(answer));
		return;
	}
	if (lp_json_parse(answer, &error) != LP_OK)
		error = NULL;
	msg = lp_json_str(error, "msg");
	fprintf(stderr, "light-push-ctl: %.*s\n", LP_FMT(msg));
	json_object_put(error);
}

enum ctl_status ctl_fail(const struct ctl *ctl, enum ctl_status status, const char *slug,
			 const char *text)
{
	struct lp_buf answer = {0};

	lp_buf_addz(&answer, "{\"code\":9999,\"msg\":");
	lp_json_quote(&answer, lp_cstr(text));
	lp_buf_addz(&answer, ",\"error\":");
	lp_json_quote(&answer, lp_cstr(slug));
	lp_buf_addc(&answer, '}');
	tell(ctl, lp_buf_str(&answer));
	lp_buf_clear(&answer);
	return status;
}

enum ctl_status ctl_no_redis(const struct ctl *ctl)
{
	return ctl_fail(ctl, CTL_NO_REDIS, "service_unavailable", "Redis can not be reached");
}

static bool is_redis(struct lp_str answer)
{
	struct json_object *error = NULL;
	bool is;

	if (lp_json_parse(answer, &error) != LP_OK)
		error = NULL;
	is = lp_str_eq(lp_json_str(error, "error"), LP_STR("service_unavailable"));
	json_object_put(error);
	return is;
}

enum ctl_status ctl_call(struct ctl *ctl, ctl_handler *handler, struct lp_str nsp, const char *id,
			 struct json_object *params, struct json_object *body,
			 struct json_object **answer)
{
	struct api_req req = {
		.method = body ? API_POST : API_GET,
		.trusted = true,
		.remote_addr = LP_STR("light-push-ctl"),
		.user = nsp,
		.params = params ? params : json_object_new_object(),
		.body = body ? body : json_object_new_object(),
	};
	struct api_resp resp = {.status = 200};
	enum ctl_status status = CTL_OK;

	*answer = NULL;
	if (id)
		lp_buf_addz(&req.arg, id);
	if (body)
		lp_json_text(&req.body_text, body);
	handler(&ctl->ctx, &req, &resp);
	if (resp.status < 300) {
		if (resp.body.len && lp_json_parse(lp_buf_str(&resp.body), answer) != LP_OK)
			*answer = NULL;
	} else if (is_redis(lp_buf_str(&resp.body))) {
		status = ctl_no_redis(ctl);
	} else {
		status = CTL_REFUSED;
		tell(ctl, lp_buf_str(&resp.body));
	}
	api_req_clear(&req);
	lp_buf_clear(&resp.body);
	return status;
}

enum ctl_status ctl_namespace_find(struct ctl *ctl, const char *name, struct lp_buf *out)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	enum ctl_status status = CTL_OK;

	if (name[0] != '/')
		lp_buf_addc(out, '/');
	lp_buf_addz(out, name);
	redis_args_addz(&args, "EXISTS");
	key_of_namespace(&args.text, ctl->settings.redis_prefix, lp_buf_str(out), "conf");
	redis_args_end(&args);
	if (redis_command(ctl->ctx.redis, &args, &reply) != LP_OK)
		status = ctl_no_redis(ctl);
	else if (!redis_reply_int(reply))
		status = CTL_REFUSED;
	redis_reply_free(reply);
	redis_args_clear(&args);
	return status;
}

enum ctl_status ctl_namespace(struct ctl *ctl, const char *name, struct lp_buf *out)
{
	enum ctl_status status = ctl_namespace_find(ctl, name, out);

	if (status == CTL_REFUSED)
		ctl_fail(ctl, status, "namespace_not_found", "namespace not found");
	return status;
}
