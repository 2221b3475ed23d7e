/*
 * Sliced delivery: two rooms of thousands, pushed to, also with one message for both, while members
 * come and go between the slices. Whoever is in a room gets each message of its time there once and
 * in order, by the first of the rooms that applies.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world.h"

#define CROWD   3000
#define PUSHES  60
#define CHANGES 40 /* between two slices */
#define BOTH    2
#define PUSHED  (3 * PUSHES)
#define PUSH_ID "42/demo,[\"push\",{\"room\":\""

static const char *const names[BOTH] = {"big", "vast"};

/* What one of the crowd may expect. */
struct person {
	bool member[BOTH];
	uint64_t since[BOTH]; /* the last message before it joined */
	uint64_t last;        /* the message it got last */
};

/* The rooms of a message: the first one, or both in one order or the other. */
struct push {
	unsigned rooms[BOTH], count;
};

static struct peer *peers[CROWD];
static struct person people[CROWD];
static struct push pushes[PUSHED];
static uint64_t pushed;
static uint64_t handed; /* by our count */
static unsigned wrong;
static uint64_t state = 1;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

/* The room by which it is to get a message, NULL: it is not. */
static const char *due(const struct person *who, uint64_t id)
{
	const struct push *m = &pushes[id - 1];

	for (unsigned i = 0; i < m->count; i++) {
		if (who->member[m->rooms[i]] && who->since[m->rooms[i]] < id)
			return names[m->rooms[i]];
	}
	return NULL;
}

/* Nothing that it was to get is left out before that one. */
static void check_none(unsigned n, uint64_t before)
{
	for (uint64_t id = people[n].last + 1; id < before; id++) {
		if (due(&people[n], id) && wrong++ < 10)
			printf("p%u did not get %llu\n", n, (unsigned long long)id);
	}
}

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct person *who = p->data;
	const char *room, *by;
	uint64_t id;

	(void)ws;
	if (!lp_str_starts(packet, LP_STR(PUSH_ID)))
		return;
	room = packet.p + sizeof(PUSH_ID) - 1;
	id = strtoull(strstr(room, "\"id\":") + 5, NULL, 10);
	handed++;
	check_none((unsigned)(who - people), id);
	by = due(who, id);
	if ((id <= who->last || !by || strncmp(room, by, strlen(by)) != 0) && wrong++ < 10)
		printf("%s got %llu after %llu by %.5s, not %s\n", p->name, (unsigned long long)id,
		       (unsigned long long)who->last, room, by ? by : "at all");
	who->last = id;
}

static void arrive(struct world *w, unsigned n)
{
	char name[16], query[40];

	snprintf(name, sizeof(name), "p%u", n);
	snprintf(query, sizeof(query), "EIO=4&uuid=u%u", n);
	if (!peers[n]) {
		peers[n] = peer_new(w, name);
		peers[n]->heard = hear;
		peers[n]->data = &people[n];
	}
	if (!peer_open(peers[n], true, query))
		abort();
	peer_send(peers[n], LP_STR("40/demo,"));
}

static void join(unsigned n, unsigned room)
{
	char text[48];

	people[n].member[room] = true;
	people[n].since[room] = pushed;
	snprintf(text, sizeof(text), "42/demo,[\"joinRoom\",\"%s\"]", names[room]);
	peer_send(peers[n], lp_cstr(text));
}

static void leave(unsigned n, unsigned room)
{
	char text[48];

	people[n].member[room] = false;
	snprintf(text, sizeof(text), "42/demo,[\"leaveRoom\",\"%s\"]", names[room]);
	peer_send(peers[n], lp_cstr(text));
}

static void lose(unsigned n)
{
	people[n].member[0] = people[n].member[1] = false;
	peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
}

/* Something happens to one of them. */
static void change(struct world *w)
{
	unsigned n = pick(CROWD), room = pick(BOTH);
	bool was = people[n].member[room];

	if (was && pick(2))
		leave(n, room);
	else if (was)
		lose(n);
	if (was && pick(3))
		return;
	/* Also back at once: messages under way by that room are not for it any more. */
	if (!peers[n]->ws.open) {
		arrive(w, n);
		store_mem_run(w->store);
	}
	join(n, room);
}

static void push(struct world *w)
{
	struct push *m = &pushes[pushed++];
	char event[96], others[16] = "";

	m->rooms[0] = pick(BOTH);
	m->rooms[1] = 1 - m->rooms[0];
	m->count = 1 + pick(BOTH);
	if (m->count > 1)
		snprintf(others, sizeof(others), "[\"%s\"]", names[m->rooms[1]]);
	snprintf(event, sizeof(event), "[\"push\",{\"room\":\"%s\",\"id\":%llu}]",
		 names[m->rooms[0]], (unsigned long long)pushed);
	core_push(w->core, LP_STR("/demo"),
		  &(struct pushed){.room = lp_cstr(names[m->rooms[0]]),
				   .others = lp_cstr(others),
				   .id = pushed,
				   .event = lp_cstr(event)});
}

int main(void)
{
	struct world w;
	uint64_t counted = 0;

	world_init(&w);
	w.manual_turns = true;
	world_start(&w);
	store_mem_set_namespace(w.store, LP_STR("/demo"), NAMESPACE_ON);
	for (unsigned n = 0; n < CROWD; n++)
		arrive(&w, n);
	world_settle(&w);
	for (unsigned n = 0; n < CROWD; n++) {
		for (unsigned room = 0; room < BOTH; room++) {
			if (pick(3))
				join(n, room);
		}
	}
	world_settle(&w);
	for (unsigned i = 0; i < PUSHES; i++) {
		for (unsigned more = 1 + pick(2); more; more--)
			push(&w);
		core_turn(w.core, w.now);
		for (unsigned k = 0; k < CHANGES; k++)
			change(&w);
		world_settle(&w);
	}
	while (core_turn(w.core, w.now))
		world_settle(&w);
	for (unsigned n = 0; n < CROWD; n++)
		check_none(n, pushed + 1);
	if (core_stats(w.core)->deliveries != handed && ++wrong)
		printf("%llu deliveries counted, %llu seen\n",
		       (unsigned long long)core_stats(w.core)->deliveries,
		       (unsigned long long)handed);
	world_advance(&w, 50);
	for (uint64_t id = 1; id <= pushed; id++)
		counted += store_mem_delivered(w.store, LP_STR("/demo"), id);
	if (counted != handed && ++wrong)
		printf("the store was told of %llu deliveries, %llu seen\n",
		       (unsigned long long)counted, (unsigned long long)handed);
	/* The rooms go while messages for them are under way. */
	push(&w);
	core_turn(w.core, w.now);
	for (unsigned n = 0; n < CROWD; n++)
		peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
	world_settle(&w);
	if ((core_turn(w.core, w.now) || core_stats(w.core)->rooms) && ++wrong)
		printf("a room is still there\n");
	if (!store_mem_routes_right(w.store) && ++wrong)
		printf("routes are not those of the members\n");
	world_free(&w);
	printf("%llu messages, %llu deliveries, %u wrong\n", (unsigned long long)pushed,
	       (unsigned long long)handed, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
