/*
 * The connector without its outside, for counting instructions: the real server, engine and core
 * over socket pairs, and a store that says yes to everything. Nothing depends on time or chance, so
 * that each run takes the same steps.
 */
#ifndef SERVER_H
#define SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SERVER_CLIENTS 512 /* at the same time, at most */

/* What a client speaks. */
enum client_kind {
	CLIENT_WEBSOCKET4 = 0, /* engine.io 4, socket.io 5 */
	CLIENT_WEBSOCKET3,
	CLIENT_COMPRESSED, /* as the first one, with permessage-deflate */
	CLIENT_POLLING4,
	CLIENT_POLLING3,
	CLIENT_KINDS
};

struct client_end {
	int fd;
	int post;   /* by which it sends: the same unless it polls */
	bool waits; /* for the answer to its poll */
	enum client_kind kind;
	unsigned number;
	char sid[64]; /* of one that polls */
};

void server_start(void);
void server_stop(void);
/* Passes of the loop until nothing happens any more; what clients were sent is thrown away. */
void server_settle(void);
/* Time goes on by that. */
void server_advance(uint64_t ms);
/* Acks and counts are written. */
void server_write(void);

/* From the connection to the answer `ok`; they do each step together. */
void clients_connect(struct client_end *clients, unsigned count, enum client_kind kind);
/* The same socket.io packet from each, without its "4" in front. */
void clients_send(struct client_end *clients, unsigned count, const char *packet);
/* The answer to a ping. */
void client_pong(const struct client_end *c);
/* Those that poll come back for more until nothing is left and all wait. */
void clients_poll(struct client_end *clients, unsigned count);
void clients_leave(struct client_end *clients, unsigned count);
/* A message to a room; further rooms as a JSON array, or "". It is on its way afterwards. */
void server_push(const char *room, const char *others);

/* How many messages the core has handed to clients, how many acks it has taken, who is online and
 * in which rooms: that the work was done. */
uint64_t server_delivered(void);
uint64_t server_acks(void);
size_t server_clients(void);
size_t server_rooms(void);

#endif
