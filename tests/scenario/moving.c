/*
 * Sliced transfers: thousands are moved from one room into another and out again, while some come
 * and go between the slices and the store answers late. Everybody is told of each own move once,
 * and in the end the connector and the store agree.
 */
#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world.h"

#define CROWD   3500
#define ROUNDS  12
#define CHANGES 60 /* between two slices */

/* What one of the crowd has heard. */
struct person {
	bool online;
	bool inside; /* of the target, by what it was told */
	bool self;   /* it has joined or left by itself, and can not know where it is */
};

static struct peer *peers[CROWD];
static struct person people[CROWD];
static uint64_t told;
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
	bool join = lp_str_starts(packet, LP_STR("42/demo,[\"joinRoom\","));

	(void)ws;
	if (lp_str_starts(packet, LP_STR("42/demo,[\"ok\"")))
		who->online = true;
	if (!join && !lp_str_starts(packet, LP_STR("42/demo,[\"leaveRoom\",")))
		return;
	told++;
	if (!who->self && who->inside == join && wrong++ < 10)
		printf("%s was told twice that it is %s\n", p->name, join ? "in" : "out");
	who->inside = join;
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
	people[n] = (struct person){0};
	if (!peer_open(peers[n], true, query))
		abort();
	peer_send(peers[n], LP_STR("40/demo,"));
}

/* Something happens to one of them. */
static void change(struct world *w)
{
	unsigned n = pick(CROWD);

	if (!people[n].online)
		return; /* what it says would be an error of its own */
	switch (pick(4)) {
	case 0:
		peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
		arrive(w, n);
		break;
	case 1:
		peer_send(peers[n], LP_STR("42/demo,[\"leaveRoom\",\"crowd\"]"));
		break;
	case 2:
		people[n].self = true;
		peer_send(peers[n], LP_STR("42/demo,[\"joinRoom\",\"target\"]"));
		break;
	default:
		people[n].self = true;
		peer_send(peers[n], LP_STR("42/demo,[\"leaveRoom\",\"target\"]"));
	}
}

static void transfer(struct world *w, bool join)
{
	if (join)
		store_mem_add_route(w->store, LP_STR("/demo"), LP_STR("target"));
	if (!core_transfer(w->core, LP_STR("/demo"), LP_STR("target"), join,
			   LP_STR("[\"crowd\",\"crowd\",\"nobody\"]")))
		wrong++;
}

/* Everybody is in the target, or nobody, in the core as in the store. */
static void check(struct world *w, bool inside)
{
	size_t members = 0;
	char id[32];

	for (unsigned n = 0; n < CROWD; n++) {
		snprintf(id, sizeof(id), "/demo#u%u#web-u%u", n, n);
		members +=
			store_mem_member(w->store, LP_STR("/demo"), LP_STR("target"), lp_cstr(id));
	}
	if (members != (inside ? CROWD : 0) && ++wrong)
		printf("%zu of %d are in the target\n", members, CROWD);
	if (store_mem_clients(w->store) != CROWD && ++wrong)
		printf("%zu clients in the store\n", store_mem_clients(w->store));
	if (core_stats(w->core)->rooms != store_mem_routes(w->store) && ++wrong)
		printf("%zu rooms, %zu routes\n", core_stats(w->core)->rooms,
		       store_mem_routes(w->store));
	if (!store_mem_routes_right(w->store) && ++wrong)
		printf("routes are not those of the members\n");
}

static void rest(struct world *w)
{
	store_mem_set_mode(w->store, STORE_MEM_RUNS);
	do
		world_settle(w);
	while (core_turn(w->core, w->now));
	world_settle(w);
}

static void gather(struct world *w)
{
	for (unsigned n = 0; n < CROWD; n++)
		peer_send(peers[n], LP_STR("42/demo,[\"joinRoom\",\"crowd\"]"));
	rest(w);
}

/* Returns in how many slices. */
static unsigned one_round(struct world *w)
{
	bool join = pick(2);
	unsigned slices = 0;

	gather(w);
	transfer(w, join);
	if (pick(2))
		transfer(w, !join);
	for (; core_turn(w->core, w->now); slices++) {
		store_mem_set_mode(w->store, (enum store_mem_mode)pick(3));
		for (unsigned k = 0; k < CHANGES; k++)
			change(w);
		world_settle(w);
	}
	rest(w);
	/* with all of them in the source, and nothing else going on */
	gather(w);
	transfer(w, join);
	rest(w);
	check(w, join);
	return slices;
}

int main(void)
{
	struct world w;
	unsigned slices = 0;

	world_init(&w);
	w.manual_turns = true;
	world_start(&w);
	store_mem_set_namespace(w.store, LP_STR("/demo"), NAMESPACE_ON);
	for (unsigned n = 0; n < CROWD; n++)
		arrive(&w, n);
	rest(&w);
	for (unsigned i = 0; i < ROUNDS; i++)
		slices += one_round(&w);
	/* They go while it is under way. */
	transfer(&w, true);
	transfer(&w, false);
	core_turn(w.core, w.now);
	for (unsigned n = 0; n < CROWD; n++)
		peer_lose(peers[n], &peers[n]->ws, CLOSE_TRANSPORT);
	rest(&w);
	if ((core_stats(w.core)->rooms || store_mem_routes(w.store)) && ++wrong)
		printf("rooms are still there\n");
	/* The connector ends with one under way. */
	for (unsigned n = 0; n < CROWD; n++)
		arrive(&w, n);
	rest(&w);
	gather(&w);
	store_mem_set_mode(w.store, STORE_MEM_AWAY);
	transfer(&w, true);
	world_free(&w);
	printf("%u slices, %llu moves told, %u wrong\n", slices, (unsigned long long)told, wrong);
	return wrong || !slices ? EXIT_FAILURE : EXIT_SUCCESS;
}
