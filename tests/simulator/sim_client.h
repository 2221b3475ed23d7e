/*
 * One client: what it says and when, from its handshake to its end. It knows no sockets: those are
 * behind the four functions at the end, which sim_socket.c has for libwebsockets.
 */
#ifndef SIM_CLIENT_H
#define SIM_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "tests/simulator/sim_counts.h"
#include "tests/simulator/sim_ledger.h"
#include "tests/simulator/sim_plan.h"
#include "tests/simulator/sim_push_log.h"
#include "tests/simulator/sim_timer.h"

enum sim_client_state {
	SIM_AWAY,     /* no connection; a timer brings it back */
	SIM_OPENING,  /* until the server's open packet */
	SIM_ASKING,   /* for its namespace */
	SIM_THINKING, /* connected, and not in its rooms yet */
	SIM_JOINING,
	SIM_JOINED,
	SIM_LEAVING, /* it closes its connection, to come back */
	SIM_GONE,    /* refused, or slow and closed: for good */
};

struct sim_client {
	uint32_t number;
	uint32_t life; /* how often it began to connect */
	enum sim_client_state state;
	uint8_t engine;
	uint8_t ack; /* enum sim_ack */
	bool pushes, slow;
	bool in_window;    /* counted among those that are connecting */
	bool pushing;      /* `push` is under way */
	bool has_joined;   /* at least once */
	bool want_close;   /* once everything is sent */
	void *socket;      /* of sim_socket.c; NULL without a connection */
	struct lp_buf in;  /* a message that comes in parts */
	struct lp_buf out; /* frames to send: length in four bytes, text */
	uint32_t *rooms;   /* those it joins, then its user's */
	uint32_t *numbers; /* of its own pushes, of each room; NULL when it does not push */
	struct sim_stay *stays;
	uint32_t stay_count;
	uint64_t began;         /* µs: this connect */
	uint64_t ping_interval; /* µs, of engine.io 3 */
	struct sim_push push;
};

/* The clients of one process. */
struct sim_process {
	const struct sim_plan *plan;
	struct sim_shared *shared;
	struct sim_counts *counts; /* this process's */
	unsigned number, processes;
	struct sim_client *clients;
	uint32_t client_count;
	uint32_t room_count; /* of each client, its user's included */
	uint32_t connecting;
	struct sim_timers timers;
	struct sim_ledger ledger;
	struct sim_push_writer pushes;
	uint64_t draws; /* random numbers taken */
	struct lp_buf scratch;
	void *sockets; /* of sim_socket.c */
};

/* Timer entries by what is due. */
enum sim_client_timer {
	SIM_TIMER_CONNECT,
	SIM_TIMER_GIVE_UP, /* connecting takes too long */
	SIM_TIMER_PING,
	SIM_TIMER_JOIN,
	SIM_TIMER_PUSH,
	SIM_TIMER_ACK, /* argument: id of the message */
	SIM_TIMER_LEAVE,
};

/* Fills in client number `number`; clear frees what it holds, not itself. */
void sim_client_init(struct sim_process *p, struct sim_client *c, uint32_t number);
void sim_client_clear(struct sim_client *c);

/* What happens to it. */
void sim_client_connect(struct sim_process *p, struct sim_client *c);
void sim_client_text(struct sim_process *p, struct sim_client *c, struct lp_str text);
void sim_client_closed(struct sim_process *p, struct sim_client *c);
void sim_client_due(struct sim_process *p, struct sim_client *c, const struct sim_timer *timer);

/* Takes the next frame to send off c->out into the buffer; false when there is none. */
bool sim_client_next_frame(struct sim_client *c, struct lp_buf *frame);

/* Begins to connect; false when that is not possible, and then nothing follows. */
bool sim_socket_connect(struct sim_process *p, struct sim_client *c, const struct sim_who *who,
			const char *path);
/* There is something to send, or want_close is set. */
void sim_socket_wake(struct sim_client *c);
/* Ends the connection without a word; sim_client_closed() follows. */
void sim_socket_kill(struct sim_client *c);
void sim_socket_stop_reading(struct sim_client *c);

#endif
