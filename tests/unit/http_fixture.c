#include "config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "connector/engine/socket.h"
#include "tests/unit/http_fixture.h"

/* --- the application --- */

static void app_connect(struct socket *s, const struct socket_request *req)
{
	struct fixture *f = engine_app(socket_engine(s));

	f->last = s;
	socket_accept(s);
}

static void app_event(struct socket *s, const struct socket_event *ev)
{
	struct lp_buf json = {0};

	lp_buf_addz(&json, "[\"echo\"");
	for (size_t i = 0; i < ev->argc && i < SOCKET_ARGS_MAX; i++) {
		lp_buf_addc(&json, ',');
		lp_buf_adds(&json, ev->args[i]);
	}
	lp_buf_addc(&json, ']');
	socket_emit(s, lp_buf_str(&json));
	lp_buf_clear(&json);
}

static void app_closed(struct socket *s, enum close_reason reason)
{
	struct fixture *f = engine_app(socket_engine(s));

	f->reason = reason;
	if (f->last == s)
		f->last = NULL;
}

static const struct app_ops app_ops = {
	.connect = app_connect, .event = app_event, .closed = app_closed};

static void fill(void *buf, size_t len)
{
	static unsigned char n;

	memset(buf, ++n, len);
}

/* --- the loop --- */

static unsigned pass(void *arg, uint64_t now)
{
	struct fixture *f = arg;

	http_server_tick(f->server, now, 1000);
	engine_tick(f->engine, now);
	engine_flush(f->engine);
	http_server_flush(f->server);
	return 0;
}

static void nothing(void *arg)
{
}

static const struct loop_ops loop_ops = {pass, nothing, nothing, nothing};

void fixture_init(struct fixture *f)
{
	*f = (struct fixture){0};
	f->conf = (struct http_server_conf){
		.header_timeout = 10000,
		.body_timeout = 10000,
		.header_max = 16384,
		.max_payload = 1000,
		.max_fragments = 1024,
		.max_control_frames = 100,
		.send_queue_max = 100000,
		.max_conns = 100,
		.http_compression = true,
		.compression_threshold = 500,
		.cors_origins = "http://page",
		.cors_credentials = true,
		.trusted_proxies = "127.0.0.1",
	};
	f->engine_conf = (struct engine_conf){
		.tag = "t",
		.polling = true,
		.websocket = true,
		.eio3 = true,
		.eio4 = true,
		.eio_missing_is_3 = true,
		.ping_interval = 25000,
		.ping_timeout = 20000,
		.upgrade_timeout = 10000,
		.connect_timeout = 45000,
		.max_namespaces = 10,
		.max_packets = 100,
		.max_sessions = 10,
	};
}

void fixture_start(struct fixture *f)
{
	f->engine_conf.max_payload = f->conf.max_payload;
	f->engine_conf.send_queue_max = f->conf.send_queue_max;
	f->loop = loop_new(&loop_ops, f);
	f->engine = engine_new(&f->engine_conf, &app_ops, f, fill);
	f->server = http_server_new(f->loop, &f->conf);
	http_server_mount(f->server, "/socket.io/", f->engine);
}

void fixture_stop(struct fixture *f)
{
	engine_free(f->engine);
	http_server_free(f->server);
	loop_free(f->loop);
	lp_buf_clear(&f->got);
}

void fixture_run(struct fixture *f)
{
	for (int i = 0; i < 8; i++)
		loop_pass(f->loop);
}

/* --- clients --- */

int client_new(struct fixture *f)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		abort();
	if (!http_server_accept(f->server, pair[0])) {
		close(pair[1]);
		return -1;
	}
	return pair[1];
}

void client_write(int fd, const void *data, size_t len)
{
	if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len && errno != EPIPE)
		abort();
}

bool client_read(struct fixture *f, int fd)
{
	ssize_t n;

	lp_buf_reset(&f->got);
	fixture_run(f);
	do {
		char *at = lp_buf_reserve(&f->got, 65536);

		n = read(fd, at, 65536);
		if (n > 0)
			f->got.len += (size_t)n;
	} while (n > 0);
	f->got.data[f->got.len] = '\0';
	return n < 0 && errno == EAGAIN;
}

bool client_talk(struct fixture *f, int fd, const char *text)
{
	client_write(fd, text, strlen(text));
	return client_read(f, fd);
}

void add_frame(struct lp_buf *out, int first_byte, const void *data, size_t len)
{
	lp_buf_addc(out, (char)first_byte);
	if (len < 126) {
		lp_buf_addc(out, (char)(0x80 | len));
	} else {
		lp_buf_addc(out, (char)(0x80 | 126));
		lp_buf_addc(out, (char)(len >> 8));
		lp_buf_addc(out, (char)len);
	}
	lp_buf_add(out, "\0\0\0\0", 4);
	lp_buf_add(out, data, len);
}
