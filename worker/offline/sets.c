#include "config.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/keys.h"
#include "worker/offline/sets.h"

/* A change of the providers takes effect within this time. */
#define FRESH_MS 5000u
/* Namespaces kept at most; beyond that all are forgotten. */
#define KEPT_MAX 10000u

struct kept {
	UT_hash_handle hh; /* by name */
	struct provider_set *set;
	uint64_t until;
	char name[];
};

struct offline_sets {
	const struct job_tools *tools;
	const struct providers *providers;
	struct kept *kept;
};

/* A question under way. */
struct fetch {
	struct offline_sets *sets;
	offline_sets_cb cb;
	void *arg;
	size_t len;
	char nsp[];
};

static void forget(struct offline_sets *s, struct kept *k)
{
	HASH_DEL(s->kept, k);
	provider_set_release(k->set);
	free(k);
}

static void forget_all(struct offline_sets *s)
{
	struct kept *k, *next;

	HASH_ITER(hh, s->kept, k, next)
	forget(s, k);
}

struct provider_set *offline_sets_find(struct offline_sets *s, struct lp_str nsp)
{
	struct kept *k;

	HASH_FIND(hh, s->kept, nsp.p, nsp.n, k);
	return k && lp_mono_ms() < k->until ? k->set : NULL;
}

static struct provider_set *keep(struct offline_sets *s, struct lp_str nsp,
				 struct provider_set *set)
{
	struct kept *k;

	HASH_FIND(hh, s->kept, nsp.p, nsp.n, k);
	if (k)
		forget(s, k);
	if (HASH_COUNT(s->kept) >= KEPT_MAX)
		forget_all(s);
	k = lp_xcalloc(1, sizeof(*k) + nsp.n);
	memcpy(k->name, nsp.p, nsp.n);
	k->set = set;
	k->until = lp_mono_ms() + FRESH_MS;
	HASH_ADD_KEYPTR(hh, s->kept, k->name, nsp.n, k);
	return set;
}

static struct lp_str text_at(const redisReply *reply, size_t i)
{
	const redisReply *r = i < reply->elements ? reply->element[i] : NULL;

	return r && r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len)
						  : lp_str(NULL, 0);
}

static void on_conf(void *arg, const redisReply *reply)
{
	struct fetch *f = arg;
	struct lp_str nsp = lp_str(f->nsp, f->len);
	struct provider_set *set = NULL;

	/* What can not be read is as good as none. */
	if (reply)
		set = keep(f->sets, nsp,
			   providers_read(f->sets->providers, nsp, text_at(reply, 0),
					  text_at(reply, 1)));
	f->cb(f->arg, set);
	free(f);
}

bool offline_sets_fetch(struct offline_sets *s, struct lp_str nsp, offline_sets_cb cb, void *arg)
{
	struct fetch *f = lp_xcalloc(1, sizeof(*f) + nsp.n);
	struct redis_args args = {0};
	bool sent;

	f->sets = s;
	f->cb = cb;
	f->arg = arg;
	f->len = nsp.n;
	memcpy(f->nsp, nsp.p, nsp.n);
	redis_args_addz(&args, "HMGET");
	key_of_namespace(&args.text, s->tools->settings->redis_prefix, nsp, "conf");
	redis_args_end(&args);
	redis_args_addz(&args, "push_providers");
	redis_args_addz(&args, "apns_list");
	sent = redis_link_command(s->tools->link, &args, on_conf, f);
	redis_args_clear(&args);
	if (!sent)
		free(f);
	return sent;
}

struct offline_sets *offline_sets_new(const struct job_tools *tools,
				      const struct providers *providers)
{
	struct offline_sets *s = lp_xcalloc(1, sizeof(*s));

	s->tools = tools;
	s->providers = providers;
	return s;
}

void offline_sets_free(struct offline_sets *s)
{
	if (!s)
		return;
	forget_all(s);
	free(s);
}
