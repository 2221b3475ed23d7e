/*
 * Asks an HTTP server the same thing over kept connections, one request at a time on each, as fast
 * as it answers. Each answer must be 200 and say its length. Prints one line at the end: requests
 * per second and how long they took, in µs.
 *
 * Of the body, '%' stands for a number that goes round (0 to --modulo - 1), so that requests spread
 * over rooms.
 */
#include "config.h"

#include "tests/bench/hist.h"
#include "tests/bench/load.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECTIONS_MAX 1024
#define ANSWER_MAX      16384

struct line {
	int fd;
	double asked; /* s */
	size_t got;
	char answer[ANSWER_MAX];
};

static struct {
	const char *path;
	const char *auth; /* value of the header Authorization */
	const char *body;
	int port;
	unsigned connections;
	unsigned modulo;
	unsigned long requests;
} opt = {.path = "/", .body = "", .port = 8080, .connections = 1, .modulo = 1, .requests = 1000};

static struct line lines[CONNECTIONS_MAX];
static struct hist hist;
static unsigned long asked, answered;
static int epoll_fd;

/* The body with its number filled in. */
static size_t fill_body(char *out, size_t size, unsigned long number)
{
	const char *mark = strchr(opt.body, '%');
	int n;

	if (!mark)
		n = snprintf(out, size, "%s", opt.body);
	else
		n = snprintf(out, size, "%.*s%lu%s", (int)(mark - opt.body), opt.body, number,
			     mark + 1);
	if (n < 0 || (size_t)n >= size)
		exit(2);
	return (size_t)n;
}

static void ask(struct line *line)
{
	char body[4096], request[8192];
	size_t len = fill_body(body, sizeof(body), asked++ % opt.modulo);
	int n = snprintf(request, sizeof(request),
			 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n%s%s%s"
			 "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
			 opt.path, opt.auth ? "Authorization: " : "", opt.auth ? opt.auth : "",
			 opt.auth ? "\r\n" : "", len, body);

	line->asked = load_now();
	line->got = 0;
	load_send(line->fd, request, (size_t)n);
}

/* Whether the answer is whole. */
static int is_whole(const struct line *line)
{
	const char *end = strstr(line->answer, "\r\n\r\n"), *length;

	if (!end)
		return 0;
	if (strncmp(line->answer + 9, "200", 3) != 0) {
		fprintf(stderr, "restload: %s\n", line->answer);
		exit(1);
	}
	length = strcasestr(line->answer, "\r\ncontent-length:");
	if (!length || length > end) {
		fprintf(stderr, "restload: an answer that does not say its length\n");
		exit(1);
	}
	return line->got >= (size_t)(end + 4 - line->answer) + strtoul(length + 17, NULL, 10);
}

static void readable(struct line *line)
{
	ssize_t n = recv(line->fd, line->answer + line->got, ANSWER_MAX - 1 - line->got, 0);

	if (n <= 0)
		load_die("an answer");
	line->got += (size_t)n;
	line->answer[line->got] = 0;
	if (!is_whole(line))
		return;
	hist_add(&hist, (unsigned long)((load_now() - line->asked) * 1e6));
	answered++;
	if (asked < opt.requests)
		ask(line);
}

static void read_options(int argc, char **argv)
{
	static const struct option longs[] = {
		{"port", 1, 0, 'p'},        {"path", 1, 0, 'P'},
		{"auth", 1, 0, 'a'},        {"body", 1, 0, 'b'},
		{"connections", 1, 0, 'c'}, {"modulo", 1, 0, 'm'},
		{"requests", 1, 0, 'n'},    {0, 0, 0, 0},
	};
	int o;

	while ((o = getopt_long(argc, argv, "", longs, NULL)) != -1) {
		switch (o) {
		case 'p':
			opt.port = atoi(optarg);
			break;
		case 'P':
			opt.path = optarg;
			break;
		case 'a':
			opt.auth = optarg;
			break;
		case 'b':
			opt.body = optarg;
			break;
		case 'c':
			opt.connections = (unsigned)atoi(optarg);
			break;
		case 'm':
			opt.modulo = (unsigned)atoi(optarg);
			break;
		case 'n':
			opt.requests = strtoul(optarg, NULL, 10);
			break;
		default:
			exit(2);
		}
	}
	if (!opt.connections || opt.connections > CONNECTIONS_MAX || !opt.modulo)
		exit(2);
}

int main(int argc, char **argv)
{
	struct epoll_event events[64];
	double begin;

	read_options(argc, argv);
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	for (unsigned i = 0; i < opt.connections; i++)
		lines[i].fd = load_connect(opt.port, epoll_fd, &lines[i]);
	begin = load_now();
	for (unsigned i = 0; i < opt.connections && asked < opt.requests; i++)
		ask(&lines[i]);
	while (answered < opt.requests) {
		int n = epoll_wait(epoll_fd, events, 64, -1);

		for (int i = 0; i < n; i++)
			readable(events[i].data.ptr);
	}
	printf("done seconds=%.6f per_second=%.1f", load_now() - begin,
	       (double)answered / (load_now() - begin));
	hist_print(&hist);
	printf("\n");
	return 0;
}
