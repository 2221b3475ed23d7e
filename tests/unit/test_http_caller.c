#include "config.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <event2/util.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/http/http_caller.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "tests/unit/lp_test.h"

#define PEERS_MAX  200
#define LIMIT_MS   10000u /* of one test */
#define TIMEOUT_MS 600u
#define PAUSE_MS   500u

/* --- a server on loopback; the path of a request says how it answers --- */

struct peer {
	struct server *server;
	struct event *event;
	int fd;
	struct lp_buf in;
};

struct server {
	struct event_base *base;
	struct event *event;
	int fd;
	int port;
	bool silent; /* takes connections, answers nothing */
	unsigned connections;
	unsigned requests;
	struct lp_buf last; /* head and body of the last request */
	struct peer peers[PEERS_MAX];
};

static void peer_close(struct peer *p)
{
	if (!p->event)
		return;
	event_free(p->event);
	p->event = NULL;
	close(p->fd);
	lp_buf_clear(&p->in);
}

static void say(struct peer *p, const char *head, struct lp_str body)
{
	struct lp_buf out = {0};

	lp_buf_addf(&out, "%s\r\nContent-Length: %zu\r\n\r\n", head, body.n);
	lp_buf_adds(&out, body);
	for (size_t at = 0; at < out.len;) {
		ssize_t n = send(p->fd, out.data + at, out.len - at, MSG_NOSIGNAL);

		if (n <= 0)
			break;
		at += (size_t)n;
	}
	lp_buf_clear(&out);
}

static bool path_is(const struct peer *p, const char *path)
{
	struct lp_str rest = lp_str_from(lp_buf_str(&p->in), lp_str_find(lp_buf_str(&p->in), ' '));

	return lp_str_starts(lp_str_from(rest, 1), lp_cstr(path));
}

static void answer(struct peer *p)
{
	static char large[HTTP_BODY_MAX + 1];

	if (p->server->silent || path_is(p, "/silent"))
		return;
	if (path_is(p, "/redirect"))
		say(p, "HTTP/1.1 302 Found\r\nLocation: /ok", LP_STR(""));
	else if (path_is(p, "/refuse"))
		say(p, "HTTP/1.1 403 Forbidden", LP_STR("no"));
	else if (path_is(p, "/garbage"))
		say(p, "\x01\x02\x03", LP_STR(""));
	else if (path_is(p, "/most"))
		say(p, "HTTP/1.1 200 OK", lp_str(large, HTTP_BODY_MAX));
	else if (path_is(p, "/large"))
		say(p, "HTTP/1.1 200 OK", lp_str(large, sizeof(large)));
	else
		say(p, "HTTP/1.1 200 OK", LP_STR("fine"));
}

/* The whole of the first request in p->in, 0 when it is not all there. */
static size_t request_size(const struct peer *p)
{
	const char *end = p->in.len ? strstr(p->in.data, "\r\n\r\n") : NULL;
	const char *length = p->in.len ? strstr(p->in.data, "Content-Length: ") : NULL;
	size_t size;

	if (!end)
		return 0;
	size = (size_t)(end - p->in.data) + 4;
	if (length && length < end)
		size += strtoul(length + 16, NULL, 10);
	return p->in.len >= size ? size : 0;
}

static void on_peer(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	char bytes[4096];
	ssize_t n = recv(fd, bytes, sizeof(bytes), 0);
	size_t size;

	if (n <= 0) {
		peer_close(p);
		return;
	}
	lp_buf_add(&p->in, bytes, (size_t)n);
	while ((size = request_size(p))) {
		p->server->requests++;
		lp_buf_reset(&p->server->last);
		lp_buf_add(&p->server->last, p->in.data, size);
		answer(p);
		lp_buf_consume(&p->in, size);
	}
}

static void on_accept(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	for (size_t i = 0; i < PEERS_MAX; i++) {
		struct peer *p = &s->peers[i];

		if (p->event)
			continue;
		p->server = s;
		p->fd = accept(fd, NULL, NULL);
		p->event = event_new(s->base, p->fd, EV_READ | EV_PERSIST, on_peer, p);
		event_add(p->event, NULL);
		s->connections++;
		return;
	}
	abort();
}

static void server_start(struct server *s, struct event_base *base)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	*s = (struct server){.base = base, .fd = socket(AF_INET, SOCK_STREAM, 0)};
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) || listen(s->fd, 128) ||
	    getsockname(s->fd, (struct sockaddr *)&a, &len))
		abort();
	s->port = ntohs(a.sin_port);
	s->event = event_new(base, s->fd, EV_READ | EV_PERSIST, on_accept, s);
	event_add(s->event, NULL);
}

static void server_stop(struct server *s)
{
	for (size_t i = 0; i < PEERS_MAX; i++)
		peer_close(&s->peers[i]);
	event_free(s->event);
	close(s->fd);
	lp_buf_clear(&s->last);
}

/* --- the fixture --- */

struct fixture {
	struct event_base *base;
	struct server server;
	struct http_caller_conf conf;
	struct http_caller *caller;
	unsigned open; /* calls without a result */
};

/* What became of one call. */
struct outcome {
	struct fixture *f;
	bool done;
	enum http_outcome outcome;
	int status;
	size_t body_len;
	char body[16];
	char why[200];
	uint64_t began, took; /* ms */
};

static void fixture_start(struct fixture *f)
{
	*f = (struct fixture){.base = event_base_new()};
	f->conf = (struct http_caller_conf){.concurrency = 4,
					    .queue = 100,
					    .timeout_ms = TIMEOUT_MS,
					    .failures = 3,
					    .pause_ms = PAUSE_MS,
					    .hosts = ""};
	server_start(&f->server, f->base);
}

static void fixture_open(struct fixture *f)
{
	f->caller = http_caller_new(f->base, &f->conf);
}

static void fixture_stop(struct fixture *f)
{
	http_caller_free(f->caller);
	server_stop(&f->server);
	event_base_free(f->base);
}

static void on_result(void *arg, const struct http_result *r)
{
	struct outcome *o = arg;
	size_t n = r->body.n < sizeof(o->body) - 1 ? r->body.n : sizeof(o->body) - 1;

	CHECK(!o->done);
	o->done = true;
	o->outcome = r->outcome;
	o->status = r->status;
	o->body_len = r->body.n;
	o->took = lp_mono_ms() - o->began;
	if (n)
		memcpy(o->body, r->body.p, n);
	snprintf(o->why, sizeof(o->why), "%s", r->why ? r->why : "");
	o->f->open--;
}

/* url: a whole one, or a path on the fixture's server. */
static struct http_call *call_with(struct fixture *f, struct outcome *o, const char *group,
				   const char *url, struct http_request req)
{
	struct http_call *call;
	struct lp_buf text = {0};

	*o = (struct outcome){.f = f, .began = lp_mono_ms()};
	if (url[0] == '/')
		lp_buf_addf(&text, "http://127.0.0.1:%d", f->server.port);
	lp_buf_addz(&text, url);
	req.group = lp_cstr(group);
	req.url = lp_buf_str(&text);
	f->open++;
	call = http_caller_call(f->caller, &req, on_result, o);
	CHECK(!o->done);
	lp_buf_clear(&text);
	return call;
}

static struct http_call *call(struct fixture *f, struct outcome *o, const char *group,
			      const char *url)
{
	return call_with(f, o, group, url, (struct http_request){.post = false});
}

static void on_tick(evutil_socket_t fd, short what, void *arg)
{
}

/* Until no call is open, or for so long. */
static void run_for(struct fixture *f, unsigned ms)
{
	static const struct timeval step = {0, 5000};
	struct event *tick = event_new(f->base, -1, EV_PERSIST, on_tick, NULL);
	uint64_t end = lp_mono_ms() + ms;

	event_add(tick, &step);
	while (f->open && lp_mono_ms() < end)
		event_base_loop(f->base, EVLOOP_ONCE);
	event_free(tick);
}

static void run(struct fixture *f)
{
	run_for(f, LIMIT_MS);
	CHECK(f->open == 0);
}

static void wait_ms(struct fixture *f, unsigned ms)
{
	f->open++;
	run_for(f, ms);
	f->open--;
}

/* --- tests --- */

/* A port nobody listens on. */
static int free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		abort();
	close(fd);
	return ntohs(a.sin_port);
}

static void test_outcomes(void)
{
	static const struct {
		const char *url;
		enum http_outcome outcome;
		int status;
		size_t body_len;
	} rows[] = {
		{"/ok", HTTP_ANSWERED, 200, 4},
		{"/refuse", HTTP_ANSWERED, 403, 2},
		{"/redirect", HTTP_ANSWERED, 302, 0}, /* not followed */
		{"/most", HTTP_ANSWERED, 200, HTTP_BODY_MAX},
		{"/large", HTTP_FAILED, 0, 0},
		{"/garbage", HTTP_FAILED, 0, 0},
		{"/silent", HTTP_FAILED, 0, 0},
		{"file:///etc/passwd", HTTP_INVALID, 0, 0},
		{"ftp://127.0.0.1/", HTTP_INVALID, 0, 0},
		{"gopher://127.0.0.1/", HTTP_INVALID, 0, 0},
		{"no url", HTTP_INVALID, 0, 0},
		{"http://", HTTP_INVALID, 0, 0},
	};
	struct fixture f;
	struct outcome o[COUNT(rows)];

	fixture_start(&f);
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		/* A group of its own each: what fails leaves the others alone. */
		char group[8];

		snprintf(group, sizeof(group), "/g%zu", i);
		call(&f, &o[i], group, rows[i].url);
	}
	run(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].url);

		CHECK_ROW(row, o[i].outcome == rows[i].outcome);
		CHECK_ROW(row, o[i].status == rows[i].status);
		CHECK_ROW(row, o[i].body_len == rows[i].body_len);
		CHECK_ROW(row, (o[i].why[0] == 0) == (o[i].outcome == HTTP_ANSWERED));
	}
	CHECK(http_caller_stats(f.caller)->running == 0);
	CHECK(http_caller_stats(f.caller)->answered == 4);
	CHECK(http_caller_stats(f.caller)->failed == 3);
	CHECK(http_caller_stats(f.caller)->refused == 5);
	fixture_stop(&f);
}

static void test_request(void)
{
	static const struct call_header headers[] = {{"authorization", BYTES("secret")},
						     {"namespace", BYTES("/demo")},
						     {"cookie", BYTES("")}};
	static const struct call_header broken[] = {{"authorization", BYTES("a\r\nb: c")}};
	struct http_request req = {.query = LP_STR("uuid=a%20b&x=\xe4\xbd\xa0"),
				   .headers = headers,
				   .header_count = COUNT(headers)};
	struct fixture f;
	struct outcome o;

	fixture_start(&f);
	fixture_open(&f);
	call_with(&f, &o, "/demo", "/ok?own=1", req);
	run(&f);
	CHECK(o.outcome == HTTP_ANSWERED);
	CHECK(strcmp(o.body, "fine") == 0);
	CHECK(strstr(f.server.last.data, "GET /ok?own=1&uuid=a%20b&x=") == f.server.last.data);
	CHECK(strstr(f.server.last.data, "\r\nauthorization: secret\r\n"));
	CHECK(strstr(f.server.last.data, "\r\nnamespace: /demo\r\n"));
	CHECK(!strstr(f.server.last.data, "cookie"));

	req.post = true;
	req.body = LP_STR("{\"a\":1}");
	call_with(&f, &o, "/demo", "/ok", req);
	run(&f);
	CHECK(strstr(f.server.last.data, "POST /ok?uuid") == f.server.last.data);
	CHECK(strcmp(f.server.last.data + f.server.last.len - 7, "{\"a\":1}") == 0);
	CHECK(f.server.connections == 1); /* kept */

	req.headers = broken;
	req.header_count = 1;
	call_with(&f, &o, "/demo", "/ok", req);
	run(&f);
	CHECK(o.outcome == HTTP_INVALID);

	req.header_count = 0;
	req.query = LP_STR("a=1 HTTP/1.1\r\nx: y");
	call_with(&f, &o, "/demo", "/ok", req);
	run(&f);
	CHECK(o.outcome == HTTP_INVALID);
	fixture_stop(&f);
}

static void test_hosts(void)
{
	static const struct {
		const char *url;
		bool allowed;
	} rows[] = {
		{"/ok", true},
		{"http://evil.example/", false},
		{"http://127.0.0.1.evil.example/", false},
		{"http://127.0.0.1@evil.example/", false},
		{"http://[::1]/", false},
	};
	struct fixture f;
	struct outcome o;

	fixture_start(&f);
	f.conf.hosts = "callback.example.org,127.0.0.1";
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		call(&f, &o, "/demo", rows[i].url);
		run(&f);
		CHECK_ROW(lp_cstr(rows[i].url), (o.outcome != HTTP_INVALID) == rows[i].allowed);
	}
	fixture_stop(&f);
}

/* A group has its places and its queue; what is over fails at once. */
static void test_bounds(void)
{
	struct fixture f;
	struct outcome o[10];

	fixture_start(&f);
	f.conf.queue = 3;
	f.conf.failures = 100;
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(o); i++)
		call(&f, &o[i], "/demo", "/silent");
	CHECK(http_caller_stats(f.caller)->running == 4);
	CHECK(http_caller_stats(f.caller)->waiting == 3);
	wait_ms(&f, 50);
	CHECK(f.open == 7);
	CHECK(f.server.requests == 4);
	run(&f);
	for (size_t i = 0; i < COUNT(o); i++)
		CHECK(o[i].outcome == (i < 4 ? HTTP_FAILED : HTTP_BUSY) ||
		      (i < 7 && o[i].outcome == HTTP_FAILED));
	fixture_stop(&f);
}

/* Nobody waits behind calls of another group that get no answer. */
static void test_silent_delays_nobody(void)
{
	struct fixture f;
	struct outcome silent[10], good[20];
	char group[8];

	fixture_start(&f);
	f.conf.timeout_ms = 10 * LIMIT_MS; /* longer than this test may take */
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(silent); i++)
		call(&f, &silent[i], "/dead", "/silent");
	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(group, sizeof(group), "/g%zu", i % 7);
		call(&f, &good[i], group, "/ok");
	}
	f.open -= COUNT(silent);
	run(&f);
	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(good[i].outcome == HTTP_ANSWERED);
	for (size_t i = 0; i < COUNT(silent); i++)
		CHECK(!silent[i].done);
	fixture_stop(&f);
}

/* A server that takes connections and says nothing costs its own group only. */
static void test_dead_leaves_others_alone(void)
{
	struct fixture f;
	struct outcome dead[60], good[60];
	char group[8];

	fixture_start(&f);
	f.conf.timeout_ms = 5 * TIMEOUT_MS; /* for all the good ones */
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(dead); i++)
		call(&f, &dead[i], "/dead", "/silent");
	for (size_t i = 0; i < COUNT(good); i++) {
		snprintf(group, sizeof(group), "/g%zu", i % 20);
		call(&f, &good[i], group, "/ok");
	}
	run(&f);
	for (size_t i = 0; i < COUNT(good); i++)
		CHECK(good[i].outcome == HTTP_ANSWERED);
	for (size_t i = 0; i < COUNT(dead); i++)
		CHECK(dead[i].outcome == HTTP_FAILED || dead[i].outcome == HTTP_PAUSED ||
		      dead[i].outcome == HTTP_BUSY);
	/* No more than the places were filled before it was left alone. */
	CHECK(f.server.requests <= COUNT(good) + 8);
	fixture_stop(&f);
}

static void test_circuit(void)
{
	struct fixture f;
	struct outcome o[3];
	char url[64];

	fixture_start(&f);
	f.conf.timeout_ms = 10 * LIMIT_MS;
	fixture_open(&f);
	snprintf(url, sizeof(url), "http://127.0.0.1:%d/", free_port());
	for (size_t i = 0; i < COUNT(o); i++) {
		call(&f, &o[0], "/demo", url);
		run(&f);
		CHECK(o[0].outcome == HTTP_FAILED);
		CHECK(o[0].took < LIMIT_MS);
	}
	call(&f, &o[0], "/demo", url);
	call(&f, &o[1], "/demo", "/ok"); /* another server */
	call(&f, &o[2], "/other", url);  /* another group */
	run(&f);
	CHECK(o[0].outcome == HTTP_PAUSED);
	CHECK(o[1].outcome == HTTP_ANSWERED);
	CHECK(o[2].outcome == HTTP_FAILED);
	wait_ms(&f, PAUSE_MS + 50);
	call(&f, &o[0], "/demo", url);
	call(&f, &o[1], "/demo", url);
	run(&f);
	CHECK(o[0].outcome == HTTP_FAILED);
	CHECK(o[1].outcome == HTTP_PAUSED);
	fixture_stop(&f);
}

static void test_recovers(void)
{
	struct fixture f;
	struct outcome o;

	fixture_start(&f);
	fixture_open(&f);
	f.server.silent = true;
	for (int i = 0; i < 3; i++) {
		call(&f, &o, "/demo", "/ok");
		run(&f);
		CHECK(o.outcome == HTTP_FAILED);
	}
	f.server.silent = false;
	call(&f, &o, "/demo", "/ok");
	run(&f);
	CHECK(o.outcome == HTTP_PAUSED);
	wait_ms(&f, PAUSE_MS + 50);
	for (int i = 0; i < 2; i++) {
		call(&f, &o, "/demo", "/ok");
		run(&f);
		CHECK(o.outcome == HTTP_ANSWERED);
	}
	fixture_stop(&f);
}

static void test_cancel(void)
{
	struct fixture f;
	struct outcome o[6], after;
	struct http_call *calls[6];

	fixture_start(&f);
	f.conf.concurrency = 2;
	fixture_open(&f);
	for (size_t i = 0; i < COUNT(o); i++)
		calls[i] = call(&f, &o[i], "/demo", i == 5 ? "ftp://x/" : "/silent");
	for (size_t i = 0; i < COUNT(o); i++)
		http_call_cancel(calls[i]);
	f.open = 0;
	CHECK(http_caller_stats(f.caller)->running == 0);
	CHECK(http_caller_stats(f.caller)->waiting == 0);
	call(&f, &after, "/demo", "/ok");
	run(&f);
	CHECK(after.outcome == HTTP_ANSWERED);
	for (size_t i = 0; i < COUNT(o); i++)
		CHECK(!o[i].done);
	/* And what is left when the caller goes. */
	for (size_t i = 0; i < COUNT(o); i++)
		call(&f, &o[i], "/demo", i == 5 ? "ftp://x/" : "/silent");
	fixture_stop(&f);
	for (size_t i = 0; i < COUNT(o); i++)
		CHECK(!o[i].done);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"every outcome", test_outcomes},
		{"what is sent", test_request},
		{"only listed hosts", test_hosts},
		{"places and queue of a group", test_bounds},
		{"silent calls delay nobody of another group", test_silent_delays_nobody},
		{"a dead server leaves others alone", test_dead_leaves_others_alone},
		{"a dead server is left alone", test_circuit},
		{"a server that comes back", test_recovers},
		{"calls called off", test_cancel},
	};

	signal(SIGPIPE, SIG_IGN);
	return lp_test_main("http_caller", tests, COUNT(tests));
}
