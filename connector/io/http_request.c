#include "config.h"

#include <stdlib.h>

#include "connector/io/cors.h"
#include "connector/io/gzip.h"
#include "connector/io/http_out.h"
#include "connector/io/peer.h"
#include "connector/proto/ws_handshake.h"

#define HELD_MAX    16384  /* bytes taken in advance while a request is worked on */
#define BACKLOG_MAX 262144 /* bytes of answers not taken before the next request is looked at */

void http_request_free(struct http_request *r)
{
	if (!r)
		return;
	lp_buf_clear(&r->cors);
	lp_buf_clear(&r->content_type);
	lp_buf_clear(&r->body);
	free(r);
}

/* --- answers --- */

static enum http_out_mode out_mode(const struct http_request *r, bool close)
{
	if (close || !r)
		return HTTP_OUT_CLOSE;
	return r->minor_0 ? HTTP_OUT_KEEP_10 : HTTP_OUT_KEEP;
}

/* Sends the server's text buffer, and the body behind it. */
static void send_text(struct peer *p, struct lp_str body)
{
	struct lp_buf *text = &peer_server(p)->text;
	struct lp_blob *b = lp_blob_new(NULL, text->len + body.n);

	memcpy(b->data, text->data, text->len);
	if (body.n)
		memcpy(b->data + text->len, body.p, body.n);
	conn_send(&p->conn, b, false);
	lp_blob_unref(b);
}

/* Compresses the body of an answer where that is worth it, and says so in the head. */
static void encode(struct http_server *s, const struct http_request *r, struct http_answer *a,
		   struct http_out *out)
{
	struct lp_str small;

	if (!s->gzip || a->status != 200 || a->body.n < s->conf.compression_threshold)
		return;
	out->vary |= HTTP_OUT_VARY_ENCODING;
	if (!r->gzip)
		return;
	small = gzip_compress(s->gzip, a->body);
	if (small.n >= a->body.n)
		return;
	a->body = small;
	out->encoding = "gzip";
}

void http_request_answer(struct peer *p, const struct http_answer *a)
{
	struct http_answer answer = *a;
	struct http_server *s = peer_server(p);
	struct http_request *r = p->request;
	bool close = a->close || !r || !r->keep_alive || r->unread || s->draining;
	bool no_body = r && r->head_only;
	struct http_out out = {.mode = out_mode(r, close)};

	if (r) {
		out.vary = r->vary;
		out.extra = lp_buf_str(&r->cors);
		encode(s, r, &answer, &out);
	}
	lp_buf_reset(&s->text);
	http_out_head(&s->text, &answer, &out);
	send_text(p, no_body ? LP_STR("") : answer.body);
	p->request = NULL;
	http_request_free(r);
	if (close) {
		peer_set_state(p, PEER_OVER);
		conn_finish(&p->conn);
		return;
	}
	peer_set_state(p, PEER_HEAD);
	p->unsent = 0;
	deadline_set(&p->conn.deadline, &s->idles, peer_now(p));
	conn_resume(&p->conn);
}

static void answer_error(struct peer *p, int status, bool close)
{
	struct lp_buf json = {0};
	struct http_answer a = {
		.status = status, .content_type = "application/json", .close = close};

	lp_buf_addf(&json, "{\"code\":%d,\"message\":\"%s\"}", status, http_out_reason(status));
	a.body = lp_buf_str(&json);
	http_request_answer(p, &a);
	lp_buf_clear(&json);
}

void http_request_refuse(struct peer *p, int status)
{
	if (status != 408)
		peer_server(p)->stats.bad_requests++;
	answer_error(p, status, true);
}

/* Paths that are no engine's. */
static void answer_other(struct peer *p, const struct http_head *h)
{
	struct http_answer hello = {
		.status = 200, .content_type = "text/plain", .body = LP_STR("hello")};
	bool get = lp_str_eq(h->method, LP_STR("GET")) || lp_str_eq(h->method, LP_STR("HEAD"));

	if (!lp_str_eq(h->path, LP_STR("/health")))
		answer_error(p, 404, false);
	else if (!get)
		answer_error(p, 405, false);
	else
		http_request_answer(p, &hello);
}

/* --- requests for an engine --- */

/* False when the upgrade was refused. */
static bool may_upgrade(struct peer *p, const struct http_head *h)
{
	int rc = ws_handshake_check(h);

	if (!cors_websocket(peer_server(p)->cors, h)) {
		peer_server(p)->stats.bad_origins++;
		answer_error(p, 403, true);
		return false;
	}
	if (rc == LP_EINVAL)
		lp_buf_addz(&p->request->cors, "Sec-WebSocket-Version: 13\r\n");
	if (rc != LP_OK)
		http_request_refuse(p, 400);
	return rc == LP_OK;
}

/* Agrees on compression if it is on and one of the offers suits. */
static void negotiate(struct peer *p, const struct http_head *h)
{
	const char *answer = NULL;

	for (size_t i = 0; i < h->header_count && peer_server(p)->deflate && !answer; i++) {
		if (lp_str_caseeq(h->headers[i].name, LP_STR("Sec-WebSocket-Extensions")))
			answer = ws_deflate_answer(h->headers[i].value);
	}
	if (!answer)
		return;
	lp_buf_addf(&p->request->cors, "Sec-WebSocket-Extensions: %s\r\n", answer);
	p->message.deflate = peer_server(p)->deflate;
}

static void open_websocket(struct peer *p, const struct http_head *h)
{
	struct http_server *s = peer_server(p);

	negotiate(p, h);
	http_out_vary(&p->request->cors, p->request->vary);
	lp_buf_reset(&s->text);
	ws_handshake_answer(&s->text, h, lp_buf_str(&p->request->cors));
	send_text(p, LP_STR(""));
	http_request_free(p->request);
	p->request = NULL;
	s->stats.websockets++;
	peer_set_state(p, PEER_OPEN);
	engine_opened(p->engine, &p->link, peer_now(p));
}

static void body_too_large(struct peer *p)
{
	peer_server(p)->stats.large_bodies++;
	peer_detach(p, CLOSE_PROTOCOL);
	http_request_refuse(p, 413);
}

/* The engine wants the body; rest: what came behind the head, all of it unless r->unread. */
static void want_body(struct peer *p, const struct http_head *h, struct lp_str rest)
{
	struct http_request *r = p->request;
	struct lp_str type = http_head_get(h, "Content-Type");
	size_t length = h->content_length > 0 ? (size_t)h->content_length : 0;

	if (length > peer_server(p)->conf.max_payload) {
		body_too_large(p);
		return;
	}
	if (!r->unread) {
		engine_body(p->engine, &p->link, type, lp_str(rest.p, length), peer_now(p));
		return;
	}
	lp_buf_adds(&r->content_type, type);
	r->is_chunked = h->chunked;
	r->left = length;
	peer_set_state(p, PEER_BODY);
	deadline_set(&p->conn.deadline, &peer_server(p)->bodies, peer_now(p));
	if (!rest.n && http_head_has_token(h, "Expect", "100-continue")) {
		lp_buf_reset(&peer_server(p)->text);
		lp_buf_addz(&peer_server(p)->text, "HTTP/1.1 100 Continue\r\n\r\n");
		send_text(p, LP_STR(""));
	}
}

static void to_engine(struct peer *p, struct engine *e, const struct http_head *h,
		      struct lp_str rest)
{
	struct http_server *s = peer_server(p);
	struct http_request *r = p->request;

	r->gzip = s->gzip && gzip_accepted(http_head_get(h, "Accept-Encoding"));
	if (cors_headers(s->cors, h, &r->cors))
		r->vary = HTTP_OUT_VARY_ORIGIN;
	if (cors_preflight(s->cors, h, &r->cors)) {
		http_request_answer(p, &(struct http_answer){.status = 204});
		return;
	}
	/* A GET may wait, and then a body behind it would pass for the next request. */
	if (r->unread && lp_str_eq(h->method, LP_STR("GET"))) {
		http_request_refuse(p, 400);
		return;
	}
	if (h->upgrade_websocket && !may_upgrade(p, h))
		return;
	p->engine = e;
	switch (engine_request(e, &p->link, h, peer_now(p))) {
	case ENGINE_DONE:
		break;
	case ENGINE_WANT_BODY:
		want_body(p, h, rest);
		break;
	case ENGINE_UPGRADE:
		open_websocket(p, h);
		break;
	}
}

static struct engine *engine_for(const struct http_server *s, struct lp_str path)
{
	if (path.n > 1 && path.p[path.n - 1] == '/')
		path.n--;
	for (size_t i = 0; i < s->mount_count; i++) {
		if (lp_str_eq(path, lp_cstr(s->mounts[i].path)))
			return s->mounts[i].engine;
	}
	return NULL;
}

/* The head is complete; rest: what came behind it. Returns how much of that was the body. */
static size_t take_request(struct peer *p, const struct http_head *h, struct lp_str rest)
{
	struct http_request *r = lp_xcalloc(1, sizeof(*r));
	uint64_t length = h->content_length > 0 ? (uint64_t)h->content_length : 0;
	struct engine *e = engine_for(peer_server(p), h->path);

	peer_server(p)->stats.requests++;
	r->keep_alive = h->keep_alive;
	r->minor_0 = h->minor == 0;
	r->head_only = lp_str_eq(h->method, LP_STR("HEAD"));
	r->unread = h->chunked || length > rest.n;
	length = r->unread ? 0 : length;
	p->request = r;
	peer_set_state(p, PEER_WAIT);
	if (e)
		to_engine(p, e, h, rest);
	else
		answer_other(p, h);
	return (size_t)length;
}

/* --- input --- */

static size_t take_head(struct peer *p, const char *data, size_t len)
{
	struct http_server *s = peer_server(p);
	struct http_head h;
	ssize_t n;

	if (p->conn.deadline.queue != &s->heads)
		deadline_set(&p->conn.deadline, &s->heads, peer_now(p));
	n = http_head_parse(&h, data, len);
	if (n == 0 && len < s->conf.header_max)
		return 0;
	if (n == 0 || n == LP_ETOOBIG || (n > 0 && (size_t)n > s->conf.header_max)) {
		s->stats.large_heads++;
		http_request_refuse(p, 431);
		return 0;
	}
	if (n < 0) {
		http_request_refuse(p, 400);
		return 0;
	}
	deadline_clear(&p->conn.deadline);
	return (size_t)n + take_request(p, &h, lp_str(data + n, len - (size_t)n));
}

static void body_complete(struct peer *p)
{
	struct http_request *r = p->request;
	/* The answer frees the request, perhaps while the engine still works on the body. */
	struct lp_buf type = r->content_type;
	struct lp_buf body = r->body;

	r->content_type = r->body = (struct lp_buf){0};
	r->unread = false;
	deadline_clear(&p->conn.deadline);
	peer_set_state(p, PEER_WAIT);
	engine_body(p->engine, &p->link, lp_buf_str(&type), lp_buf_str(&body), peer_now(p));
	lp_buf_clear(&type);
	lp_buf_clear(&body);
}

static size_t take_chunks(struct peer *p, const char *data, size_t len)
{
	struct http_request *r = p->request;
	size_t used = 0;
	int rc = http_chunked_feed(&r->chunked, data, len, &r->body,
				   peer_server(p)->conf.max_payload, &used);

	if (rc == 1) {
		body_complete(p);
	} else if (rc == LP_ETOOBIG) {
		body_too_large(p);
	} else if (rc < 0) {
		peer_detach(p, CLOSE_PROTOCOL);
		http_request_refuse(p, 400);
	}
	return used;
}

static size_t take_body(struct peer *p, const char *data, size_t len)
{
	struct http_request *r = p->request;

	if (r->is_chunked)
		return take_chunks(p, data, len);
	if (len > r->left)
		len = (size_t)r->left;
	lp_buf_add(&r->body, data, len);
	r->left -= len;
	if (!r->left)
		body_complete(p);
	return len;
}

/* What comes before its time waits in the connection's buffer, which has a limit. */
static void hold(struct peer *p, size_t len)
{
	if (len <= HELD_MAX)
		return;
	peer_server(p)->stats.bad_requests++;
	peer_detach(p, CLOSE_PROTOCOL);
	conn_close(&p->conn);
}

/* False when a head that was incomplete can not be complete now: spares one that comes byte by byte
 * from being parsed each time. */
static bool worth_parsing(const struct peer *p, const char *data, size_t len, size_t fresh)
{
	return fresh >= len || memchr(data + len - fresh, '\n', fresh) ||
	       len >= peer_server(p)->conf.header_max;
}

size_t http_request_input(struct peer *p, char *data, size_t len, size_t fresh)
{
	size_t used = 0;

	while (used < len) {
		size_t n = 0;

		switch (p->state) {
		case PEER_HEAD:
			if (conn_pending(&p->conn) > BACKLOG_MAX)
				hold(p, len - used);
			else if (used || worth_parsing(p, data, len, fresh))
				n = take_head(p, data + used, len - used);
			break;
		case PEER_BODY:
			n = take_body(p, data + used, len - used);
			break;
		case PEER_WAIT:
			hold(p, len - used);
			break;
		case PEER_OPEN:
		case PEER_CLOSING:
			return used + ws_peer_input(p, data + used, len - used);
		case PEER_OVER:
			return len;
		}
		if (!n)
			break;
		used += n;
	}
	return used;
}
