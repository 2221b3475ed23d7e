#include "config.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/param.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "tests/simulator/sim_plan.h"

#define SOURCES_MAX 65536
#define URLS_MAX    1024

/* What a choice is made about, for sim_random(). */
enum { CHOICE_ENGINE, CHOICE_PLATFORM, CHOICE_ACK, CHOICE_PUSHES, CHOICE_ROOM };

/* Calls take() with each item of a list with commas; stops and returns false when it does. */
static bool each_item(const char *list, bool (*take)(struct sim_plan *, char *), struct sim_plan *p)
{
	struct lp_str rest = lp_cstr(list);
	bool ok = true;

	while (ok && rest.n) {
		size_t comma = lp_str_find(rest, ',');
		char *item = lp_xstrndup(lp_str(rest.p, comma));

		ok = take(p, item);
		free(item);
		rest = lp_str_from(rest, comma + 1);
	}
	return ok;
}

/* ws://host:port, wss://[::1]:port; without a port that of HTTP. */
static bool take_url(struct sim_plan *plan, char *text)
{
	struct sim_url url = {0};
	char *host, *colon, *end;

	if (plan->url_count == URLS_MAX)
		return false;
	url.tls = strncmp(text, "wss://", 6) == 0;
	if (!url.tls && strncmp(text, "ws://", 5) != 0)
		return false;
	host = text + (url.tls ? 6 : 5);
	host[strcspn(host, "/")] = '\0';
	url.port = url.tls ? 443 : 80;
	colon = strrchr(host, ':');
	if (colon && !strchr(colon, ']')) {
		url.port = (int)strtol(colon + 1, &end, 10);
		if (end == colon + 1 || *end || url.port < 1 || url.port > 65535)
			return false;
		*colon = '\0';
	}
	if (*host == '[') { /* an IPv6 address */
		host++;
		host[strcspn(host, "]")] = '\0';
	}
	if (!*host)
		return false;
	url.host = lp_xstrdup(host);
	plan->urls = lp_xrealloc(plan->urls, (plan->url_count + 1) * sizeof(*plan->urls));
	plan->urls[plan->url_count++] = url;
	return true;
}

static void add_source(struct sim_plan *plan, const char *address)
{
	plan->sources = lp_xrealloc(plan->sources, (plan->source_count + 1) * sizeof(char *));
	plan->sources[plan->source_count++] = lp_xstrdup(address);
}

/* An address, or two of IPv4 with a - between them. */
static bool take_source(struct sim_plan *plan, char *text)
{
	unsigned char any[sizeof(struct in6_addr)];
	char *dash = strchr(text, '-');
	struct in_addr from, to, one;

	if (!dash) {
		if (inet_pton(AF_INET, text, any) != 1 && inet_pton(AF_INET6, text, any) != 1)
			return false;
		add_source(plan, text);
		return true;
	}
	*dash = '\0';
	if (inet_pton(AF_INET, text, &from) != 1 || inet_pton(AF_INET, dash + 1, &to) != 1 ||
	    ntohl(to.s_addr) < ntohl(from.s_addr) ||
	    ntohl(to.s_addr) - ntohl(from.s_addr) >= SOURCES_MAX)
		return false;
	for (uint32_t a = ntohl(from.s_addr); a <= ntohl(to.s_addr) && a; a++) {
		char name[INET_ADDRSTRLEN];

		one.s_addr = htonl(a);
		add_source(plan, inet_ntop(AF_INET, &one, name, sizeof(name)));
	}
	return true;
}

/* PREFIX:TOTAL:PICK, as the simulator of light-push 1.x had prefix, total and pick_count. */
static bool take_join(struct sim_plan *plan, char *text)
{
	char *pick = strrchr(text, ':'), *total, *end;
	struct sim_join join = {.first = plan->rooms};
	long long number;

	if (!pick)
		return false;
	*pick++ = '\0';
	total = strrchr(text, ':');
	if (!total || total == text)
		return false;
	*total++ = '\0';
	number = strtoll(total, &end, 10);
	if (end == total || *end || number < 1 || number >= SIM_ROOM_USER - plan->rooms)
		return false;
	join.total = (uint32_t)number;
	number = strtoll(pick, &end, 10);
	if (end == pick || *end || number < 0 || number > join.total ||
	    number > SIM_ROOMS_MAX - plan->client_rooms)
		return false;
	join.pick = (uint32_t)number;
	join.prefix = lp_xstrdup(text);
	plan->rooms += join.total;
	plan->client_rooms += join.pick;
	plan->joins = lp_xrealloc(plan->joins, (plan->join_count + 1) * sizeof(*plan->joins));
	plan->joins[plan->join_count++] = join;
	return true;
}

static bool make_lists(struct sim_plan *plan, struct lp_buf *why)
{
	const struct sim_options *o = plan->options;

	if (!each_item(o->url, take_url, plan) || !plan->url_count)
		lp_buf_addz(why, "url: ws://HOST:PORT is wanted, or several with commas");
	else if (!each_item(o->sources, take_source, plan))
		lp_buf_addz(why, "sources: addresses are wanted, such as 127.0.0.1-127.0.0.8");
	else if (!each_item(o->join, take_join, plan))
		lp_buf_addf(why,
			    "join: PREFIX:TOTAL:PICK is wanted, PICK not more than TOTAL, and "
			    "%d in all",
			    SIM_ROOMS_MAX);
	return !why->len;
}

static const char *const engines[] = {"3", "4", NULL};
static const char *const platforms[] = {"web", "ios", "android", NULL};
static const char *const acks[] = {"on", "off", "late", NULL};
static const char *const targets[] = {"room", "user", NULL};

static bool make_mixes(struct sim_plan *plan, struct lp_buf *why)
{
	const struct sim_options *o = plan->options;
	const struct {
		const char *option, *text;
		const char *const *names;
		struct sim_mix *mix;
	} rows[] = {
		{"engine", o->engine, engines, &plan->engine},
		{"platform", o->platform, platforms, &plan->platform},
		{"ack", o->ack, acks, &plan->ack},
		{"rest_to", o->rest_to, targets, &plan->rest_to},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (sim_mix_parse(rows[i].text, rows[i].names, rows[i].mix) == LP_OK)
			continue;
		lp_buf_addf(why, "%s: one of", rows[i].option);
		for (size_t k = 0; rows[i].names[k]; k++)
			lp_buf_addf(why, " %s", rows[i].names[k]);
		lp_buf_addz(why, " is wanted, or several with weights, such as a:2,b:1");
		return false;
	}
	return true;
}

/* A name and what it stands for. */
struct known {
	UT_hash_handle hh;
	uint32_t number;
	char name[];
};

/* The number of a name: that of an earlier one that is the same, or `next`. */
static uint32_t number_of(struct known **all, struct lp_str name, uint32_t next)
{
	struct known *known;

	HASH_FIND(hh, *all, name.p, name.n, known);
	if (!known) {
		known = lp_xmalloc(sizeof(*known) + name.n);
		known->number = next;
		memcpy(known->name, name.p, name.n);
		HASH_ADD(hh, *all, name, name.n, known);
	}
	return known->number;
}

static void forget(struct known **all)
{
	struct known *known, *next;

	HASH_ITER(hh, *all, known, next)
	{
		HASH_DEL(*all, known);
		free(known);
	}
}

/* Every client's namespace and user, each under a number. */
static void number_clients(struct sim_plan *plan)
{
	uint32_t clients = (uint32_t)plan->options->clients;
	struct known *namespaces = NULL, *users = NULL;
	struct lp_buf name = {0};

	plan->namespace_of = lp_xcalloc(clients, sizeof(*plan->namespace_of));
	plan->user_of = lp_xcalloc(clients, sizeof(*plan->user_of));
	for (uint32_t n = 0; n < clients; n++) {
		uint32_t ns;

		lp_buf_reset(&name);
		(void)!sim_pattern_expand(plan->options->namespace, n, &name);
		ns = number_of(&namespaces, lp_buf_str(&name), plan->namespace_count);
		if (ns == plan->namespace_count) {
			plan->namespaces =
				lp_xrealloc(plan->namespaces, (ns + 1) * sizeof(*plan->namespaces));
			plan->namespaces[plan->namespace_count++] = lp_xstrdup(name.data);
		}
		plan->namespace_of[n] = ns;
		lp_buf_addc(&name, ' ');
		(void)!sim_pattern_expand(plan->options->userid, n, &name);
		plan->user_of[n] = number_of(&users, lp_buf_str(&name), n);
	}
	forget(&namespaces);
	forget(&users);
	lp_buf_clear(&name);
}

static bool check_patterns(const struct sim_options *o, struct lp_buf *why)
{
	const struct {
		const char *option, *pattern;
	} rows[] = {{"namespace", o->namespace}, {"uuid", o->uuid}, {"userid", o->userid}};
	struct lp_buf name = {0};

	for (size_t i = 0; i < 3 && !why->len; i++) {
		lp_buf_reset(&name);
		if (sim_pattern_expand(rows[i].pattern, 0, &name) != LP_OK || !name.len)
			lp_buf_addf(why, "%s: a name with {n}, {n%%NUMBER} or {n/NUMBER} is wanted",
				    rows[i].option);
		else if (i == 0 && name.data[0] != '/')
			lp_buf_addz(why, "namespace: it must begin with /");
	}
	lp_buf_clear(&name);
	return !why->len;
}

int sim_plan_make(struct sim_plan *plan, const struct sim_options *options, uint32_t run,
		  struct lp_buf *why)
{
	*plan = (struct sim_plan){.options = options, .run = run};
	if (!make_lists(plan, why) || !make_mixes(plan, why) || !check_patterns(options, why))
		return LP_EINVAL;
	if (options->path[0] != '/' || options->path[strlen(options->path) - 1] != '/') {
		lp_buf_addz(why, "path: it must begin and end with /");
		return LP_EINVAL;
	}
	number_clients(plan);
	if ((uint64_t)plan->rooms * plan->namespace_count >= SIM_ROOM_USER) {
		lp_buf_addz(why, "join: too many rooms for so many namespaces");
		return LP_EINVAL;
	}
	if (*options->rest_url && !plan->rooms && strstr(options->rest_to, "room")) {
		lp_buf_addz(why, "rest_to: there are no rooms without join");
		return LP_EINVAL;
	}
	return LP_OK;
}

void sim_plan_clear(struct sim_plan *plan)
{
	for (size_t i = 0; i < plan->url_count; i++)
		free(plan->urls[i].host);
	for (size_t i = 0; i < plan->source_count; i++)
		free(plan->sources[i]);
	for (size_t i = 0; i < plan->join_count; i++)
		free(plan->joins[i].prefix);
	for (uint32_t i = 0; i < plan->namespace_count; i++)
		free(plan->namespaces[i]);
	free(plan->urls);
	free(plan->sources);
	free(plan->joins);
	free(plan->namespaces);
	free(plan->namespace_of);
	free(plan->user_of);
	*plan = (struct sim_plan){0};
}

struct sim_who sim_plan_who(const struct sim_plan *plan, uint32_t client)
{
	const struct sim_options *o = plan->options;
	uint64_t seed = (uint64_t)o->seed;
	struct sim_who who = {
		.engine = 3 + sim_mix_pick(&plan->engine, sim_random(seed, client, CHOICE_ENGINE)),
		.platform = platforms[sim_mix_pick(&plan->platform,
						   sim_random(seed, client, CHOICE_PLATFORM))],
		.ack = sim_mix_pick(&plan->ack, sim_random(seed, client, CHOICE_ACK)),
		.url = &plan->urls[client % plan->url_count],
		.namespace = plan->namespaces[plan->namespace_of[client]],
		.slow = client < o->slow_readers,
	};

	if (plan->source_count)
		who.source = plan->sources[client / plan->url_count % plan->source_count];
	who.pushes = o->push_every.to && plan->client_rooms &&
		     sim_random(seed, client, CHOICE_PUSHES) % 100 < (uint64_t)o->push_share;
	return who;
}

static bool has_room(const uint32_t *rooms, uint32_t count, uint32_t room)
{
	for (uint32_t i = 0; i < count; i++) {
		if (rooms[i] == room)
			return true;
	}
	return false;
}

void sim_plan_rooms(const struct sim_plan *plan, uint32_t client, uint32_t *rooms)
{
	uint32_t base = plan->namespace_of[client] * plan->rooms, count = 0;
	uint64_t tries = 0;

	for (size_t i = 0; i < plan->join_count; i++) {
		const struct sim_join *join = &plan->joins[i];

		for (uint32_t picked = 0; picked < join->pick; picked++) {
			uint64_t random = sim_random((uint64_t)plan->options->seed, client,
						     CHOICE_ROOM + tries++);
			uint32_t at = (uint32_t)(random % join->total);

			/* The next one that is not picked yet: pick is at most total. */
			while (has_room(rooms, count, base + join->first + at))
				at = (at + 1) % join->total;
			rooms[count++] = base + join->first + at;
		}
	}
}

uint32_t sim_plan_user_room(const struct sim_plan *plan, uint32_t client)
{
	return SIM_ROOM_USER | plan->user_of[client];
}

uint32_t sim_plan_target(const struct sim_plan *plan, uint64_t random)
{
	uint64_t at = sim_random(random, 0, 0);

	if (sim_mix_pick(&plan->rest_to, random) == 0)
		return (uint32_t)(at % ((uint64_t)plan->rooms * plan->namespace_count));
	return sim_plan_user_room(plan, (uint32_t)(at % (uint64_t)plan->options->clients));
}

void sim_plan_room_name(const struct sim_plan *plan, uint32_t room, struct lp_buf *out)
{
	uint32_t at;

	if (room & SIM_ROOM_USER) {
		lp_buf_addz(out, "user_");
		(void)!sim_pattern_expand(plan->options->userid, room & ~SIM_ROOM_USER, out);
		return;
	}
	at = room % plan->rooms;
	for (size_t i = 0; i < plan->join_count; i++) {
		if (at - plan->joins[i].first < plan->joins[i].total)
			lp_buf_addf(out, "%s%u", plan->joins[i].prefix, at - plan->joins[i].first);
	}
}

const char *sim_plan_room_namespace(const struct sim_plan *plan, uint32_t room)
{
	if (room & SIM_ROOM_USER)
		return plan->namespaces[plan->namespace_of[room & ~SIM_ROOM_USER]];
	return plan->namespaces[room / plan->rooms];
}
