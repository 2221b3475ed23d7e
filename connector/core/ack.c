#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/room.h"

/* Acks of one message that are written in one operation at most. */
#define ACK_BATCH 2000
/* Acks of one client for messages not remembered here, per second: each costs a call of its own. */
#define LATE_PER_SECOND 200

static uint64_t total_delivered(const struct message *m)
{
	uint64_t sum = 0;

	for (int p = 0; p < PLATFORM_COUNT; p++)
		sum += m->delivered[p];
	return sum;
}

static void mark_dirty(struct message *m)
{
	struct core *core = m->nsp->core;

	if (m->dirty)
		return;
	m->dirty = true;
	m->next_dirty = core->dirty_messages;
	core->dirty_messages = m;
}

static void write_acks(struct message *m, enum platform p)
{
	struct core *core = m->nsp->core;
	uint32_t count = m->ack_count[p];
	struct lp_str *ids;

	if (!count)
		return;
	ids = lp_xmalloc(count * sizeof(ids[0]));
	for (uint32_t i = 0; i < count; i++)
		ids[i] = client_id(m->acks[p][i]);
	core->ops->acks(core->store, lp_cstr(m->nsp->name), m->id, p, ids, count);
	free(ids);
	/* Forgotten first: giving up a client may end the namespace, and this message with it. */
	m->ack_count[p] = 0;
	for (uint32_t i = 0; i < count; i++)
		client_unref(m->acks[p][i]);
}

static void write_message(struct message *m)
{
	struct core *core = m->nsp->core;

	if (total_delivered(m) != m->delivered_written) {
		core->ops->delivered(core->store, lp_cstr(m->nsp->name), m->id, m->delivered);
		m->delivered_written = total_delivered(m);
	}
	/* Most messages get no more: ten thousand of a namespace are remembered, so space counts. */
	for (int p = 0; p < PLATFORM_COUNT; p++) {
		if (!m->ack_space[p])
			continue;
		write_acks(m, (enum platform)p);
		free(m->acks[p]);
		m->acks[p] = NULL;
		m->ack_space[p] = 0;
	}
}

static void remove_dirty(struct message *m)
{
	struct message **at = &m->nsp->core->dirty_messages;

	while (*at != m)
		at = &(*at)->next_dirty;
	*at = m->next_dirty;
	m->dirty = false;
}

static void forget(struct message *m)
{
	struct nsp *nsp = m->nsp;

	if (m->dirty)
		remove_dirty(m);
	HASH_DEL(nsp->messages, m);
	if (m->older)
		m->older->newer = m->newer;
	else
		nsp->oldest_message = m->newer;
	if (m->newer)
		m->newer->older = m->older;
	else
		nsp->newest_message = m->older;
	for (int p = 0; p < PLATFORM_COUNT; p++)
		free(m->acks[p]);
	free(m->other_serials);
	free(m->except);
	free(m);
}

void ack_write(struct core *core)
{
	struct message *m;

	while ((m = core->dirty_messages)) {
		struct nsp *nsp = m->nsp;

		core->dirty_messages = m->next_dirty;
		m->dirty = false;
		/* Held, so that the message outlives the clients it lets go. */
		nsp->users++;
		write_message(m);
		nsp_release(nsp);
	}
}

void ack_forget_all(struct nsp *nsp)
{
	while (nsp->oldest_message) {
		struct message *m = nsp->oldest_message;

		nsp->users++;
		write_message(m);
		nsp->users--;
		forget(m);
	}
}

/* Keeps the window: the oldest goes when it is not being delivered any more. */
static void keep_window(struct nsp *nsp)
{
	while (HASH_COUNT(nsp->messages) > nsp->core->conf.ack_window &&
	       !nsp->oldest_message->deliveries) {
		struct message *m = nsp->oldest_message;

		nsp->users++;
		write_message(m);
		nsp->users--;
		forget(m);
	}
}

/* Redis was emptied, and ids begin anew: what was noted under this one is another message's. */
static void begin_anew(struct message *m, const struct pushed *p)
{
	m->nsp->users++;
	write_message(m);
	m->nsp->users--;
	memset(m->delivered, 0, sizeof(m->delivered));
	m->delivered_written = 0;
	m->position = p->position;
	free(m->except);
	m->except = p->except.n ? lp_xstrndup(p->except) : NULL;
}

struct message *ack_remember(struct room *room, const struct pushed *p, uint64_t sequence)
{
	struct nsp *nsp = room->nsp;
	struct message *m;

	HASH_FIND(hh, nsp->messages, &p->id, sizeof(p->id), m);
	if (m && m->position != p->position)
		begin_anew(m, p);
	if (!m) {
		m = lp_xcalloc(1, sizeof(*m));
		m->id = p->id;
		m->nsp = nsp;
		m->position = p->position;
		HASH_ADD(hh, nsp->messages, id, sizeof(m->id), m);
		m->older = nsp->newest_message;
		if (m->older)
			m->older->newer = m;
		else
			nsp->oldest_message = m;
		nsp->newest_message = m;
		if (p->except.n)
			m->except = lp_xstrndup(p->except);
	}
	m->room_serial = room->serial;
	m->other_count = 0;
	m->sequence = sequence;
	m->deliveries++;
	keep_window(nsp);
	return m;
}

void ack_remember_room(struct message *m, struct room *room)
{
	m->other_serials =
		lp_xrealloc(m->other_serials, (m->other_count + 1) * sizeof(m->other_serials[0]));
	m->other_serials[m->other_count++] = room->serial;
	m->deliveries++;
}

void ack_delivered(struct message *m)
{
	m->deliveries--;
	if (total_delivered(m) != m->delivered_written)
		mark_dirty(m);
}

void ack_left(const struct member *k)
{
	struct client *c = k->client;

	if (!c->left)
		c->left = lp_xcalloc(1, sizeof(*c->left));
	c->left->rooms[c->left->next] = (struct left_room){k->room->serial, k->since, k->got};
	c->left->next = (c->left->next + 1) % LEFT_MAX;
}

static bool went_to(const struct message *m, uint64_t serial)
{
	if (serial == m->room_serial)
		return true;
	for (uint32_t i = 0; i < m->other_count; i++) {
		if (serial == m->other_serials[i])
			return true;
	}
	return false;
}

static bool addressed(const struct client *c, const struct message *m)
{
	struct push_for who = push_msg_for(lp_cstr(m->except ? m->except : ""));

	if (who.client.n && lp_str_eq(who.client, client_id(c)) != who.only)
		return false;
	for (const struct member *k = c->members; k; k = k->next) {
		if (k->since < m->sequence && went_to(m, k->room->serial))
			return true;
	}
	for (size_t i = 0; c->left && i < LEFT_MAX; i++) {
		const struct left_room *l = &c->left->rooms[i];

		if (l->since < m->sequence && m->sequence <= l->got && went_to(m, l->serial))
			return true;
	}
	return false;
}

static void collect(struct message *m, struct client *c)
{
	enum platform p = c->platform;

	if (m->ack_count[p] == m->ack_space[p]) {
		m->ack_space[p] = m->ack_space[p] ? m->ack_space[p] * 2 : 4;
		m->acks[p] = lp_xrealloc(m->acks[p], m->ack_space[p] * sizeof(m->acks[p][0]));
	}
	m->acks[p][m->ack_count[p]++] = client_ref(c);
	mark_dirty(m);
	if (m->ack_count[p] >= ACK_BATCH)
		write_acks(m, p);
}

/* It may have come on an earlier connection, say: Redis knows. */
static void ask_store(struct client *c, uint64_t id)
{
	struct core *core = c->nsp->core;
	struct store_client who;
	uint32_t second = (uint32_t)(core->now / 1000);

	if (c->late_second != second) {
		c->late_second = second;
		c->late_count = 0;
	}
	if (++c->late_count > LATE_PER_SECOND) {
		core->stats.acks_refused++;
		return;
	}
	who = client_for_store(c);
	core->ops->ack_late(core->store, &who, id);
}

void ack_received(struct client *c, uint64_t id)
{
	struct core *core = c->nsp->core;
	struct message *m;

	if (id == c->last_ack)
		return;
	c->last_ack = id;
	HASH_FIND(hh, c->nsp->messages, &id, sizeof(id), m);
	if (m && addressed(c, m)) {
		core->stats.acks++;
		histogram_add(&core->stats.ack_time, core->now > m->sent ? core->now - m->sent : 0);
		collect(m, c);
	} else {
		ask_store(c, id);
	}
}
