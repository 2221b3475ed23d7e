#include "config.h"

#include <hiredis/hiredis.h>
#include <stdarg.h>

#include "common/lp_json.h"
#include "common/push/secret_keys.h"
#include "common/store/script.h"
#include "fcgi-api/rate_memory.h"
#include "fcgi-api/routes.h"
#include "tests/redis/api_fixture.h"

struct api_fixture fixture;

static struct api_app app = {.settings = &fixture.settings};
static struct redis *client; /* of the one thread */

static int read_body(struct api_req *req, struct lp_buf *out, size_t max)
{
	lp_buf_addz(out, req->source);
	return LP_OK;
}

const char *api_request(enum api_method method, const char *authorization, const char *url,
			const char *type, const char *body)
{
	static struct lp_buf out;
	struct api_ctx ctx = {.app = &app, .redis = client};
	struct lp_str uri = lp_cstr(url);
	size_t mark = lp_str_find(uri, '?');
	struct api_req req = {
		.method = method,
		.path = lp_str(uri.p, mark),
		.query = lp_str_from(uri, mark + 1),
		.authorization = lp_cstr(authorization),
		.content_type = lp_cstr(type),
		.idempotency_key = lp_cstr(fixture.idempotency_key),
		.remote_addr = lp_cstr(fixture.address ? fixture.address : "192.0.2.1"),
		.read_body = read_body,
		.source = (char *)body,
		.trusted = !authorization,
		.user = LP_STR("/d"),
	};
	struct api_resp resp = {0};

	app.as_routes = strncmp(url, "/api/admin", 10) == 0 ? routes_push : NULL;
	app.routes = app.as_routes ? routes_admin : routes_push;
	route_serve(&ctx, &req, &resp);
	lp_buf_clear(&out);
	lp_buf_addf(&out, "%d ", resp.status);
	lp_buf_adds(&out, lp_buf_str(&resp.body));
	api_req_clear(&req);
	lp_buf_clear(&resp.body);
	return out.data;
}

const char *get(const char *authorization, const char *url)
{
	return api_request(API_GET, authorization, url, "", "");
}

const char *post(const char *authorization, const char *url, const char *body)
{
	return api_request(API_POST, authorization, url, "application/json", body);
}

const char *msg_of(const char *answer)
{
	static char text[256];
	struct json_object *body = NULL;
	struct lp_str msg = {NULL, 0};

	if (lp_json_parse(lp_cstr(answer + 4), &body) == LP_OK)
		msg = lp_json_str(body, "msg");
	if (msg.n)
		snprintf(text, sizeof(text), "%.3s %.*s", answer, LP_FMT(msg));
	else
		snprintf(text, sizeof(text), "%s", answer);
	json_object_put(body);
	return text;
}

const char *member(const char *answer, int index, const char *name)
{
	static struct lp_buf text;
	struct json_object *body = NULL, *object, *value;

	lp_buf_clear(&text);
	if (lp_json_parse(lp_cstr(answer + 4), &body) != LP_OK)
		return "no JSON";
	object = json_object_is_type(body, json_type_array)
			 ? json_object_array_get_idx(body, (size_t)index)
			 : body;
	if (json_object_is_type(object, json_type_object) &&
	    json_object_object_get_ex(object, name, &value))
		lp_json_text(&text, value);
	else
		lp_buf_addc(&text, '-');
	json_object_put(body);
	return text.data;
}

void command(const char *format, ...)
{
	redisReply *reply;
	va_list ap;

	va_start(ap, format);
	reply = redisvCommand(fixture.redis, format, ap);
	va_end(ap);
	CHECK_ROW(lp_cstr(format), reply && reply->type != REDIS_REPLY_ERROR);
	freeReplyObject(reply);
}

const char *command_text(const char *format, ...)
{
	static char text[512];
	redisReply *reply;
	va_list ap;

	va_start(ap, format);
	reply = redisvCommand(fixture.redis, format, ap);
	va_end(ap);
	if (reply->type == REDIS_REPLY_INTEGER)
		snprintf(text, sizeof(text), "%lld", reply->integer);
	else if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1)
		snprintf(text, sizeof(text), "%s", reply->element[0]->str);
	else
		snprintf(text, sizeof(text), "%s", reply->str ? reply->str : "nil");
	freeReplyObject(reply);
	return text;
}

void online(const char *userid, const char *platform, const char *uuid, const char *room)
{
	char id[128], own[64];

	snprintf(id, sizeof(id), "/d#%s#%s-%s", userid, platform, uuid);
	snprintf(own, sizeof(own), "user_%s", userid);
	command("EVAL %s 1 " B " c1.1 lp: 100 %s %s 1 %s %s %s %s %s %s",
		script_get("client_on")->text, "", id, userid, platform, "", "", own, room);
}

/* As when it starts. */
static void open_connector(void)
{
	command("ZADD lp:nodes 9999999999999 c1.1");
	command("DEL lp:inbox:c1.1");
	command("XADD lp:inbox:c1.1 1-0 k hello");
	command("HSET lp:inbox-seq c1.1 1");
}

void fresh(void)
{
	command("FLUSHALL");
	EXPECT("save",
	       post(ADMIN, "/api/admin/namespace/save",
		    "{\"key\":\"d\",\"name\":\"D\",\"auth_passwd\":\"pw:1\"}"),
	       "200 {}");
	open_connector();
}

static void other_digest(char out[64])
{
	snprintf(out, 64, "%s",
		 command_text("EVAL %s 0 lp:{/e}*",
			      "local keys, all = redis.call('KEYS', ARGV[1]), '' "
			      "table.sort(keys) for _, key in ipairs(keys) do all = all .. key "
			      "if redis.call('TYPE', key).ok == 'hash' then "
			      "local fields = redis.call('HGETALL', key) table.sort(fields) "
			      "all = all .. table.concat(fields, ' ') else "
			      "all = all .. redis.call('DUMP', key) end end "
			      "return #keys .. ' ' .. redis.sha1hex(all)"));
}

static char other_before[64];

void other_begin(void)
{
	static const char *const platforms[] = {"web", "ios", "android"};

	post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"/e\",\"auth_passwd\":\"pw:1\"}");
	open_connector(); /* it was told */
	for (size_t i = 0; i < COUNT(platforms); i++) {
		command("ZADD lp:{/e}:room:r:ever:%s 1 /e#ann#%s-1", platforms[i], platforms[i]);
		command("ZADD lp:{/e}:ever 1 /e#ann#%s-1", platforms[i]);
		command("HSET lp:{/e}:client:/e#ann#%s-1 userId ann", platforms[i]);
		command("SADD lp:{/e}:quiet:/e#ann#%s-1 q", platforms[i]);
	}
	command("HSET lp:{/e}:route:r c1.1 1");
	command("HSET lp:{/e}:clients /e#ann#web-1 c1.1/1/3");
	command("HSET lp:{/e}:stat:20415 p0 1");
	other_digest(other_before);
}

void other_end(void)
{
	char now[64];

	other_digest(now);
	EXPECT("of the other namespace", now, other_before);
	CHECK(strncmp(now, "0 ", 2) != 0);
}

void fixture_restart(void)
{
	redis_server_again(fixture.server);
	fixture.redis = redis_server_connect(fixture.server);
}

void fixture_kill(void)
{
	redisFree(fixture.redis);
	redis_server_kill(fixture.server);
}

void fixture_failures(const char *failures)
{
	char *error;

	if (settings_set(&fixture.settings, "login_failures", failures, &error))
		abort();
	auth_free(app.auth);
	app.auth = auth_new(&fixture.settings);
}

void fixture_forget_rates(void)
{
	rate_memory_free(app.rates);
	app.rates = rate_memory_new(10);
}

int fixture_main(const char *suite, const struct lp_test *tests, size_t count)
{
	struct settings *s = &fixture.settings;
	char *error;
	int status;

	fixture.server = redis_server_start();
	fixture.redis = redis_server_connect(fixture.server);
	scripts_init();
	settings_init(s);
	if (settings_set(s, "redis_address", redis_server_address(fixture.server), &error) ||
	    settings_set(s, "admin_passwd", "admin-pw", &error))
		abort();
	app.rules = ident_rules_new(s->key_reg, 50, 100, 100, 100, &error);
	app.redis = redis_shared_new(s);
	fixture_failures("0");
	fixture_forget_rates();
	app.secret_keys = secret_keys_new("k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", NULL);
	client = redis_new(app.redis);
	status = lp_test_main(suite, tests, count);
	get("", "/health"); /* frees the answer before */
	redis_free(client);
	rate_memory_free(app.rates);
	auth_free(app.auth);
	secret_keys_free(app.secret_keys);
	redis_shared_free(app.redis);
	ident_rules_free(app.rules);
	settings_clear(s);
	redisFree(fixture.redis);
	redis_server_stop(fixture.server);
	return status;
}
