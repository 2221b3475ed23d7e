#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/model/log_position.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/deliver.h"
#include "connector/core/pace.h"
#include "connector/core/roomlist.h"
#include "connector/engine/frame.h"

static void drop_first(struct room *room)
{
	struct delivery *d = room->deliveries;

	room->deliveries = d->next;
	if (!room->deliveries)
		room->last_delivery = NULL;
	room->shared -= d->shared;
	if (d->message)
		ack_delivered(d->message);
	if (room->nsp->pace)
		pace_done(room->nsp->pace, d);
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
	room->shared += d->shared;
}

static bool concerns(const struct delivery *d, const struct member *m)
{
	return d->sequence > m->got && m->asked <= d->accepted && m->since >= d->joined;
}

/* Whether it is for that one among the members of the room. */
static inline bool is_for(const struct delivery *d, const struct client *c)
{
	return (c == d->named) == d->only;
}

static void hand(struct client *c, struct delivery *d)
{
	if (!is_for(d, c))
		return;
	socket_send(c->socket, d->frame);
	if (!d->message)
		return;
	d->message->delivered[c->platform]++;
	c->nsp->core->stats.deliveries++;
}

/* What waits for the client in each of its rooms: the first ones. */
static size_t take_heads(struct core *core, struct client *c)
{
	size_t n = 0;

	if (core->heads_space < c->room_count) {
		core->heads_space = c->room_count;
		core->heads = lp_xrealloc(core->heads, c->room_count * sizeof(core->heads[0]));
	}
	for (struct member *m = c->members; m; m = m->next) {
		struct delivery *d = m->room->deliveries;

		while (d && !concerns(d, m))
			d = d->next;
		if (d)
			core->heads[n++] = (struct delivery_head){d, m};
	}
	return n;
}

/* Behind the first one, or NULL; what concerns the member is given to it in order. */
static struct delivery *next_for(const struct member *m, struct delivery *d)
{
	do
		d = d->next;
	while (d && !concerns(d, m));
	return d;
}

/* Gives the client what waits for it in all its rooms, in order, each message once. */
static void catch_up(struct core *core, struct client *c)
{
	size_t n = take_heads(core, c);
	struct delivery_head *heads = core->heads;

	while (n) {
		struct delivery *first = heads[0].d;

		for (size_t i = 1; i < n; i++) {
			if (heads[i].d->sequence < first->sequence ||
			    (heads[i].d->sequence == first->sequence &&
			     heads[i].d->place < first->place))
				first = heads[i].d;
		}
		hand(c, first);
		for (size_t i = n; i-- > 0;) {
			if (heads[i].d->sequence == first->sequence)
				heads[i].d = next_for(heads[i].member, heads[i].d);
			if (!heads[i].d)
				heads[i] = heads[--n];
		}
	}
	for (struct member *m = c->members; m; m = m->next) {
		if (m->room->last_delivery)
			m->got = m->room->last_delivery->sequence;
	}
}

/* Gives the member what it has not got. */
static inline void give(struct room *room, struct member *m)
{
	struct client *c = m->client;

	if (c->state != CLIENT_ONLINE)
		return;
	if (room->shared) {
		catch_up(room->nsp->core, c);
		return;
	}
	for (struct delivery *d = room->deliveries; d; d = d->next) {
		if (concerns(d, m))
			hand(c, d);
	}
	m->got = room->last_delivery->sequence;
}

/* Bytes that give() hands over, or somewhat more when a message comes by several rooms. */
static size_t bytes_for(const struct room *room, const struct member *m)
{
	const struct client *c = m->client;
	size_t sum = 0;

	if (c->state != CLIENT_ONLINE)
		return 0;
	for (m = room->shared ? c->members : m; m; m = room->shared ? m->next : NULL) {
		for (const struct delivery *d = m->room->deliveries; d; d = d->next) {
			if (concerns(d, m) && is_for(d, c))
				sum += d->frame->len;
		}
	}
	return sum;
}

/* The same as serve() while the namespace has bytes left. */
static uint32_t serve_paced(struct room *room, uint32_t limit)
{
	struct pace *pace = room->nsp->pace;
	uint32_t served = 0;

	for (; served < limit && room->cursor < room->count && pace->left > 0; served++) {
		struct member *m = room->members[room->cursor++];

		pace_spend(pace, bytes_for(room, m));
		give(room, m);
	}
	return served;
}

/*
 * Gives the next members, at most `limit`, what they have not got. Returns how many were looked
 * at. Sending never closes anything at once (see link.h), so the members stay as they are.
 */
static uint32_t serve(struct room *room, uint32_t limit)
{
	uint32_t end = room->count - room->cursor > limit ? room->cursor + limit : room->count;
	uint32_t served = end - room->cursor;

	if (room->nsp->pace)
		return serve_paced(room, limit);
	for (; room->cursor < end; room->cursor++)
		give(room, room->members[room->cursor]);
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
static void add(struct room *room, const struct delivery *what)
{
	struct delivery *d = lp_xmalloc(sizeof(*d));

	*d = *what;
	append(room, d);
	if (room->nsp->pace)
		pace_queue(room->nsp->pace, d);
}

/* What is to be delivered next; its frame is to be handed on. */
static struct delivery next_delivery(struct nsp *nsp, struct lp_str addressee, struct lp_str event)
{
	struct push_for who = push_msg_for(addressee);
	struct client *named = NULL;

	if (who.client.n)
		HASH_FIND(hh, nsp->clients, who.client.p, who.client.n, named);
	return (struct delivery){
		.sequence = ++nsp->core->sequence,
		.frame = frame_event(lp_cstr(nsp->name), event),
		.named = named,
		.only = who.only,
		.accepted = UINT64_MAX,
	};
}

/* Whether the room is to be served now: it is small, and not too much was served in this turn. */
static bool at_once(struct room *room)
{
	struct core *core = room->nsp->core;

	if (room->count <= DELIVER_FEW)
		return true;
	if (room->count > DELIVER_SLICE || room->count > core->deliver_left)
		return false;
	core->deliver_left -= room->count;
	return true;
}

static void start(struct room *room)
{
	if (room->busy)
		return; /* it joins the round */
	room->round = room->last_delivery->sequence;
	if (!at_once(room)) {
		make_busy(room);
		return;
	}
	serve(room, room->count);
	if (room->cursor < room->count)
		pace_wait(room);
	else
		end_round(room);
}

void deliver_resume(struct room *room)
{
	make_busy(room);
}

/* Too much of the namespace waits already: it has been sending more than it may for long. */
static bool overfull(struct nsp *nsp)
{
	if (!nsp->pace || !pace_full(nsp))
		return false;
	nsp->core->stats.unpaced++;
	return true;
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

/* The frame for those who get the message by a further room. NULL: the event is not as it must be. */
static struct lp_blob *frame_for(struct nsp *nsp, struct lp_str event, struct lp_str first,
				 struct lp_str room)
{
	struct lp_buf *text = &nsp->core->scratch;

	lp_buf_reset(text);
	if (push_msg_event_room(text, event, first, room) != LP_OK)
		return NULL;
	return frame_event(lp_cstr(nsp->name), lp_buf_str(text));
}

/*
 * Says for whom in the room it is; false: for nobody. One from the log is for those who had asked to
 * join when it was accepted. So is one that waited in the inbox for the end of a catch-up; when
 * the log brought it as well, it is only for those who were moved in since.
 */
static bool limit(struct delivery *d, struct room *room, const struct pushed *p, bool missed)
{
	const struct catchup *u = &room->nsp->core->catchup;
	/* The clock that `until` is from may be behind what the log brought. */
	bool read = p->position && p->position <= room->nsp->caught;
	bool waited = !missed && p->position && (p->position < u->until || read);
	bool had = p->position <= room->last;

	if (missed && had)
		return false;
	d->accepted = missed || waited ? log_position_time(p->position) : UINT64_MAX;
	d->joined = 0;
	if (waited && had && read) {
		d->joined = u->ended;
		return true;
	}
	if (missed)
		room->nsp->caught = p->position;
	if (p->position)
		room->last = p->position;
	return true;
}

/*
 * To those of the rooms that are here. All of them have the message in their queues before the first
 * one is served.
 */
static void push_to_rooms(struct nsp *nsp, const struct pushed *p, const struct roomlist *others,
			  bool missed)
{
	struct room **here = lp_xmalloc((others->count + 1) * sizeof(here[0]));
	struct delivery d = next_delivery(nsp, p->except, p->event);
	struct lp_blob *frame = d.frame;
	size_t n = 0;

	d.shared = true;
	for (size_t i = 0; i <= others->count; i++) {
		struct lp_str name = i ? others->entries[i - 1].name : p->room;
		struct room *room = room_find(nsp, name);

		if (!room || (room->deliveries && room->last_delivery->sequence == d.sequence))
			continue; /* nobody, or named twice */
		if (!limit(&d, room, p, missed))
			continue;
		d.place = (uint16_t)i;
		d.frame = i ? frame_for(nsp, p->event, p->room, name) : lp_blob_ref(frame);
		if (!d.frame)
			continue;
		if (d.message) {
			ack_remember_room(d.message, room);
		} else {
			d.message = ack_remember(room, p, d.sequence);
			d.message->sent = note_sent(nsp->core, p->event);
		}
		add(room, &d);
		here[n++] = room;
	}
	lp_blob_unref(frame);
	for (size_t i = 0; i < n; i++)
		start(here[i]);
	free(here);
}

static void push(struct nsp *nsp, const struct pushed *p, bool missed)
{
	struct roomlist list = {0};
	struct room *room;
	struct delivery d;

	if (p->others.n) {
		if (overfull(nsp))
			return;
		/* What can not be a room has no members. */
		(void)roomlist_read(&list, p->others, nsp->core->conf.rules, UINT16_MAX);
		push_to_rooms(nsp, p, &list, missed);
		roomlist_clear(&list);
		return;
	}
	room = room_find(nsp, p->room);
	if (!room || (missed && p->position <= room->last) || overfull(nsp))
		return;
	d = next_delivery(nsp, p->except, p->event);
	limit(&d, room, p, missed);
	d.message = ack_remember(room, p, d.sequence);
	d.message->sent = note_sent(nsp->core, p->event);
	add(room, &d);
	start(room);
}

void deliver_push(struct nsp *nsp, const struct pushed *p)
{
	push(nsp, p, false);
}

void deliver_missed(struct nsp *nsp, const struct pushed *p)
{
	push(nsp, p, true);
}

void deliver_emit(struct nsp *nsp, struct lp_str name, struct lp_str except, struct lp_str event)
{
	struct room *room = room_find(nsp, name);
	struct delivery d;

	if (!room || overfull(nsp))
		return;
	d = next_delivery(nsp, except, event);
	add(room, &d);
	start(room);
}

bool deliver_turn(struct core *core)
{
	uint32_t left = DELIVER_SLICE;

	core->deliver_left = DELIVER_AT_ONCE;
	while (left && core->busy_rooms) {
		struct room *room = core->busy_rooms;

		left -= serve(room, left);
		remove_busy(room);
		if (room->cursor < room->count && left) {
			pace_wait(room);
			continue;
		}
		if (room->cursor == room->count)
			end_round(room);
		if (room->deliveries)
			make_busy(room); /* behind the others */
	}
	return core->busy_rooms != NULL;
}

void deliver_cancel(struct room *room)
{
	if (room->paused)
		pace_leave(room);
	else if (room->busy)
		remove_busy(room);
	while (room->deliveries)
		drop_first(room);
}
