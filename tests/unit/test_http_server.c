#include "config.h"

#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

#include "connector/engine/socket.h"
#include "tests/unit/http_fixture.h"
#include "tests/unit/lp_test.h"

#define SIO      "/socket.io/?EIO=4&transport=polling"
#define GET(url) "GET " url " HTTP/1.1\r\nHost: h\r\n"
#define JSON(status, text)                                                                         \
	"HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " text
#define HELLO "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n"
#define PREFLIGHT                                                                                  \
	"OPTIONS /socket.io/ HTTP/1.1\r\nOrigin: http://page\r\n"                                  \
	"Access-Control-Request-Headers: content-type\r\n\r\n"
#define BAD_TRANSPORT "{\"code\":0,\"message\":\"Transport unknown\"}"
#define NOT_FOUND     "{\"code\":404,\"message\":\"Not Found\"}"
#define BAD_REQUEST   "{\"code\":400,\"message\":\"Bad Request\"}"
#define REFUSED_BAD   JSON("400 Bad Request", "36\r\nConnection: close\r\n\r\n" BAD_REQUEST)

/* What is answered the same however the request comes in. */
static const struct {
	const char *in;
	const char *out;
	bool open; /* the connection stays */
} answers[] = {
	{GET("/health") "\r\n", HELLO "\r\nhello", true},
	{"HEAD /health HTTP/1.1\r\n\r\n", HELLO "\r\n", true},
	{GET("/health") "Connection: close\r\n\r\n", HELLO "Connection: close\r\n\r\nhello", false},
	{"GET /health HTTP/1.0\r\n\r\n", HELLO "Connection: close\r\n\r\nhello", false},
	{"GET /health HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
	 HELLO "Connection: keep-alive\r\n\r\nhello", true},
	{"POST /health HTTP/1.1\r\n\r\n",
	 JSON("405 Method Not Allowed",
	      "43\r\n\r\n{\"code\":405,\"message\":\"Method Not Allowed\"}"),
	 true},
	{GET("/socket.io/x") "\r\n", JSON("404 Not Found", "34\r\n\r\n" NOT_FOUND), true},
	{GET("/socket.i") "\r\n", JSON("404 Not Found", "34\r\n\r\n" NOT_FOUND), true},
	{GET("/socket.io?EIO=4") "\r\n", JSON("400 Bad Request", "40\r\n\r\n" BAD_TRANSPORT), true},
	{GET("/socket.io/") "Origin: http://page\r\n\r\n",
	 JSON("400 Bad Request", "40\r\nAccess-Control-Allow-Origin: http://page\r\n"
				 "Access-Control-Allow-Credentials: true\r\nVary: Origin\r\n"
				 "\r\n" BAD_TRANSPORT),
	 true},
	{GET("/socket.io/") "Origin: http://other\r\n\r\n",
	 JSON("400 Bad Request", "40\r\n\r\n" BAD_TRANSPORT), true},
	{PREFLIGHT,
	 "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n"
	 "Access-Control-Allow-Origin: http://page\r\n"
	 "Access-Control-Allow-Credentials: true\r\n"
	 "Access-Control-Allow-Methods: GET,POST,OPTIONS\r\nAccess-Control-Max-Age: 600\r\n"
	 "Access-Control-Allow-Headers: content-type\r\nVary: Origin\r\n\r\n",
	 true},
	{GET("/ health") "\r\n", REFUSED_BAD, false},
	{"\x16\x03\x01\x02\x00\x01\r\n\r\n", REFUSED_BAD, false},
	{"POST " SIO " HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
	 REFUSED_BAD, false},
	/* a body behind a request that may wait */
	{GET(SIO) "Content-Length: 5\r\n\r\n", REFUSED_BAD, false},
	/* pipelined, the first with a body nobody asked for */
	{"POST /x HTTP/1.1\r\nContent-Length: 3\r\n\r\n",
	 JSON("404 Not Found", "34\r\nConnection: close\r\n\r\n" NOT_FOUND), false},
	{GET("/health") "\r\n" GET("/health") "\r\n", HELLO "\r\nhello" HELLO "\r\nhello", true},
	/* upgrades refused before the 101 */
	{GET("/socket.io/?EIO=4&transport=websocket") "Connection: Upgrade\r\nUpgrade: "
						      "websocket\r\n"
						      "Sec-WebSocket-Version: "
						      "13\r\nSec-WebSocket-Key: short\r\n\r\n",
	 REFUSED_BAD, false},
	{GET("/socket.io/?EIO=4&transport=websocket") "Connection: Upgrade\r\nUpgrade: "
						      "websocket\r\n"
						      "Sec-WebSocket-Version: "
						      "12\r\nSec-WebSocket-Key: "
						      "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	 JSON("400 Bad Request",
	      "36\r\nConnection: close\r\nSec-WebSocket-Version: 13\r\n\r\n" BAD_REQUEST),
	 false},
	{GET("/socket.io/?EIO=4&transport=websocket") "Connection: Upgrade\r\nUpgrade: "
						      "websocket\r\n"
						      "Sec-WebSocket-Version: "
						      "13\r\nSec-WebSocket-Key: "
						      "dGhlIHNhbXBsZSBub25jZQ==\r\n"
						      "Origin: http://other\r\n\r\n",
	 JSON("403 Forbidden", "34\r\nConnection: close\r\n\r\n"
			       "{\"code\":403,\"message\":\"Forbidden\"}"),
	 false},
	{GET("/socket.io/?EIO=4&transport=websocket&sid=none") "Connection: Upgrade\r\n"
							       "Upgrade: "
							       "websocket\r\nSec-WebSocket-Version:"
							       " 13\r\n"
							       "Sec-WebSocket-Key: "
							       "dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
	 "HTTP/1.1 400 Bad Request\r\nContent-Type: text/html\r\nContent-Length: 18\r\n"
	 "Connection: close\r\n\r\nSession ID unknown",
	 false},
};

static void test_answers(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct lp_str row = lp_cstr(answers[i].in);
		int fd = client_new(&f);
		bool open = client_talk(&f, fd, answers[i].in);

		CHECK_STR(row, lp_buf_str(&f.got), lp_cstr(answers[i].out));
		CHECK_ROW(row, open == answers[i].open);
		close(fd);
	}
	fixture_stop(&f);
}

static void test_byte_by_byte(void)
{
	struct fixture f;

	fixture_init(&f);
	fixture_start(&f);
	for (size_t i = 0; i < COUNT(answers); i++) {
		struct lp_str row = lp_cstr(answers[i].in);
		struct lp_buf all = {0};
		int fd = client_new(&f);
		bool open = true;

		for (const char *p = answers[i].in; *p; p++) {
			client_write(fd, p, 1);
			open &= client_read(&f, fd);
			lp_buf_adds(&all, lp_buf_str(&f.got));
		}
		CHECK_STR(row, lp_buf_str(&all), lp_cstr(answers[i].out));
		CHECK_ROW(row, open == answers[i].open);
		lp_buf_clear(&all);
		close(fd);
	}
	fixture_stop(&f);
}

static void test_head_limit(void)
{
	char line[1001];
	struct fixture f;
	bool open = true;
	int fd;

	memset(line, 'x', sizeof(line));
	memcpy(line, "A: ", 3);
	memcpy(line + sizeof(line) - 3, "\r\n", 3);
	fixture_init(&f);
	f.conf.header_max = 4000;
	fixture_start(&f);
	fd = client_new(&f);
	client_talk(&f, fd, GET("/health"));
	for (int i = 0; i < 3 && open; i++) {
		CHECK(f.got.len == 0);
		open = client_talk(&f, fd, line);
	}
	open = open && client_talk(&f, fd, line);
	CHECK(!open);
	CHECK(lp_str_starts(lp_buf_str(&f.got), LP_STR("HTTP/1.1 431 ")));
	CHECK(http_server_stats(f.server)->bad_requests == 1);
	CHECK(http_server_stats(f.server)->large_heads == 1);
	close(fd);
	fixture_stop(&f);
}

/* Opens a session by polling; its id, 24 characters. */
static bool open_session(struct fixture *f, int fd, char sid[25])
{
	const char *at;

	CHECK(client_talk(f, fd, GET(SIO) "\r\n"));
	at = strstr(f->got.data, "0{\"sid\":\"t-");
	CHECK(at != NULL);
	if (at)
		snprintf(sid, 25, "%s", at + 9);
	return at != NULL;
}

static bool post(struct fixture *f, int fd, const char *sid, const char *headers, const char *body)
{
	char text[4096];

	snprintf(text, sizeof(text), "POST " SIO "&sid=%s HTTP/1.1\r\n%s\r\n%s", sid, headers,
		 body);
	return client_talk(f, fd, text);
}

static bool poll_get(struct fixture *f, int fd, const char *sid, const char *behind)
{
	char text[4096];

	snprintf(text, sizeof(text), GET(SIO "&sid=%s") "\r\n%s", sid, behind);
	return client_talk(f, fd, text);
}

/* The machine may hold us up for most of it. */
#define PATIENCE_MS 500

static void test_timeouts(void)
{
	struct fixture f;
	int silent, slow, body;
	char sid[25];

	fixture_init(&f);
	f.conf.header_timeout = PATIENCE_MS;
	f.conf.body_timeout = PATIENCE_MS;
	fixture_start(&f);
	silent = client_new(&f);
	slow = client_new(&f);
	CHECK(client_talk(&f, slow, "GET / HT"));
	CHECK(client_read(&f, silent));
	usleep((PATIENCE_MS + 5) * 1000);
	CHECK(!client_read(&f, silent));
	CHECK(f.got.len == 0);
	CHECK(!client_read(&f, slow));
	CHECK(lp_str_starts(lp_buf_str(&f.got), LP_STR("HTTP/1.1 408 ")));
	close(silent);
	close(slow);

	body = client_new(&f);
	if (open_session(&f, body, sid)) {
		CHECK(post(&f, body, sid, "Content-Length: 9\r\n", "4"));
		CHECK(engine_sessions(f.engine) == 1);
		usleep((PATIENCE_MS + 5) * 1000);
		CHECK(!client_read(&f, body));
		CHECK(lp_str_starts(lp_buf_str(&f.got), LP_STR("HTTP/1.1 408 ")));
		CHECK(engine_sessions(f.engine) == 0);
	}
	CHECK(http_server_stats(f.server)->timeouts == 3);
	close(body);
	fixture_stop(&f);
}

static struct lp_str body_of(const struct fixture *f)
{
	const char *at = strstr(f->got.data, "\r\n\r\n");

	return lp_cstr(at ? at + 4 : "");
}

/* A GET waits, what is pipelined behind it waits with it, and both are answered in order. */
static void test_poll_and_pipeline(void)
{
	struct fixture f;
	int a, b;
	char sid[25];

	fixture_init(&f);
	fixture_start(&f);
	a = client_new(&f);
	b = client_new(&f);
	if (open_session(&f, a, sid)) {
		post(&f, b, sid, "Content-Length: 2\r\n", "40");
		CHECK_STR(lp_cstr(sid), body_of(&f), LP_STR("ok"));
		CHECK(poll_get(&f, a, sid, ""));
		CHECK(strncmp(body_of(&f).p, "40{\"sid\":", 9) == 0);
		CHECK(poll_get(&f, a, sid, GET("/health") "\r\n"));
		CHECK(f.got.len == 0);
		/* the body in two pieces, then a chunked one */
		post(&f, b, sid, "Content-Length: 12\r\n", "42[\"ec");
		CHECK(f.got.len == 0);
		client_talk(&f, b, "ho\",1]" GET("/health") "\r\n");
		CHECK(strstr(f.got.data, "\r\n\r\nokHTTP/1.1 200") != NULL);
		CHECK(client_read(&f, a));
		CHECK(strstr(f.got.data, "\r\n\r\n42[\"echo\",1]HTTP/1.1 200 OK") != NULL);
		CHECK(strstr(f.got.data, "\r\n\r\nhello") != NULL);
		post(&f, b, sid, "Transfer-Encoding: chunked\r\n", "6\r\n42[\"ec\r\n");
		client_talk(&f, b, "6\r\nho\",2]\r\n0\r\n\r\n");
		CHECK_STR(lp_cstr(sid), body_of(&f), LP_STR("ok"));
		CHECK(poll_get(&f, a, sid, ""));
		CHECK_STR(lp_cstr(sid), body_of(&f), LP_STR("42[\"echo\",2]"));
	}
	close(a);
	close(b);
	fixture_stop(&f);
}

static void test_body_limits(void)
{
	static const struct {
		const char *headers, *body, *status;
	} rows[] = {
		{"Content-Length: 1001\r\n", "", "413"},
		{"Content-Length: 1000000000000\r\n", "4x", "413"},
		{"Transfer-Encoding: chunked\r\n", "FFFFFF\r\n", "413"},
		{"Transfer-Encoding: chunked\r\n", "x\r\n", "400"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].body);
		struct fixture f;
		char sid[25];
		int fd;

		fixture_init(&f);
		fixture_start(&f);
		fd = client_new(&f);
		if (open_session(&f, fd, sid)) {
			CHECK_ROW(row, !post(&f, fd, sid, rows[i].headers, rows[i].body));
			CHECK_ROW(row,
				  f.got.len > 12 && !memcmp(f.got.data + 9, rows[i].status, 3));
			CHECK_ROW(row, engine_sessions(f.engine) == 0);
			CHECK_ROW(row, http_server_stats(f.server)->large_bodies ==
					       (rows[i].status[1] == '1'));
		}
		close(fd);
		fixture_stop(&f);
	}
}

static void test_expect_continue(void)
{
	struct fixture f;
	char sid[25];
	int fd;

	fixture_init(&f);
	fixture_start(&f);
	fd = client_new(&f);
	if (open_session(&f, fd, sid)) {
		CHECK(post(&f, fd, sid, "Content-Length: 2\r\nExpect: 100-continue\r\n", ""));
		CHECK_STR(lp_cstr(sid), lp_buf_str(&f.got),
			  LP_STR("HTTP/1.1 100 Continue\r\n\r\n"));
		CHECK(client_talk(&f, fd, "40"));
		CHECK_STR(lp_cstr(sid), body_of(&f), LP_STR("ok"));
	}
	close(fd);
	fixture_stop(&f);
}

/* The end of a connection that waits, or the flood on it, ends the session at once. */
static void test_waiting_poll_lost(void)
{
	for (int flood = 0; flood < 2; flood++) {
		char more[20000];
		struct fixture f;
		char sid[25];
		int fd;

		memset(more, 'x', sizeof(more));
		fixture_init(&f);
		fixture_start(&f);
		fd = client_new(&f);
		if (open_session(&f, fd, sid)) {
			CHECK(poll_get(&f, fd, sid, ""));
			CHECK(engine_sessions(f.engine) == 1);
			if (flood)
				client_write(fd, more, sizeof(more));
			else
				shutdown(fd, SHUT_WR);
			CHECK(!client_read(&f, fd));
			CHECK(engine_sessions(f.engine) == 0);
			CHECK(http_server_conn_stats(f.server)->open == 0);
		}
		close(fd);
		fixture_stop(&f);
	}
}

/* Long answers, to those who take gzip; who asks from where is named once in Vary. */
static void test_compression(void)
{
	static const struct {
		bool on;
		size_t length; /* of the event's argument */
		const char *headers, *encoding, *vary;
	} rows[] = {
		{true, 600, "Accept-Encoding: gzip, deflate\r\n", "Content-Encoding: gzip\r\n",
		 "Vary: Accept-Encoding\r\n"},
		{true, 600, "Accept-Encoding: gzip\r\nOrigin: http://page\r\n",
		 "Content-Encoding: gzip\r\n", "Vary: Origin, Accept-Encoding\r\n"},
		{true, 600, "", NULL, "Vary: Accept-Encoding\r\n"},
		{true, 600, "Accept-Encoding: br, gzip;q=0\r\n", NULL, "Vary: Accept-Encoding\r\n"},
		{true, 400, "Accept-Encoding: gzip\r\n", NULL, NULL},
		{false, 600, "Accept-Encoding: gzip\r\n", NULL, NULL},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].headers);
		char text[1000], sid[25], want[700];
		z_stream z = {0};
		struct fixture f;
		struct lp_str body;
		int fd, n;

		fixture_init(&f);
		f.conf.http_compression = rows[i].on;
		fixture_start(&f);
		fd = client_new(&f);
		CHECK_ROW(row, open_session(&f, fd, sid));
		post(&f, fd, sid, "Content-Length: 2\r\n", "40");
		CHECK_ROW(row, poll_get(&f, fd, sid, ""));
		n = snprintf(want, sizeof(want), "42[\"x\",\"%0*d\"]", (int)rows[i].length, 0);
		socket_emit(f.last, lp_str(want + 2, (size_t)n - 2));
		snprintf(text, sizeof(text), GET(SIO "&sid=%s") "%s\r\n", sid, rows[i].headers);
		CHECK_ROW(row, client_talk(&f, fd, text));
		body = lp_str_from(lp_buf_str(&f.got), (size_t)(body_of(&f).p - f.got.data));
		CHECK_ROW(row,
			  (strstr(f.got.data, "Content-Encoding") != NULL) == !!rows[i].encoding);
		CHECK_ROW(row, (strstr(f.got.data, "Vary") != NULL) == !!rows[i].vary);
		CHECK_ROW(row, !rows[i].vary || strstr(f.got.data, rows[i].vary));
		if (rows[i].encoding) {
			CHECK_ROW(row, strstr(f.got.data, rows[i].encoding) != NULL);
			z.next_in = (Bytef *)body.p;
			z.avail_in = (uInt)body.n;
			z.next_out = (Bytef *)text;
			z.avail_out = sizeof(text);
			CHECK_ROW(row, inflateInit2(&z, 15 + 16) == Z_OK);
			CHECK_ROW(row, inflate(&z, Z_FINISH) == Z_STREAM_END);
			body = lp_str(text, sizeof(text) - z.avail_out);
			inflateEnd(&z);
		}
		CHECK_STR(row, body, lp_cstr(want));
		close(fd);
		fixture_stop(&f);
	}
}

/* What one client may ask of a session; over it the session ends, and that is counted. */
static void test_session_limits(void)
{
	static const struct {
		const char *body;
		unsigned payloads, namespaces; /* refused so far */
	} rows[] = {
		{"6\x1e"
		 "6\x1e"
		 "6\x1e"
		 "6",
		 0, 0},
		{"6\x1e"
		 "6\x1e"
		 "6\x1e"
		 "6\x1e"
		 "6",
		 1, 0},
		{"40/a,\x1e"
		 "40/b,\x1e"
		 "40/c,",
		 1, 0},
		{"40/a,\x1e"
		 "40/b,\x1e"
		 "40/c,\x1e"
		 "40/d,",
		 1, 1},
	};
	struct fixture f;
	int fd;

	fixture_init(&f);
	f.engine_conf.max_packets = 4;
	f.engine_conf.max_namespaces = 3;
	fixture_start(&f);
	fd = client_new(&f);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].body);
		char headers[64], sid[25];

		CHECK_ROW(row, open_session(&f, fd, sid));
		snprintf(headers, sizeof(headers), "Content-Length: %zu\r\n", row.n);
		post(&f, fd, sid, headers, row.p);
		CHECK_STR(row, body_of(&f), LP_STR("ok"));
		/* closed over a namespace, it waits to tell that with the next poll */
		CHECK_ROW(row, engine_sessions(f.engine) == (i == 1 ? 0 : 1));
		CHECK_ROW(row, engine_stats(f.engine)->payloads_refused == rows[i].payloads);
		CHECK_ROW(row, engine_stats(f.engine)->namespaces_refused == rows[i].namespaces);
		/* what is still to be fetched goes with the second one */
		engine_close_all(f.engine, CLOSE_SERVER);
		engine_close_all(f.engine, CLOSE_SERVER);
	}
	close(fd);
	fixture_stop(&f);
}

static void test_sessions_per_address(void)
{
	static const struct {
		const char *from, *status;
	} steps[] = {
		{"192.0.2.1", "200"},   {"192.0.2.1", "200"},     {"192.0.2.1", "429"},
		{"192.0.2.2", "200"},   {"2001:db8::1", "200"},   {"2001:db8::2", "200"},
		{"2001:db8::3", "429"}, {"2001:db8:1::3", "200"},
	};
	struct fixture f;

	fixture_init(&f);
	f.engine_conf.sessions_per_address = 2;
	fixture_start(&f);
	/* the second time all sessions of the first are gone */
	for (int turn = 0; turn < 2; turn++) {
		for (size_t i = 0; i < COUNT(steps); i++) {
			int fd = client_new(&f);
			char text[200];

			snprintf(text, sizeof(text), GET(SIO) "X-Forwarded-For: %s\r\n\r\n",
				 steps[i].from);
			CHECK_ROW(lp_cstr(steps[i].from),
				  client_talk(&f, fd, text) == (steps[i].status[0] == '2'));
			CHECK_ROW(lp_cstr(steps[i].from),
				  f.got.len > 12 && !memcmp(f.got.data + 9, steps[i].status, 3));
			close(fd);
		}
		CHECK(engine_stats(f.engine)->addresses_refused == 2u * (unsigned)(turn + 1));
		engine_close_all(f.engine, CLOSE_SERVER);
		fixture_run(&f);
		CHECK(engine_sessions(f.engine) == 0);
	}
	fixture_stop(&f);
}

static void test_too_many(void)
{
	struct fixture f;
	int a, b;

	fixture_init(&f);
	f.conf.max_conns = 1;
	fixture_start(&f);
	a = client_new(&f);
	CHECK(client_new(&f) == -1);
	CHECK(http_server_stats(f.server)->refused == 1);
	close(a);
	fixture_run(&f);
	b = client_new(&f);
	CHECK(b >= 0);
	close(b);
	fixture_stop(&f);
}

/* Idle connections end at once, waiting ones with their answer. */
static void test_drain(void)
{
	struct fixture f;
	int idle, waiting;
	char sid[25];

	fixture_init(&f);
	fixture_start(&f);
	idle = client_new(&f);
	waiting = client_new(&f);
	if (open_session(&f, waiting, sid)) {
		CHECK(poll_get(&f, waiting, sid, ""));
		http_server_drain(f.server);
		CHECK(!client_read(&f, idle));
		CHECK(client_read(&f, waiting));
		engine_close_all(f.engine, CLOSE_SHUTDOWN);
		CHECK(!client_read(&f, waiting));
		CHECK(strstr(f.got.data, "\r\nConnection: close\r\n") != NULL);
		CHECK_STR(lp_cstr(sid), body_of(&f), LP_STR("1"));
	}
	close(idle);
	close(waiting);
	fixture_run(&f);
	CHECK(http_server_conn_stats(f.server)->open == 0);
	fixture_stop(&f);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"answers", test_answers},
		{"byte by byte", test_byte_by_byte},
		{"head limit", test_head_limit},
		{"time-outs", test_timeouts},
		{"poll and pipeline", test_poll_and_pipeline},
		{"body limits", test_body_limits},
		{"expect: 100-continue", test_expect_continue},
		{"waiting poll lost", test_waiting_poll_lost},
		{"compression", test_compression},
		{"session limits", test_session_limits},
		{"sessions per address", test_sessions_per_address},
		{"too many connections", test_too_many},
		{"drain", test_drain},
	};

	return lp_test_main("http_server", tests, COUNT(tests));
}
