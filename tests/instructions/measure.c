/*
 * Steps of the connector whose instructions are counted: `measure`, to be run under callgrind by
 * tests/instructions/check.sh. Without an argument it prints the scenarios, a line each: name, and
 * how many operations measured() does in it. With the name of one it runs that; with --built it
 * prints what the counts depend on.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_hash.h"
#include "tests/instructions/server.h"

#ifdef __clang__
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif
#ifdef __x86_64__
#define MACHINE "x86_64"
#else
#define MACHINE "another machine"
#endif

#define TEXT_OF(x) #x
#define TEXT(x)    TEXT_OF(x)

#define CROWD 256 /* online, before it begins */
#define MORE  64  /* clients or rooms that come */
#define BURST 10
#define TIMES 4 /* that all of it is done */

struct scenario {
	const char *name;
	enum client_kind kind; /* of the crowd */
	unsigned operations;
	void (*run)(void);
	/* Before run(), each time. */
	void (*prepare)(void);
};

static struct client_end clients[SERVER_CLIENTS];
static const struct scenario *now;
static uint64_t times;

static void check(bool good, const char *what)
{
	if (good)
		return;
	fprintf(stderr, "%s: %s\n", now->name, what);
	exit(EXIT_FAILURE);
}

/* --- a message to a room, and what comes back --- */

static void deliver(void)
{
	uint64_t before = server_delivered();

	server_push("news", "");
	server_settle();
	clients_poll(clients, CROWD);
	check(server_delivered() == before + CROWD, "not delivered");
}

static void deliver_burst(void)
{
	uint64_t before = server_delivered();

	for (unsigned i = 0; i < BURST; i++)
		server_push("news", "");
	server_settle();
	clients_poll(clients, CROWD);
	check(server_delivered() == before + (uint64_t)BURST * CROWD, "not delivered");
}

static void deliver_several(void)
{
	uint64_t before = server_delivered();

	server_push("news", "[\"sports\",\"nobody\"]");
	server_settle();
	check(server_delivered() == before + CROWD, "not delivered once");
}

static void deliver_one(void)
{
	uint64_t before = server_delivered();

	for (unsigned i = 0; i < MORE; i++) {
		char room[32];

		snprintf(room, sizeof(room), "user_user%05u", i);
		server_push(room, "");
	}
	server_settle();
	check(server_delivered() == before + MORE, "not delivered");
}

static void acknowledge(void)
{
	char event[64];

	snprintf(event, sizeof(event), "2/demo,[\"ackPush\",{\"id\":%llu}]",
		 (unsigned long long)times);
	clients_send(clients, CROWD, event);
	server_write();
	check(server_acks() == times * CROWD, "not acknowledged");
}

/* --- clients and rooms --- */

static void leave(void)
{
	clients_leave(clients + CROWD, MORE);
	check(server_clients() == CROWD, "still there");
}

static void leave_if_there(void)
{
	if (server_clients() > CROWD)
		leave();
}

static void come(void)
{
	clients_connect(clients + CROWD, MORE, now->kind);
	check(server_clients() == CROWD + MORE, "not connected");
}

static void join(void)
{
	clients_send(clients, CROWD, "2/demo,1[\"joinRoom\",\"more\"]");
	clients_poll(clients, CROWD);
	check(server_rooms() == CROWD + 3, "not joined");
}

static void leave_room(void)
{
	clients_send(clients, CROWD, "2/demo,2[\"leaveRoom\",\"more\"]");
	clients_poll(clients, CROWD);
	check(server_rooms() == CROWD + 2, "not left");
}

/* Version 4: our ping, its pong. */
static void heartbeat(void)
{
	server_advance(25000);
	server_settle();
	for (unsigned i = 0; i < CROWD; i++)
		client_pong(&clients[i]);
	server_settle();
	check(server_clients() == CROWD, "lost");
}

static const struct scenario scenarios[] = {
	{"deliver/websocket4", CLIENT_WEBSOCKET4, CROWD, deliver, NULL},
	{"deliver/websocket3", CLIENT_WEBSOCKET3, CROWD, deliver, NULL},
	{"deliver/compressed", CLIENT_COMPRESSED, CROWD, deliver, NULL},
	{"deliver/polling4", CLIENT_POLLING4, CROWD, deliver, NULL},
	{"deliver/polling3", CLIENT_POLLING3, CROWD, deliver, NULL},
	{"deliver-burst/websocket4", CLIENT_WEBSOCKET4, BURST *CROWD, deliver_burst, NULL},
	{"deliver-burst/polling4", CLIENT_POLLING4, BURST *CROWD, deliver_burst, NULL},
	{"deliver-two-rooms/websocket4", CLIENT_WEBSOCKET4, CROWD, deliver_several, NULL},
	{"deliver-one/websocket4", CLIENT_WEBSOCKET4, MORE, deliver_one, NULL},
	{"ack/websocket4", CLIENT_WEBSOCKET4, CROWD, acknowledge, deliver},
	{"connect/websocket4", CLIENT_WEBSOCKET4, MORE, come, leave_if_there},
	{"connect/websocket3", CLIENT_WEBSOCKET3, MORE, come, leave_if_there},
	{"connect/polling4", CLIENT_POLLING4, MORE, come, leave_if_there},
	{"disconnect/websocket4", CLIENT_WEBSOCKET4, MORE, leave, come},
	{"join/websocket4", CLIENT_WEBSOCKET4, CROWD, join, leave_room},
	{"leave/websocket4", CLIENT_WEBSOCKET4, CROWD, leave_room, join},
	{"heartbeat/websocket4", CLIENT_WEBSOCKET4, CROWD, heartbeat, NULL},
};

#define SCENARIOS (sizeof(scenarios) / sizeof(scenarios[0]))

/* Callgrind counts in here. */
static void measured(void)
{
	now->run();
}

/* Called through this, so that there is one function of that name and it is called. */
static void (*volatile call)(void) = measured;

static void run(void)
{
	server_start();
	clients_connect(clients, CROWD, now->kind);
	clients_send(clients, CROWD, "2/demo,0[\"joinRoom\",[\"news\",\"sports\"]]");
	clients_poll(clients, CROWD);
	/* The first time buffers and tables grow. */
	for (times = 1; times <= TIMES; times++) {
		if (now->prepare)
			now->prepare();
		if (times == 1)
			now->run();
		else
			call();
	}
	server_stop();
}

static int print_built(void)
{
	printf("%s %s, %s, %s, uthash %s\n", COMPILER, __VERSION__, MACHINE, BUILD_FLAGS,
	       TEXT(UTHASH_VERSION));
	return EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	if (argc == 2 && strcmp(argv[1], "--built") == 0)
		return print_built();
	for (size_t i = 0; i < SCENARIOS; i++) {
		if (argc < 2)
			printf("%s %u\n", scenarios[i].name, scenarios[i].operations * (TIMES - 1));
		else if (strcmp(argv[1], scenarios[i].name) == 0)
			now = &scenarios[i];
	}
	if (now)
		run();
	return argc < 2 || now ? EXIT_SUCCESS : EXIT_FAILURE;
}
