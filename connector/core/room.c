#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/core/client.h"
#include "connector/core/deliver.h"
#include "connector/core/room.h"

struct room *room_find(struct nsp *nsp, struct lp_str name)
{
	struct room *room;

	HASH_FIND(hh, nsp->rooms, name.p, name.n, room);
	return room;
}

struct member *room_member(const struct client *c, struct lp_str name)
{
	struct room *room = room_find(c->nsp, name);

	if (!room)
		return NULL;
	/* Whichever list is shorter: clients in very many rooms, rooms with very many clients. */
	if (room->count < c->room_count) {
		for (uint32_t i = 0; i < room->count; i++) {
			if (room->members[i]->client == c)
				return room->members[i];
		}
		return NULL;
	}
	for (struct member *m = c->members; m; m = m->next) {
		if (m->room == room)
			return m;
	}
	return NULL;
}

static struct room *hold(struct nsp *nsp, struct lp_str name)
{
	struct room *room = room_find(nsp, name);

	if (room)
		return room;
	room = lp_xcalloc(1, sizeof(*room) + name.n + 1);
	room->nsp = nsp;
	room->serial = ++nsp->core->last_serial;
	room->members = &room->only;
	room->space = 1;
	memcpy(room->name, name.p, name.n);
	HASH_ADD_KEYPTR(hh, nsp->rooms, room->name, name.n, room);
	nsp->core->stats.rooms++;
	return room;
}

static void discard(struct room *room)
{
	deliver_cancel(room);
	HASH_DEL(room->nsp->rooms, room);
	room->nsp->core->stats.rooms--;
	if (room->members != &room->only)
		free(room->members);
	free(room);
}

/* Makes room for one more. */
static void grow(struct room *room)
{
	struct member **old = room->members == &room->only ? NULL : room->members;

	room->space *= 2;
	room->members = lp_xrealloc(old, room->space * sizeof(room->members[0]));
	if (!old)
		room->members[0] = room->only;
}

static void place(struct room *room, uint32_t at, struct member *m)
{
	room->members[at] = m;
	m->index = at;
}

struct member *room_join(struct client *c, struct lp_str name)
{
	struct core *core = c->nsp->core;
	struct room *room = hold(c->nsp, name);
	struct member *m = lp_pool_get(&core->members);

	if (room->count == room->space)
		grow(room);
	m->client = c;
	m->room = room;
	m->since = m->got = core->sequence;
	m->asked = core->ops->clock(core->store);
	m->next = c->members;
	c->members = m;
	c->room_count++;
	place(room, room->count++, m);
	return m;
}

bool room_leave(struct member *m)
{
	struct room *room = m->room;
	struct client *c = m->client;
	struct member **at = &c->members;
	uint32_t hole = m->index;
	bool last;

	while (*at != m)
		at = &(*at)->next;
	*at = m->next;
	c->room_count--;

	/* Those before the cursor have been served, those behind it have not: fill the hole from
	 * the same side, then close the gap at the border from the other. */
	if (hole < room->cursor) {
		room->cursor--;
		place(room, hole, room->members[room->cursor]);
		hole = room->cursor;
	}
	room->count--;
	if (hole != room->count)
		place(room, hole, room->members[room->count]);
	lp_pool_put(&room->nsp->core->members, m);
	last = room->count == 0;
	if (last)
		discard(room);
	return last;
}

void room_routed(struct nsp *nsp, struct lp_str name, uint64_t serial)
{
	struct room *room = room_find(nsp, name);

	if (room && room->serial == serial)
		room->routed = true;
}
