#include "config.h"

#include <event2/event.h>
#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "worker/provider/channel.h"
#include "worker/provider/dialer.h"

/* How often idle channels are looked for. */
#define SWEEP_MS 1000u
/* Pause after the first failure in a row, doubled with each, and the longest of any. */
#define PAUSE_MS     1000u
#define PAUSE_MAX_MS (5u * 60 * 1000)

enum call_state { CALL_WAITING, CALL_RUNNING, CALL_ENDED };

TAILQ_HEAD(call_list, channel_call);
TAILQ_HEAD(group_list, group);

/* Exists while it has calls. */
struct group {
	UT_hash_handle hh;
	TAILQ_ENTRY(group) turn; /* in ready, while it has a call that could run */
	bool ready;
	struct call_list waiting;
	size_t waiting_count;
	size_t running;
	char name[];
};

struct channel_call {
	TAILQ_ENTRY(channel_call) entry; /* in group->waiting, ch->running or all->ended */
	struct channel *ch;
	struct group *group;
	const struct channel_ops *ops;
	void *arg;
	uint64_t began; /* RUNNING: ms */
	enum channel_end end;
	uint64_t retry_ms;
	const char *why;
};

struct channel {
	UT_hash_handle hh;
	struct channels *all;
	struct h2 *h2;
	struct group *groups;
	struct group_list ready; /* whose turn is next is first */
	struct call_list running;
	size_t running_count, waiting_count;
	uint64_t paused_until;
	uint64_t answered_at; /* the last answer */
	uint64_t failed_at;   /* the last failure that counted */
	unsigned failures;    /* in a row */
	bool stuck;           /* to be broken */
	bool guest;
	struct lp_buf account;
	uint64_t used_at;
	size_t name_len;
	char name[];
};

struct channels {
	struct channels_conf conf;
	struct event_base *base;
	struct dialer *dialer;
	struct event *turn; /* there are calls in ended, or channels that are stuck */
	struct event *sweep;
	struct channel *table;
	struct call_list ended;
	struct channels_stats stats;
};

static void soon(struct channels *all)
{
	static const struct timeval now = {0, 0};

	event_add(all->turn, &now);
}

/* --- groups --- */

static struct group *group_find(const struct channel *ch, struct lp_str name)
{
	struct group *g;

	HASH_FIND(hh, ch->groups, name.p, name.n, g);
	return g;
}

static struct group *group_hold(struct channel *ch, struct lp_str name)
{
	struct group *g = group_find(ch, name);

	if (g)
		return g;
	g = lp_xcalloc(1, sizeof(*g) + name.n + 1);
	if (name.n)
		memcpy(g->name, name.p, name.n);
	TAILQ_INIT(&g->waiting);
	HASH_ADD_KEYPTR(hh, ch->groups, g->name, name.n, g);
	return g;
}

/* In turn or not, or not at all any more. */
static void group_update(struct channel *ch, struct group *g)
{
	bool ready = g->waiting_count && g->running < ch->all->conf.concurrency;

	if (ready && !g->ready)
		TAILQ_INSERT_TAIL(&ch->ready, g, turn);
	else if (!ready && g->ready)
		TAILQ_REMOVE(&ch->ready, g, turn);
	g->ready = ready;
	if (!g->waiting_count && !g->running) {
		HASH_DEL(ch->groups, g);
		free(g);
	}
}

/* --- ends --- */

/* Not sent; the function is called at the next turn of the loop. */
static void end_later(struct channel_call *call, enum channel_end end, uint64_t retry_ms,
		      const char *why)
{
	struct channels *all = call->ch->all;

	call->ch = NULL;
	call->group = NULL;
	call->end = end;
	call->retry_ms = retry_ms;
	call->why = why;
	TAILQ_INSERT_TAIL(&all->ended, call, entry);
	soon(all);
}

static struct channel_call *pop(struct channel *ch, struct group *g)
{
	struct channel_call *call = TAILQ_FIRST(&g->waiting);

	TAILQ_REMOVE(&g->waiting, call, entry);
	g->waiting_count--;
	ch->waiting_count--;
	ch->all->stats.waiting--;
	return call;
}

static uint64_t pause_left(const struct channel *ch, uint64_t now)
{
	return ch->paused_until > now ? ch->paused_until - now : 0;
}

void channel_pause(struct channel *ch, uint64_t ms)
{
	uint64_t now = lp_mono_ms();
	struct group *g, *next;

	if (ms > PAUSE_MAX_MS)
		ms = PAUSE_MAX_MS;
	if (now + ms > ch->paused_until)
		ch->paused_until = now + ms;
	HASH_ITER(hh, ch->groups, g, next)
	{
		while (g->waiting_count)
			end_later(pop(ch, g), CHANNEL_PAUSED, pause_left(ch, now),
				  "the provider is left alone for a while");
		group_update(ch, g);
	}
}

/* Failures of calls that began before the last one counted are the same failure. */
static void failed(struct channel *ch, const struct channel_call *call,
		   const struct h2_answer *answer, uint64_t now)
{
	unsigned shift = ch->failures < 16 ? ch->failures : 16;

	if (call->began < ch->answered_at || (ch->failed_at && call->began < ch->failed_at))
		return;
	ch->failed_at = now;
	ch->failures++;
	lp_warn("provider", "no answer server=%.*s error=\"%s\"", (int)strcspn(ch->name, " "),
		ch->name, answer->why);
	channel_pause(ch, (uint64_t)PAUSE_MS << shift);
	/* Nothing came for as long as a call may take: the connection is dead, or takes nothing. */
	if (answer->late) {
		ch->stuck = true;
		soon(ch->all);
	}
}

static void run_more(struct channel *ch);

static void on_answer(void *arg, const struct h2_answer *answer)
{
	struct channel_call *call = arg;
	struct channel *ch = call->ch;
	struct group *g = call->group;
	struct channel_result result = {CHANNEL_ANSWERED, *answer, answer->retry_ms, ch};
	uint64_t now = lp_mono_ms();

	TAILQ_REMOVE(&ch->running, call, entry);
	if (answer->status) {
		ch->answered_at = now;
		ch->failures = 0;
	} else {
		result.end = CHANNEL_FAILED;
		ch->all->stats.failed++;
		failed(ch, call, answer, now);
		result.retry_ms = pause_left(ch, now);
	}
	/* Until it is done with, the call holds its channel and its group. */
	call->ops->done(call->arg, &result);
	free(call);
	ch->running_count--;
	ch->all->stats.running--;
	g->running--;
	group_update(ch, g);
	run_more(ch);
}

/* --- places --- */

static void run(struct channel *ch, struct group *g)
{
	struct channel_call *call = pop(ch, g);
	struct h2_request request = {.body = NULL};
	const char *why = call->ops->begin(call->arg, &request);

	if (why) {
		end_later(call, CHANNEL_INVALID, 0, why);
		return;
	}
	g->running++;
	ch->running_count++;
	ch->all->stats.running++;
	ch->all->stats.calls++;
	call->began = lp_mono_ms();
	TAILQ_INSERT_TAIL(&ch->running, call, entry);
	h2_start(ch->h2, &request, on_answer, call);
	lp_blob_unref(request.body);
}

/* Fills the places, a call of each group in turn. */
static void run_more(struct channel *ch)
{
	size_t places = ch->failures ? 1 : ch->all->conf.streams;
	struct group *g;

	while (!ch->stuck && ch->running_count < places && (g = TAILQ_FIRST(&ch->ready))) {
		run(ch, g);
		/* To the end of the line, if it is still in it. */
		if (g->ready) {
			TAILQ_REMOVE(&ch->ready, g, turn);
			g->ready = false;
		}
		group_update(ch, g);
	}
}

static struct channel *find_stuck(struct channels *all)
{
	struct channel *ch, *next;

	HASH_ITER(hh, all->table, ch, next)
	{
		if (ch->stuck)
			return ch;
	}
	return NULL;
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct channels *all = arg;
	struct call_list now;
	struct channel_call *call;
	struct channel *ch;

	while ((ch = find_stuck(all))) {
		all->stats.broken++;
		h2_break(ch->h2, "the connection stood still");
		ch->stuck = false;
	}
	/* What the functions add is for the next turn. */
	TAILQ_INIT(&now);
	TAILQ_CONCAT(&now, &all->ended, entry);
	while ((call = TAILQ_FIRST(&now))) {
		struct channel_result result = {
			call->end, {.why = call->why}, call->retry_ms, NULL};

		TAILQ_REMOVE(&now, call, entry);
		call->ops->done(call->arg, &result);
		free(call);
	}
}

/* --- from outside --- */

size_t channel_room(const struct channel *ch, struct lp_str group)
{
	const struct channels_conf *conf = &ch->all->conf;
	const struct group *g = group_find(ch, group);
	size_t held = g ? g->waiting_count + g->running : 0;
	size_t most = conf->queue + conf->concurrency;

	return pause_left(ch, lp_mono_ms()) || held >= most ? 0 : most - held;
}

void channel_call(struct channel *ch, struct lp_str group, const struct channel_ops *ops, void *arg)
{
	struct channel_call *call = lp_xcalloc(1, sizeof(*call));
	uint64_t now = lp_mono_ms(), left = pause_left(ch, now);
	struct group *g;

	call->ch = ch;
	call->ops = ops;
	call->arg = arg;
	ch->used_at = now;
	if (left) {
		end_later(call, CHANNEL_PAUSED, left, "the provider is left alone for a while");
		return;
	}
	g = group_hold(ch, group);
	if (g->waiting_count + g->running >= ch->all->conf.queue + ch->all->conf.concurrency) {
		end_later(call, CHANNEL_BUSY, PAUSE_MS, "too many wait");
		return;
	}
	call->group = g;
	TAILQ_INSERT_TAIL(&g->waiting, call, entry);
	g->waiting_count++;
	ch->waiting_count++;
	ch->all->stats.waiting++;
	group_update(ch, g);
	run_more(ch);
}

static void channel_free(struct channel *ch)
{
	struct channel_call *call;
	struct group *g, *next;

	h2_free(ch->h2);
	while ((call = TAILQ_FIRST(&ch->running))) {
		TAILQ_REMOVE(&ch->running, call, entry);
		free(call);
	}
	HASH_ITER(hh, ch->groups, g, next)
	{
		while (g->waiting_count)
			free(pop(ch, g));
		HASH_DEL(ch->groups, g);
		free(g);
	}
	HASH_DEL(ch->all->table, ch);
	ch->all->stats.channels--;
	lp_buf_clear(&ch->account);
	free(ch);
}

static bool unused(const struct channel *ch)
{
	return !ch->running_count && !ch->waiting_count;
}

/* Some of the channels: how many there are and may be, and which can go first. */
struct bound {
	size_t count, max;
	struct channel *oldest;
};

static void bound_count(struct bound *b, struct channel *ch)
{
	b->count++;
	if (unused(ch) && (!b->oldest || ch->used_at < b->oldest->used_at))
		b->oldest = ch;
}

/* So that neither clients, who name hosts as they like, nor one account take all there are. */
static bool make_room(struct channels *all, const struct channel_key *key)
{
	struct bound bounds[] = {
		{.max = CHANNELS_MAX}, {.max = GUESTS_MAX}, {.max = GUESTS_ACCOUNT_MAX}};
	struct channel *ch, *next;

	HASH_ITER(hh, all->table, ch, next)
	{
		bound_count(&bounds[0], ch);
		if (ch->guest)
			bound_count(&bounds[1], ch);
		if (ch->guest && lp_str_eq(lp_buf_str(&ch->account), key->account))
			bound_count(&bounds[2], ch);
	}
	/* The narrowest first: what goes there goes from the wider ones, too. */
	for (size_t i = key->guest ? 3 : 1; i-- > 0;) {
		if (bounds[i].count < bounds[i].max)
			continue;
		if (bounds[i].oldest)
			channel_free(bounds[i].oldest);
		return bounds[i].oldest;
	}
	return true;
}

/* Account, origin, a fingerprint of the certificate and its key, and whether the guard stands. */
static void add_name(struct lp_buf *out, const struct channel_key *key)
{
	unsigned char sum[SHA256_DIGEST_LENGTH];
	struct lp_buf pair = {0};

	lp_buf_adds(out, key->origin);
	if (key->account.n) {
		lp_buf_addz(out, " account ");
		lp_buf_adds(out, key->account);
	}
	if (key->cert) {
		lp_buf_add(&pair, key->cert, strlen(key->cert) + 1);
		lp_buf_addz(&pair, key->key);
		SHA256((const unsigned char *)pair.data, pair.len, sum);
		lp_buf_addz(out, " certificate ");
		for (size_t i = 0; i < sizeof(sum); i++)
			lp_buf_addf(out, "%02x", sum[i]);
		lp_buf_clear(&pair);
	}
	if (key->public_only)
		lp_buf_addz(out, " public");
}

static struct channel *channel_new(struct channels *all, const struct channel_key *key,
				   struct lp_str name)
{
	char *origin = lp_xstrndup(key->origin);
	struct h2_conf conf = {
		.base = all->base,
		.dialer = all->dialer,
		.origin = origin,
		.ca_file = all->conf.ca_file,
		.cert = key->cert,
		.key = key->key,
		.timeout_ms = all->conf.timeout_ms,
		.public_only = key->public_only,
	};
	struct channel *ch = lp_xcalloc(1, sizeof(*ch) + name.n + 1);

	memcpy(ch->name, name.p, name.n);
	ch->name_len = name.n;
	ch->all = all;
	ch->guest = key->guest;
	lp_buf_adds(&ch->account, key->account);
	ch->h2 = h2_new(&conf);
	free(origin);
	TAILQ_INIT(&ch->ready);
	TAILQ_INIT(&ch->running);
	HASH_ADD_KEYPTR(hh, all->table, ch->name, ch->name_len, ch);
	all->stats.channels++;
	return ch;
}

struct channel *channels_get(struct channels *all, const struct channel_key *key)
{
	struct lp_buf name = {0};
	struct channel *ch;

	add_name(&name, key);
	HASH_FIND(hh, all->table, name.data, name.len, ch);
	if (!ch && make_room(all, key))
		ch = channel_new(all, key, lp_buf_str(&name));
	if (ch)
		ch->used_at = lp_mono_ms();
	lp_buf_clear(&name);
	return ch;
}

const struct channels_stats *channels_stats(const struct channels *all)
{
	return &all->stats;
}

static void on_sweep(evutil_socket_t fd, short what, void *arg)
{
	struct channels *all = arg;
	struct channel *ch, *next;
	uint64_t now = lp_mono_ms();

	HASH_ITER(hh, all->table, ch, next)
	{
		if (unused(ch) && ch->used_at + all->conf.idle_ms < now)
			channel_free(ch);
	}
}

struct channels *channels_new(struct event_base *base, const struct channels_conf *conf)
{
	static const struct timeval sweep = {SWEEP_MS / 1000, 0};
	struct dialer *dialer = dialer_new(base);
	struct channels *all;

	if (!dialer)
		return NULL;
	all = lp_xcalloc(1, sizeof(*all));
	all->dialer = dialer;
	all->conf = *conf;
	all->base = base;
	all->turn = evtimer_new(base, on_turn, all);
	all->sweep = event_new(base, -1, EV_PERSIST, on_sweep, all);
	event_add(all->sweep, &sweep);
	TAILQ_INIT(&all->ended);
	return all;
}

void channels_free(struct channels *all)
{
	struct channel *ch, *next;
	struct channel_call *call;

	if (!all)
		return;
	HASH_ITER(hh, all->table, ch, next)
	channel_free(ch);
	while ((call = TAILQ_FIRST(&all->ended))) {
		TAILQ_REMOVE(&all->ended, call, entry);
		free(call);
	}
	event_free(all->turn);
	event_free(all->sweep);
	dialer_free(all->dialer);
	free(all);
}
