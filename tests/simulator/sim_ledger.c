#include "config.h"

#include <stdbool.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "tests/simulator/sim_ledger.h"

#define NONE UINT32_MAX

struct sim_ledger_row {
	uint32_t client, room, sender;
	uint32_t last; /* 0: the place is free */
	uint32_t hole; /* the newest one, which leads to older ones */
};

/* Numbers that have not come. */
struct sim_ledger_hole {
	uint32_t from, to, next;
};

void sim_ledger_init(struct sim_ledger *ledger)
{
	*ledger = (struct sim_ledger){.row_cap = 1024, .free_hole = NONE};
	ledger->rows = lp_xcalloc(ledger->row_cap, sizeof(*ledger->rows));
}

void sim_ledger_clear(struct sim_ledger *ledger)
{
	free(ledger->rows);
	free(ledger->holes);
	*ledger = (struct sim_ledger){0};
}

static uint64_t hash(uint32_t client, uint32_t room, uint32_t sender)
{
	uint64_t x = ((uint64_t)client << 32 | room) * 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 29) ^ sender) * 0xbf58476d1ce4e5b9;
	return x ^ (x >> 32);
}

/* The row of these, or the free one where it would be. */
static struct sim_ledger_row *find(const struct sim_ledger *ledger, uint32_t client, uint32_t room,
				   uint32_t sender)
{
	size_t mask = ledger->row_cap - 1, at = hash(client, room, sender) & mask;

	for (;; at = (at + 1) & mask) {
		struct sim_ledger_row *row = &ledger->rows[at];

		if (!row->last ||
		    (row->client == client && row->room == room && row->sender == sender))
			return row;
	}
}

static void grow(struct sim_ledger *ledger)
{
	struct sim_ledger_row *old = ledger->rows;
	size_t count = ledger->row_cap;

	ledger->row_cap *= 2;
	ledger->rows = lp_xcalloc(ledger->row_cap, sizeof(*ledger->rows));
	for (size_t i = 0; i < count; i++) {
		if (old[i].last)
			*find(ledger, old[i].client, old[i].room, old[i].sender) = old[i];
	}
	free(old);
}

static uint32_t new_hole(struct sim_ledger *ledger, uint32_t from, uint32_t to, uint32_t next)
{
	uint32_t at = ledger->free_hole;

	if (at != NONE) {
		ledger->free_hole = ledger->holes[at].next;
	} else {
		if (ledger->hole_count == ledger->hole_cap) {
			ledger->hole_cap = ledger->hole_cap ? ledger->hole_cap * 2 : 256;
			ledger->holes = lp_xrealloc(ledger->holes,
						    ledger->hole_cap * sizeof(*ledger->holes));
		}
		at = (uint32_t)ledger->hole_count++;
	}
	ledger->holes[at] = (struct sim_ledger_hole){from, to, next};
	return at;
}

/* A number below the newest: fills a hole, or has been there. */
static enum sim_arrival take_old(struct sim_ledger *ledger, struct sim_ledger_row *row,
				 uint32_t number)
{
	uint32_t before = NONE, at = row->hole;

	while (at != NONE && number < ledger->holes[at].from) {
		before = at;
		at = ledger->holes[at].next;
	}
	if (at == NONE || number > ledger->holes[at].to)
		return SIM_ARRIVAL_DUPLICATE;
	if (number > ledger->holes[at].from && number < ledger->holes[at].to) {
		uint32_t lower = new_hole(ledger, ledger->holes[at].from, number - 1,
					  ledger->holes[at].next);

		ledger->holes[at].from = number + 1;
		ledger->holes[at].next = lower;
	} else if (ledger->holes[at].from < ledger->holes[at].to) {
		if (number == ledger->holes[at].from)
			ledger->holes[at].from++;
		else
			ledger->holes[at].to--;
	} else {
		if (before == NONE)
			row->hole = ledger->holes[at].next;
		else
			ledger->holes[before].next = ledger->holes[at].next;
		ledger->holes[at].next = ledger->free_hole;
		ledger->free_hole = at;
	}
	return SIM_ARRIVAL_OUT_OF_ORDER;
}

enum sim_arrival sim_ledger_take(struct sim_ledger *ledger, uint32_t client,
				 const struct sim_stamp *stamp)
{
	struct sim_ledger_row *row = find(ledger, client, stamp->room, stamp->sender);

	if (!row->last) {
		if (++ledger->row_count * 4 > ledger->row_cap * 3) {
			grow(ledger);
			row = find(ledger, client, stamp->room, stamp->sender);
		}
		*row = (struct sim_ledger_row){client, stamp->room, stamp->sender, 0, NONE};
	} else if (stamp->number <= row->last) {
		return take_old(ledger, row, stamp->number);
	}
	if (stamp->number > row->last + 1)
		row->hole = new_hole(ledger, row->last + 1, stamp->number - 1, row->hole);
	row->last = stamp->number;
	return SIM_ARRIVAL_NEW;
}

static bool has_come(const struct sim_ledger *ledger, const struct sim_ledger_row *row,
		     uint32_t number)
{
	uint32_t at = row->hole;

	if (!row->last || number > row->last)
		return false;
	while (at != NONE && number < ledger->holes[at].from)
		at = ledger->holes[at].next;
	return at == NONE || number > ledger->holes[at].to;
}

enum presence { AWAY, PARTLY, THERE };

/* Whether the client was there for a push, all the time that it may have been on its way. */
static enum presence presence_at(const struct sim_settle *s, const struct sim_push *push)
{
	uint64_t until = push->done + s->grace;

	for (size_t i = 0; i < s->stay_count; i++) {
		const struct sim_stay *stay = &s->stays[i];

		if (push->sent > stay->from && until <= stay->to)
			return THERE;
		if (until > stay->from && push->sent <= stay->to)
			return PARTLY;
	}
	return AWAY;
}

static void settle_one(const struct sim_settle *s, const struct sim_push *push, bool come,
		       struct sim_settled *sum)
{
	enum presence presence = presence_at(s, push);

	if (push->outcome == SIM_PUSH_REFUSED || presence == AWAY)
		return;
	if (push->outcome == SIM_PUSH_UNKNOWN || presence == PARTLY) {
		sum->in_doubt += !come;
		return;
	}
	sum->expected++;
	sum->missing += !come;
}

void sim_ledger_settle(const struct sim_ledger *ledger, const struct sim_settle *s,
		       struct sim_settled *sum)
{
	for (size_t i = 0; i < s->room_count; i++) {
		const struct sim_ledger_row *row = NULL;
		const struct sim_push *push;
		size_t count;

		push = sim_push_log_room(s->log, s->rooms[i], &count);
		for (; count; count--, push++) {
			if (push->sender == s->client)
				continue;
			if (!row || row->sender != push->sender || row->room != push->room)
				row = find(ledger, s->client, push->room, push->sender);
			settle_one(s, push, has_come(ledger, row, push->number), sum);
		}
	}
}
