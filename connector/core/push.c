#include "config.h"

#include <stdio.h>

#include "common/lp_json.h"
#include "connector/core/payload.h"
#include "connector/core/push.h"
#include "connector/core/reply.h"

#define LIMIT_LEFT 2 /* behind the id, where there is a limit: see lib/allow.lua */
#define LIMIT_MORE 4

/*
 * Nothing is left of the namespace's limit, wherever it is pushed from, until one more is allowed, in
 * a second at most. No client's push needs to ask until then. core.now is of a turn before the answer,
 * so that the wait is rather too short.
 */
static void note_limit(struct nsp *nsp, const struct store_texts *got)
{
	if (got->count > LIMIT_MORE && lp_str_eq(got->items[LIMIT_LEFT], LP_STR("0")))
		nsp->next_push = nsp->core->now + store_number(got->items[LIMIT_MORE]) / 1000;
}

static void pushed(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct reply *reply = arg;
	struct lp_buf json = {0};

	/* "-1": too many messages wait for offline delivery */
	if (answer != STORE_DONE || !got->count || lp_str_eq(got->items[0], LP_STR("-1"))) {
		reply_answer(arg, answer == STORE_DONE ? STORE_BUSY : answer);
		return;
	}
	note_limit(reply->client->nsp, got);
	if (lp_str_eq(got->items[0], LP_STR("0"))) {
		reply_refuse(arg, 429, "rate limit exceeded");
		return;
	}
	lp_buf_addf(&json, "{\"status\":200,\"msg\":\"ok\",\"id\":%.*s}", LP_FMT(got->items[0]));
	reply_json(arg, lp_buf_str(&json));
	lp_buf_clear(&json);
}

/* In the words of the REST API. */
static void refuse(struct client *c, struct lp_str ack, enum push_msg_error error)
{
	static const char *const words[] = {
		[PUSH_MSG_ROOM_EMPTY] = "room can not be empty",
		[PUSH_MSG_ROOM_INVALID] = "room invalid",
		[PUSH_MSG_ROOMS_INVALID] = "rooms invalid",
		[PUSH_MSG_DATA_INVALID] = "pushData can not be empty and must be an Object",
		[PUSH_MSG_EXCEPT_INVALID] = "except must be string",
		[PUSH_MSG_ONLY_INVALID] = "only must be string",
		[PUSH_MSG_EXPIRE_INVALID] = "expire invalid",
	};
	char text[80];

	if (error == PUSH_MSG_APS_TOO_LARGE) {
		snprintf(text, sizeof(text),
			 "pushData.apsData size must be less then %zu bytes", /* sic */
			 c->nsp->core->conf.push_limits.aps_max);
		reply_status(c, ack, 400, text);
	} else {
		reply_status(c, ack, 400, words[error]);
	}
}

/* At most one in an interval, good or bad: looking at a bad one costs as much. */
static bool too_soon(struct client *c, struct lp_str ack)
{
	unsigned interval = c->nsp->core->conf.push_interval;
	uint64_t now = engine_now(socket_engine(c->socket));
	char text[64];

	if (now >= c->next_push) {
		c->next_push = now + interval;
		return false;
	}
	snprintf(text, sizeof(text), "limited access in %gs", interval / 1000.0);
	reply_status(c, ack, 500, text);
	return true;
}

void push_event(struct client *c, const struct socket_event *ev)
{
	struct core *core = c->nsp->core;
	uint64_t now = engine_now(socket_engine(c->socket));
	struct json_object *body;
	struct push_msg m = {0};
	enum push_msg_error error;
	struct reply *reply;

	if (too_soon(c, ev->ack))
		return;
	body = payload_read(ev);
	error = push_msg_parse(&m, body, body ? ev->args[0] : LP_STR(""), core->conf.rules,
			       &core->conf.push_limits);
	if (error != PUSH_MSG_OK) {
		refuse(c, ev->ack, error);
	} else if (now < c->nsp->next_push) {
		reply_status(c, ev->ack, 429, "rate limit exceeded");
	} else if ((reply = reply_later(c, ev->ack))) {
		m.has_from = false;
		if (!m.except.n && !m.only.n)
			m.except = client_id(c);
		core->ops->push(core->store, lp_cstr(c->nsp->name), &m, pushed, reply);
	}
	push_msg_clear(&m);
	json_object_put(body);
}
