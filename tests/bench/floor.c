/*
 * The floor that a fan-out is measured against: a websocket server that does nothing else. One
 * epoll loop; a line "<messages> <bytes>" on standard input sends that many frames of that size to
 * every client, each with a send() of its own, or with "<messages> <bytes> v" all of them in one
 * writev() per client. "<messages> <bytes> s <number>" has "t":<number> in the frames, from which
 * the clients tell how long it took (wsload.c).
 */
#include "config.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define CLIENTS_MAX  100000
#define MESSAGES_MAX 64

static int fds[CLIENTS_MAX];
static unsigned count;
static char frame[65536];

static void accept_clients(int listener, int epoll_fd)
{
	int one = 1, fd;

	while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
		struct epoll_event ev = {.events = EPOLLIN, .data.fd = fd};

		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
		epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &ev);
	}
}

static void forget(int fd)
{
	for (unsigned i = 0; i < count; i++) {
		if (fds[i] == fd)
			fds[i--] = fds[--count];
	}
	close(fd);
}

/* The only thing a client ever says is its upgrade request. */
static void answer(int fd)
{
	static const char head[] = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
				   "Connection: Upgrade\r\n"
				   "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";
	char in[4096];

	if (recv(fd, in, sizeof(in), 0) <= 0) {
		forget(fd);
		return;
	}
	if (count == CLIENTS_MAX || send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) < 0)
		exit(1);
	fds[count++] = fd;
}

static size_t make_frame(size_t bytes, unsigned long sent)
{
	size_t head = bytes < 126 ? 2 : 4;

	frame[0] = (char)0x81;
	frame[1] = (char)(bytes < 126 ? bytes : 126);
	if (head == 4) {
		frame[2] = (char)(bytes >> 8);
		frame[3] = (char)bytes;
	}
	memset(frame + head, 'x', bytes);
	if (sent && bytes > 32) {
		int n = sprintf(frame + head, "\"t\":%lu", sent);

		frame[head + (size_t)n] = ',';
	}
	return head + bytes;
}

static void send_all(unsigned messages, size_t len, int together)
{
	struct iovec iov[MESSAGES_MAX];

	for (unsigned m = 0; m < messages; m++)
		iov[m] = (struct iovec){frame, len};
	if (together) {
		for (unsigned i = 0; i < count; i++) {
			while (writev(fds[i], iov, (int)messages) < 0 && errno == EAGAIN)
				usleep(100);
		}
		return;
	}
	for (unsigned m = 0; m < messages; m++) {
		for (unsigned i = 0; i < count; i++) {
			while (send(fds[i], frame, len, MSG_NOSIGNAL) < 0 && errno == EAGAIN)
				usleep(100);
		}
	}
}

static void command(void)
{
	char line[128], v = 0;
	unsigned long sent = 0;
	unsigned messages;
	size_t bytes;

	if (!fgets(line, sizeof(line), stdin))
		exit(0);
	if (sscanf(line, "%u %zu %c %lu", &messages, &bytes, &v, &sent) < 2 ||
	    messages > MESSAGES_MAX || bytes > 65000)
		exit(2);
	send_all(messages, make_frame(bytes, sent), v == 'v');
}

int main(int argc, char **argv)
{
	struct sockaddr_in at = {.sin_family = AF_INET};
	struct epoll_event events[256];
	struct rlimit files;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	struct epoll_event ev = {.events = EPOLLIN, .data.fd = listener};
	struct epoll_event in = {.events = EPOLLIN, .data.fd = STDIN_FILENO};
	int one = 1;

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	setvbuf(stdin, NULL, _IONBF, 0);
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	at.sin_port = htons((uint16_t)(argc > 1 ? atoi(argv[1]) : 8090));
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (bind(listener, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(listener, 4096) < 0) {
		perror("floor: listen");
		return 1;
	}
	printf("listens port=%u\n", ntohs(at.sin_port));
	fflush(stdout);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &ev);
	epoll_ctl(epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &in);
	for (;;) {
		int n = epoll_wait(epoll_fd, events, 256, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listener)
				accept_clients(listener, epoll_fd);
			else if (events[i].data.fd == STDIN_FILENO)
				command();
			else
				answer(events[i].data.fd);
		}
	}
}
