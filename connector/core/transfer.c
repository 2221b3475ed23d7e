#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "common/model/log_position.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/roomlist.h"
#include "connector/core/transfer.h"
#include "connector/engine/frame.h"

/* Clients of one operation of the store: less than a ms for a Redis. */
#define BATCH_MAX 100

struct transfer {
	struct transfer *next;
	struct nsp *nsp; /* held */
	bool join;
	struct roomlist sources;
	struct lp_blob *frame; /* of the event, owned */
	bool begun;
	struct client **clients; /* those to look at: references, from `at` on */
	size_t at, count;
	size_t target_len;
	char target[];
};

/* Clients that were moved here, while the store writes it. */
struct batch {
	struct nsp *nsp; /* held by the clients */
	bool join;
	struct lp_blob *frame; /* a reference */
	struct store_room room;
	uint64_t room_serial;
	size_t count;
	struct client *clients[BATCH_MAX]; /* references */
	char name[];                       /* of the room */
};

/* --- moving --- */

/* The store has written it: from now on they get what is pushed to the room. */
static void moved(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct batch *b = arg;

	(void)answer; /* never refused */
	(void)got;
	if (b->join)
		room_routed(b->nsp, b->room.name, b->room_serial);
	for (size_t i = 0; i < b->count; i++) {
		struct client *c = b->clients[i];

		if (c->state == CLIENT_ONLINE)
			socket_send(c->socket, b->frame);
	}
	for (size_t i = 0; i < b->count; i++)
		client_unref(b->clients[i]);
	lp_blob_unref(b->frame);
	free(b);
}

static void submit(struct batch *b)
{
	struct core *core = b->nsp->core;
	struct store_moved who[BATCH_MAX];

	for (size_t i = 0; i < b->count; i++)
		who[i] = (struct store_moved){client_id(b->clients[i]), b->clients[i]->serial};
	core->ops->room_move(core->store, lp_cstr(b->nsp->name), &b->room, b->join, who, b->count,
			     moved, b);
}

static struct batch *batch_new(const struct transfer *t)
{
	struct batch *b = lp_xcalloc(1, sizeof(*b) + t->target_len);

	b->nsp = t->nsp;
	b->join = t->join;
	b->frame = lp_blob_ref(t->frame);
	memcpy(b->name, t->target, t->target_len);
	b->room.name = lp_str(b->name, t->target_len);
	return b;
}

/* Moves the client here; false when there is nothing to move, or it must not be. */
static bool move(const struct transfer *t, struct batch *b, struct client *c)
{
	struct member *m;

	if (c->state != CLIENT_ONLINE)
		return false;
	m = room_member(c, b->room.name);
	if (t->join) {
		if (m || c->room_count >= nsp_max_rooms(t->nsp))
			return false;
		m = room_join(c, b->room.name);
		/* As if it had asked when the transfer was accepted, after that push. */
		m->asked = log_position_time(t->nsp->seen);
		b->room_serial = m->room->serial;
		m->room->asked += !b->count && !m->room->routed;
	} else {
		if (!m || client_owns(c, b->room.name))
			return false;
		ack_left(m);
		b->room.edge = room_leave(m);
	}
	b->clients[b->count++] = client_ref(c);
	return true;
}

/* Looks at the next clients, at most `limit`. */
static size_t serve(struct transfer *t, size_t limit)
{
	size_t end = t->count - t->at > limit ? t->at + limit : t->count;
	size_t served = end - t->at;
	struct batch *b = NULL;

	for (; t->at < end; t->at++) {
		if (!b)
			b = batch_new(t);
		move(t, b, t->clients[t->at]);
		if (b->count == BATCH_MAX) {
			submit(b);
			b = NULL;
		}
		client_unref(t->clients[t->at]);
	}
	if (b && b->count) {
		submit(b);
	} else if (b) {
		lp_blob_unref(b->frame);
		free(b);
	}
	return served;
}

/* --- one after the other --- */

/* Notes who is in the sources now; one that is in several is looked at several times. */
static void begin(struct transfer *t)
{
	const struct roomlist *list = &t->sources;
	size_t total = 0;

	t->begun = true;
	for (size_t i = 0; i < list->count; i++) {
		const struct room *room = room_find(t->nsp, list->entries[i].name);

		total += room ? room->count : 0;
	}
	t->clients = lp_xmalloc((total + 1) * sizeof(t->clients[0]));
	for (size_t i = 0; i < list->count; i++) {
		const struct room *room = room_find(t->nsp, list->entries[i].name);

		for (uint32_t k = 0; room && k < room->count; k++)
			t->clients[t->count++] = client_ref(room->members[k]->client);
	}
}

/*
 * Pushes to the target have come here since the transfer was accepted (transfer.lua), so that none
 * after it is missed; without a member here they must not go on coming.
 */
static void settle_route(struct core *core, struct lp_str nsp_name, struct lp_str target)
{
	struct nsp *nsp = nsp_find(core, nsp_name);
	struct room *room = nsp ? room_find(nsp, target) : NULL;
	struct store_room none = {target, true};

	if (room)
		room->asked += !room->routed;
	else
		core->ops->room_move(core->store, nsp_name, &none, false, NULL, 0, NULL, NULL);
}

static void drop_first(struct core *core)
{
	struct transfer *t = core->transfers;

	core->transfers = t->next;
	if (!core->transfers)
		core->last_transfer = NULL;
	while (t->at < t->count)
		client_unref(t->clients[t->at++]);
	free(t->clients);
	roomlist_clear(&t->sources);
	lp_blob_unref(t->frame);
	nsp_release(t->nsp);
	free(t);
}

/* As far as this turn of the loop allows. */
static void run(struct core *core)
{
	while (core->transfer_left && core->transfers) {
		struct transfer *t = core->transfers;

		if (!t->begun)
			begin(t);
		core->transfer_left -= serve(t, core->transfer_left);
		if (t->at < t->count)
			break; /* the turn is used up */
		if (t->join)
			settle_route(core, lp_cstr(t->nsp->name), lp_str(t->target, t->target_len));
		drop_first(core);
	}
}

bool transfer_turn(struct core *core)
{
	core->transfer_left = TRANSFER_SLICE;
	run(core);
	return core->transfers != NULL;
}

void transfer_cancel_all(struct core *core)
{
	while (core->transfers)
		drop_first(core);
}

static struct lp_blob *make_frame(const struct transfer *t, struct lp_str sources)
{
	struct lp_str nsp = lp_cstr(t->nsp->name);
	struct lp_buf json = {0};
	struct lp_blob *frame;

	lp_buf_addf(&json, "[\"%s\",{\"targetRoom\":", t->join ? "joinRoom" : "leaveRoom");
	lp_json_quote(&json, lp_str(t->target, t->target_len));
	lp_buf_addz(&json, ",\"sourceRooms\":");
	lp_buf_adds(&json, sources);
	lp_buf_addf(&json, ",\"type\":\"%s\",\"namespace\":", t->join ? "join" : "leave");
	lp_json_quote(&json, nsp);
	lp_buf_addz(&json, "}]");
	frame = frame_event(nsp, lp_buf_str(&json));
	lp_buf_clear(&json);
	return frame;
}

static void append(struct core *core, struct transfer *t)
{
	if (core->last_transfer)
		core->last_transfer->next = t;
	else
		core->transfers = t;
	core->last_transfer = t;
}

bool transfer_add(struct core *core, struct lp_str name, struct lp_str target, bool join,
		  struct lp_str sources)
{
	struct nsp *nsp = nsp_find(core, name);
	struct roomlist list = {0};
	struct transfer *t;
	bool good;

	good = sources.n && sources.p[0] == '[' && ident_room(core->conf.rules, target) &&
	       roomlist_read(&list, sources, core->conf.rules, SIZE_MAX);
	if (!good || !nsp) {
		roomlist_clear(&list);
		if (good && join)
			settle_route(core, name, target);
		return good;
	}
	t = lp_xcalloc(1, sizeof(*t) + target.n);
	t->nsp = nsp_hold(core, name);
	t->join = join;
	t->sources = list;
	t->target_len = target.n;
	memcpy(t->target, target.p, target.n);
	t->frame = make_frame(t, sources);
	append(core, t);
	run(core);
	return true;
}
