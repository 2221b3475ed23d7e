#include "config.h"

#include <event2/event.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/async/loop.h"
#include "common/lp_log.h"
#include "tests/unit/lp_test.h"

#define CROWD 5

/* Sockets that are all ready at once, and one that becomes ready with the first of them. */
struct scene {
	struct loop *loop;
	struct event *crowd[CROWD], *other;
	int pairs[CROWD + 1][2];
	uint64_t left_us; /* what each callback of the crowd leaves to the pass */
	unsigned served;
	unsigned served_before; /* of the crowd, before the other one */
};

static unsigned pass(void *arg, uint64_t now)
{
	return 1000; /* more than any test waits, unless something is ready */
}

static void nothing(void *arg)
{
}

static void drain(evutil_socket_t fd)
{
	char byte;

	CHECK(read(fd, &byte, 1) == 1);
}

static void serve(evutil_socket_t fd, short what, void *arg)
{
	struct scene *s = arg;

	drain(fd);
	if (!s->served++)
		CHECK(write(s->pairs[CROWD][1], "x", 1) == 1);
	loop_share(s->loop, s->left_us * s->served);
}

static void serve_other(evutil_socket_t fd, short what, void *arg)
{
	struct scene *s = arg;

	drain(fd);
	s->served_before = s->served;
}

static void scene_begin(struct scene *s, uint64_t bound_us)
{
	static const struct loop_ops ops = {pass, nothing, nothing, nothing};

	s->loop = loop_new(&ops, s);
	loop_bound_crowd(s->loop, bound_us);
	for (int i = 0; i <= CROWD; i++)
		CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, s->pairs[i]) == 0);
	for (int i = 0; i < CROWD; i++) {
		s->crowd[i] = event_new(loop_base(s->loop), s->pairs[i][0], EV_READ | EV_PERSIST,
					serve, s);
		event_priority_set(s->crowd[i], LOOP_PRIORITY_CROWD);
		event_add(s->crowd[i], NULL);
		CHECK(write(s->pairs[i][1], "x", 1) == 1);
	}
	s->other = event_new(loop_base(s->loop), s->pairs[CROWD][0], EV_READ | EV_PERSIST,
			     serve_other, s);
	event_add(s->other, NULL);
}

static void scene_end(struct scene *s)
{
	for (int i = 0; i < CROWD; i++)
		event_free(s->crowd[i]);
	event_free(s->other);
	for (int i = 0; i <= CROWD; i++) {
		close(s->pairs[i][0]);
		close(s->pairs[i][1]);
	}
	loop_free(s->loop);
}

static void test_share(void)
{
	static const struct {
		uint64_t bound_us, left_us;
		unsigned first_pass; /* of the crowd */
		unsigned passes;     /* until all were served */
		unsigned before;     /* of the crowd, before the other one */
	} rows[] = {
		{0, 10000000, CROWD, 1, CROWD},           /* no bound */
		{1000000000, 0, CROWD, 1, CROWD},         /* not used up */
		{1000000000, 1000000000, 1, CROWD, 1},    /* each uses it up */
		{1000000000, 600000000, 2, CROWD - 1, 2}, /* the first two do */
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct scene s = {.left_us = rows[i].left_us};
		unsigned passes = 1;

		scene_begin(&s, rows[i].bound_us);
		loop_pass(s.loop);
		CHECK(s.served == rows[i].first_pass);
		for (; s.served < CROWD && passes < 10; passes++)
			loop_pass(s.loop);
		CHECK(passes == rows[i].passes);
		while (!s.served_before)
			loop_pass(s.loop);
		CHECK(s.served_before == rows[i].before);
		scene_end(&s);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {{"share", test_share}};

	if (lp_log_open("test", "/dev/null", LP_LOG_INFO, false))
		return 99;
	return lp_test_main("loop", tests, COUNT(tests));
}
