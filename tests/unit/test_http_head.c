#include "config.h"

#include "connector/proto/http_head.h"
#include "tests/unit/lp_test.h"

#define HEAD(line, headers) line "\r\n" headers "\r\n"

static const struct {
	struct lp_str text;
	int minor;
	int64_t content_length;
	bool chunked, keep_alive, upgrade;
} heads[] = {
	{BYTES(HEAD("GET / HTTP/1.1", "")), 1, -1, false, true, false},
	{BYTES(HEAD("GET / HTTP/1.0", "")), 0, -1, false, false, false},
	{BYTES(HEAD("GET / HTTP/1.0", "Connection: Keep-Alive\r\n")), 0, -1, false, true, false},
	{BYTES(HEAD("GET / HTTP/1.1", "connection:CLOSE\r\n")), 1, -1, false, false, false},
	{BYTES(HEAD("GET / HTTP/1.1", "Connection: foo , close,keep-alive\r\n")), 1, -1, false,
	 false, false},
	{BYTES(HEAD("POST /x HTTP/1.1", "Content-Length: 0\r\n")), 1, 0, false, true, false},
	{BYTES(HEAD("POST /x HTTP/1.1", "CONTENT-LENGTH:\t1000000000000 \r\n")), 1, 1000000000000,
	 false, true, false},
	{BYTES(HEAD("POST /x HTTP/1.1", "Content-Length: 999999999999999999\r\n")), 1,
	 999999999999999999, false, true, false},
	{BYTES(HEAD("POST /x HTTP/1.1", "Transfer-Encoding: Chunked\r\n")), 1, -1, true, true,
	 false},
	{BYTES(HEAD("GET / HTTP/1.1", "Upgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n")),
	 1, -1, false, true, true},
	{BYTES(HEAD("GET / HTTP/1.1", "Upgrade: h2c, websocket\r\nConnection: x\r\n"
				      "Connection: upgrade\r\n")),
	 1, -1, false, true, true},
	{BYTES(HEAD("GET / HTTP/1.1", "Upgrade: websocket\r\n")), 1, -1, false, true, false},
	{BYTES(HEAD("GET / HTTP/1.1", "Upgrade: h2c\r\nConnection: upgrade\r\n")), 1, -1, false,
	 true, false},
	{BYTES(HEAD("GET / HTTP/1.0", "Upgrade: websocket\r\nConnection: upgrade\r\n")), 0, -1,
	 false, false, false},
	{BYTES(HEAD("GET /a HTTP/1.1", "X:\r\nY: \t \r\nZ: \xc3\xa9\tz\r\n")), 1, -1, false, true,
	 false},
	{BYTES("\r\n" HEAD("GET / HTTP/1.1", "")), 1, -1, false, true, false},
};

static void test_parse(void)
{
	struct lp_buf longer = {0};

	for (size_t i = 0; i < COUNT(heads); i++) {
		struct lp_str t = heads[i].text;
		struct http_head h;

		for (size_t n = 0; n < t.n; n++) {
			char *copy = malloc(n + 1); /* so that a sanitizer sees a step too far */

			memcpy(copy, t.p, n);
			CHECK_ROW(t, http_head_parse(&h, copy, n) == 0);
			free(copy);
		}
		CHECK_ROW(t, http_head_parse(&h, t.p, t.n) == (ssize_t)t.n);
		CHECK_ROW(t, h.minor == heads[i].minor && h.chunked == heads[i].chunked);
		CHECK_ROW(t, h.content_length == heads[i].content_length);
		CHECK_ROW(t, h.keep_alive == heads[i].keep_alive);
		CHECK_ROW(t, h.upgrade_websocket == heads[i].upgrade);
		lp_buf_reset(&longer);
		lp_buf_adds(&longer, t);
		lp_buf_addz(&longer, "GET bytes of the body \1\2\3");
		CHECK_ROW(t, http_head_parse(&h, longer.data, longer.len) == (ssize_t)t.n);
	}
	lp_buf_clear(&longer);
}

static void test_refused(void)
{
	static const struct lp_str bad[] = {
		BYTES(HEAD("GET  / HTTP/1.1", "")),
		BYTES(HEAD(" GET / HTTP/1.1", "")),
		BYTES(HEAD("G\tET / HTTP/1.1", "")),
		BYTES(HEAD("GET http://h/ HTTP/1.1", "")),
		BYTES(HEAD("OPTIONS * HTTP/1.1", "")),
		BYTES(HEAD("GET /#f HTTP/1.1", "")),
		BYTES(HEAD("GET /\x01 HTTP/1.1", "")),
		BYTES(HEAD("GET /\x7f HTTP/1.1", "")),
		BYTES(HEAD("GET /\xc3\xa9 HTTP/1.1", "")),
		BYTES(HEAD("GET /a b HTTP/1.1", "")),
		BYTES(HEAD("GET / HTTP/1.1 ", "")),
		BYTES(HEAD("GET / HTTP/1.2", "")),
		BYTES(HEAD("GET / HTTP/2.0", "")),
		BYTES(HEAD("GET / http/1.1", "")),
		BYTES(HEAD("GET /", "")),
		BYTES("GET / HTTP/1.1\n\n"),
		BYTES("GET / HTTP/1.1\r\r\n"),
		BYTES("\r\n\r\n" HEAD("GET / HTTP/1.1", "")),
		BYTES("\n" HEAD("GET / HTTP/1.1", "")),
		BYTES("\x16\x03\x01\x02"), /* TLS */
		BYTES(HEAD("GET / HTTP/1.1", "Host : h\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", ": h\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "Host\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: a\r\n folded\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", " X: a\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: a\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: a\rb\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: \x01\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "Origin: a\0b\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: 1234\x7f and more behind\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: 1234\x1f and more behind\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X: 1234\n and more behind\r\n")),
		BYTES(HEAD("GET / HTTP/1.1", "X\xc3\xa9: a\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: \r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: -1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: +1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: 1 1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: 1, 1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: 0x1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: 9999999999999999999\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Content-Length: 1\r\nContent-Length: 1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1",
			   "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")),
		BYTES(HEAD("POST / HTTP/1.1",
			   "Transfer-Encoding: chunked\r\nContent-Length: 1\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n")),
		BYTES(HEAD("POST / HTTP/1.1",
			   "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")),
		BYTES(HEAD("POST / HTTP/1.1", "Transfer-Encoding: identity\r\n")),
		BYTES(HEAD("POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n")),
	};

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct http_head h;

		CHECK_ROW(bad[i], http_head_parse(&h, bad[i].p, bad[i].n) == LP_EPROTO);
		/* before that it is undecided or already refused, never accepted */
		for (size_t n = 0; n < bad[i].n; n++)
			CHECK_ROW(bad[i], http_head_parse(&h, bad[i].p, n) <= 0);
	}
}

static void test_parts(void)
{
	static const char text[] =
		"GET /socket.io/?EIO=3&transport=polling&x=a?b&y=%zz HTTP/1.1\r\n"
		"Host: h:80\r\norigin:  http://a.b \r\nAccept: x\r\n"
		"Accept: y , Z\r\nEmpty:\r\n\r\n";
	struct http_head h;

	CHECK(http_head_parse(&h, text, sizeof(text) - 1) == sizeof(text) - 1);
	CHECK_STR(LP_STR("method"), h.method, LP_STR("GET"));
	CHECK_STR(LP_STR("target"), h.target,
		  LP_STR("/socket.io/?EIO=3&transport=polling&x=a?b&y=%zz"));
	CHECK_STR(LP_STR("path"), h.path, LP_STR("/socket.io/"));
	CHECK_STR(LP_STR("query"), h.query, LP_STR("EIO=3&transport=polling&x=a?b&y=%zz"));
	CHECK(h.header_count == 5);
	CHECK_STR(LP_STR("host"), http_head_get(&h, "Host"), LP_STR("h:80"));
	CHECK_STR(LP_STR("origin"), http_head_get(&h, "Origin"), LP_STR("http://a.b"));
	CHECK_STR(LP_STR("accept"), http_head_get(&h, "ACCEPT"), LP_STR("x"));
	CHECK(http_head_get(&h, "Empty").p && http_head_get(&h, "Empty").n == 0);
	CHECK(!http_head_get(&h, "Hos").p);
	CHECK(http_head_has_token(&h, "accept", "X"));
	CHECK(http_head_has_token(&h, "accept", "z"));
	CHECK(!http_head_has_token(&h, "accept", "y , Z"));
	CHECK(!http_head_has_token(&h, "accept", ""));
	CHECK(!http_head_has_token(&h, "none", "x"));
	CHECK(http_head_parse(&h, "GET /a HTTP/1.1\r\n\r\n", 19) == 19);
	CHECK(h.query.n == 0 && h.path.n == 2 && h.header_count == 0);
}

static void test_header_count(void)
{
	struct lp_buf text = {0};
	struct http_head h;

	lp_buf_addz(&text, "GET / HTTP/1.1\r\n");
	for (size_t i = 0; i < HTTP_HEADERS_MAX; i++)
		lp_buf_addz(&text, "X: y\r\n");
	lp_buf_addz(&text, "\r\n");
	CHECK(http_head_parse(&h, text.data, text.len) == (ssize_t)text.len);
	text.len -= 2;
	lp_buf_addz(&text, "X: y\r\n\r\n");
	CHECK(http_head_parse(&h, text.data, text.len) == LP_ETOOBIG);
	lp_buf_clear(&text);
}

#define CHUNK_MAX 20

static const struct {
	struct lp_str body;
	int rc; /* 1: complete */
	struct lp_str content;
	size_t behind; /* bytes that are no more of the body */
} chunked[] = {
	{BYTES("0\r\n\r\n"), 1, BYTES(""), 0},
	{BYTES("5\r\nhello\r\n0\r\n\r\n"), 1, BYTES("hello"), 0},
	{BYTES("5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nGET"), 1, BYTES("hello world"), 3},
	{BYTES("a\r\n0123456789\r\nA;x=\"y z\"\r\n0123456789\r\n000\r\n\r\n"), 1,
	 BYTES("01234567890123456789"), 0},
	{BYTES("1\r\nx\r\n0\r\nTrailer: y\r\nZ:\r\n\r\n"), 1, BYTES("x"), 0},
	{BYTES("000000000000001\r\nx\r\n0\r\n\r\n"), 1, BYTES("x"), 0},
	{BYTES("0000000000000001\r\nx\r\n0\r\n\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("15\r\n"), LP_ETOOBIG, BYTES(""), 0}, /* 21 */
	{BYTES("14\r\n01234567890123456789\r\n1\r\n"), LP_ETOOBIG, BYTES("01234567890123456789"),
	 0},
	{BYTES("ffffffffffffffff\r\n"), LP_ETOOBIG, BYTES(""), 0},
	{BYTES("\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES(";x\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES(" 1\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("-1\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("0x1\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("1 \r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("1\nx\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("1\rx"), LP_EPROTO, BYTES(""), 0},
	{BYTES("1;a\x01\r\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("1\r\nxx\r\n"), LP_EPROTO, BYTES("x"), 0},
	{BYTES("1\r\nx\rx"), LP_EPROTO, BYTES("x"), 0},
	{BYTES("0\r\n\rx"), LP_EPROTO, BYTES(""), 0},
	{BYTES("0\r\nT\n"), LP_EPROTO, BYTES(""), 0},
	{BYTES("0\r\nT\rx"), LP_EPROTO, BYTES(""), 0},
};

static void test_chunked(void)
{
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(chunked); i++) {
		struct lp_str b = chunked[i].body;

		for (size_t slice = 1; slice <= b.n; slice++) {
			struct http_chunked k = {0};
			size_t at = 0;
			int rc = 0;

			lp_buf_reset(&out);
			while (rc == 0 && at < b.n) {
				size_t n = b.n - at < slice ? b.n - at : slice;
				size_t used;

				rc = http_chunked_feed(&k, b.p + at, n, &out, CHUNK_MAX, &used);
				CHECK_ROW(b, used <= n && (rc != 0 || used == n));
				at += used;
			}
			CHECK_ROW(b, rc == chunked[i].rc);
			CHECK_STR(b, lp_buf_str(&out), chunked[i].content);
			if (rc == 1)
				CHECK_ROW(b, b.n - at == chunked[i].behind);
		}
	}
	lp_buf_clear(&out);
}

/* Lines that never end are refused, not read for ever. */
static void test_chunked_lines(void)
{
	static const struct lp_str starts[] = {BYTES("1;"), BYTES("0\r\n"), BYTES("0\r\nX: y\r\n")};
	struct lp_buf out = {0};
	char line[1000];
	size_t used;

	memset(line, 'x', sizeof(line));
	for (size_t i = 0; i < COUNT(starts); i++) {
		struct http_chunked k = {0};

		CHECK(http_chunked_feed(&k, starts[i].p, starts[i].n, &out, 9, &used) == 0);
		CHECK(http_chunked_feed(&k, line, sizeof(line), &out, 9, &used) == LP_EPROTO);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"parse, and every prefix", test_parse},
		{"refused", test_refused},
		{"parts", test_parts},
		{"number of headers", test_header_count},
		{"chunked, in slices of any size", test_chunked},
		{"chunked, endless lines", test_chunked_lines},
	};

	return lp_test_main("http_head", tests, COUNT(tests));
}
