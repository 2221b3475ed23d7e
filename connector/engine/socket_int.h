/* The insides of a socket, for socket.c and sockets.c. */
#ifndef SOCKET_INT_H
#define SOCKET_INT_H

#include "connector/engine/engine_int.h"
#include "connector/proto/sio_packet.h"

enum socket_state {
	SOCKET_ASKING = 0, /* the application has not decided yet */
	SOCKET_JOINED,
};

struct socket {
	struct socket *next;
	struct session *session;
	void *data; /* the application's */
	enum socket_state state;
	bool proving; /* socket_prove() waits for the session's heartbeat */
	char nsp[];
};

/* Sends a packet; its attachments follow it as binary messages. */
void socket_send_packet(struct session *s, const struct sio_packet *p,
			const struct lp_str *attachments);
/* The socket is over: off its session's list, the application told, freed. */
void socket_gone(struct socket *k, enum close_reason reason);

#endif
