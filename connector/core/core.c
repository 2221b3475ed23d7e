#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/catchup.h"
#include "connector/core/client.h"
#include "connector/core/core_int.h"
#include "connector/core/deliver.h"
#include "connector/core/event.h"
#include "connector/core/expel.h"
#include "connector/core/pace.h"
#include "connector/core/room.h"
#include "connector/core/token.h"
#include "connector/core/transfer.h"
#include "connector/core/unread.h"

/* A namespace set offline: its N clients leave within 5 s + N * 100 ms, at most 5 minutes, so
 * that they do not all come back to the business system's door at once. */
#define OFFLINE_BASE       5000
#define OFFLINE_PER_CLIENT 100
#define OFFLINE_MAX        300000

static const struct app_ops app = {
	.connect = client_connect,
	.event = event_handle,
	.proved = unread_proved,
	.closed = client_closed,
};

const struct app_ops *core_app(void)
{
	return &app;
}

struct core *core_new(const struct core_conf *conf, const struct store_ops *ops, void *store)
{
	struct core *c = lp_xcalloc(1, sizeof(*c));

	c->conf = *conf;
	c->ops = ops;
	c->store = store;
	lp_pool_init(&c->members, sizeof(struct member));
	c->transfer_left = TRANSFER_SLICE;
	c->deliver_left = DELIVER_AT_ONCE;
	return c;
}

void core_set_callbacks(struct core *c, const struct callback_ops *ops, void *caller)
{
	c->callbacks = ops;
	c->caller = caller;
}

void core_free(struct core *c)
{
	transfer_cancel_all(c);
	expel_cancel_all(c);
	catchup_cancel(c);
	ack_write(c);
	token_cache_free(c);
	free(c->expiry);
	lp_buf_clear(&c->scratch);
	lp_pool_clear(&c->members);
	free(c->heads);
	free(c);
}

const struct core_stats *core_stats(const struct core *c)
{
	return &c->stats;
}

void core_set_wall(struct core *c, uint64_t offset)
{
	c->wall = offset;
}

void core_each_namespace(const struct core *c,
			 void (*one)(void *arg, struct lp_str nsp, size_t clients), void *arg)
{
	for (const struct nsp *n = c->nsps; n; n = n->hh.next) {
		if (n->clients)
			one(arg, lp_cstr(n->name), HASH_COUNT(n->clients));
	}
}

void core_push(struct core *c, struct lp_str nsp, const struct pushed *p)
{
	struct nsp *n = nsp_find(c, nsp);

	c->stats.pushes++;
	if (!n)
		return;
	if (p->position)
		n->seen = p->position;
	deliver_push(n, p);
}

void core_emit(struct core *c, struct lp_str nsp, struct lp_str room, struct lp_str except,
	       struct lp_str event)
{
	struct nsp *n = nsp_find(c, nsp);

	if (n)
		deliver_emit(n, room, except, event);
}

bool core_transfer(struct core *c, struct lp_str nsp, struct lp_str target, bool join,
		   struct lp_str sources)
{
	return transfer_add(c, nsp, target, join, sources);
}

void core_kick(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial)
{
	struct nsp *n = nsp_find(c, nsp);
	struct client *found = NULL;

	if (!n)
		return;
	HASH_FIND(hh, n->clients, client.p, client.n, found);
	/* The inbox is read on a link of its own: this may overtake the registration's answer. */
	if (!found || found->serial != serial)
		HASH_FIND(hh, n->registering, &serial, sizeof(serial), found);
	if (!found || !lp_str_eq(client_id(found), client))
		return;
	c->stats.replaced++;
	client_disconnect(found);
}

bool core_expel(struct core *c, struct lp_str nsp, struct lp_str clients, struct lp_str event)
{
	return expel_add(c, nsp, clients, event);
}

void core_unread(struct core *c, struct lp_str nsp, struct lp_str client, uint64_t serial)
{
	struct nsp *n = nsp_find(c, nsp);
	struct client *found = NULL;

	if (n)
		HASH_FIND(hh, n->clients, client.p, client.n, found);
	if (found && found->serial == serial)
		unread_fetch(found);
}

void core_limits(struct core *c, struct lp_str nsp, uint64_t rev, uint64_t rooms, uint64_t bytes)
{
	struct nsp *n = nsp_find(c, nsp);

	if (n)
		nsp_limits(n, rev, rooms, bytes);
}

void core_connectors(struct core *c, unsigned count)
{
	c->connectors = count;
}

void core_namespace_offline(struct core *c, struct lp_str nsp)
{
	struct nsp *n = nsp_find(c, nsp);

	size_t total = n ? HASH_COUNT(n->clients) + HASH_COUNT(n->registering) : 0;

	if (!total)
		return;
	if (!n->offline_total)
		c->offline_nsps++;
	n->offline_total = total;
	n->offline_done = 0;
	n->offline_since = c->now;
}

/* Disconnects the share of clients whose time has come. */
static void drain(struct nsp *n)
{
	uint64_t span = OFFLINE_BASE + OFFLINE_PER_CLIENT * n->offline_total;
	uint64_t due;

	if (span > OFFLINE_MAX)
		span = OFFLINE_MAX;
	due = n->offline_total * (n->core->now - n->offline_since) / span;
	for (; n->clients && n->offline_done < due; n->offline_done++)
		client_disconnect(n->clients);
	if ((!n->clients && !n->registering) || n->offline_done >= n->offline_total) {
		n->offline_total = 0;
		n->core->offline_nsps--;
	}
}

static void drain_all(struct core *c)
{
	struct nsp *n = c->nsps, *next;

	/* Held one ahead: a connection that is closed may take clients of other namespaces along. */
	if (n)
		n->users++;
	for (; n; n = next) {
		if (n->offline_total)
			drain(n);
		next = n->hh.next;
		if (next)
			next->users++;
		nsp_release(n);
	}
}

static void rejoin(struct nsp *n)
{
	struct client *k, *next;

	HASH_ITER(hh, n->clients, k, next)
	client_rejoin(k);
}

void core_namespace_made(struct core *c, struct lp_str nsp)
{
	struct nsp *n = nsp_find(c, nsp);

	if (!n || !n->clients)
		return;
	rejoin(n);
	catchup_begin(c);
}

void core_catch_up(struct core *c)
{
	struct nsp *n, *next;

	HASH_ITER(hh, c->nsps, n, next)
	rejoin(n);
	catchup_begin(c);
}

void core_rejoin(struct core *c)
{
	/* Registrations under way see the new generation and are asked for again. */
	c->generation++;
	core_catch_up(c);
}

bool core_turn(struct core *c, uint64_t now)
{
	bool more;

	c->now = now;
	more = deliver_turn(c);
	catchup_turn(c);
	more |= expel_turn(c);
	return transfer_turn(c) || more;
}

unsigned core_tick(struct core *c, uint64_t now)
{
	unsigned wait, paced;

	c->now = now;
	wait = token_tick(c, now);
	paced = pace_tick(c, now);
	wait = paced < wait ? paced : wait;
	if (c->offline_nsps)
		drain_all(c);
	if (now >= c->next_write) {
		ack_write(c);
		c->next_write = now + c->conf.ack_interval;
	}
	if (c->dirty_messages && c->next_write - now < wait)
		wait = (unsigned)(c->next_write - now);
	return c->offline_nsps && wait > 50 ? 50 : wait;
}
