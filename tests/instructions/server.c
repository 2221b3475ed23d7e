#include "config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/async/loop.h"
#include "common/lp_log.h"
#include "connector/core/core.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"
#include "tests/instructions/server.h"

#define ANSWERS_MAX 4096
#define HEAD_MAX    1024
#define START_MS    1000000

/* An operation whose answer is due. */
struct answer {
	store_cb cb;
	void *arg;
};

static struct loop *loop;
static struct http_server *http;
static struct engine *engine;
static struct core *core;
static struct ident_rules *rules;
static uint64_t ahead; /* of START_MS */
static struct answer answers[ANSWERS_MAX];
static size_t answer_count;
static struct client_end *everybody[SERVER_CLIENTS];
static unsigned everybody_count;
static uint64_t last_id;
static bool happened; /* something, in this pass */

/* --- the store --- */

static void note(store_cb cb, void *arg)
{
	if (answer_count == ANSWERS_MAX)
		abort();
	answers[answer_count++] = (struct answer){cb, arg};
}

static void client_on(void *store, const struct store_client *c, const struct store_room *rooms,
		      size_t count, bool again, store_cb cb, void *arg)
{
	note(cb, arg);
}

static void client_off(void *store, const struct store_client *c, const struct store_room *rooms,
		       size_t count, const char *reason)
{
}

static void change_rooms(void *store, const struct store_client *c, const struct store_room *rooms,
			 size_t count, store_cb cb, void *arg)
{
	note(cb, arg);
}

static void acks(void *store, struct lp_str nsp, uint64_t id, enum platform platform,
		 const struct lp_str *clients, size_t count)
{
}

static void delivered(void *store, struct lp_str nsp, uint64_t id,
		      const uint64_t counts[PLATFORM_COUNT])
{
}

static uint64_t store_clock(void *store)
{
	return 1000000;
}

static const struct store_ops store_ops = {
	.client_on = client_on,
	.client_off = client_off,
	.room_join = change_rooms,
	.room_leave = change_rooms,
	.acks = acks,
	.delivered = delivered,
	.clock = store_clock,
};

static void answer_all(void)
{
	static const struct store_texts none;
	size_t count = answer_count;

	for (size_t i = 0; i < count; i++)
		answers[i].cb(answers[i].arg, STORE_DONE, &none);
	memmove(answers, answers + count, (answer_count - count) * sizeof(answers[0]));
	answer_count -= count;
	happened = happened || count;
}

/* --- the loop --- */

/* Of the core, to which alone it makes a difference what time it is. */
static uint64_t clock_ms(void)
{
	return START_MS + ahead;
}

static unsigned pass(void *arg, uint64_t now)
{
	answer_all();
	happened = core_turn(core, clock_ms()) || happened;
	engine_flush(engine);
	http_server_flush(http);
	return 0;
}

static void nothing(void *arg)
{
}

/* Not random at all. */
static void counting(void *buf, size_t len)
{
	static uint64_t state;
	uint8_t *at = buf;

	for (size_t i = 0; i < len; i++) {
		state = state * 6364136223846793005u + 1442695040888963407u;
		at[i] = (uint8_t)(state >> 56);
	}
}

static void start_http(void)
{
	struct http_server_conf conf = {
		.header_timeout = 1000000,
		.body_timeout = 1000000,
		.header_max = 16384,
		.max_payload = 100000,
		.max_fragments = 1024,
		.max_control_frames = 100,
		.send_queue_max = 100000,
		.max_conns = 2 * SERVER_CLIENTS,
		.http_compression = true,
		.websocket_compression = true,
		.compression_threshold = 100,
		.cors_origins = "*",
		.trusted_proxies = "127.0.0.1",
	};
	struct engine_conf engine_conf = {
		.tag = "t",
		.polling = true,
		.websocket = true,
		.eio3 = true,
		.eio4 = true,
		.ping_interval = 25000,
		.ping_timeout = 20000,
		.upgrade_timeout = 10000,
		.connect_timeout = 45000,
		.max_payload = 100000,
		.send_queue_max = 100000,
		.max_namespaces = 8,
		.max_packets = 1000,
		.max_sessions = SERVER_CLIENTS,
	};

	engine = engine_new(&engine_conf, core_app(), core, counting);
	http = http_server_new(loop, &conf);
	http_server_mount(http, "/socket.io/", engine);
}

void server_start(void)
{
	static const struct loop_ops loop_ops = {pass, nothing, nothing, nothing};
	struct core_conf conf = {
		.max_rooms = 100,
		.ack_window = 100,
		.ack_interval = 10,
		.push_limits = {.expire_h = 1, .expire_max_h = 10, .aps_max = 4000, .rooms_max = 4},
		.system = "test",
		.port = 3000,
	};
	char *error = NULL;

	lp_log_set_level(LP_LOG_ERROR);
	rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);
	conf.rules = rules;
	loop = loop_new(&loop_ops, NULL);
	core = core_new(&conf, &store_ops, NULL);
	start_http();
	engine_tick(engine, loop_now(loop));
	core_tick(core, clock_ms());
}

/* Reads all there is; keeps the session id, should it be told. */
static void drain(struct client_end *c, int fd)
{
	static char text[65536];
	ssize_t n;

	while ((n = recv(fd, text, sizeof(text) - 1, MSG_DONTWAIT)) > 0) {
		const char *sid;

		happened = true;
		c->waits = c->waits && fd != c->fd;
		text[n] = '\0';
		sid = c->sid[0] ? NULL : strstr(text, "\"sid\":\"");
		if (sid)
			sscanf(sid, "\"sid\":\"%63[^\"]", c->sid);
	}
}

void server_settle(void)
{
	do {
		happened = false;
		loop_pass(loop);
		for (unsigned i = 0; i < everybody_count; i++)
			drain(everybody[i], everybody[i]->fd);
		for (unsigned i = 0; i < everybody_count; i++)
			drain(everybody[i], everybody[i]->post);
	} while (happened || answer_count);
}

void server_advance(uint64_t ms)
{
	ahead += ms;
	engine_tick(engine, loop_now(loop) + ahead);
}

void server_write(void)
{
	server_advance(1000);
	core_tick(core, clock_ms());
}

/* --- clients --- */

static bool polls(const struct client_end *c)
{
	return c->kind == CLIENT_POLLING4 || c->kind == CLIENT_POLLING3;
}

static int version(const struct client_end *c)
{
	return c->kind == CLIENT_POLLING3 || c->kind == CLIENT_WEBSOCKET3 ? 3 : 4;
}

static void put(int fd, const void *data, size_t len)
{
	if (send(fd, data, len, MSG_NOSIGNAL) != (ssize_t)len)
		abort();
}

/* A request as a browser makes it. */
static void request(const struct client_end *c, const char *method, const char *query,
		    const char *body)
{
	char text[HEAD_MAX];
	int n = snprintf(text, sizeof(text),
			 "%s /socket.io/?EIO=%d&%s HTTP/1.1\r\nHost: push.example.com\r\n"
			 "User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101\r\n"
			 "Accept: */*\r\nAccept-Language: en-US,en;q=0.5\r\n",
			 method, version(c), query);

	if (!polls(c))
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "Connection: Upgrade\r\nUpgrade: websocket\r\n"
			      "Sec-WebSocket-Version: 13\r\n"
			      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n%s",
			      c->kind == CLIENT_COMPRESSED
				      ? "Sec-WebSocket-Extensions: permessage-deflate\r\n"
				      : "");
	if (body)
		n += snprintf(text + n, sizeof(text) - (size_t)n,
			      "Content-Type: text/plain;charset=UTF-8\r\nContent-Length: %zu\r\n",
			      strlen(body));
	n += snprintf(text + n, sizeof(text) - (size_t)n, "\r\n%s", body ? body : "");
	put(body ? c->post : c->fd, text, (size_t)n);
}

static void session_request(const struct client_end *c, const char *method, const char *body)
{
	char query[128];

	snprintf(query, sizeof(query), "transport=polling&sid=%s", c->sid);
	request(c, method, query, body);
}

/* A masked frame. */
static void send_frame(const struct client_end *c, const char *text)
{
	static const unsigned char mask[4] = {0x12, 0x34, 0x56, 0x78};
	unsigned char frame[HEAD_MAX] = {0x81};
	size_t len = strlen(text), at = 2;

	if (len >= 126)
		abort();
	frame[1] = (unsigned char)(0x80 | len);
	memcpy(frame + at, mask, sizeof(mask));
	at += sizeof(mask);
	for (size_t i = 0; i < len; i++)
		frame[at + i] = (unsigned char)text[i] ^ mask[i % 4];
	put(c->fd, frame, at + len);
}

/* An engine.io packet. */
static void send_packet(const struct client_end *c, const char *text)
{
	char body[HEAD_MAX];

	if (!polls(c)) {
		send_frame(c, text);
		return;
	}
	if (version(c) == 3)
		snprintf(body, sizeof(body), "%zu:%s", strlen(text), text);
	else
		snprintf(body, sizeof(body), "%s", text);
	session_request(c, "POST", body);
}

void clients_send(struct client_end *clients, unsigned count, const char *packet)
{
	char text[HEAD_MAX];

	snprintf(text, sizeof(text), "4%s", packet);
	for (unsigned i = 0; i < count; i++)
		send_packet(&clients[i], text);
	server_settle();
}

void client_pong(const struct client_end *c)
{
	send_packet(c, "3");
}

void clients_poll(struct client_end *clients, unsigned count)
{
	unsigned asked;

	do {
		asked = 0;
		for (unsigned i = 0; i < count; i++) {
			struct client_end *c = &clients[i];

			if (!polls(c) || c->waits)
				continue;
			c->waits = true;
			asked++;
			session_request(c, "GET", NULL);
		}
		server_settle();
	} while (asked);
}

/* A connection; the client's end. */
static int open_connection(void)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair) ||
	    !http_server_accept(http, pair[0]))
		abort();
	return pair[1];
}

static void open_client(struct client_end *c, enum client_kind kind)
{
	if (everybody_count == SERVER_CLIENTS)
		abort();
	*c = (struct client_end){.kind = kind, .number = everybody_count};
	c->fd = c->post = open_connection();
	if (polls(c))
		c->post = open_connection();
	everybody[everybody_count++] = c;
}

static void close_client(const struct client_end *c)
{
	close(c->fd);
	if (c->post != c->fd)
		close(c->post);
}

void clients_connect(struct client_end *clients, unsigned count, enum client_kind kind)
{
	for (unsigned i = 0; i < count; i++) {
		struct client_end *c = &clients[i];
		char query[128];

		open_client(c, kind);
		snprintf(query, sizeof(query), "transport=%s&uuid=device-%05u&userid=user%05u",
			 polls(c) ? "polling" : "websocket", c->number, c->number);
		request(c, "GET", query, NULL);
	}
	server_settle();
	clients_send(clients, count, "0/demo,");
	clients_poll(clients, count);
}

void clients_leave(struct client_end *clients, unsigned count)
{
	/* They are the last ones that came. */
	if (&clients[count - 1] != everybody[everybody_count - 1])
		abort();
	everybody_count -= count;
	for (unsigned i = 0; i < count; i++)
		close_client(&clients[i]);
	server_settle();
}

/* --- messages --- */

void server_push(const char *room, const char *others)
{
	char event[512];
	uint64_t id = ++last_id;

	snprintf(event, sizeof(event),
		 "[\"push\",{\"room\":\"%s\",\"namespace\":\"/demo\",\"pushData\":{\"title\":"
		 "\"An order came in\",\"text\":\"Three of the blue ones, and one that is green\"},"
		 "\"sendDate\":1700000000000,\"id\":%llu}]",
		 room, (unsigned long long)id);
	core_push(core, LP_STR("/demo"),
		  &(struct pushed){.room = lp_cstr(room),
				   .others = lp_cstr(others),
				   .id = id,
				   .position = id,
				   .event = lp_cstr(event)});
}

uint64_t server_delivered(void)
{
	return core_stats(core)->deliveries;
}

uint64_t server_acks(void)
{
	return core_stats(core)->acks;
}

size_t server_clients(void)
{
	return core_stats(core)->clients;
}

size_t server_rooms(void)
{
	return core_stats(core)->rooms;
}

void server_stop(void)
{
	for (unsigned i = 0; i < everybody_count; i++)
		close_client(everybody[i]);
	engine_free(engine);
	answer_all();
	http_server_free(http);
	core_free(core);
	loop_free(loop);
	ident_rules_free(rules);
}
