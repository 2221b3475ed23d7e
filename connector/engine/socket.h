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
	struct lp_str cookie;       /* of the handshake; empty after the first heartbeat */
};

/* An event; the strings live as long as the call. */
struct socket_event {
	struct lp_str name;                  /* value of the first element, as in the JSON text */
	struct lp_str args[SOCKET_ARGS_MAX]; /* JSON texts of the following elements */
	size_t argc;                         /* all of them, also those beyond SOCKET_ARGS_MAX */
	struct lp_str ack;                   /* digits, n == 0: no answer wanted */
	struct lp_str json;                  /* the whole array, name included */
	/* Binary data, which {"_placeholder":true,"num":N} stands for in the JSON; numbered in the
	 * order of the text. */
	const struct lp_str *attachments;
	unsigned attachment_count;
};

/* An event or an answer with everything it can have. */
struct socket_message {
	struct lp_str json; /* the array; placeholders 0, 1, ... for the attachments */
	const struct lp_str *attachments;
	unsigned attachment_count; /* at most SIO_ATTACHMENTS_MAX */
	struct lp_str
		ack; /* digits: of the event answered, or of the answer wanted; may be empty */
};

struct app_ops {
	/*
	 * May a session be opened? NULL, or the reason why not ("": none to tell), which stays
	 * valid. NULL in the table: always.
	 */
	const char *(*allow)(void *app_data, const struct http_head *h);
	/* Decide with socket_accept() or socket_refuse(), now or later. */
	void (*connect)(struct socket *s, const struct socket_request *req);
	/* Only for accepted sockets. */
	void (*event)(struct socket *s, const struct socket_event *ev);
	/* The client's answer to an event that wanted one; ack, json and attachments are set. May
	 * be NULL. */
	void (*acked)(struct socket *s, const struct socket_event *ev);
	/* The client has shown what socket_prove() asked for. It must not be closed in the call. May
	 * be NULL. */
	void (*proved)(struct socket *s);
	/* Accepted or undecided, it is gone: forget the pointer. Not called after a refusal. */
	void (*closed)(struct socket *s, enum close_reason reason);
};

struct engine *socket_engine(const struct socket *s);
/* The application's own pointer. */
void *socket_data(const struct socket *s);
void socket_set_data(struct socket *s, void *data);

void socket_accept(struct socket *s);
/* message: the text the client's error shows. The socket is gone after this call. */
void socket_refuse(struct socket *s, struct lp_str message);
/* The same with a JSON value for the application; the older protocol gets that alone. */
void socket_refuse_with(struct socket *s, struct lp_str message, struct lp_str data);

/* Queues an encoded frame, see frame.h; keeps a reference of its own. */
void socket_send(struct socket *s, struct lp_blob *frame);
/* Emits the event whose JSON array text is given. */
void socket_emit(struct socket *s, struct lp_str json);
/* The same with attachments, or wanting an answer: m->ack, unique for the socket, below 2^31. */
void socket_emit_message(struct socket *s, const struct socket_message *m);
/* Answers an event that wanted it: json is the array of arguments. */
void socket_ack(struct socket *s, struct lp_str ack, struct lp_str json);
void socket_ack_message(struct socket *s, const struct socket_message *m);
/*
 * Calls proved() once the client must have received all that was sent to it so far: when it has
 * taken part in a heartbeat that began afterwards. A second call before that begins anew.
 */
void socket_prove(struct socket *s);
/* True when its session has no other socket but that of "/". */
bool socket_is_last(const struct socket *s);
/*
 * Sends DISCONNECT for this namespace, or with close_session for all of the session's, "/" first,
 * and ends the connection. closed() is called for them before it returns.
 */
void socket_disconnect(struct socket *s, bool close_session, enum close_reason reason);

#endif
