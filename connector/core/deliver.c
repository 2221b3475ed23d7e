#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/deliver.h"
#include "connector/engine/frame.h"

static void drop_first(struct room *room)
{
	struct delivery *d = room->deliveries;

	room->deliveries = d->next;
	if (!room->deliveries)
		room->last_delivery = NULL;
	if (d->message)
		ack_delivered(d->message);
	lp_blob_unref(d->frame);
	free(d);
}

static void append(struct room *room, struct delivery *d)
{
	if (room->last_delivery)
		room->last_delivery->next = d;
	else
		room->deliveries = d;
	room->last_delivery = d;
}

/*
 * Gives the next members, at most `limit`, what they have not got. Returns how many were looked
 * at. Sending never closes anything at once (see link.h), so the members stay as they are.
 */
static uint32_t serve(struct room *room, uint32_t limit)
{
	uint32_t end = room->count - room->cursor > limit ? room->cursor + limit : room->count;
	uint32_t served = end - room->cursor;

	for (; room->cursor < end; room->cursor++) {
		struct member *m = room->members[room->cursor];
		struct client *c = m->client;

		if (c->state != CLIENT_ONLINE)
			continue;
		for (struct delivery *d = room->deliveries; d; d = d->next) {
			if (d->sequence <= m->got || c == d->except)
				continue;
			socket_send(c->socket, d->frame);
			if (!d->message)
				continue;
			d->message->delivered++;
			room->nsp->core->stats.deliveries++;
		}
		m->got = room->last_delivery->sequence;
	}
	return served;
}

/* Everybody has been served: drops what was there when the round began. */
static void end_round(struct room *room)
{
	while (room->deliveries && room->deliveries->sequence <= room->round)
		drop_first(room);
	room->cursor = 0;
	if (room->last_delivery)
		room->round = room->last_delivery->sequence;
}

static void make_busy(struct room *room)
{
	struct core *core = room->nsp->core;

	room->busy = true;
	room->next_busy = NULL;
	if (core->last_busy_room)
		core->last_busy_room->next_busy = room;
	else
		core->busy_rooms = room;
	core->last_busy_room = room;
}

static void remove_busy(struct room *room)
{
	struct core *core = room->nsp->core;
	struct room **at = &core->busy_rooms;
	struct room *before = NULL;

	while (*at != room) {
		before = *at;
		at = &(*at)->next_busy;
	}
	*at = room->next_busy;
	if (core->last_busy_room == room)
		core->last_busy_room = before;
	room->busy = false;
}

/* One more delivery to the room, not under way yet. */
static struct delivery *add(struct room *room, struct lp_str except, struct lp_str event)
{
	struct nsp *nsp = room->nsp;
	struct delivery *d = lp_xcalloc(1, sizeof(*d));
	struct client *out = NULL;

	if (except.n)
		HASH_FIND(hh, nsp->clients, except.p, except.n, out);
	d->sequence = ++nsp->core->sequence;
	d->frame = frame_event(lp_cstr(nsp->name), event);
	d->except = out;
	append(room, d);
	return d;
}

static void start(struct room *room)
{
	if (room->busy)
		return; /* it joins the round */
	room->round = room->last_delivery->sequence;
	if (room->count > DELIVER_SLICE) {
		make_busy(room);
		return;
	}
	serve(room, room->count);
	end_round(room);
}

/*
 * When a push was accepted, in ms since 1970: push.lua ends its event with it and the id. Read from
 * the end, since there may be much of it. 0: it is not there.
 */
static uint64_t sent_at(struct lp_str event)
{
	static const struct lp_str name = {"\"sendDate\":", 11};
	const char *comma = event.n ? memrchr(event.p, ',', event.n) : NULL;
	const char *p = comma;
	uint64_t ms = 0, place = 1;

	while (p && p > event.p && p[-1] >= '0' && p[-1] <= '9' && comma - p < 16) {
		ms += place * (uint64_t)(*--p - '0');
		place *= 10;
	}
	return p && (size_t)(p - event.p) >= name.n && memcmp(p - name.n, name.p, name.n) == 0 ? ms
											       : 0;
}

/* In the time of the core, and counted; the clocks of two machines may differ a little. */
static uint64_t note_sent(struct core *core, struct lp_str event)
{
	uint64_t wall = core->now + core->wall, sent = sent_at(event);
	uint64_t ago = sent && sent < wall ? wall - sent : 0;

	histogram_add(&core->stats.delay, ago);
	return ago < core->now ? core->now - ago : 0;
}

void deliver_push(struct nsp *nsp, struct lp_str name, uint64_t id, struct lp_str except,
		  struct lp_str event)
{
	struct room *room = room_find(nsp, name);
	struct delivery *d;

	if (!room)
		return;
	d = add(room, except, event);
	d->message = ack_remember(room, id, d->sequence, except);
	d->message->sent = note_sent(nsp->core, event);
	start(room);
}

void deliver_emit(struct nsp *nsp, struct lp_str name, struct lp_str except, struct lp_str event)
{
	struct room *room = room_find(nsp, name);

	if (!room)
		return;
	add(room, except, event);
	start(room);
}

bool deliver_turn(struct core *core)
{
	uint32_t left = DELIVER_SLICE;

	while (left && core->busy_rooms) {
		struct room *room = core->busy_rooms;

		left -= serve(room, left);
		if (room->cursor < room->count)
			continue; /* the slice is used up */
		end_round(room);
		remove_busy(room);
		if (room->deliveries)
			make_busy(room); /* behind the others */
	}
	return core->busy_rooms != NULL;
}

void deliver_cancel(struct room *room)
{
	if (room->busy)
		remove_busy(room);
	while (room->deliveries)
		drop_first(room);
}
