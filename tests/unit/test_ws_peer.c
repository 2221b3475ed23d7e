#include "config.h"

#include <unistd.h>

#include "connector/engine/frame.h"
#include "connector/engine/socket.h"
#include "connector/proto/ws_deflate.h"
#include "tests/unit/http_fixture.h"
#include "tests/unit/lp_test.h"

#define UPGRADE_WITH(headers)                                                                      \
	"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: h\r\n"                        \
	"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"               \
	"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" headers "\r\n"
#define UPGRADE UPGRADE_WITH("")
#define DEFLATE "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n"
#define DEFLATE_ANSWER                                                                             \
	"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "               \
	"client_no_context_takeover\r\n"
#define ACCEPT "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

/* Opens a websocket session that joined "/"; what it was greeted with is read away. */
static int open_with(struct fixture *f, const char *upgrade)
{
	struct lp_buf frame = {0};
	int fd = client_new(f);

	CHECK(client_talk(f, fd, upgrade));
	add_frame(&frame, 0x81, "40", 2);
	client_write(fd, frame.data, frame.len);
	CHECK(client_read(f, fd));
	CHECK(f->last != NULL);
	lp_buf_clear(&frame);
	return fd;
}

static int open_websocket(struct fixture *f)
{
	return open_with(f, UPGRADE);
}

static bool talk_frame(struct fixture *f, int fd, int first, const void *data, size_t len)
{
	struct lp_buf frame = {0};

	add_frame(&frame, first, data, len);
	client_write(fd, frame.data, frame.len);
	lp_buf_clear(&frame);
	return client_read(f, fd);
}

/* The whole of a client's side, its first frames glued to the upgrade, in pieces of each size. */
static void test_pieces(void)
{
	static const char want_echo[] = "\x81\x0e"
					"42[\"echo\",\"x\"]";
	struct lp_buf in = {0};

	lp_buf_addz(&in, UPGRADE);
	add_frame(&in, 0x81, "40", 2);
	add_frame(&in, 0x01, "42[\"ec", 6); /* two fragments with a ping between them */
	add_frame(&in, 0x89, "hi", 2);
	add_frame(&in, 0x80, "ho\",\"x\"]", 8);
	for (size_t piece = 1; piece <= in.len; piece = piece < 8 ? piece + 1 : piece * 3) {
		struct lp_buf all = {0};
		struct fixture f;
		char *at;
		int fd;

		fixture_init(&f);
		fixture_start(&f);
		fd = client_new(&f);
		for (size_t i = 0; i < in.len; i += piece) {
			client_write(fd, in.data + i, in.len - i < piece ? in.len - i : piece);
			CHECK(client_read(&f, fd));
			lp_buf_adds(&all, lp_buf_str(&f.got));
		}
		at = memmem(all.data, all.len, ACCEPT, strlen(ACCEPT));
		CHECK(at != NULL);
		CHECK(memmem(all.data, all.len, "0{\"sid\":\"t-", 11) != NULL);
		CHECK(memmem(all.data, all.len, "40{\"sid\":", 9) != NULL);
		CHECK(memmem(all.data, all.len, "\x8a\x02hi", 4) != NULL);
		CHECK(all.len > 16 && memcmp(all.data + all.len - 16, want_echo, 16) == 0);
		lp_buf_clear(&all);
		close(fd);
		fixture_stop(&f);
	}
	lp_buf_clear(&in);
}

/* What the peer sends, what it gets back, and then the end. */
static void test_endings(void)
{
	static const struct {
		int first;
		struct lp_str data;
		struct lp_str want;
		bool bad;
	} rows[] = {
		{0x88, BYTES(""), BYTES("\x88\x00"), false},
		{0x88, BYTES("\x03\xe8"), BYTES("\x88\x02\x03\xe8"), false},
		{0x88,
		 BYTES("\x03\xe8"
		       "bye"),
		 BYTES("\x88\x02\x03\xe8"), false},
		{0x88, BYTES("\x03"), BYTES("\x88\x02\x03\xea"), true},
		{0x83, BYTES("x"), BYTES("\x88\x02\x03\xea"), true},
		{0xc1, BYTES("x"), BYTES("\x88\x02\x03\xea"), true},
		{0x80, BYTES("x"), BYTES("\x88\x02\x03\xea"), true},
		{0x81, BYTES("4\xff"), BYTES("\x88\x02\x03\xef"), true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct fixture f;
		int fd;

		fixture_init(&f);
		fixture_start(&f);
		fd = open_websocket(&f);
		CHECK_ROW(rows[i].data,
			  !talk_frame(&f, fd, rows[i].first, rows[i].data.p, rows[i].data.n));
		CHECK_STR(rows[i].data, lp_buf_str(&f.got), rows[i].want);
		CHECK_ROW(rows[i].data, engine_sessions(f.engine) == 0);
		CHECK_ROW(rows[i].data,
			  f.reason == (rows[i].bad ? CLOSE_PROTOCOL : CLOSE_TRANSPORT));
		CHECK_ROW(rows[i].data, http_server_stats(f.server)->bad_frames == rows[i].bad);
		close(fd);
		fixture_run(&f);
		CHECK_ROW(rows[i].data, http_server_conn_stats(f.server)->open == 0);
		fixture_stop(&f);
	}
}

/* A frame that is too long is refused by its head; unread data does not destroy the CLOSE. */
static void test_too_long(void)
{
	char big[1001];
	struct fixture f;
	int fd;

	memset(big, '4', sizeof(big));
	fixture_init(&f);
	fixture_start(&f);
	fd = open_websocket(&f);
	client_write(fd, "\x81\xfe\x03\xe9", 4); /* 1001 bytes are announced */
	client_write(fd, "\0\0\0\0", 4);
	CHECK(!client_read(&f, fd));
	CHECK_STR(LP_STR("1001"), lp_buf_str(&f.got), LP_STR("\x88\x02\x03\xf1"));
	CHECK(http_server_stats(f.server)->large_messages == 1);
	client_write(fd, big, sizeof(big));
	fixture_run(&f);
	close(fd);
	fixture_run(&f);
	CHECK(http_server_conn_stats(f.server)->open == 0);
	fixture_stop(&f);
}

static void test_fragments(void)
{
	struct fixture f;
	int fd;

	fixture_init(&f);
	f.conf.max_fragments = 3;
	fixture_start(&f);
	fd = open_websocket(&f);
	CHECK(talk_frame(&f, fd, 0x01, "42[", 3));
	CHECK(talk_frame(&f, fd, 0x00, "\"echo\"", 6));
	CHECK(talk_frame(&f, fd, 0x80, "]", 1));
	CHECK_STR(LP_STR("3"), lp_buf_str(&f.got),
		  LP_STR("\x81\x0a"
			 "42[\"echo\"]"));
	CHECK(talk_frame(&f, fd, 0x01, "", 0));
	CHECK(talk_frame(&f, fd, 0x00, "", 0));
	CHECK(talk_frame(&f, fd, 0x00, "", 0));
	CHECK(!talk_frame(&f, fd, 0x00, "", 0));
	CHECK_STR(LP_STR("4"), lp_buf_str(&f.got), LP_STR("\x88\x02\x03\xf1"));
	CHECK(http_server_stats(f.server)->large_messages == 1);
	close(fd);
	fixture_stop(&f);
}

static void test_ping_flood(void)
{
	struct lp_buf in = {0};
	struct fixture f;
	int fd;

	fixture_init(&f);
	f.conf.max_control_frames = 20;
	fixture_start(&f);
	fd = open_websocket(&f);
	for (int i = 0; i < 20; i++)
		add_frame(&in, i % 2 ? 0x89 : 0x8a, "", 0);
	client_write(fd, in.data, in.len);
	CHECK(client_read(&f, fd));
	CHECK(f.got.len == 20);
	add_frame(&in, 0x89, "", 0);
	client_write(fd, in.data, in.len);
	CHECK(!client_read(&f, fd));
	CHECK(f.got.len == 24 && !memcmp(f.got.data + 20, "\x88\x02\x03\xf0", 4));
	CHECK(http_server_stats(f.server)->control_floods == 1);
	CHECK(f.reason == CLOSE_PROTOCOL);
	lp_buf_clear(&in);
	close(fd);
	fixture_stop(&f);
}

/* A reader that does not read costs its own connection, at the bound of the queue. */
static void test_slow_reader(void)
{
	struct lp_buf json = {0};
	struct fixture f;
	size_t sent = 0;
	int slow, quick;

	fixture_init(&f);
	fixture_start(&f);
	quick = open_websocket(&f);
	slow = open_websocket(&f);
	lp_buf_addz(&json, "[\"x\",\"");
	for (int i = 0; i < 1000; i++)
		lp_buf_addc(&json, 'y');
	lp_buf_addz(&json, "\"]");
	/* more than the kernel takes and the queue holds */
	while (f.last && sent < 64u << 20) {
		socket_emit(f.last, lp_buf_str(&json));
		sent += json.len;
		fixture_run(&f);
	}
	CHECK(f.last == NULL);
	CHECK(sent > f.conf.send_queue_max);
	CHECK(f.reason == CLOSE_SLOW);
	CHECK(http_server_conn_stats(f.server)->slow == 1);
	CHECK(http_server_conn_stats(f.server)->open == 1);
	CHECK(talk_frame(&f, quick, 0x81, "42[\"echo\",1]", 12));
	CHECK_STR(LP_STR("quick"), lp_buf_str(&f.got),
		  LP_STR("\x81\x0c"
			 "42[\"echo\",1]"));
	lp_buf_clear(&json);
	close(slow);
	close(quick);
	fixture_stop(&f);
}

/* After EAGAIN the rest goes out as the peer reads, complete and in order. */
static void test_backlog_delivered(void)
{
	struct fixture f;
	struct lp_buf all = {0};
	size_t at = 0;
	int fd;

	fixture_init(&f);
	f.conf.send_queue_max = 8 << 20;
	fixture_start(&f);
	fd = open_websocket(&f);
	for (int i = 0; i < 20000; i++) {
		char json[64];
		int n = snprintf(json, sizeof(json), "[\"x\",%06d,\"%040d\"]", i, 0);

		socket_emit(f.last, lp_str(json, (size_t)n));
	}
	for (int i = 0; i < 100; i++) {
		CHECK(client_read(&f, fd));
		lp_buf_adds(&all, lp_buf_str(&f.got));
	}
	for (int i = 0; i < 20000; i++) {
		char want[64];
		int n = snprintf(want, sizeof(want), "42[\"x\",%06d,\"%040d\"]", i, 0);

		if (at + 2 + (size_t)n > all.len || memcmp(all.data + at + 2, want, (size_t)n)) {
			CHECK_ROW(lp_cstr(want), false);
			break;
		}
		at += 2 + (size_t)n;
	}
	CHECK(at == all.len);
	lp_buf_clear(&all);
	close(fd);
	fixture_stop(&f);
}

/* Our end: CLOSE without a code, then it waits for the peer's. */
static void test_server_ends(void)
{
	struct fixture f;
	int fd;

	fixture_init(&f);
	fixture_start(&f);
	fd = open_websocket(&f);
	socket_disconnect(f.last, true, CLOSE_SERVER);
	CHECK(client_read(&f, fd));
	CHECK(f.got.len > 2 && !memcmp(f.got.data + f.got.len - 2, "\x88\x00", 2));
	CHECK(engine_sessions(f.engine) == 0);
	CHECK(talk_frame(&f, fd, 0x81, "42[\"echo\",1]", 12)); /* too late, no answer */
	CHECK(f.got.len == 0);
	CHECK(!talk_frame(&f, fd, 0x88, "", 0));
	CHECK(f.got.len == 0);
	close(fd);
	fixture_stop(&f);
}

/* What is offered, and what the 101 answers. */
static void test_negotiation(void)
{
	static const struct {
		bool on;
		const char *upgrade;
		bool want;
	} rows[] = {
		{true, UPGRADE_WITH(DEFLATE), true},
		{true, UPGRADE_WITH("Sec-WebSocket-Extensions: x-other\r\n" DEFLATE), true},
		{true, UPGRADE, false},
		{true, UPGRADE_WITH("Sec-WebSocket-Extensions: permessage-deflate; foo=1\r\n"),
		 false},
		{false, UPGRADE_WITH(DEFLATE), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].upgrade);
		struct fixture f;
		int fd;

		fixture_init(&f);
		f.conf.websocket_compression = rows[i].on;
		fixture_start(&f);
		fd = client_new(&f);
		CHECK_ROW(row, client_talk(&f, fd, rows[i].upgrade));
		CHECK_ROW(row, lp_str_starts(lp_buf_str(&f.got), LP_STR("HTTP/1.1 101 ")));
		CHECK_ROW(row, (strstr(f.got.data, DEFLATE_ANSWER) != NULL) == rows[i].want);
		CHECK_ROW(row, (strstr(f.got.data, "Extensions") != NULL) == rows[i].want);
		close(fd);
		fixture_stop(&f);
	}
}

/* One frame for several: compressed once, and only for those who can inflate it. */
static void test_compressed_once(void)
{
	struct lp_blob *frame, *small;
	struct socket *socks[3];
	struct ws_deflate *d = ws_deflate_new();
	struct lp_buf json = {0};
	struct lp_str plain;
	struct fixture f;
	int fds[3];

	fixture_init(&f);
	f.conf.websocket_compression = true;
	fixture_start(&f);
	for (int i = 0; i < 3; i++) {
		fds[i] = open_with(&f, i == 1 ? UPGRADE : UPGRADE_WITH(DEFLATE));
		socks[i] = f.last;
	}
	lp_buf_addz(&json, "[\"x\",\"");
	for (int i = 0; i < 600; i++)
		lp_buf_addc(&json, (char)('a' + i % 3));
	lp_buf_addz(&json, "\"]");
	frame = frame_event(LP_STR("/"), lp_buf_str(&json));
	small = frame_event(LP_STR("/"), LP_STR("[\"x\"]"));
	for (int i = 0; i < 3; i++) {
		socket_send(socks[i], frame);
		socket_send(socks[i], small);
	}
	CHECK(frame->packed && frame->packed->len < 100);
	CHECK(frame->packed && frame->packed->refs == 3); /* the block's own and two queues' */
	CHECK(small->packed == small);
	for (int i = 0; i < 3; i++) {
		CHECK(client_read(&f, fds[i]));
		CHECK(lp_str_eq(lp_str_from(lp_buf_str(&f.got), f.got.len - small->len),
				lp_str(small->data, small->len)));
		f.got.len -= small->len;
		if (i == 1) {
			CHECK_STR(LP_STR("plain"), lp_buf_str(&f.got),
				  lp_str(frame->data, frame->len));
			continue;
		}
		CHECK((unsigned char)f.got.data[0] == 0xc1);
		CHECK((size_t)f.got.data[1] == f.got.len - 2);
		CHECK(ws_deflate_inflate(d, lp_str_from(lp_buf_str(&f.got), 2), 1000, &plain) ==
		      LP_OK);
		CHECK_STR(LP_STR("packed"), plain, frame_payload(frame));
	}
	lp_blob_unref(frame);
	lp_blob_unref(small);
	lp_buf_clear(&json);
	ws_deflate_free(d);
	for (int i = 0; i < 3; i++)
		close(fds[i]);
	fixture_stop(&f);
}

/* What clients compress, read or refused. */
static void test_compressed_in(void)
{
	char big[1001];
	struct ws_deflate *d = ws_deflate_new();
	struct lp_str packed;
	struct fixture f;
	int fd;

	memset(big, 'x', sizeof(big));
	fixture_init(&f);
	f.conf.websocket_compression = true;
	fixture_start(&f);
	fd = open_with(&f, UPGRADE_WITH(DEFLATE));
	packed = ws_deflate_compress(d, LP_STR("42[\"echo\",1]"));
	CHECK(talk_frame(&f, fd, 0xc1, packed.p, packed.n));
	CHECK_STR(LP_STR("echo"), lp_buf_str(&f.got),
		  LP_STR("\x81\x0c"
			 "42[\"echo\",1]"));
	packed = ws_deflate_compress(d, lp_str(big, sizeof(big)));
	CHECK(!talk_frame(&f, fd, 0xc1, packed.p, packed.n));
	CHECK_STR(LP_STR("1001"), lp_buf_str(&f.got), LP_STR("\x88\x02\x03\xf1"));
	CHECK(http_server_stats(f.server)->large_messages == 1);
	ws_deflate_free(d);
	close(fd);
	fixture_stop(&f);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"in pieces", test_pieces},
		{"endings", test_endings},
		{"too long a frame", test_too_long},
		{"fragments", test_fragments},
		{"ping flood", test_ping_flood},
		{"slow reader", test_slow_reader},
		{"backlog delivered", test_backlog_delivered},
		{"the server ends it", test_server_ends},
		{"compression negotiated", test_negotiation},
		{"compressed once", test_compressed_once},
		{"compressed by the client", test_compressed_in},
	};

	return lp_test_main("ws_peer", tests, COUNT(tests));
}
