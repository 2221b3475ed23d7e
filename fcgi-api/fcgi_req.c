#include "config.h"

#include <ctype.h>
#include <errno.h>
#include <fcgiapp.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "common/lp_log.h"
#include "common/lp_time.h"
#include "fcgi-api/fcgi_req.h"
#include "fcgi-api/route.h"

#define READ_CHUNK 16384
#define DRAIN_MAX  (16 << 20) /* bytes of an unwanted body */
#define SLICE      (64 << 10) /* bytes of an answer given to the web server at a time */
#define SLICE_MS   60000      /* within which it must have taken them */

#define ALLOW_HEADERS                                                                              \
	"Content-Type, AdminKey, Nonce, Timestamp, Signature, AppKey, Token, AppId, RefKey, "      \
	"Authorization, Idempotency-Key"

static struct lp_str param(const FCGX_Request *fcgi, const char *name)
{
	return lp_cstr(FCGX_GetParam(name, fcgi->envp));
}

/* The announced length; -1 when there is none, or one that can not be. */
static int64_t content_length(const FCGX_Request *fcgi)
{
	struct lp_str text = param(fcgi, "CONTENT_LENGTH");

	for (size_t i = 0; i < text.n; i++) {
		if (!isdigit((unsigned char)text.p[i]))
			return -1;
	}
	return text.n ? strtoll(text.p, NULL, 10) : -1; /* INT64_MAX when it does not fit */
}

static int read_body(struct api_req *req, struct lp_buf *out, size_t max)
{
	FCGX_Request *fcgi = req->source;
	int64_t announced = content_length(fcgi);
	size_t before = out->len;
	int n;

	if (announced > (int64_t)max)
		return LP_ETOOBIG;
	do {
		char *at = lp_buf_reserve(out, READ_CHUNK);

		n = FCGX_GetStr(at, READ_CHUNK, fcgi->in);
		if (n > 0)
			out->len += (size_t)n;
		if (out->len - before > max)
			return LP_ETOOBIG;
	} while (n == READ_CHUNK);
	out->data[out->len] = '\0';
	/* Without its length, as when it comes in chunks, only that tells where it broke off. */
	if (FCGX_GetError(fcgi->in))
		return LP_EIO;
	return announced >= 0 && out->len - before < (size_t)announced ? LP_EIO : LP_OK;
}

/* Path and query of the request line; escapes stay, which PATH_INFO would have lost. */
static void read_target(const FCGX_Request *fcgi, struct api_req *req)
{
	struct lp_str uri = param(fcgi, "REQUEST_URI");
	size_t mark;

	if (!uri.n)
		uri = param(fcgi, "SCRIPT_NAME");
	if (lp_str_starts(uri, LP_STR("http://")) || lp_str_starts(uri, LP_STR("https://"))) {
		uri = lp_str_from(uri, lp_str_find(uri, ':') + 3);
		uri = lp_str_from(uri, lp_str_find(uri, '/'));
	}
	mark = lp_str_find(uri, '?');
	req->path = lp_str(uri.p, mark);
	req->query = lp_str_from(uri, mark + 1);
	if (!req->query.n)
		req->query = param(fcgi, "QUERY_STRING");
}

static void read_head(FCGX_Request *fcgi, struct api_req *req)
{
	struct lp_str method = param(fcgi, "REQUEST_METHOD");

	if (lp_str_eq(method, LP_STR("GET")) || lp_str_eq(method, LP_STR("HEAD")))
		req->method = API_GET;
	else if (lp_str_eq(method, LP_STR("POST")))
		req->method = API_POST;
	else if (lp_str_eq(method, LP_STR("OPTIONS")))
		req->method = API_OPTIONS;
	read_target(fcgi, req);
	req->authorization = param(fcgi, "HTTP_AUTHORIZATION");
	req->origin = param(fcgi, "HTTP_ORIGIN");
	req->content_type = param(fcgi, "CONTENT_TYPE");
	req->remote_addr = param(fcgi, "REMOTE_ADDR");
	req->idempotency_key = param(fcgi, "HTTP_IDEMPOTENCY_KEY");
	req->read_body = read_body;
	req->source = fcgi;
}

/* Whether origin is one of the items of list, which commas separate. */
static bool listed(struct lp_str list, struct lp_str origin)
{
	while (list.n) {
		size_t n = lp_str_find(list, ',');

		if (lp_str_caseeq(lp_str(list.p, n), origin))
			return true;
		list = lp_str_from(list, n + 1);
	}
	return false;
}

static void add_cors(struct lp_buf *head, const struct api_ctx *ctx, const struct api_req *req)
{
	struct lp_str origins = lp_cstr(ctx->app->settings->cors_origins);

	if (lp_str_eq(origins, LP_STR("*"))) {
		lp_buf_addz(head, "Access-Control-Allow-Origin: *\r\n");
	} else if (origins.n) {
		lp_buf_addz(head, "Vary: Origin\r\n");
		if (req->origin.n && listed(origins, req->origin))
			lp_buf_addf(head,
				    "Access-Control-Allow-Origin: %.*s\r\n"
				    "Access-Control-Allow-Credentials: true\r\n",
				    LP_FMT(req->origin));
	}
}

static const char *reason(int status)
{
	switch (status) {
	case 200:
		return "OK";
	case 204:
		return "No Content";
	case 400:
		return "Bad Request";
	case 401:
		return "Unauthorized";
	case 403:
		return "Forbidden";
	case 404:
		return "Not Found";
	case 405:
		return "Method Not Allowed";
	case 413:
		return "Content Too Large";
	case 422:
		return "Unprocessable Content";
	case 429:
		return "Too Many Requests";
	case 503:
		return "Service Unavailable";
	default:
		return "Unknown";
	}
}

/* Whole seconds, not less than us. */
static int64_t seconds(int64_t us)
{
	return (us + 999999) / 1000000;
}

static void add_rate(struct lp_buf *head, const struct api_resp *resp)
{
	const struct api_rate *rate = &resp->rate;

	if (rate->limit)
		lp_buf_addf(head,
			    "RateLimit-Limit: %" PRId64 "\r\nRateLimit-Remaining: %" PRId64
			    "\r\nRateLimit-Reset: %" PRId64 "\r\n",
			    rate->limit, rate->left, seconds(rate->full_us));
	if (resp->status == 429)
		lp_buf_addf(head, "Retry-After: %" PRId64 "\r\n", seconds(rate->more_us));
}

static void add_content(struct lp_buf *head, const struct api_resp *resp)
{
	const char *type = resp->type ? resp->type : resp->text ? "text/plain" : "application/json";

	lp_buf_addf(head, "Content-Type: %s; charset=utf-8\r\nCache-Control: no-store\r\n", type);
	if (resp->filename)
		lp_buf_addf(head, "Content-Disposition: attachment; filename=\"%s\"\r\n",
			    resp->filename);
	if (!resp->stream)
		lp_buf_addf(head, "Content-Length: %zu\r\n", resp->body.len);
}

static void add_head(struct lp_buf *out, struct api_ctx *ctx, const struct api_req *req,
		     const struct api_resp *resp, uint64_t taken_ms)
{
	lp_buf_addf(out, "Status: %d %s\r\nfrom: light-push\r\nX-Response-Time: %" PRIu64 "ms\r\n",
		    resp->status, reason(resp->status), taken_ms);
	add_cors(out, ctx, req);
	if (resp->preflight)
		lp_buf_addz(out, "Access-Control-Allow-Methods: GET, POST\r\n"
				 "Access-Control-Allow-Headers: " ALLOW_HEADERS "\r\n"
				 "Access-Control-Max-Age: 2592000\r\n");
	if (resp->allow)
		lp_buf_addf(out, "Allow: %s\r\n", resp->allow);
	add_rate(out, resp);
	if (resp->searched)
		lp_buf_addf(out, "Searched-Back-To: %" PRId64 "\r\n", resp->searched);
	if (resp->status == 503)
		lp_buf_addz(out, "Retry-After: 1\r\n");
	if (resp->status != 204)
		add_content(out, resp);
	lp_buf_addz(out, "\r\n");
}

/*
 * In slices, since libfcgi counts in int, and since whoever takes a long answer a few bytes at a
 * time must not hold a thread for ever. False when the web server has gone, or does not take it.
 */
static bool write_text(FCGX_Request *fcgi, struct lp_str text)
{
	while (text.n) {
		int n = text.n > SLICE ? SLICE : (int)text.n;
		uint64_t started = lp_mono_ms();

		if (FCGX_PutStr(text.p, n, fcgi->out) != n || lp_mono_ms() - started > SLICE_MS)
			return false;
		text = lp_str_from(text, (size_t)n);
	}
	return true;
}

/*
 * What an answer streams. False when it broke off: there is no other way to tell then than to close
 * the connection before the end of the request, which web servers pass on.
 */
static bool write_stream(FCGX_Request *fcgi, struct api_stream *stream)
{
	struct lp_buf piece = {0};
	int rc = LP_OK;

	while (rc == LP_OK) {
		lp_buf_reset(&piece);
		rc = stream->next(stream, &piece);
		if (rc == LP_OK && !write_text(fcgi, lp_buf_str(&piece)))
			rc = LP_EIO;
	}
	lp_buf_clear(&piece);
	return rc == LP_ENOENT;
}

/* False when it could not be written to its end. */
static bool write_answer(struct api_ctx *ctx, FCGX_Request *fcgi, const struct api_req *req,
			 const struct api_resp *resp, uint64_t taken_ms)
{
	bool head = lp_str_eq(param(fcgi, "REQUEST_METHOD"), LP_STR("HEAD")), whole;
	struct lp_buf out = {0};

	add_head(&out, ctx, req, resp, taken_ms);
	if (!head)
		lp_buf_adds(&out, lp_buf_str(&resp->body));
	whole = write_text(fcgi, lp_buf_str(&out));
	lp_buf_clear(&out);
	if (whole && resp->stream && !head)
		whole = write_stream(fcgi, resp->stream);
	if (!whole)
		shutdown(fcgi->ipcFd, SHUT_RDWR);
	return whole;
}

/*
 * Reads what is left of the body, which a handler did not want, so that the connection can be
 * used again: the web server takes it for its next request at once, and would find it closed.
 * Before the answer: nginx stops sending a body when the answer to it begins, and then waits for the
 * end of the request as we would for the end of the body. False when the body is too long for that.
 */
static bool drain(FCGX_Request *fcgi)
{
	char scratch[READ_CHUNK];
	size_t total = 0;
	int n;

	do {
		n = FCGX_GetStr(scratch, sizeof(scratch), fcgi->in);
		total += n > 0 ? (size_t)n : 0;
	} while (n == (int)sizeof(scratch) && total < DRAIN_MAX);
	return n < (int)sizeof(scratch);
}

bool fcgi_req_serve(struct api_ctx *ctx, FCGX_Request *fcgi)
{
	uint64_t started = lp_mono_ms(), taken;
	struct api_req req = {0};
	struct api_resp resp = {0};
	bool whole;

	read_head(fcgi, &req);
	route_serve(ctx, &req, &resp);
	whole = drain(fcgi);
	taken = lp_mono_ms() - started;
	if (!write_answer(ctx, fcgi, &req, &resp, taken))
		whole = false;
	if (resp.stream)
		resp.stream->free(resp.stream);
	lp_debug("api", "answered path=%.*s status=%d ms=%" PRIu64, LP_FMT(req.path), resp.status,
		 taken);
	api_req_clear(&req);
	lp_buf_clear(&resp.body);
	return whole;
}
