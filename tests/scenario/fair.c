/*
 * Who waits for whom: while a vast room is served slice by slice, smaller rooms have their turn, and a
 * push to one device goes out at once, also behind many pushes to small rooms.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "connector/core/deliver.h"
#include "tests/scenario/world.h"

#define VAST        5000
#define LARGE       300
#define GROUPS      40
#define GROUP       50 /* members of each */
#define GROUP_TURNS ((GROUPS * GROUP - DELIVER_AT_ONCE) / DELIVER_SLICE)

static unsigned vast, large, groups, alone, wrong;
static uint64_t pushed;

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	unsigned *heard = p->data;

	(void)ws;
	*heard += lp_str_starts(packet, LP_STR("42/demo,[\"push\""));
}

/* So many more members of the room, each of whom counts what it hears there. */
static void fill(struct world *w, const char *room, unsigned count, unsigned *heard)
{
	static unsigned number;

	for (unsigned i = 0; i < count; i++, number++) {
		char name[16], text[64];
		struct peer *p;

		snprintf(name, sizeof(name), "p%u", number);
		p = peer_new(w, name);
		p->heard = hear;
		p->data = heard;
		snprintf(text, sizeof(text), "EIO=4&uuid=u%u", number);
		if (!peer_open(p, true, text))
			abort();
		peer_send(p, LP_STR("40/demo,"));
		world_settle(w);
		snprintf(text, sizeof(text), "42/demo,[\"joinRoom\",\"%s\"]", room);
		peer_send(p, lp_cstr(text));
	}
	world_settle(w);
}

static void push(struct world *w, const char *room)
{
	core_push(w->core, LP_STR("/demo"),
		  &(struct pushed){
			  .room = lp_cstr(room), .id = ++pushed, .event = LP_STR("[\"push\",{}]")});
}

static unsigned turns(struct world *w, const unsigned *heard, unsigned until)
{
	unsigned n = 0;

	for (; *heard < until && n < 1000; n++)
		core_turn(w->core, w->now);
	return n;
}

static void check(const char *what, unsigned is, unsigned least, unsigned most)
{
	if (is >= least && is <= most)
		return;
	printf("%s: %u, not %u to %u\n", what, is, least, most);
	wrong++;
}

static void behind_a_vast_room(struct world *w)
{
	unsigned slices = LARGE / DELIVER_SLICE;

	push(w, "vast");
	core_turn(w->core, w->now);
	check("of the vast room after a turn", vast, 1, DELIVER_SLICE);
	push(w, "large");
	push(w, "device");
	check("a device meanwhile, at once", alone, 1, 1);
	check("turns of a large room", turns(w, &large, LARGE), slices, 2 * slices);
	check("of the vast room meanwhile", vast, 1, VAST / 2);
	turns(w, &vast, VAST);
	check("of the vast room at last", vast, VAST, VAST);
}

static void behind_many_small_rooms(struct world *w)
{
	char room[16];

	for (unsigned i = 0; i < GROUPS; i++) {
		snprintf(room, sizeof(room), "group-%u", i);
		push(w, room);
	}
	push(w, "device");
	check("a device behind the groups, at once", alone, 2, 2);
	check("members of groups at once", groups, GROUP, DELIVER_AT_ONCE);
	check("turns of the groups", turns(w, &groups, GROUPS * GROUP), GROUP_TURNS, GROUP_TURNS);
	/* That was this turn; the next one begins anew. */
	push(w, "group-0");
	check("members of groups later, at once", groups, (GROUPS + 1) * GROUP,
	      (GROUPS + 1) * GROUP);
	check("nothing is left", core_turn(w->core, w->now), 0, 0);
}

int main(void)
{
	struct world w;
	char room[16];

	world_init(&w);
	w.manual_turns = true;
	world_start(&w);
	store_mem_set_namespace(w.store, LP_STR("/demo"), NAMESPACE_ON);
	fill(&w, "vast", VAST, &vast);
	fill(&w, "large", LARGE, &large);
	for (unsigned i = 0; i < GROUPS; i++) {
		snprintf(room, sizeof(room), "group-%u", i);
		fill(&w, room, GROUP, &groups);
	}
	fill(&w, "device", 1, &alone);
	core_turn(w.core, w.now);
	behind_a_vast_room(&w);
	behind_many_small_rooms(&w);
	world_free(&w);
	printf("%llu messages, %u wrong\n", (unsigned long long)pushed, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
