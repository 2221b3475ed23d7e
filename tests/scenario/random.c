/*
 * A long random life: connections of every kind come, join, leave, are replaced, kicked, upgraded
 * and lost, the store is slow or forgets everything, and pushes go to rooms, by the inbox as far as
 * they have a route, and are to be caught up with else. A small model per connection says what it
 * must get, may get and must not get.
 *
 *     random [SEED [STEPS]]
 */
#include "config.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/scenario/world.h"

#define CONNS     40
#define IDENTS    24 /* two devices each of half as many users */
#define NSPS      2
#define ROOMS     10
#define TARGETS   3    /* rooms of one message */
#define REQUESTS  64   /* joins not answered that are remembered */
#define EXPECTED  1024 /* messages on their way to one connection */
#define ACKS      256  /* acks remembered for the next check */
#define PER_CHECK 250  /* steps */

enum conn_state { CLOSED, CONNECTING, ONLINE };
enum membership { OUT, ASKED, IN };

struct expected {
	uint64_t id;
	unsigned by; /* rooms by which it must come, a bit each; none: it may */
};

struct conn {
	struct peer *peer;
	enum conn_state state;
	bool websocket; /* what it talks on */
	bool probing;
	bool told; /* that it is over */
	bool needs_pong;
	uint64_t last_ping;
	unsigned nsp, ident;
	char client[48];
	enum membership rooms[ROOMS];
	unsigned asked[ROOMS]; /* number of the last join or leave */
	struct {
		unsigned room, number;
	} requests[REQUESTS];
	unsigned request;
	struct expected queue[EXPECTED];
	unsigned first, count;
	uint64_t to_ack; /* 0: nothing */
};

static struct world w;
static struct conn conns[CONNS];
static uint64_t state;
static uint64_t step, pushed, received;
static unsigned wrong;
static bool recovering; /* the store has forgotten, and not been told everything yet */
static struct {
	uint64_t id;
	unsigned nsp;
	char client[48];
} acks[ACKS];
static unsigned ack_count;

static unsigned pick(unsigned below)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % below;
}

static void complain(const struct conn *c, const char *what, uint64_t id)
{
	if (wrong++ < 20)
		printf("step %llu: %s (%s): %s %llu\n", (unsigned long long)step,
		       c ? c->peer->name : "", c ? c->client : "", what, (unsigned long long)id);
}

/* --- what a connection hears --- */

/* The front of what it waits for moves behind id; nothing that must come may be passed over. */
static void arrived(struct conn *c, uint64_t id)
{
	received++;
	while (c->count) {
		struct expected e = c->queue[c->first];

		c->first = (c->first + 1) % EXPECTED;
		c->count--;
		if (e.id == id)
			return;
		if (e.by)
			complain(c, "did not get", e.id);
	}
	complain(c, "should not get", id);
}

static void answered(struct conn *c, const char *at)
{
	unsigned n = (unsigned)strtoul(at, NULL, 10) % REQUESTS;
	unsigned room = c->requests[n].room;

	if (!strstr(at, "\"status\":200"))
		complain(c, "was refused a room", room);
	else if (c->asked[room] == c->requests[n].number && c->rooms[room] == ASKED)
		c->rooms[room] = IN;
}

static void hear(struct peer *p, struct lp_str packet, bool ws)
{
	struct conn *c = p->data;
	char text[256];
	const char *body;

	(void)ws;
	snprintf(text, sizeof(text), "%.*s", LP_FMT(packet));
	body = strchr(text, ',');
	if (strcmp(text, "2") == 0)
		c->needs_pong = true;
	else if (strcmp(text, "1") == 0 || strncmp(text, "41", 2) == 0)
		c->told = true;
	else if (strncmp(text, "44", 2) == 0)
		complain(c, "was refused", 0);
	else if (body && strncmp(text, "43", 2) == 0)
		answered(c, body + 1);
	else if (body && strncmp(body, ",[\"ok\"", 6) == 0)
		c->state = ONLINE;
	else if (body && strncmp(body, ",[\"push\",", 9) == 0)
		arrived(c, c->to_ack = strtoull(strstr(body, "\"id\":") + 5, NULL, 10));
}

/* --- what a connection does --- */

static void say(struct conn *c, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void say(struct conn *c, const char *fmt, ...)
{
	char text[256];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	peer_send(c->peer, lp_cstr(text));
}

static void set_closed(struct conn *c)
{
	if (c->probing && !c->websocket)
		peer_lose(c->peer, &c->peer->ws, CLOSE_TRANSPORT);
	c->state = CLOSED;
}

static void poll(struct conn *c)
{
	struct peer *p = c->peer;

	if (c->state == CLOSED || c->websocket || p->poll.waits)
		return;
	p->status = 0;
	peer_session_request(p, &p->poll, "GET", "polling");
	if (p->status == 400)
		c->told = true;
}

static void acknowledge(struct conn *c)
{
	c->peer->status = 0;
	say(c, "42/n%u,[\"ackPush\",{\"id\":%llu}]", c->nsp, (unsigned long long)c->to_ack);
	if (!c->websocket && c->peer->status != 200)
		return; /* it is over, without the client knowing yet */
	acks[ack_count].id = c->to_ack;
	acks[ack_count].nsp = c->nsp;
	snprintf(acks[ack_count++].client, sizeof(acks[0].client), "%s", c->client);
}

/* The duties of a client, after each step. */
static void tend(struct conn *c)
{
	if (c->state == CLOSED)
		return;
	if (c->websocket ? c->peer->ws.ended : c->told) {
		set_closed(c);
		return;
	}
	if (c->needs_pong) {
		c->needs_pong = false;
		say(c, "3");
	}
	if (c->peer->version == 3 && w.now - c->last_ping > 20000) {
		c->last_ping = w.now;
		say(c, "2");
	}
	if (c->to_ack && ack_count < ACKS && pick(2))
		acknowledge(c);
	c->to_ack = 0;
	if (pick(3) == 0)
		poll(c);
}

static void connect_one(struct conn *c)
{
	struct peer *p = c->peer;
	char query[64];

	*c = (struct conn){.peer = p, .last_ping = w.now};
	c->nsp = pick(NSPS);
	c->ident = pick(IDENTS);
	c->websocket = pick(2);
	snprintf(c->client, sizeof(c->client), "/n%u#user%u#web-dev%u", c->nsp, c->ident / 2,
		 c->ident);
	snprintf(query, sizeof(query), "EIO=%u&uuid=dev%u&userid=user%u", 3 + pick(2), c->ident,
		 c->ident / 2);
	if (!peer_open(p, c->websocket, query)) {
		complain(c, "could not connect", 0);
		return;
	}
	c->state = CONNECTING;
	say(c, "40/n%u,", c->nsp);
}

/* What is on its way to it in the room does not come any more. */
static void leave(struct conn *c, unsigned room)
{
	c->rooms[room] = OUT;
	for (unsigned i = 0; i < c->count; i++) {
		struct expected *e = &c->queue[(c->first + i) % EXPECTED];

		e->by &= ~(1u << room);
	}
}

static void join_or_leave(struct conn *c)
{
	unsigned room = pick(ROOMS);
	bool join = pick(3) > 0;
	unsigned n = c->request++ % REQUESTS;

	c->requests[n].room = room;
	c->requests[n].number = ++c->asked[room];
	if (join && c->rooms[room] == OUT)
		c->rooms[room] = ASKED;
	else if (!join)
		leave(c, room);
	say(c, "42/n%u,%u[\"%s\",\"r%u\"]", c->nsp, n, join ? "joinRoom" : "leaveRoom", room);
}

static void upgrade(struct conn *c)
{
	struct peer *p = c->peer;

	if (c->websocket)
		return;
	if (!c->probing || p->ws.ended) {
		peer_probe(p);
		engine_message(w.engine, &p->ws.link, false, LP_STR("2probe"), w.now);
		c->probing = true;
	} else if (pick(3)) {
		engine_message(w.engine, &p->ws.link, false, LP_STR("5"), w.now);
		c->websocket = peer_on_websocket(p);
	} else {
		peer_lose(p, &p->ws, CLOSE_TRANSPORT);
		c->probing = false;
	}
}

static void lose(struct conn *c)
{
	struct peer *p = c->peer;

	if (c->websocket)
		peer_lose(p, &p->ws, CLOSE_TRANSPORT);
	else if (p->poll.waits)
		peer_lose(p, &p->poll, CLOSE_TRANSPORT);
	else
		say(c, "1");
	set_closed(c);
}

/* --- what the others do --- */

static enum membership belongs(const struct conn *c, unsigned nsp, unsigned room, unsigned user)
{
	if (c->state == CLOSED || c->nsp != nsp)
		return OUT;
	if (room < ROOMS)
		return c->rooms[room];
	if (c->ident / 2 != user)
		return OUT;
	return c->state == ONLINE ? IN : ASKED;
}

/* A room below ROOMS, or a user's own. */
struct target {
	unsigned room, user;
	char name[16];
	bool routed;
};

static void choose(struct target *t, const char *nsp_name)
{
	t->room = pick(ROOMS + 4);
	t->user = pick(IDENTS / 2);
	snprintf(t->name, sizeof(t->name), t->room < ROOMS ? "r%u" : "user_user%u",
		 t->room < ROOMS ? t->room : t->user);
	t->routed = store_mem_route(w.store, lp_cstr(nsp_name), lp_cstr(t->name));
}

/* What c may expect of a message to these rooms. */
static enum membership belongs_to_one(const struct conn *c, unsigned nsp,
				      const struct target *targets, unsigned count, unsigned *by)
{
	enum membership best = OUT;

	for (unsigned i = 0; i < count; i++) {
		const struct target *t = &targets[i];
		enum membership m = belongs(c, nsp, t->room, t->user);

		if (m == IN && !t->routed && !recovering && c->websocket)
			complain(c, "has no route to room", t->room);
		if (m == IN)
			*by |= 1u << (t->room < ROOMS ? t->room : ROOMS);
		if (m == IN || best == OUT)
			best = m;
	}
	return best;
}

/* To a room, or to some; now and then somebody is left out, and now and then the inbox loses it. */
static void push(bool lose_it)
{
	unsigned nsp = pick(NSPS), count = pick(3) ? 1 : 1 + pick(TARGETS);
	const struct conn *except = pick(4) ? NULL : &conns[pick(CONNS)];
	char nsp_name[8], event[64], others[TARGETS * 20] = "";
	struct target targets[TARGETS];
	bool routed = false;
	int at = 0;

	snprintf(nsp_name, sizeof(nsp_name), "/n%u", nsp);
	for (unsigned i = 0; i < count; i++) {
		choose(&targets[i], nsp_name);
		routed = routed || targets[i].routed;
		if (i)
			at += snprintf(others + at, sizeof(others) - (size_t)at, "%c\"%s\"%s",
				       i > 1 ? ',' : '[', targets[i].name,
				       i + 1 < count ? "" : "]");
	}
	pushed++;
	for (struct conn *c = conns; c < conns + CONNS; c++) {
		unsigned by = 0;
		enum membership m = belongs_to_one(c, nsp, targets, count, &by);

		if (m == OUT || c->count == EXPECTED ||
		    (except && strcmp(except->client, c->client) == 0))
			continue;
		c->queue[(c->first + c->count++) % EXPECTED] = (struct expected){pushed, by};
	}
	snprintf(event, sizeof(event), "[\"push\",{\"room\":\"%s\",\"id\":%llu}]", targets[0].name,
		 (unsigned long long)pushed);
	log_mem_add(store_mem_log(w.store), lp_cstr(nsp_name),
		    &(struct pushed){.room = lp_cstr(targets[0].name),
				     .others = lp_cstr(others),
				     .id = pushed,
				     .except = lp_cstr(except ? except->client : ""),
				     .event = lp_cstr(event)},
		    routed && !lose_it);
	if (!lose_it)
		world_hear(&w);
}

static void push_without_inbox(void)
{
	for (unsigned n = pick(10); n; n--)
		push(true);
	core_catch_up(w.core);
}

static void kick(const struct conn *c)
{
	uint64_t serial = store_mem_client(w.store, lp_cstr(c->client));
	char nsp[8];

	snprintf(nsp, sizeof(nsp), "/n%u", c->nsp);
	core_kick(w.core, lp_cstr(nsp), lp_cstr(c->client), pick(3) ? serial : serial + 1);
}

static void forget(void)
{
	store_mem_forget(w.store);
	core_rejoin(w.core);
	recovering = true;
}

static void one_step(void)
{
	struct conn *c = &conns[pick(CONNS)];
	unsigned what = pick(1000);

	if (what < 448)
		push(false);
	else if (what < 450)
		push_without_inbox();
	else if (what < 460)
		store_mem_set_mode(w.store, (enum store_mem_mode)pick(3));
	else if (what < 480)
		store_mem_set_mode(w.store, STORE_MEM_RUNS);
	else if (what < 482)
		forget();
	else if (what < 490)
		store_mem_set_unread(w.store, pick(2));
	else if (what < 540)
		world_advance(&w, pick(200));
	else if (c->state == CLOSED)
		connect_one(c);
	else if (what < 550)
		kick(c);
	else if (what < 580)
		lose(c);
	else if (what < 640)
		upgrade(c);
	else if (c->state == ONLINE)
		join_or_leave(c);
}

/* --- now and then everything comes to rest and is compared --- */

static void check_conn(struct conn *c, size_t *members)
{
	char nsp[8], room[8];

	for (; c->count; c->count--) {
		if (c->queue[c->first].by)
			complain(c, "never got", c->queue[c->first].id);
		c->first = (c->first + 1) % EXPECTED;
	}
	snprintf(nsp, sizeof(nsp), "/n%u", c->nsp);
	*members += 1; /* its own room */
	for (unsigned r = 0; r < ROOMS; r++) {
		snprintf(room, sizeof(room), "r%u", r);
		if (store_mem_member(w.store, lp_cstr(nsp), lp_cstr(room), lp_cstr(c->client)) !=
		    (c->rooms[r] == IN))
			complain(c, "is not where it is in the store: room", r);
		*members += c->rooms[r] == IN;
	}
}

static void check_acks(void)
{
	char nsp[8];

	for (; ack_count; ack_count--) {
		uint64_t id = acks[ack_count - 1].id;
		struct lp_str client = lp_cstr(acks[ack_count - 1].client);

		snprintf(nsp, sizeof(nsp), "/n%u", acks[ack_count - 1].nsp);
		if (store_mem_acks(w.store, lp_cstr(nsp), id, PLATFORM_WEB, client) +
			    store_mem_late(w.store, lp_cstr(nsp), id, client) !=
		    1)
			complain(NULL, "not acknowledged once", id);
	}
}

/* At rest everybody in one room is moved; the next check finds them where they should be. */
static void transfer(void)
{
	unsigned nsp = pick(NSPS), source = pick(ROOMS), target = pick(ROOMS);
	bool join = pick(2);
	char nsp_name[8], target_name[8], sources[16];

	for (struct conn *c = conns; c < conns + CONNS; c++) {
		if (c->state == ONLINE && c->nsp == nsp && c->rooms[source] == IN)
			c->rooms[target] = join ? IN : OUT;
	}
	snprintf(nsp_name, sizeof(nsp_name), "/n%u", nsp);
	snprintf(target_name, sizeof(target_name), "r%u", target);
	snprintf(sources, sizeof(sources), "[\"r%u\"]", source);
	if (join)
		store_mem_add_route(w.store, lp_cstr(nsp_name), lp_cstr(target_name));
	if (!core_transfer(w.core, lp_cstr(nsp_name), lp_cstr(target_name), join, lp_cstr(sources)))
		complain(NULL, "transfer refused to room", target);
	world_settle(&w);
}

static void check(void)
{
	size_t clients = 0, members = 0;

	store_mem_set_mode(w.store, STORE_MEM_RUNS);
	world_settle(&w);
	recovering = false;
	store_mem_log(w.store)->seen = log_mem_clock(store_mem_log(w.store));
	for (unsigned round = 0; round < 2; round++) {
		for (struct conn *c = conns; c < conns + CONNS; c++)
			poll(c);
		world_advance(&w, 30);
		for (struct conn *c = conns; c < conns + CONNS; c++)
			tend(c);
		world_settle(&w);
	}
	world_advance(&w, 30);
	for (struct conn *c = conns; c < conns + CONNS; c++) {
		if (c->state == CLOSED)
			continue;
		if (c->state != ONLINE)
			complain(c, "is not online", 0);
		clients++;
		check_conn(c, &members);
	}
	check_acks();
	if (core_stats(w.core)->clients != clients)
		complain(NULL, "clients in the core", core_stats(w.core)->clients);
	if (store_mem_clients(w.store) != clients)
		complain(NULL, "clients in the store", store_mem_clients(w.store));
	if (store_mem_members(w.store) != members)
		complain(NULL, "memberships in the store", store_mem_members(w.store));
	if (!store_mem_routes_right(w.store) ||
	    core_stats(w.core)->rooms != store_mem_routes(w.store))
		complain(NULL, "routes in the store", store_mem_routes(w.store));
}

int main(int argc, char **argv)
{
	uint64_t steps = argc > 2 ? strtoull(argv[2], NULL, 10) : 100000;

	state = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	world_init(&w);
	world_start(&w);
	store_mem_set_namespace(w.store, LP_STR("/n0"), NAMESPACE_ON);
	store_mem_set_namespace(w.store, LP_STR("/n1"), NAMESPACE_ON);
	for (unsigned i = 0; i < CONNS; i++) {
		char name[16];

		snprintf(name, sizeof(name), "c%u", i);
		conns[i].peer = peer_new(&w, name);
		conns[i].peer->heard = hear;
		conns[i].peer->data = &conns[i];
	}
	for (step = 1; step <= steps && !wrong; step++) {
		one_step();
		world_settle(&w);
		if (!store_mem_waiting(w.store))
			recovering = false;
		for (struct conn *c = conns; c < conns + CONNS; c++)
			tend(c);
		world_settle(&w);
		if (step % PER_CHECK == 0) {
			check();
			transfer();
		}
	}
	world_free(&w);
	printf("%llu steps, %llu messages, %llu deliveries, %u wrong\n", (unsigned long long)steps,
	       (unsigned long long)pushed, (unsigned long long)received, wrong);
	return wrong ? EXIT_FAILURE : EXIT_SUCCESS;
}
