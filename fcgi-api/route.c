#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/api_error.h"
#include "fcgi-api/api_form.h"
#include "fcgi-api/route.h"

/* Takes the next segment of a path off it. False at the end. */
static bool next_segment(struct lp_str *path, struct lp_str *segment)
{
	size_t n;

	if (!path->n || path->p[0] != '/')
		return false;
	*path = lp_str_from(*path, 1);
	n = lp_str_find(*path, '/');
	*segment = lp_str(path->p, n);
	*path = lp_str_from(*path, n);
	return true;
}

/*
 * The path is split as it was sent and decoded after that, so that an escaped slash belongs to its
 * segment. One slash at the end is forgiven.
 */
static bool matches(const char *pattern, struct lp_str path, struct lp_buf *arg)
{
	struct lp_str rest = lp_cstr(pattern), want, got;
	struct lp_buf decoded = {0};
	bool same = true;

	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	while (same && next_segment(&rest, &want)) {
		if (!next_segment(&path, &got)) {
			same = false;
			break;
		}
		lp_buf_reset(&decoded);
		api_form_unescape(&decoded, got, false);
		if (want.n && want.p[0] == ':') {
			lp_buf_reset(arg);
			lp_buf_adds(arg, lp_buf_str(&decoded));
			same = decoded.len;
		} else {
			same = lp_str_eq(want, lp_buf_str(&decoded));
		}
	}
	lp_buf_clear(&decoded);
	return same && !path.n;
}

/*
 * /api/admin/as/:key/<rest> is /api/auth/<rest> in the name of that namespace. The slash in front of
 * the key may be missing.
 */
static bool act_as(struct api_req *req)
{
	const struct lp_str prefix = LP_STR("/api/admin/as");
	struct lp_str rest, key;

	if (!lp_str_starts(req->path, prefix))
		return false;
	rest = lp_str_from(req->path, prefix.n);
	if (!next_segment(&rest, &key) || !rest.n)
		return false;
	api_form_unescape(&req->as, key, false);
	if (!lp_str_starts(lp_buf_str(&req->as), LP_STR("/"))) {
		lp_buf_reset(&req->as);
		lp_buf_addc(&req->as, '/');
		api_form_unescape(&req->as, key, false);
	}
	lp_buf_addz(&req->as_path, "/api/auth");
	lp_buf_adds(&req->as_path, rest);
	req->path = lp_buf_str(&req->as_path);
	return true;
}

/* NULL when there is none; then resp is the answer. */
static const struct route *find(const struct route *routes, struct api_req *req,
				struct api_resp *resp)
{
	const struct route *known = NULL;
	enum api_method methods = API_OTHER;

	for (const struct route *r = routes; r->path; r++) {
		if (!matches(r->path, req->path, &req->arg))
			continue;
		if (r->method == req->method)
			return r;
		methods = known && methods != r->method ? API_OPTIONS : r->method;
		known = r;
	}
	if (known) {
		resp->allow = methods == API_GET    ? "GET, HEAD"
			      : methods == API_POST ? "POST"
						    : "GET, HEAD, POST";
		api_fail(resp, API_METHOD_NOT_ALLOWED);
	} else {
		api_fail(resp, API_NOT_FOUND);
	}
	return NULL;
}

/* The type without its parameters is application/json, or ends in +json. */
static bool is_json(struct lp_str type)
{
	return lp_str_caseeq(type, LP_STR("application/json")) ||
	       (type.n > 5 && lp_str_caseeq(lp_str_from(type, type.n - 5), LP_STR("+json")));
}

static enum api_error parse_json(struct api_req *req)
{
	struct lp_str text = lp_buf_str(&req->body_text);

	if (!text.n) {
		req->body = json_object_new_object();
		return API_OK;
	}
	if (lp_json_parse(text, &req->body) != LP_OK)
		return API_BODY_INVALID;
	if (json_object_is_type(req->body, json_type_object) ||
	    json_object_is_type(req->body, json_type_array))
		return API_OK;
	return API_BODY_INVALID;
}

static enum api_error read_body(struct api_ctx *ctx, struct api_req *req)
{
	struct lp_str type = req->content_type;
	int rc = req->read_body(req, &req->body_text, (size_t)ctx->app->settings->max_body);

	if (rc == LP_ETOOBIG)
		return API_BODY_TOO_LARGE;
	if (rc != LP_OK)
		return API_BODY_INVALID;
	type.n = lp_str_find(type, ';');
	while (type.n && type.p[type.n - 1] == ' ')
		type.n--;
	if (is_json(type))
		return parse_json(req);
	if (lp_str_caseeq(type, LP_STR("application/x-www-form-urlencoded")))
		rc = api_form_parse(lp_buf_str(&req->body_text), &req->body);
	else
		req->body = json_object_new_object(); /* as light-push 1.x: not looked at */
	lp_buf_reset(&req->body_text);
	return rc == LP_OK ? API_OK : API_BODY_INVALID;
}

void route_serve(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	const struct route *routes = ctx->app->routes, *route;
	enum api_error err;

	resp->status = 200;
	if (req->method == API_OPTIONS && lp_str_starts(req->path, LP_STR("/api/"))) {
		resp->status = 204;
		resp->preflight = true;
		return;
	}
	if (ctx->app->as_routes && act_as(req))
		routes = ctx->app->as_routes;
	route = find(routes, req, resp);
	if (!route)
		return;
	req->scope = route->scope;
	err = auth_check(ctx, req, route->auth);
	if (err == API_OK && api_form_parse(req->query, &req->params) != LP_OK)
		err = API_QUERY_INVALID;
	if (err == API_OK && req->method == API_POST)
		err = read_body(ctx, req);
	if (err == API_OK)
		route->handler(ctx, req, resp);
	else
		api_fail(resp, err);
	if (resp->status == 429 && req->wait_ms)
		resp->rate.more_us = req->wait_ms * 1000;
}

void route_health(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	resp->text = true;
	lp_buf_addz(&resp->body, "hello");
}

void route_login(struct api_ctx *ctx, struct api_req *req, struct api_resp *resp)
{
	lp_buf_addz(&resp->body, "{}");
}
