#include "config.h"

#include "connector/proto/ws_handshake.h"
#include "tests/unit/lp_test.h"

#define REQUEST(method, version, key)                                                              \
	method " /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"                               \
	       "Host: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n"              \
	       "Sec-WebSocket-Version: " version "\r\nSec-WebSocket-Key: " key "\r\n"
#define KEY "dGhlIHNhbXBsZSBub25jZQ=="

static void test_accept_key(void)
{
	char out[29];

	ws_accept_key(LP_STR(KEY), out);
	CHECK_STR(LP_STR(KEY), lp_cstr(out), LP_STR("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
}

static void test_check(void)
{
	static const struct {
		struct lp_str request;
		int rc;
	} rows[] = {
		{BYTES(REQUEST("GET", "13", KEY) "\r\n"), LP_OK},
		{BYTES(REQUEST("POST", "13", KEY) "\r\n"), LP_EPROTO},
		{BYTES(REQUEST("GET", "12", KEY) "\r\n"), LP_EINVAL},
		{BYTES(REQUEST("GET", "", KEY) "\r\n"), LP_EINVAL},
		{BYTES(REQUEST("GET", "13", "short") "\r\n"), LP_EPROTO},
		{BYTES(REQUEST("GET", "13", "") "\r\n"), LP_EPROTO},
		{BYTES(REQUEST("GET", "13", "dGhlIHNhbXBsZSBub25jZQAA") "\r\n"), LP_EPROTO},
		{BYTES(REQUEST("GET", "13", "dGhlIHNhbXBsZSBub25jZ!==") "\r\n"), LP_EPROTO},
		{BYTES("GET / HTTP/1.1\r\nSec-WebSocket-Version: 13\r\n"
		       "Sec-WebSocket-Key: " KEY "\r\n\r\n"),
		 LP_EPROTO},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_head h;

		CHECK_ROW(rows[i].request,
			  http_head_parse(&h, rows[i].request.p, rows[i].request.n) ==
				  (ssize_t)rows[i].request.n);
		CHECK_ROW(rows[i].request, ws_handshake_check(&h) == rows[i].rc);
	}
}

static void test_answer(void)
{
	static const char start[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				    "Connection: Upgrade\r\n"
				    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n";
	static const struct {
		struct lp_str request, extra;
		const char *end;
	} rows[] = {
		{BYTES(REQUEST("GET", "13", KEY) "\r\n"), BYTES(""), "\r\n"},
		{BYTES(REQUEST("GET", "13", KEY) "Sec-WebSocket-Protocol: foo, bar\r\n\r\n"),
		 BYTES("Vary: Origin\r\n"), "Sec-WebSocket-Protocol: foo\r\nVary: Origin\r\n\r\n"},
		{BYTES(REQUEST("GET", "13", KEY) "Sec-WebSocket-Protocol: foo \t,bar\r\n\r\n"),
		 BYTES(""), "Sec-WebSocket-Protocol: foo\r\n\r\n"},
		{BYTES(REQUEST("GET", "13", KEY) "Sec-WebSocket-Protocol: ,bar\r\n\r\n"), BYTES(""),
		 "\r\n"},
		{BYTES(REQUEST("GET", "13", KEY) "Sec-WebSocket-Extensions: permessage-deflate; "
						 "client_max_window_bits\r\n\r\n"),
		 BYTES(""), "\r\n"},
	};
	struct lp_buf got = {0}, want = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct http_head h;

		CHECK(http_head_parse(&h, rows[i].request.p, rows[i].request.n) > 0);
		lp_buf_reset(&got);
		lp_buf_reset(&want);
		ws_handshake_answer(&got, &h, rows[i].extra);
		lp_buf_addz(&want, start);
		lp_buf_addz(&want, rows[i].end);
		CHECK_STR(rows[i].request, lp_buf_str(&got), lp_buf_str(&want));
	}
	lp_buf_clear(&got);
	lp_buf_clear(&want);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"accept key", test_accept_key},
		{"check", test_check},
		{"answer", test_answer},
	};

	return lp_test_main("ws_handshake", tests, COUNT(tests));
}
