#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_form.h"
#include "fcgi-api/route.h"
#include "tests/unit/lp_test.h"

/* Answers with what it was given: <arg>|<query>|<body> */
static void echo(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	lp_buf_adds(&resp->body, lp_buf_str(&req->arg));
	lp_buf_addc(&resp->body, '|');
	lp_json_text(&resp->body, req->params);
	lp_buf_addc(&resp->body, '|');
	if (req->body)
		lp_json_text(&resp->body, req->body);
}

static const struct route routes[] = {
	{API_GET, "/health", AUTH_NONE, SCOPE_ANY, route_health},
	{API_GET, "/api/x", AUTH_NONE, SCOPE_ANY, echo},
	{API_POST, "/api/x", AUTH_NONE, SCOPE_ANY, echo},
	{API_GET, "/api/x/:id", AUTH_NONE, SCOPE_ANY, echo},
	{API_POST, "/api/x/only", AUTH_NONE, SCOPE_ANY, echo},
	{API_POST, "/api/admin/login", AUTH_ADMIN, SCOPE_ANY, route_login},
	{API_OTHER, NULL, AUTH_NONE, SCOPE_ANY, NULL},
};

static struct settings settings;
static struct api_app app = {.settings = &settings, .routes = routes};

/* source is a struct lp_str, or NULL for a body that ends early. */
static int read_body(struct api_req *req, struct lp_buf *out, size_t max)
{
	const struct lp_str *body = req->source;

	if (!body)
		return LP_EIO;
	if (body->n > max)
		return LP_ETOOBIG;
	lp_buf_adds(out, *body);
	return LP_OK;
}

static void serve(struct api_req *req, struct api_resp *resp)
{
	struct api_ctx ctx = {.app = &app};

	req->read_body = read_body;
	route_serve(&ctx, req, resp);
}

static void test_paths(void)
{
	static const struct {
		enum api_method method;
		const char *path;
		int status;
		const char *body; /* or, for 405, what Allow says */
	} rows[] = {
		{API_GET, "/health", 200, "hello"},
		{API_GET, "/health/", 200, "hello"},
		{API_GET, "/heal%74h", 200, "hello"},
		{API_GET, "/api/x", 200, "|{}|"},
		{API_GET, "/api/x/7", 200, "7|{}|"},
		{API_GET, "/api/x/a%2Fb", 200, "a/b|{}|"},
		{API_GET, "/api/x/%zz", 200, "%zz|{}|"},
		{API_GET, "/api/x/only", 200, "only|{}|"},
		{API_POST, "/health", 405, "GET, HEAD"},
		{API_POST, "/api/x/7", 405, "GET, HEAD"},
		{API_OTHER, "/api/x", 405, "GET, HEAD, POST"},
		{API_GET, "/api/admin/login", 405, "POST"},
		{API_OPTIONS, "/health", 405, "GET, HEAD"},
		{API_OPTIONS, "/api/none", 204, ""},
		{API_GET, "", 404, NULL},
		{API_GET, "/", 404, NULL},
		{API_GET, "health", 404, NULL},
		{API_GET, "//health", 404, NULL},
		{API_GET, "/Health", 404, NULL},
		{API_GET, "/api/x//", 404, NULL},
		{API_GET, "/api%2Fx", 404, NULL},
		{API_GET, "/api/x/7/8", 404, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct api_req req = {.method = rows[i].method, .path = lp_cstr(rows[i].path)};
		struct api_resp resp = {0};

		serve(&req, &resp);
		CHECK_ROW(req.path, resp.status == rows[i].status);
		if (rows[i].status == 405)
			CHECK_STR(req.path, lp_cstr(resp.allow), lp_cstr(rows[i].body));
		else if (rows[i].body)
			CHECK_STR(req.path, lp_buf_str(&resp.body), lp_cstr(rows[i].body));
		CHECK_ROW(req.path, resp.preflight == (rows[i].status == 204));
		api_req_clear(&req);
		lp_buf_clear(&resp.body);
	}
}

static void test_bodies(void)
{
	static const char json[] = "application/json", form[] = "application/x-www-form-urlencoded";
	static const struct {
		const char *type;
		struct lp_str body;
		const char *want; /* NULL: 400 */
	} rows[] = {
		{json, BYTES("{\"a\":1}"), "|{}|{\"a\":1}"},
		{"Application/JSON ; charset=utf-8", BYTES("[]"), "|{}|[]"},
		{"application/vnd.x+json", BYTES("{}"), "|{}|{}"},
		{json, BYTES(""), "|{}|{}"},
		{form, BYTES("a[b]=1"), "|{}|{\"a\":{\"b\":\"1\"}}"},
		{form, BYTES(""), "|{}|{}"},
		{"text/plain", BYTES("{\"a\":1}"), "|{}|{}"},
		{"", BYTES("{\"a\":1}"), "|{}|{}"},
		{json, BYTES("{"), NULL},
		{json, BYTES("17"), NULL},
		{json, BYTES("null"), NULL},
		{json, BYTES("{\"a\":NaN}"), NULL},
		{json, BYTES("{\"a\":\"\xff\"}"), NULL},
		{json, BYTES("{}\0"), NULL},
		{json, BYTES(" "), NULL},
		{form, BYTES("a=%ff"), NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str body = rows[i].body;
		struct api_req req = {.method = API_POST,
				      .path = LP_STR("/api/x"),
				      .content_type = lp_cstr(rows[i].type),
				      .source = &body};
		struct api_resp resp = {0};

		serve(&req, &resp);
		CHECK_ROW(body, resp.status == (rows[i].want ? 200 : 400));
		if (rows[i].want)
			CHECK_STR(body, lp_buf_str(&resp.body), lp_cstr(rows[i].want));
		api_req_clear(&req);
		lp_buf_clear(&resp.body);
	}
}

static void check_status(struct api_req req, int want)
{
	struct api_resp resp = {0};

	serve(&req, &resp);
	CHECK_ROW(req.authorization, resp.status == want);
	api_req_clear(&req);
	lp_buf_clear(&resp.body);
}

static void test_limits(void)
{
	struct lp_str fits = LP_STR("{\"a\":12345678}"), over = LP_STR("{\"a\":123456789}");
	struct api_req req = {.method = API_POST,
			      .path = LP_STR("/api/x"),
			      .content_type = LP_STR("application/json")};

	settings.max_body = (int64_t)fits.n;
	req.source = &fits;
	check_status(req, 200);
	req.source = &over;
	check_status(req, 413);
	req.source = NULL;
	check_status(req, 400);
	req.source = &fits;
	req.query = LP_STR("a=%ff");
	check_status(req, 400);
	settings.max_body = 1000;
}

/* Each with an unreadable body: who may not ask does not learn of that. */
static void test_admin(void)
{
	static const struct {
		const char *passwd; /* the setting */
		struct lp_str header;
		int status;
	} rows[] = {
		{"p:w", BYTES("Basic YWRtaW46cDp3"), 200}, /* admin:p:w */
		{"p:w", BYTES("bAsIc   YWRtaW46cDp3 "), 200},
		{"p:w", BYTES("YWRtaW46cDp3"), 200},
		{"p:w", BYTES(""), 400},
		{"p:w", BYTES("Basic"), 401},
		{"p:w", BYTES("Basic YWRtaW46cA=="), 401}, /* admin:p */
		{"p:w", BYTES("Basic YWRtaW4="), 401},     /* admin */
		{"p:w", BYTES("Basic eDpwOnc="), 401},     /* x:p:w */
		{"p:w", BYTES("Bearer YWRtaW46cDp3"), 401},
		{"p:w", BYTES("!"), 401},
		{"", BYTES("Basic YWRtaW46"), 401}, /* admin: */
	};
	struct lp_str empty = LP_STR("");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct api_req req = {.method = API_POST,
				      .path = LP_STR("/api/admin/login"),
				      .authorization = rows[i].header,
				      .source = rows[i].status == 200 ? &empty : NULL};
		char passwd[8];

		snprintf(passwd, sizeof(passwd), "%s", rows[i].passwd);
		settings.admin_passwd = passwd;
		check_status(req, rows[i].status);
	}
}

/* Every error has a status, a message and a slug of its own. */
static void test_errors(void)
{
	struct api_resp resp[API_ERROR_COUNT] = {0};

	for (int e = 1; e < API_ERROR_COUNT; e++) {
		struct json_object *body = NULL;
		struct lp_str slug;

		api_fail(&resp[e], (enum api_error)e);
		CHECK(resp[e].status >= 400);
		CHECK(lp_json_parse(lp_buf_str(&resp[e].body), &body) == LP_OK);
		slug = lp_json_str(body, "error");
		CHECK_ROW(slug, slug.n && lp_json_str(body, "msg").n);
		for (size_t i = 0; i < slug.n; i++)
			CHECK_ROW(slug, slug.p[i] == '_' || (slug.p[i] >= 'a' && slug.p[i] <= 'z'));
		for (int other = 1; other < e; other++)
			CHECK_ROW(slug, !lp_str_eq(lp_buf_str(&resp[e].body),
						   lp_buf_str(&resp[other].body)));
		json_object_put(body);
	}
	for (int e = 0; e < API_ERROR_COUNT; e++)
		lp_buf_clear(&resp[e].body);
}

static void test_counts(void)
{
	static const struct {
		const char *query;
		int64_t want; /* 0: refused */
	} rows[] = {
		{"", 20},
		{"n=", 20},
		{"n=1", 1},
		{"n=007", 7},
		{"n=9223372036854775807", INT64_MAX},
		{"n=99999999999999999999", INT64_MAX},
		{"n=0", 0},
		{"n=-1", 0},
		{"n=1.5", 0},
		{"n=x", 0},
		{"n=1x", 0},
		{"n=%201", 0},
		{"n=1%00", 0},
		{"n=1&n=2", 0},
		{"n[a]=1", 0},
		{"n=1e3", 0},
	};
	int64_t got;

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str query = lp_cstr(rows[i].query);
		struct json_object *form;
		bool ok;

		CHECK(api_form_parse(query, &form) == LP_OK);
		ok = api_param_count(form, "n", 20, &got);
		CHECK_ROW(query, ok == (rows[i].want > 0));
		if (ok)
			CHECK_ROW(query, got == rows[i].want);
		json_object_put(form);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"paths", test_paths}, {"bodies", test_bodies}, {"limits", test_limits},
		{"admin", test_admin}, {"errors", test_errors}, {"counts", test_counts},
	};
	int status;

	settings_init(&settings);
	free(settings.admin_passwd);
	app.auth = auth_new(&settings);
	status = lp_test_main("route", tests, COUNT(tests));
	auth_free(app.auth);
	settings.admin_passwd = NULL; /* was a test's own */
	settings_clear(&settings);
	return status;
}
