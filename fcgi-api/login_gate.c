#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "fcgi-api/login_gate.h"

#define ADDRESSES_MAX 10000 /* then the one whose last try is longest ago is forgotten */
/* Many failures in all: so many at once, and so many in a second after that. */
#define ALL_BURST      100
#define ALL_PER_SECOND 10
#define ALL_BURST_MS   (ALL_BURST * 1000 / ALL_PER_SECOND)
#define ALL_WAIT       1000 /* ms to wait when too many threads hash */

struct suspect {
	UT_hash_handle hh; /* in gate.suspects, in the order of the last try */
	struct login_address address;
	uint64_t clean; /* ms: when its failures are all forgotten */
	unsigned trying;
};

struct login_gate {
	pthread_mutex_t lock;
	pthread_cond_t left; /* somebody has */
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
	pthread_cond_init(&g->left, NULL);
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
	pthread_cond_destroy(&g->left);
	pthread_mutex_destroy(&g->lock);
	free(g);
}

struct login_address login_address_of(struct lp_str text)
{
	struct login_address a = {{0}};
	char buf[INET6_ADDRSTRLEN];
	struct in6_addr six;
	struct in_addr four;

	if (!text.n || text.n >= sizeof(buf))
		return a;
	memcpy(buf, text.p, text.n);
	buf[text.n] = '\0';
	buf[strcspn(buf, "%")] = '\0'; /* a zone is not the peer's */
	if (inet_pton(AF_INET, buf, &four) == 1) {
		a.bytes[0] = 4;
		memcpy(a.bytes + 1, &four, sizeof(four));
	} else if (inet_pton(AF_INET6, buf, &six) == 1 && IN6_IS_ADDR_V4MAPPED(&six)) {
		a.bytes[0] = 4;
		memcpy(a.bytes + 1, six.s6_addr + 12, 4);
	} else if (inet_pton(AF_INET6, buf, &six) == 1) {
		a.bytes[0] = 6;
		memcpy(a.bytes + 1, six.s6_addr, 8);
	}
	return a;
}

static bool known(const struct login_address *a)
{
	return a->bytes[0];
}

static struct suspect *find(struct login_gate *g, const struct login_address *a)
{
	struct suspect *s;

	HASH_FIND(hh, g->suspects, a, sizeof(*a), s);
	return s;
}

/* The one of the address, as the one that came last; made when there is none. */
static struct suspect *touch(struct login_gate *g, const struct login_address *a)
{
	struct suspect *s = find(g, a);

	if (!s && HASH_COUNT(g->suspects) >= ADDRESSES_MAX) {
		/* There are no more tries than threads, so the walk is short. */
		for (s = g->suspects; s && s->trying; s = s->hh.next)
			;
	}
	if (s)
		HASH_DEL(g->suspects, s);
	else
		s = lp_xcalloc(1, sizeof(*s));
	if (memcmp(&s->address, a, sizeof(*a)) != 0)
		*s = (struct suspect){.address = *a};
	HASH_ADD(hh, g->suspects, address, sizeof(s->address), s);
	return s;
}

/* How long it is until one more failure is no more than allowed, with more of them than there are. */
static int64_t wait_of(const struct login_gate *g, const struct suspect *s, unsigned more,
		       uint64_t now)
{
	uint64_t allowed = now + (g->failures - 1) * g->interval, clean;

	if (!s)
		return 0;
	clean = (s->clean > now ? s->clean : now) + more * g->interval;
	return clean > allowed ? (int64_t)(clean - allowed) : 0;
}

int64_t login_gate_wait(struct login_gate *g, const struct login_address *a, uint64_t now)
{
	int64_t wait;

	if (!g->interval || !known(a))
		return 0;
	pthread_mutex_lock(&g->lock);
	wait = wait_of(g, find(g, a), 0, now);
	pthread_mutex_unlock(&g->lock);
	return wait;
}

static bool crowded(const struct login_gate *g, uint64_t now)
{
	return g->all_clean > now + ALL_BURST_MS && g->hashing >= g->hashing_max;
}

int login_gate_enter(struct login_gate *g, const struct login_try *t, uint64_t now, int64_t *wait)
{
	bool counts = g->interval && known(&t->address);
	struct suspect *s;
	int rc = LP_OK;

	*wait = 0;
	pthread_mutex_lock(&g->lock);
	s = counts ? find(g, &t->address) : NULL;
	if (s)
		*wait = wait_of(g, s, 0, now);
	if (*wait) {
		rc = LP_ETOOBIG;
	} else if (s && wait_of(g, s, s->trying, now)) {
		pthread_cond_wait(&g->left, &g->lock);
		rc = LP_EBUSY;
	} else if (t->hashes && crowded(g, now)) {
		*wait = ALL_WAIT;
		rc = LP_ETOOBIG;
	} else {
		g->hashing += t->hashes;
		if (counts)
			touch(g, &t->address)->trying++;
	}
	pthread_mutex_unlock(&g->lock);
	return rc;
}

/* One more failure is to be forgotten. */
static void add(uint64_t *clean, uint64_t now, uint64_t interval)
{
	*clean = (*clean > now ? *clean : now) + interval;
}

void login_gate_leave(struct login_gate *g, const struct login_try *t, uint64_t now, bool failed)
{
	struct suspect *s;

	pthread_mutex_lock(&g->lock);
	g->hashing -= t->hashes;
	if (g->interval && failed && g->all_clean < now + 2 * ALL_BURST_MS)
		add(&g->all_clean, now, 1000 / ALL_PER_SECOND);
	s = g->interval && known(&t->address) ? find(g, &t->address) : NULL;
	if (s) {
		s->trying--;
		if (failed)
			add(&s->clean, now, g->interval);
		if (!s->trying && s->clean <= now) {
			HASH_DEL(g->suspects, s);
			free(s);
		}
	}
	pthread_cond_broadcast(&g->left);
	pthread_mutex_unlock(&g->lock);
}
