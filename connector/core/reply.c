#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/reply.h"

static void send(struct client *c, struct lp_str ack, struct lp_str json)
{
	struct lp_buf array = {0};

	if (!ack.n || !c->socket)
		return;
	lp_buf_addc(&array, '[');
	lp_buf_adds(&array, json);
	lp_buf_addc(&array, ']');
	socket_ack(c->socket, ack, lp_buf_str(&array));
	lp_buf_clear(&array);
}

void reply_status(struct client *c, struct lp_str ack, int status, const char *msg)
{
	struct lp_buf json = {0};

	lp_buf_addf(&json, "{\"status\":%d,\"msg\":\"%s\"}", status, msg);
	send(c, ack, lp_buf_str(&json));
	lp_buf_clear(&json);
}

struct reply *reply_later(struct client *c, struct lp_str ack)
{
	struct reply *r;

	if (c->pending >= REPLY_PENDING_MAX || ack.n > sizeof(r->ack)) {
		reply_status(c, ack, 500, "server busy");
		return NULL;
	}
	r = lp_xcalloc(1, sizeof(*r));
	r->client = client_ref(c);
	c->pending++;
	r->ack_len = (uint16_t)ack.n;
	if (ack.n)
		memcpy(r->ack, ack.p, ack.n);
	return r;
}

static void end(struct reply *r)
{
	r->client->pending--;
	client_unref(r->client);
	free(r);
}

void reply_json(struct reply *r, struct lp_str json)
{
	send(r->client, lp_str(r->ack, r->ack_len), json);
	end(r);
}

void reply_refuse(struct reply *r, int status, const char *msg)
{
	reply_status(r->client, lp_str(r->ack, r->ack_len), status, msg);
	end(r);
}

void reply_answer(struct reply *r, enum store_answer answer)
{
	static const struct {
		int status;
		const char *msg;
	} words[STORE_ANSWERS] = {
		[STORE_DONE] = {200, "ok"},
		[STORE_UNKNOWN_NAMESPACE] = {400, "this namespace lose"},
		[STORE_OFFLINE_NAMESPACE] = {400, "this namespace offline"},
		[STORE_CONFLICT] = {500, "server busy"},
		[STORE_FULL] = {400, "too many rooms"},
		[STORE_BUSY] = {500, "server busy"},
	};

	reply_refuse(r, words[answer].status, words[answer].msg);
}
