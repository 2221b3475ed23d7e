#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "fcgi-api/login_gate.h"

#define ADDRESSES_MAX 10000 /* then the one that failed longest ago is forgotten */
/* Many failures in all: so many at once, and so many in a second after that. */
#define ALL_BURST      100
#define ALL_PER_SECOND 10

/* A family in front, then the bytes that count. */
struct address_key {
	uint8_t bytes[9];
};

struct suspect {
	UT_hash_handle hh; /* in gate.suspects, in the order of the last failure */
	struct address_key key;
	uint64_t clean; /* ms: when its failures are all forgotten */
};

struct login_gate {
	pthread_mutex_t lock;
	struct suspect *suspects;
	uint64_t interval; /* ms in which one failure is forgotten; 0: no limits */
	uint64_t failures;
	uint64_t all_clean; /* as suspect.clean, of all addresses together */
	unsigned hashing, hashing_max;
};

struct login_gate *login_gate_new(int64_t failures, int64_t per_ms, unsigned hashing)
{
	struct login_gate *g = lp_xcalloc(1, sizeof(*g));

	pthread_mutex_init(&g->lock, NULL);
	g->failures = (uint64_t)failures;
	if (failures)
		g->interval = per_ms > failures ? (uint64_t)(per_ms / failures) : 1;
	g->hashing_max = hashing ? hashing : 1;
	return g;
}

void login_gate_free(struct login_gate *g)
{
	struct suspect *s, *next;

	if (!g)
		return;
	HASH_ITER(hh, g->suspects, s, next)
	{
		HASH_DEL(g->suspects, s);
		free(s);
	}
	pthread_mutex_destroy(&g->lock);
	free(g);
}

/* False for what is no address. */
static bool read_address(struct address_key *key, struct lp_str address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	*key = (struct address_key){{0}};
	if (!address.n || address.n >= sizeof(text))
		return false;
	memcpy(text, address.p, address.n);
	text[address.n] = '\0';
	text[strcspn(text, "%")] = '\0'; /* a zone is not the peer's */
	if (inet_pton(AF_INET, text, &four) == 1) {
		key->bytes[0] = 4;
		memcpy(key->bytes + 1, &four, sizeof(four));
		return true;
	}
	if (inet_pton(AF_INET6, text, &six) != 1)
		return false;
	if (IN6_IS_ADDR_V4MAPPED(&six)) {
		key->bytes[0] = 4;
		memcpy(key->bytes + 1, six.s6_addr + 12, 4);
	} else {
		key->bytes[0] = 6;
		memcpy(key->bytes + 1, six.s6_addr, 8);
	}
	return true;
}

static struct suspect *find(struct login_gate *g, const struct address_key *key)
{
	struct suspect *s;

	HASH_FIND(hh, g->suspects, key, sizeof(*key), s);
	return s;
}

int64_t login_gate_wait(struct login_gate *g, struct lp_str address, uint64_t now)
{
	uint64_t allowed = (g->failures ? g->failures - 1 : 0) * g->interval;
	const struct suspect *s;
	struct address_key key;
	int64_t wait = 0;

	if (!g->interval || !read_address(&key, address))
		return 0;
	pthread_mutex_lock(&g->lock);
	s = find(g, &key);
	if (s && s->clean > now + allowed)
		wait = (int64_t)(s->clean - now - allowed);
	pthread_mutex_unlock(&g->lock);
	return wait;
}

/* One more failure is to be forgotten. */
static void add(uint64_t *clean, uint64_t now, uint64_t interval)
{
	*clean = (*clean > now ? *clean : now) + interval;
}

void login_gate_failed(struct login_gate *g, struct lp_str address, uint64_t now)
{
	struct address_key key;
	struct suspect *s;

	if (!g->interval)
		return;
	pthread_mutex_lock(&g->lock);
	add(&g->all_clean, now, 1000 / ALL_PER_SECOND);
	if (read_address(&key, address)) {
		s = find(g, &key);
		if (!s && HASH_COUNT(g->suspects) >= ADDRESSES_MAX)
			s = g->suspects; /* the first one */
		if (s)
			HASH_DEL(g->suspects, s);
		else
			s = lp_xcalloc(1, sizeof(*s));
		if (memcmp(&s->key, &key, sizeof(key)) != 0)
			s->clean = 0;
		s->key = key;
		add(&s->clean, now, g->interval);
		HASH_ADD(hh, g->suspects, key, sizeof(s->key), s);
	}
	pthread_mutex_unlock(&g->lock);
}

bool login_gate_enter(struct login_gate *g, uint64_t now)
{
	bool many, good;

	pthread_mutex_lock(&g->lock);
	many = g->all_clean > now + ALL_BURST * 1000 / ALL_PER_SECOND;
	good = !many || g->hashing < g->hashing_max;
	g->hashing += good;
	pthread_mutex_unlock(&g->lock);
	return good;
}

void login_gate_leave(struct login_gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->hashing--;
	pthread_mutex_unlock(&g->lock);
}
