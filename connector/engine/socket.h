/*
 * A socket: one client in one socket.io namespace of one session. What an application sees of the
 * engine. The engine owns it; it is valid until app_ops.closed returned, or until the application
 * refused it.
 */
#ifndef SOCKET_H
#define SOCKET_H

#include <stdbool.h>

#include "common/lp_mem.h"
#include "common/lp_str.h"
#include "connector/engine/engine.h"

#define SOCKET_ARGS_MAX 8

struct socket;

/* Who wants to join, and with what; the strings live as long as the call. */
struct socket_request {
	struct lp_str nsp;          /* "/demo" */
	struct lp_str url_query;    /* of the handshake URL, still encoded */
	struct lp_str packet_query; /* of the CONNECT packet (protocol 4), still encoded */
	struct lp_str auth;         /* JSON object (protocol 5), or empty */
};

/* An event; the strings live as long as the call. */
struct socket_event {
	struct lp_str name;                  /* value of the first element, as in the JSON text */
	struct lp_str args[SOCKET_ARGS_MAX]; /* JSON texts of the following elements */
	size_t argc;                         /* all of them, also those beyond SOCKET_ARGS_MAX */
	struct lp_str ack;                   /* digits, n == 0: no answer wanted */
};

struct app_ops {
	/* Decide with socket_accept() or socket_refuse(), now or later. */
	void (*connect)(struct socket *s, const struct socket_request *req);
	/* Only for accepted sockets. */
	void (*event)(struct socket *s, const struct socket_event *ev);
	/* Accepted or undecided, it is gone: forget the pointer. Not called after a refusal. */
	void (*closed)(struct socket *s, enum close_reason reason);
};

struct engine *socket_engine(const struct socket *s);
/* The application's own pointer. */
void *socket_data(const struct socket *s);
void socket_set_data(struct socket *s, void *data);
/* Eight hexadecimal digits for the log, unique among open sessions of this process in practice. */
const char *socket_tag(const struct socket *s);

void socket_accept(struct socket *s);
/* message: the text the client's error shows. The socket is gone after this call. */
void socket_refuse(struct socket *s, struct lp_str message);

/* Queues an encoded frame, see frame.h; keeps a reference of its own. */
void socket_send(struct socket *s, struct lp_blob *frame);
/* Emits the event whose JSON array text is given. */
void socket_emit(struct socket *s, struct lp_str json);
/* Answers an event that wanted it: json is the array of arguments. */
void socket_ack(struct socket *s, struct lp_str ack, struct lp_str json);
/*
 * Sends DISCONNECT for this namespace; with close_session also ends the whole connection. closed()
 * is called before it returns.
 */
void socket_disconnect(struct socket *s, bool close_session, enum close_reason reason);

#endif
