#include "config.h"

#include <errno.h>
#include <event2/event.h>
#include <nghttp2/nghttp2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include "common/lp_time.h"
#include "worker/provider/dialer.h"
#include "worker/provider/h2.h"
#include "worker/provider/h2_fields.h"
#include "worker/provider/h2_tls.h"

/* How often a request that the server did not begin to serve is sent anew. */
#define TRIES_MAX 3u
/* Bytes gathered for one write. */
#define WRITE_MAX ((size_t)64 * 1024)
/*
 * Bytes taken with one read: a whole record of TLS, so that nothing stays behind in OpenSSL; and how
 * many reads in one turn, so that a server that never stops does not keep the loop to itself.
 */
#define READ_MAX  ((size_t)16 * 1024)
#define READS_MAX 16u

/*
 *     DIALING --> TLS --> UP --> (GOAWAY) LEAVING --> gone, when its last stream is
 *
 * Only one is not LEAVING; requests that come before it is UP wait.
 */
enum conn_state { CONN_DIALING, CONN_TLS, CONN_UP, CONN_LEAVING };

TAILQ_HEAD(call_list, h2_call);

struct conn {
	LIST_ENTRY(conn) entry;
	struct h2 *h;
	enum conn_state state;
	struct dial *dial; /* DIALING */
	int fd;            /* -1: none */
	SSL *ssl;
	nghttp2_session *session; /* from UP on */
	struct event *readable, *writable;
	struct lp_buf out; /* frames on their way */
	size_t streams;
};

struct h2_call {
	TAILQ_ENTRY(h2_call) entry; /* in calls, or done */
	struct h2 *h;
	struct conn *conn; /* NULL: it waits for one */
	int32_t stream;
	unsigned tries;
	bool sent; /* all of it was written */
	bool done;
	size_t given; /* bytes of the body */
	uint64_t deadline;
	struct lp_buf path, headers;
	struct lp_blob *body;
	struct lp_buf answer;
	struct h2_answer result;
	h2_cb cb;
	void *arg;
};

struct h2 {
	struct h2_conf conf;
	char *origin, *host, *authority;
	SSL_CTX *tls;
	const char *broken;     /* why there is no tls */
	struct event *timer;    /* the first deadline */
	struct event *turn;     /* there is something to write, or in done */
	struct call_list calls; /* by deadline */
	struct call_list done;
	LIST_HEAD(, conn) conns;
	struct conn *current; /* not LEAVING; NULL: none */
	char why[160];
};

/* --- ends of calls --- */

static void soon(struct h2 *h)
{
	static const struct timeval now = {0, 0};

	if (!event_pending(h->turn, EV_TIMEOUT, NULL))
		event_add(h->turn, &now);
}

/* The result is known; it is told when nobody is inside of nghttp2. */
static void finish(struct h2_call *call)
{
	struct h2 *h = call->h;

	if (call->conn) {
		nghttp2_session_set_stream_user_data(call->conn->session, call->stream, NULL);
		call->conn->streams--;
		call->conn = NULL;
	}
	call->done = true;
	TAILQ_REMOVE(&h->calls, call, entry);
	TAILQ_INSERT_TAIL(&h->done, call, entry);
	soon(h);
}

static void fail(struct h2_call *call, const char *why)
{
	call->result.status = 0;
	call->result.why = why;
	call->result.sent = call->sent;
	finish(call);
}

static void call_free(struct h2_call *call)
{
	lp_buf_clear(&call->path);
	lp_buf_clear(&call->headers);
	lp_buf_clear(&call->answer);
	lp_blob_unref(call->body);
	free(call);
}

static void tell(struct h2 *h)
{
	struct h2_call *call;

	while ((call = TAILQ_FIRST(&h->done))) {
		TAILQ_REMOVE(&h->done, call, entry);
		call->result.body = lp_buf_str(&call->answer);
		call->cb(call->arg, &call->result);
		call_free(call);
	}
}

/* Not served, and not going to be: it may go on another connection. */
static void unserved(struct h2_call *call)
{
	if (++call->tries >= TRIES_MAX) {
		call->sent = false;
		fail(call, "the server does not take the request");
		return;
	}
	call->conn->streams--;
	call->conn = NULL;
	call->sent = false;
	call->given = 0;
	call->result.status = 0;
	lp_buf_reset(&call->answer);
	soon(call->h);
}

/* --- connections --- */

static void conn_free(struct conn *c)
{
	if (c->dial)
		dial_cancel(c->dial);
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	nghttp2_session_del(c->session);
	SSL_free(c->ssl);
	if (c->fd >= 0)
		close(c->fd);
	if (c->h->current == c)
		c->h->current = NULL;
	LIST_REMOVE(c, entry);
	lp_buf_clear(&c->out);
	free(c);
}

/*
 * The connection is no more: what was sent on it fails, and what waited for it to come up. What the
 * server never saw goes on another one.
 */
static void conn_lost(struct conn *c, const char *why)
{
	struct h2 *h = c->h;
	bool was_up = c->session;
	struct h2_call *call, *next;

	snprintf(h->why, sizeof(h->why), "%s", why);
	for (call = TAILQ_FIRST(&h->calls); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->conn == c && !call->sent)
			unserved(call);
		else if (call->conn == c || (!call->conn && !was_up && c == h->current))
			fail(call, h->why);
	}
	conn_free(c);
}

static void leave(struct conn *c)
{
	c->state = CONN_LEAVING;
	if (c->h->current == c)
		c->h->current = NULL;
	soon(c->h);
}

/* Writes what there is. False: the connection was lost. */
static bool conn_flush(struct conn *c)
{
	for (;;) {
		const uint8_t *frame;
		ssize_t n = 1;

		while (c->out.len < WRITE_MAX &&
		       (n = nghttp2_session_mem_send(c->session, &frame)) > 0)
			lp_buf_add(&c->out, frame, (size_t)n);
		if (n < 0) {
			conn_lost(c, nghttp2_strerror((int)n));
			return false;
		}
		if (!c->out.len)
			return true;
		errno = 0;
		n = SSL_write(c->ssl, c->out.data, (int)c->out.len);
		if (n <= 0) {
			int error = SSL_get_error(c->ssl, (int)n);

			if (error == SSL_ERROR_WANT_WRITE) {
				event_add(c->writable, NULL);
				return true;
			}
			if (error == SSL_ERROR_WANT_READ)
				return true;
			conn_lost(c, h2_tls_error(c->ssl));
			return false;
		}
		lp_buf_consume(&c->out, (size_t)n);
	}
}

/* --- nghttp2's side --- */

static struct h2_call *call_of(nghttp2_session *session, int32_t stream)
{
	return stream ? nghttp2_session_get_stream_user_data(session, stream) : NULL;
}

static ssize_t on_body(nghttp2_session *session, int32_t stream, uint8_t *to, size_t max,
		       uint32_t *flags, nghttp2_data_source *source, void *arg)
{
	struct h2_call *call = call_of(session, stream);
	size_t left, n;

	if (!call)
		return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE; /* it ran out of time */
	left = call->body->len - call->given;
	n = left < max ? left : max;
	memcpy(to, call->body->data + call->given, n);
	call->given += n;
	if (call->given == call->body->len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)n;
}

static int on_sent(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct h2_call *call = call_of(session, frame->hd.stream_id);

	if (call && frame->hd.type == NGHTTP2_DATA && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM))
		call->sent = true;
	return 0;
}

static int on_received(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *c = arg;

	if (frame->hd.type == NGHTTP2_GOAWAY && c->state == CONN_UP)
		leave(c);
	return 0;
}

static int on_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
		     size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags,
		     void *arg)
{
	struct h2_call *call = call_of(session, frame->hd.stream_id);
	struct lp_str n = lp_str((const char *)name, name_len);
	struct lp_str v = lp_str((const char *)value, value_len);

	if (!call)
		return 0;
	/* nghttp2 has checked that it is three digits. */
	if (lp_str_eq(n, LP_STR(":status")))
		call->result.status = atoi(v.p);
	else if (lp_str_eq(n, LP_STR("retry-after")))
		call->result.retry_ms = h2_retry_after(v, time(NULL));
	return 0;
}

/* What is too much is dropped: errors are told at the beginning. */
static int on_data(nghttp2_session *session, uint8_t flags, int32_t stream, const uint8_t *data,
		   size_t len, void *arg)
{
	struct h2_call *call = call_of(session, stream);
	size_t room = call ? H2_ANSWER_MAX - call->answer.len : 0;

	if (room)
		lp_buf_add(&call->answer, data, len < room ? len : room);
	return 0;
}

static int on_close(nghttp2_session *session, int32_t stream, uint32_t code, void *arg)
{
	struct conn *c = arg;
	struct h2_call *call = call_of(session, stream);

	if (!call)
		return 0;
	if (code == NGHTTP2_NO_ERROR && call->result.status >= 200) {
		finish(call);
	} else if (code == NGHTTP2_REFUSED_STREAM) {
		/* RFC 9113, 8.7: nothing was done with it. Also those that a GOAWAY leaves out. */
		nghttp2_session_set_stream_user_data(session, stream, NULL);
		unserved(call);
	} else {
		snprintf(c->h->why, sizeof(c->h->why), "the request was reset (%s)",
			 nghttp2_http2_strerror(code));
		fail(call, c->h->why);
	}
	return 0;
}

static nghttp2_session *session_new(struct conn *c)
{
	static const nghttp2_settings_entry settings[] = {
		{NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
		{NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, 16 * 1024},
	};
	nghttp2_session_callbacks *callbacks;
	nghttp2_session *session;

	if (nghttp2_session_callbacks_new(&callbacks))
		abort(); /* out of memory */
	nghttp2_session_callbacks_set_on_frame_send_callback(callbacks, on_sent);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_received);
	nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
	if (nghttp2_session_client_new(&session, callbacks, c) ||
	    nghttp2_submit_settings(session, NGHTTP2_FLAG_NONE, settings, 2))
		abort(); /* out of memory */
	nghttp2_session_callbacks_del(callbacks);
	return session;
}

/* --- requests --- */

static void submit(struct h2_call *call, struct conn *c)
{
	struct h2 *h = call->h;
	nghttp2_nv fields[6 + H2_HEADERS_MAX] = {
		h2_field(":method", LP_STR("POST")),
		h2_field(":scheme", LP_STR("https")),
		h2_field(":authority", lp_cstr(h->authority)),
		h2_field(":path", lp_buf_str(&call->path)),
		h2_field("user-agent", LP_STR(PACKAGE_NAME "/" PACKAGE_VERSION)),
	};
	nghttp2_data_provider body = {.read_callback = on_body};
	char length[24];
	size_t n = 6;

	snprintf(length, sizeof(length), "%zu", call->body->len);
	fields[5] = h2_field("content-length", lp_cstr(length));
	n += h2_fields(fields + n, &call->headers);
	call->stream = nghttp2_submit_request(c->session, NULL, fields, n, &body, call);
	if (call->stream < 0) {
		/* The connection has used up its streams: the next one is new. */
		leave(c);
		return;
	}
	call->conn = c;
	c->streams++;
}

static void conn_open(struct h2 *h);

/* Those that wait go to the connection that takes them. */
static void submit_waiting(struct h2 *h)
{
	struct h2_call *call, *next;

	for (call = TAILQ_FIRST(&h->calls); call; call = next) {
		next = TAILQ_NEXT(call, entry);
		if (call->conn)
			continue;
		if (!h->current)
			conn_open(h);
		if (!h->current || h->current->state != CONN_UP)
			return;
		submit(call, h->current);
	}
}

/* Writes everywhere, and lets go of connections that are through. */
static void flush_all(struct h2 *h)
{
	struct conn *c, *next;

	for (c = LIST_FIRST(&h->conns); c; c = next) {
		next = LIST_NEXT(c, entry);
		if (!c->session || !conn_flush(c))
			continue;
		if (c->state == CONN_LEAVING && !c->streams)
			conn_free(c);
	}
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct h2 *h = arg;

	submit_waiting(h);
	flush_all(h);
	tell(h);
}

/* --- reading --- */

static void handshake(struct conn *c)
{
	const unsigned char *protocol = NULL;
	unsigned len = 0;
	int n;

	errno = 0;
	n = SSL_do_handshake(c->ssl);
	if (n != 1) {
		int error = SSL_get_error(c->ssl, n);

		if (error == SSL_ERROR_WANT_WRITE)
			event_add(c->writable, NULL);
		else if (error != SSL_ERROR_WANT_READ)
			conn_lost(c, h2_tls_error(c->ssl));
		return;
	}
	SSL_get0_alpn_selected(c->ssl, &protocol, &len);
	if (len != 2 || memcmp(protocol, "h2", 2) != 0) {
		conn_lost(c, "the server does not speak HTTP/2");
		return;
	}
	c->session = session_new(c);
	c->state = CONN_UP;
	soon(c->h);
}

static void conn_read(struct conn *c)
{
	static uint8_t bytes[READ_MAX];

	for (unsigned i = 0; i < READS_MAX; i++) {
		ssize_t n;
		int error;

		errno = 0;
		n = SSL_read(c->ssl, bytes, sizeof(bytes));
		if (n <= 0) {
			error = SSL_get_error(c->ssl, (int)n);
			if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE)
				break;
			conn_lost(c, error == SSL_ERROR_ZERO_RETURN
					     ? "the server closed the connection"
					     : h2_tls_error(c->ssl));
			return;
		}
		n = nghttp2_session_mem_recv(c->session, bytes, (size_t)n);
		if (n < 0) {
			conn_lost(c, nghttp2_strerror((int)n));
			return;
		}
	}
	/* Something to say, or nothing more to come? */
	if (conn_flush(c) && !nghttp2_session_want_read(c->session) &&
	    !nghttp2_session_want_write(c->session))
		conn_lost(c, "the server ended the connection");
}

static void on_event(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;
	struct h2 *h = c->h;

	if (c->state == CONN_TLS)
		handshake(c);
	else if (what & EV_READ)
		conn_read(c);
	else
		conn_flush(c);
	on_turn(-1, 0, h);
}

static void on_dialed(void *arg, int fd, const char *why)
{
	struct conn *c = arg;
	struct h2 *h = c->h;

	c->dial = NULL;
	if (fd < 0) {
		conn_lost(c, why);
		soon(h);
		return;
	}
	c->fd = fd;
	c->state = CONN_TLS;
	c->ssl = h2_tls_client(h->tls, fd, h->host);
	c->readable = event_new(h->conf.base, fd, EV_READ | EV_PERSIST, on_event, c);
	c->writable = event_new(h->conf.base, fd, EV_WRITE, on_event, c);
	event_add(c->readable, NULL);
	handshake(c);
}

static void conn_open(struct h2 *h)
{
	struct conn *c = lp_xcalloc(1, sizeof(*c));

	c->h = h;
	c->fd = -1;
	c->state = CONN_DIALING;
	LIST_INSERT_HEAD(&h->conns, c, entry);
	h->current = c;
	if (h->broken)
		conn_lost(c, h->broken);
	else
		c->dial = dial_start(h->conf.dialer, h->origin, h->conf.public_only,
				     h->conf.timeout_ms / 2 + 1, on_dialed, c);
}

/* --- time --- */

static void set_timer(struct h2 *h)
{
	struct h2_call *first = TAILQ_FIRST(&h->calls);
	uint64_t now = lp_mono_ms(), ms;
	struct timeval tv;

	if (!first || event_pending(h->timer, EV_TIMEOUT, NULL))
		return;
	ms = first->deadline > now ? first->deadline - now : 0;
	tv = (struct timeval){(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};
	event_add(h->timer, &tv);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct h2 *h = arg;
	struct h2_call *call;
	uint64_t now = lp_mono_ms();

	while ((call = TAILQ_FIRST(&h->calls)) && call->deadline <= now) {
		struct conn *c = call->conn;

		call->result.late = c;
		if (c)
			nghttp2_submit_rst_stream(c->session, NGHTTP2_FLAG_NONE, call->stream,
						  NGHTTP2_CANCEL);
		/* One that has not come up in all that time will not. */
		else if (h->current && h->current->state != CONN_UP)
			conn_free(h->current);
		fail(call, c ? "timed out: no answer" : "timed out: no connection");
	}
	set_timer(h);
}

/* --- from outside --- */

void h2_start(struct h2 *h, struct h2_request *request, h2_cb cb, void *arg)
{
	struct h2_call *call = lp_xcalloc(1, sizeof(*call));

	call->h = h;
	call->path = request->path;
	call->headers = request->headers;
	call->body = lp_blob_ref(request->body);
	call->cb = cb;
	call->arg = arg;
	call->deadline = lp_mono_ms() + h->conf.timeout_ms;
	TAILQ_INSERT_TAIL(&h->calls, call, entry);
	request->path = request->headers = (struct lp_buf){0};
	set_timer(h);
	soon(h);
}

void h2_break(struct h2 *h, const char *why)
{
	struct h2_call *call;

	while ((call = TAILQ_FIRST(&h->calls)))
		fail(call, why);
	while (!LIST_EMPTY(&h->conns))
		conn_free(LIST_FIRST(&h->conns));
	tell(h);
}

/*
 * The origin with its port, which the dialer needs; the authority without the port that https has
 * anyway, as everybody writes it. Brackets are the URL's, not the address'.
 */
static void read_origin(struct h2 *h, const char *origin)
{
	struct lp_str rest = lp_str_from(lp_cstr(origin), strlen("https://"));
	size_t close = lp_str_find(rest, ']');
	size_t colon = lp_str_find(lp_str_from(rest, close < rest.n ? close : 0), ':');
	struct lp_buf full = {0};

	colon += close < rest.n ? close : 0;
	h->host = close < rest.n ? lp_xstrndup(lp_str(rest.p + 1, close - 1))
				 : lp_xstrndup(lp_str(rest.p, colon));
	h->authority = lp_str_eq(lp_str_from(rest, colon), LP_STR(":443"))
			       ? lp_xstrndup(lp_str(rest.p, colon))
			       : lp_xstrndup(rest);
	lp_buf_addf(&full, "%s%s", origin, colon < rest.n ? "" : ":443");
	h->origin = full.data;
}

struct h2 *h2_new(const struct h2_conf *conf)
{
	struct h2 *h = lp_xcalloc(1, sizeof(*h));

	h->conf = *conf;
	read_origin(h, conf->origin);
	h->tls = h2_tls_context(conf->ca_file, conf->cert, conf->key, &h->broken);
	h->timer = evtimer_new(conf->base, on_timer, h);
	h->turn = evtimer_new(conf->base, on_turn, h);
	TAILQ_INIT(&h->calls);
	TAILQ_INIT(&h->done);
	LIST_INIT(&h->conns);
	return h;
}

void h2_free(struct h2 *h)
{
	struct h2_call *call;

	if (!h)
		return;
	while (!LIST_EMPTY(&h->conns))
		conn_free(LIST_FIRST(&h->conns));
	while ((call = TAILQ_FIRST(&h->calls))) {
		TAILQ_REMOVE(&h->calls, call, entry);
		call_free(call);
	}
	while ((call = TAILQ_FIRST(&h->done))) {
		TAILQ_REMOVE(&h->done, call, entry);
		call_free(call);
	}
	event_free(h->timer);
	event_free(h->turn);
	SSL_CTX_free(h->tls);
	free(h->origin);
	free(h->host);
	free(h->authority);
	free(h);
}
