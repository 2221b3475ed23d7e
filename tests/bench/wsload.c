/*
 * Very many websocket clients in one process, to measure a server with: connects them, joins
 * rooms, counts what arrives and when, acknowledges it if asked to. Speaks just enough websocket,
 * engine.io 4 and socket.io 5; with --bare none of the latter two (for tests/bench/floor.c and for
 * Nchan).
 *
 * Prints one line when all clients are ready, then one line each time `--batch` messages have
 * reached every client. A line on standard input asks for how long the messages since the last such
 * line took, from the time in their text ("t":<µs of CLOCK_MONOTONIC>); 'a' there begins or ends the
 * acknowledging; ends with end of file there.
 */
#include "config.h"

#include "tests/bench/hist.h"
#include "tests/bench/load.h"

#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define IN_MAX 8192 /* bytes of one client's unread input */

enum step { STEP_UPGRADE, STEP_OPEN, STEP_CONNECT, STEP_OK, STEP_JOIN, STEP_READY };

struct client {
	int fd;
	enum step step;
	unsigned number;
	size_t in_len;
	char *in;
};

static struct {
	const char *namespace;
	const char *room;
	const char *path;
	int port;
	unsigned count;
	unsigned long batch;
	unsigned window; /* connects under way at once */
	unsigned rooms;  /* of each client, 1 or 3 */
	unsigned first;  /* number of the first client */
	bool ack;
	bool bare;
} opt = {.namespace = "/demo",
	 .room = "bench",
	 .path = "/socket.io/",
	 .port = 8081,
	 .count = 1000,
	 .batch = 1,
	 .window = 64,
	 .rooms = 3};

static int epoll_fd;
static struct client *clients;
static unsigned started, ready;
static unsigned long total_got, next_report;
static double start_time;
static struct hist delays;

/* A masked text frame; the mask is zero, so the text goes as it is. */
static void put_text(struct client *c, const char *text)
{
	size_t len = strlen(text);
	char frame[1024];
	size_t head = len < 126 ? 6 : 8;

	if (len + head > sizeof(frame))
		exit(1);
	frame[0] = (char)0x81;
	if (len < 126) {
		frame[1] = (char)(0x80 | len);
	} else {
		frame[1] = (char)(0x80 | 126);
		frame[2] = (char)(len >> 8);
		frame[3] = (char)len;
	}
	memset(frame + head - 4, 0, 4);
	memcpy(frame + head, text, len);
	load_send(c->fd, frame, head + len);
}

static void start_client(void)
{
	struct client *c = &clients[started];
	char head[512], query[128];
	int n;

	c->number = opt.first + started++;
	c->fd = load_connect(opt.port, epoll_fd, c);
	if (opt.bare)
		query[0] = 0;
	else
		snprintf(query, sizeof(query), "?EIO=4&transport=websocket&uuid=u%u&userid=user%u",
			 c->number, c->number);
	n = snprintf(head, sizeof(head),
		     "GET %s%s HTTP/1.1\r\n"
		     "Host: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		     "Sec-WebSocket-Version: 13\r\n"
		     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
		     opt.path, query);
	load_send(c->fd, head, (size_t)n);
}

static void became_ready(struct client *c)
{
	c->step = STEP_READY;
	ready++;
	if (started < opt.count)
		start_client();
	if (ready == opt.count) {
		double took = load_now() - start_time;

		printf("ready clients=%u seconds=%.3f connects_per_second=%.0f\n", ready, took,
		       ready / took);
		fflush(stdout);
	}
}

static void acknowledge(struct client *c, const char *text, size_t len)
{
	const char *id = memmem(text, len, "\"id\":", 5);
	char out[64];

	if (!id)
		return;
	snprintf(out, sizeof(out), "42%s,[\"ackPush\",{\"id\":%lu}]", opt.namespace,
		 strtoul(id + 5, NULL, 10));
	put_text(c, out);
}

static void got_message(struct client *c, const char *text, size_t len)
{
	const char *sent = memmem(text, len, "\"t\":", 4);

	if (sent)
		hist_add(&delays, (unsigned long)(load_now() * 1e6) - strtoul(sent + 4, NULL, 10));
	total_got++;
	if (opt.ack)
		acknowledge(c, text, len);
	if (total_got == next_report) {
		printf("got messages=%lu deliveries=%lu at=%.6f\n", total_got / opt.count,
		       total_got, load_now());
		fflush(stdout);
		next_report += opt.batch * opt.count;
	}
}

static void got_text(struct client *c, const char *text, size_t len)
{
	char out[256];

	if (len == 1 && text[0] == '2' && !opt.bare) {
		put_text(c, "3");
		return;
	}
	switch (c->step) {
	case STEP_OPEN:
		snprintf(out, sizeof(out), "40%s,", opt.namespace);
		put_text(c, out);
		c->step = STEP_CONNECT;
		break;
	case STEP_CONNECT:
		if (strncmp(text, "40", 2) != 0) {
			fprintf(stderr, "wsload: refused: %.*s\n", (int)len, text);
			exit(1);
		}
		c->step = STEP_OK;
		break;
	case STEP_OK:
		if (opt.rooms == 1)
			snprintf(out, sizeof(out), "42%s,0[\"joinRoom\",\"%s\"]", opt.namespace,
				 opt.room);
		else
			snprintf(out, sizeof(out),
				 "42%s,0[\"joinRoom\",[\"%s\",\"%s-b\",\"%s-c\"]]", opt.namespace,
				 opt.room, opt.room, opt.room);
		put_text(c, out);
		c->step = STEP_JOIN;
		break;
	case STEP_JOIN:
		became_ready(c);
		break;
	default:
		got_message(c, text, len);
	}
}

/* One frame off the input; 0 when it is not whole. Server frames are unmasked. */
static size_t take_frame(struct client *c, const char *p, size_t n)
{
	size_t head = 2, len;

	if (n < 2)
		return 0;
	len = (unsigned char)p[1];
	if (len == 126) {
		if (n < 4)
			return 0;
		head = 4;
		len = (size_t)((unsigned char)p[2] << 8 | (unsigned char)p[3]);
	}
	if (n < head + len)
		return 0;
	if ((p[0] & 0x0f) == 8) {
		fprintf(stderr, "wsload: port %d closed client %u, code %u %.*s\n", opt.port,
			c->number,
			len < 2 ? 0 : (unsigned char)p[head] << 8 | (unsigned char)p[head + 1],
			len < 2 ? 0 : (int)len - 2, p + head + 2);
		exit(1);
	}
	if ((p[0] & 0x0f) == 1)
		got_text(c, p + head, len);
	return head + len;
}

static size_t take_upgrade(struct client *c, const char *p, size_t n)
{
	const char *end = memmem(p, n, "\r\n\r\n", 4);

	if (!end)
		return 0;
	if (n < 12 || memcmp(p + 9, "101", 3) != 0) {
		fprintf(stderr, "wsload: not upgraded: %.*s\n", (int)n, p);
		exit(1);
	}
	if (opt.bare)
		became_ready(c);
	else
		c->step = STEP_OPEN;
	return (size_t)(end - p) + 4;
}

static void readable(struct client *c)
{
	static char scratch[65536];
	size_t at = 0, used;
	ssize_t n;

	memcpy(scratch, c->in, c->in_len);
	n = recv(c->fd, scratch + c->in_len, sizeof(scratch) - c->in_len, MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		fprintf(stderr, "wsload: client %u lost its connection\n", c->number);
		exit(1);
	}
	n += (ssize_t)c->in_len;
	do {
		if (c->step == STEP_UPGRADE)
			used = take_upgrade(c, scratch + at, (size_t)n - at);
		else
			used = take_frame(c, scratch + at, (size_t)n - at);
		at += used;
	} while (used && at < (size_t)n);
	c->in_len = (size_t)n - at;
	if (c->in_len > IN_MAX)
		exit(1);
	if (c->in_len) {
		if (!c->in)
			c->in = malloc(IN_MAX);
		memcpy(c->in, scratch + at, c->in_len);
	}
}

static void read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"port", 1, 0, 'p'},  {"clients", 1, 0, 'c'}, {"namespace", 1, 0, 'n'},
		{"room", 1, 0, 'r'},  {"batch", 1, 0, 'b'},   {"window", 1, 0, 'w'},
		{"path", 1, 0, 'P'},  {"ack", 0, 0, 'a'},     {"bare", 0, 0, 'B'},
		{"rooms", 1, 0, 'R'}, {"first", 1, 0, 'f'},   {0, 0, 0, 0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (o) {
		case 'p':
			opt.port = atoi(optarg);
			break;
		case 'c':
			opt.count = (unsigned)atoi(optarg);
			break;
		case 'n':
			opt.namespace = optarg;
			break;
		case 'r':
			opt.room = optarg;
			break;
		case 'b':
			opt.batch = strtoul(optarg, NULL, 10);
			break;
		case 'w':
			opt.window = (unsigned)atoi(optarg);
			break;
		case 'R':
			opt.rooms = (unsigned)atoi(optarg);
			break;
		case 'f':
			opt.first = (unsigned)atoi(optarg);
			break;
		case 'P':
			opt.path = optarg;
			break;
		case 'a':
			opt.ack = true;
			break;
		case 'B':
			opt.bare = true;
			break;
		default:
			exit(2);
		}
	}
}

/* What is asked on standard input; false at its end. */
static bool command(void)
{
	char text[256];
	ssize_t n = read(STDIN_FILENO, text, sizeof(text));

	for (ssize_t i = 0; i < n; i++) {
		if (text[i] == 'a')
			opt.ack = !opt.ack;
		if (text[i] != '\n')
			continue;
		printf("delays");
		hist_print(&delays);
		printf("\n");
		fflush(stdout);
		memset(&delays, 0, sizeof(delays));
	}
	return n > 0;
}

int main(int argc, char **argv)
{
	struct epoll_event events[256];
	struct epoll_event in = {.events = EPOLLIN, .data.ptr = NULL};
	struct rlimit files;

	read_options(argc, argv);
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	clients = calloc(opt.count, sizeof(*clients));
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &in) < 0)
		load_die("standard input");
	next_report = opt.batch * opt.count;
	start_time = load_now();
	while (started < opt.count && started < opt.window)
		start_client();
	for (;;) {
		int n = epoll_wait(epoll_fd, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				readable(events[i].data.ptr);
			else if (!command())
				return 0;
		}
	}
}
