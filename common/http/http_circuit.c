#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/http/http_circuit.h"
#include "common/lp_hash.h"
#include "common/lp_mem.h"

/* From so many on, those nobody has asked for during FORGET_PAUSES pauses are forgotten. */
#define KEEP_MAX      1000u
#define FORGET_PAUSES 10u

/* Exists from the first failure to the next answer. */
struct circuit {
	UT_hash_handle hh;
	unsigned failures;   /* in a row */
	bool probing;        /* one call is trying */
	uint64_t open_until; /* ms; the next call after this is a probe */
	char name[];
};

struct http_circuits {
	unsigned failures;
	unsigned pause_ms;
	struct circuit *table; /* by name */
};

struct http_circuits *http_circuits_new(unsigned failures, unsigned pause_ms)
{
	struct http_circuits *c = lp_xcalloc(1, sizeof(*c));

	c->failures = failures;
	c->pause_ms = pause_ms;
	return c;
}

static void forget(struct http_circuits *c, struct circuit *k)
{
	HASH_DEL(c->table, k);
	free(k);
}

void http_circuits_free(struct http_circuits *c)
{
	struct circuit *k, *next;

	if (!c)
		return;
	HASH_ITER(hh, c->table, k, next)
	forget(c, k);
	free(c);
}

static struct circuit *find(struct http_circuits *c, struct lp_str name)
{
	struct circuit *k;

	HASH_FIND(hh, c->table, name.p, name.n, k);
	return k;
}

bool http_circuits_ask(struct http_circuits *c, struct lp_str name, uint64_t now, bool *probe)
{
	struct circuit *k = find(c, name);

	*probe = false;
	if (!k || k->failures < c->failures)
		return true;
	if (k->probing || now < k->open_until)
		return false;
	k->probing = true;
	*probe = true;
	return true;
}

void http_circuits_answered(struct http_circuits *c, struct lp_str name)
{
	struct circuit *k = find(c, name);

	if (k)
		forget(c, k);
}

/* Names are made by callers: those that were given up must not stay for ever. */
static void make_room(struct http_circuits *c, uint64_t now)
{
	struct circuit *k, *next;

	if (HASH_COUNT(c->table) < KEEP_MAX)
		return;
	HASH_ITER(hh, c->table, k, next)
	{
		if (!k->probing && k->open_until + (uint64_t)FORGET_PAUSES * c->pause_ms < now)
			forget(c, k);
	}
}

bool http_circuits_failed(struct http_circuits *c, struct lp_str name, uint64_t now)
{
	struct circuit *k = find(c, name);

	if (!k) {
		make_room(c, now);
		k = lp_xcalloc(1, sizeof(*k) + name.n + 1);
		memcpy(k->name, name.p, name.n);
		HASH_ADD_KEYPTR(hh, c->table, k->name, name.n, k);
	}
	k->probing = false;
	k->failures += k->failures < c->failures;
	k->open_until = now + c->pause_ms;
	return k->failures >= c->failures;
}

void http_circuits_called_off(struct http_circuits *c, struct lp_str name)
{
	struct circuit *k = find(c, name);

	if (k)
		k->probing = false;
}
