#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "fcgi-api/fcgi_listen.h"

#define BACKLOG 1024

static int refuse(int fd, const char *address, const char *why)
{
	lp_error("api", "can not listen address=%s reason=\"%s\"", address, why);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* A socket nobody answers on was left by a program that was killed. */
static bool remove_stale(const struct sockaddr_un *sun)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool served;

	served = connect(fd, (const struct sockaddr *)sun, sizeof(*sun)) == 0 ||
		 (errno != ECONNREFUSED && errno != ENOENT);
	close(fd);
	if (served)
		return false;
	return unlink(sun->sun_path) == 0 || errno == ENOENT;
}

static int open_unix(const char *address)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	const char *path = address + strlen("unix:");
	struct stat st;
	int fd;

	if (!*path || strlen(path) >= sizeof(sun.sun_path))
		return refuse(-1, address, "the path is empty or too long");
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return refuse(-1, address, "there is a file that is not a socket");
	if (!remove_stale(&sun))
		return refuse(-1, address, "another program serves it");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&sun, sizeof(sun)) < 0 ||
	    chmod(path, 0666) < 0 || listen(fd, BACKLOG) < 0)
		return refuse(fd, address, strerror(errno));
	return fd;
}

static int open_tcp(const char *address)
{
	const char *colon = strrchr(address, ':');
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *info;
	char host[256];
	size_t n;
	int fd, rc;

	if (!colon || !colon[1])
		return refuse(-1, address, "neither unix:/path nor host:port");
	n = (size_t)(colon - address);
	if (n >= 2 && address[0] == '[' && colon[-1] == ']') {
		address++;
		n -= 2;
	}
	if (n >= sizeof(host))
		return refuse(-1, address, "the host name is too long");
	memcpy(host, address, n);
	host[n] = '\0';
	rc = getaddrinfo(n && strcmp(host, "*") != 0 ? host : NULL, colon + 1, &hints, &info);
	if (rc)
		return refuse(-1, address, gai_strerror(rc));
	fd = socket(info->ai_family, info->ai_socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	rc = fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)) < 0 ||
	     bind(fd, info->ai_addr, info->ai_addrlen) < 0 || listen(fd, BACKLOG) < 0;
	freeaddrinfo(info);
	return rc ? refuse(fd, address, strerror(errno)) : fd;
}

static int open_inherited(void)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	if (getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) < 0 || !listening)
		return refuse(-1, "\"\"", "standard input is no listening socket");
	if (fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK) < 0)
		return refuse(-1, "\"\"", strerror(errno));
	return STDIN_FILENO;
}

int fcgi_listen_open(const char *address)
{
	if (!*address)
		return open_inherited();
	return strncmp(address, "unix:", 5) == 0 ? open_unix(address) : open_tcp(address);
}

void fcgi_listen_close(int fd, const char *address)
{
	close(fd);
	if (strncmp(address, "unix:", 5) == 0)
		unlink(address + 5);
}
