/*
 * Sliced delivery: a room of thousands, pushed to while members come and go between the slices.
 * Every member gets each message of its time once and in order.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world.h"

#define CROWD   3000
#define PUSHES  60
#define CHANGES 40 /* between two slices */
#define JOIN    "42/demo,[\"joinRoom\",\"big\"]"
#define LEAVE   "42/demo,[\"leaveRoom\",\"big\"]"
#define PUSH_ID "42/demo,[\"push\",{\"id\":"

/* What one of the crowd may expect. */
struct person {
	bool member;
	uint64_t last; /* the message it got last, or the last one before it joined */
};

static struct peer *peers[CROWD];
static struct person people[CROWD];
static uint64_t pushed;
static uint64_t handed; /* by our count */
static unsigned wrong;
static uint64_t state = 1;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct person *who = p->data;
	uint64_t id;

	(void)ws;
	if (!lp_str_starts(packet, LP_STR(PUSH_ID)))
		return;
	id = strtoull(packet.p + sizeof(PUSH_ID) - 1, NULL, 10);
	handed++;
	if (who->member && id == who->last + 1) {
		who->last = id;
		return;
	}
	if (wrong++ < 10)
		printf("%s got %llu after %llu%s\n", p->name, (unsigned long long)id,
		       (unsigned long long)who->last, who->member ? "" : ", not being in the room");
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

static void join(unsigned n)
{
	people[n] = (struct person){true, pushed};
	peer_send(peers[n], LP_STR(JOIN));
}

/* Something happens to one of them. */
static void change(struct world *w)
{
	unsigned n = pick(CROWD);

	if (!people[n].member) {
		if (!peers[n]->ws.open) {
			arrive(w, n);
			store_mem_run(w->store);
		}
		join(n);
		return;
	}
	people[n].member = false;
	if (pick(2))
		peer_send(peers[n], LP_STR(LEAVE));
	else
		peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
	if (pick(3) == 0) {
		if (!peers[n]->ws.open) {
			arrive(w, n);
			store_mem_run(w->store);
		}
		join(n); /* back at once: messages under way are not for it any more */
	}
}

static void push(struct world *w)
{
	char event[64];

	snprintf(event, sizeof(event), "[\"push\",{\"id\":%llu}]", (unsigned long long)++pushed);
	core_push(w->core, LP_STR("/demo"), LP_STR("big"), pushed, LP_STR(""), lp_cstr(event));
}

static void check_end(void)
{
	for (unsigned n = 0; n < CROWD; n++) {
		if (people[n].member && people[n].last != pushed && wrong++ < 10)
			printf("p%u got nothing after %llu\n", n,
			       (unsigned long long)people[n].last);
	}
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
	for (unsigned n = 0; n < CROWD; n++)
		join(n);
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
	check_end();
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
	/* The room goes while messages for it are under way. */
	push(&w);
	core_turn(w.core, w.now);
	for (unsigned n = 0; n < CROWD; n++)
		peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
	world_settle(&w);
	if ((core_turn(w.core, w.now) || core_stats(w.core)->rooms) && ++wrong)
		printf("the room is still there\n");
	if (!store_mem_routes_right(w.store) && ++wrong)
		printf("routes are not those of the members\n");
	world_free(&w);
	printf("%llu messages, %llu deliveries, %u wrong\n", (unsigned long long)pushed,
	       (unsigned long long)handed, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
