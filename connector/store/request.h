/*
 * Calls of scripts that wait to be carried out, in order. A request keeps its arguments in the
 * form Redis reads; only the owner is put in when it is sent, so that what waited while this
 * connector was declared dead is carried out under its new name.
 *
 *     head (oldest unanswered) ... -> unsent (next to send) ... -> tail
 *      | sent, answers to come     |  waiting
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/lp_buf.h"
#include "common/lp_str.h"
#include "common/store/script.h"
#include "connector/core/ports.h"

/* Kinds up to REQUEST_QUEUED are queued and sent again; the others are made anew when needed. */
enum request_kind {
	REQUEST_CLIENT_ON,
	REQUEST_CLIENT_OFF,
	REQUEST_ROOM_JOIN,
	REQUEST_ROOM_LEAVE,
	REQUEST_ROOM_MOVE,
	REQUEST_ACKS, /* a transaction, see ack_request.h */
	REQUEST_ACKS_UNREAD,
	REQUEST_ACK_LATE,
	REQUEST_DELIVERED,
	REQUEST_UNREAD,
	REQUEST_UNREAD_DONE,
	REQUEST_PUSH,
	REQUEST_INFO,
	REQUEST_APNS,
	REQUEST_DISCOVER,
	REQUEST_TOKEN_KEYS,
	REQUEST_LOG_READ,
	REQUEST_BYTES,
	REQUEST_QUEUED,
	REQUEST_NODE_START = REQUEST_QUEUED,
	REQUEST_NODE_RENEW,
	REQUEST_NODE_REAP,
	REQUEST_SCRIPTS, /* rows of the table of scripts */
	REQUEST_LOAD = REQUEST_SCRIPTS,
	REQUEST_PART, /* a command of a transaction, but for the last */
	REQUEST_KINDS,
};

struct request {
	struct request *next;
	store_cb cb; /* or NULL */
	void *cb_arg;
	enum request_kind kind;
	unsigned argc;     /* key and arguments, without the owner */
	unsigned together; /* once it was sent: so many from this one on went in one call */
	size_t key_len;
	size_t len;
	char bytes[]; /* key, then the arguments behind the owner, each a bulk string */
};

struct request_queue {
	struct request *head;
	struct request *unsent;
	struct request *tail;
	size_t count; /* requests and bytes, sent or not */
	size_t bytes;
	size_t sent; /* requests and bytes sent and not answered */
	size_t sent_bytes;
};

/* Requests that go in one call at most: each is some tens of µs for a Redis. */
#define REQUEST_TOGETHER 16

/* The script of a kind below REQUEST_SCRIPTS. */
const struct script *request_script(enum request_kind kind);
/* Whether several requests of that kind can go in one call, and the script for that. */
bool request_gathers(enum request_kind kind);
const struct script *request_script_many(enum request_kind kind);

/* Appends text as a bulk string. */
void request_add(struct lp_buf *out, struct lp_str text);
void request_addz(struct lp_buf *out, const char *text);
void request_addu(struct lp_buf *out, uint64_t n);

/* argc: strings in args. key and args are copied. */
struct request *request_new(enum request_kind kind, struct lp_str key, const struct lp_buf *args,
			    unsigned argc, store_cb cb, void *cb_arg);
/* The same arguments for another script. Nobody is called back. */
struct request *request_again(const struct request *r, enum request_kind kind);
/* Is given the commands of a request in turn; the answer to the last is the answer to the request. */
typedef void (*request_command)(void *arg, const struct lp_buf *command, bool last);
/*
 * Writes the commands, each into scratch; owner: <node_id>.<epoch>. r->together is set: the requests
 * behind it are in the command too.
 */
void request_write(const struct request *r, struct lp_str owner, struct lp_buf *scratch,
		   request_command send, void *arg);

/* Takes the request. */
void request_queue_put(struct request_queue *q, struct request *r);
/*
 * The next one to send, now counted as sent, and with it those behind it that can go in the same
 * call, see r->together; NULL when there is none.
 */
struct request *request_queue_send(struct request_queue *q);
/* The oldest one, which was answered: the caller's now. */
struct request *request_queue_answered(struct request_queue *q);
/*
 * Takes out those that must not wait and not be sent twice: a list over next, the caller's now.
 * Only when nothing sent will be answered, right before request_queue_rewind().
 */
struct request *request_queue_take_once(struct request_queue *q);
/* Nothing sent will be answered: all of it is to be sent again. */
void request_queue_rewind(struct request_queue *q);
/* Frees all; callbacks are not called. */
void request_queue_clear(struct request_queue *q);

#endif
