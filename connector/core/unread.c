#include "config.h"

#include <stdlib.h>

#include "connector/core/unread.h"

struct unread {
	bool asking;        /* the store is */
	bool again;         /* something came while it was, or while messages are unproved */
	bool sent;          /* to the client, which has not proved it yet */
	struct lp_buf json; /* to be sent */
	struct lp_buf ids;  /* of what is to be sent or proved */
};

static void fetched(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct client *c = arg;
	struct unread *u = c->unread;

	u->asking = false;
	if (answer == STORE_DONE && got->count == 3 && got->items[1].n) {
		lp_buf_adds(&u->json, got->items[0]);
		lp_buf_adds(&u->ids, got->items[1]);
		u->again = u->again || got->items[2].n;
	}
	/* Without an answer they wait for the next connection. */
	if (c->state == CLIENT_ENTERED)
		client_accept(c);
	else if (c->state == CLIENT_ONLINE)
		unread_emit(c);
	client_unref(c);
}

void unread_fetch(struct client *c)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);

	if (!c->unread)
		c->unread = lp_xcalloc(1, sizeof(*c->unread));
	if (c->unread->asking || c->unread->sent) {
		c->unread->again = true;
		return;
	}
	lp_buf_reset(&c->unread->json);
	lp_buf_reset(&c->unread->ids);
	c->unread->asking = true;
	c->unread->again = false;
	core->ops->unread(core->store, &who, fetched, client_ref(c));
}

void unread_emit(struct client *c)
{
	struct unread *u = c->unread;
	struct lp_buf *json = &c->nsp->core->scratch;

	if (!u || !u->json.len)
		return;
	lp_buf_reset(json);
	lp_buf_addz(json, "[\"offlineMessage\",");
	lp_buf_adds(json, lp_buf_str(&u->json));
	lp_buf_addc(json, ']');
	socket_emit(c->socket, lp_buf_str(json));
	lp_buf_clear(&u->json);
	u->sent = true;
	socket_prove(c->socket);
}

static void done(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct client *c = arg;
	bool more =
		answer == STORE_DONE && got->count == 1 && lp_str_eq(got->items[0], LP_STR("1"));
	struct unread *u = c->unread;

	if (c->state == CLIENT_ONLINE && (more || (u && u->again)))
		unread_fetch(c);
	else if (u && !u->sent && !u->asking)
		unread_free(c);
	client_unref(c);
}

void unread_proved(struct socket *s)
{
	struct client *c = socket_data(s);
	struct core *core;
	struct store_client who;

	if (!c || !c->unread || !c->unread->sent)
		return;
	core = c->nsp->core;
	who = client_for_store(c);
	c->unread->sent = false;
	core->ops->unread_done(core->store, &who, lp_buf_str(&c->unread->ids), done, client_ref(c));
}

void unread_free(struct client *c)
{
	if (!c->unread)
		return;
	lp_buf_clear(&c->unread->json);
	lp_buf_clear(&c->unread->ids);
	free(c->unread);
	c->unread = NULL;
}
