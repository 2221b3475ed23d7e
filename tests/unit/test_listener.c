#include "config.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/lp_log.h"
#include "connector/io/listener.h"
#include "common/async/loop.h"
#include "tests/unit/lp_test.h"

/* What was accepted, and when to say that it is too much. */
struct sink {
	int fds[8];
	size_t count;
	size_t max;
};

static bool take(void *arg, int fd)
{
	struct sink *s = arg;

	if (s->count == s->max) {
		close(fd);
		return false;
	}
	s->fds[s->count++] = fd;
	return true;
}

static unsigned pass(void *arg, uint64_t now)
{
	return 0;
}

static void nothing(void *arg)
{
}

static const struct loop_ops loop_ops = {pass, nothing, nothing, nothing};

static int connect_to(int port)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK(connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0);
	return fd;
}

static int option(int fd, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	CHECK(getsockopt(fd, IPPROTO_TCP, name, &value, &len) == 0);
	return value;
}

static void test_accept(void)
{
	struct sink sink = {.max = 2};
	struct loop *loop = loop_new(&loop_ops, NULL);
	struct listener *l = listener_new(loop, "127.0.0.1", 0, take, &sink);
	int clients[3];

	CHECK(l && listener_port(l) > 0 && listener_start(l));
	for (size_t i = 0; i < COUNT(clients); i++)
		clients[i] = connect_to(listener_port(l));
	loop_pass(loop);
	CHECK(sink.count == 2);
	for (size_t i = 0; i < sink.count; i++) {
		/* set on the listening socket only */
		CHECK(option(sink.fds[i], TCP_NODELAY) == 1);
		CHECK(option(sink.fds[i], TCP_USER_TIMEOUT) == 30000);
		CHECK(fcntl(sink.fds[i], F_GETFL) & O_NONBLOCK);
		CHECK(fcntl(sink.fds[i], F_GETFD) & FD_CLOEXEC);
		close(sink.fds[i]);
	}
	/* it rests now: the next one is not taken, though there would be room */
	sink.count = 0;
	close(clients[0]);
	clients[0] = connect_to(listener_port(l));
	loop_pass(loop);
	CHECK(sink.count == 0);
	for (size_t i = 0; i < COUNT(clients); i++)
		close(clients[i]);
	listener_free(l);
	loop_free(loop);
}

static void test_refused(void)
{
	struct loop *loop = loop_new(&loop_ops, NULL);
	struct listener *first = listener_new(loop, "127.0.0.1", 0, take, NULL);
	struct listener *both = listener_new(loop, "127.0.0.1", listener_port(first), take, NULL);

	CHECK(listener_start(first));
	CHECK(listener_new(loop, "127.0.0.1", listener_port(first), take, NULL) == NULL);
	CHECK(listener_new(loop, "no.address", 0, take, NULL) == NULL);
	/* bound before anybody listened there */
	CHECK(both && !listener_start(both));
	listener_free(both);
	listener_free(first);
	loop_free(loop);
}

int main(void)
{
	static const struct lp_test tests[] = {{"accept", test_accept}, {"refused", test_refused}};

	if (lp_log_open("test", "/dev/null", LP_LOG_INFO, false))
		return 99;
	return lp_test_main("listener", tests, COUNT(tests));
}
