/*
 * Answers to events that clients send, mostly {"status":...,"msg":...}. One that waits for the
 * store keeps the client; whoever is gone by then is not answered.
 */
#ifndef REPLY_H
#define REPLY_H

#include "connector/core/client.h"

/* Operations of one client that may be under way at once; it is told "busy" beyond. */
#define REPLY_PENDING_MAX 64

struct reply {
	struct client *client; /* a reference */
	uint16_t ack_len;
	char ack[16];
};

/* Answers at once; no ack wanted: nothing. msg: plain text, of our own. */
void reply_status(struct client *c, struct lp_str ack, int status, const char *msg);

/* NULL when too much is under way for this client, who is told so. */
struct reply *reply_later(struct client *c, struct lp_str ack);
/* Answers with the JSON value and frees it. */
void reply_json(struct reply *r, struct lp_str json);
/* As reply_status(), later. */
void reply_refuse(struct reply *r, int status, const char *msg);
/* For an operation that brought nothing but this answer. */
void reply_answer(struct reply *r, enum store_answer answer);

#endif
