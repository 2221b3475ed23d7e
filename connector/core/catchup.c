#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/model/log_position.h"
#include "connector/core/catchup.h"
#include "connector/core/deliver.h"

/* Texts of an answer: two in front, then so many for each message, see ports.h. */
#define HEAD  2
#define ENTRY 6

static uint64_t number(struct lp_str s)
{
	uint64_t n = 0;

	for (size_t i = 0; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++)
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	return n;
}

static void release_all(struct catchup *u)
{
	while (u->count)
		nsp_release(u->nsps[--u->count]);
	free(u->nsps);
	u->nsps = NULL;
}

static void start_nsp(struct catchup *u)
{
	const struct nsp *nsp = u->nsps[u->count - 1];

	u->after = log_position_before(u->from);
	if (nsp->seen > u->after)
		u->after = nsp->seen;
	u->first = true;
}

static void end_nsp(struct catchup *u)
{
	nsp_release(u->nsps[--u->count]);
	if (u->count)
		start_nsp(u);
}

void catchup_begin(struct core *core)
{
	struct catchup *u = &core->catchup;
	size_t space = HASH_COUNT(core->nsps);
	struct nsp *n, *next;

	u->from = core->ops->inbox_hold(core->store);
	u->stale += u->asked;
	u->asked = false;
	u->on = true;
	u->messages = 0;
	release_all(u);
	u->nsps = lp_xmalloc((space + 1) * sizeof(u->nsps[0]));
	HASH_ITER(hh, core->nsps, n, next)
	{
		n->users++;
		n->caught = 0;
		u->nsps[u->count++] = n;
	}
	if (u->count)
		start_nsp(u);
}

static void take_messages(struct core *core, struct nsp *nsp, const struct store_texts *got)
{
	for (size_t i = HEAD; i + ENTRY <= got->count; i += ENTRY) {
		const struct lp_str *e = got->items + i;
		uint64_t position = log_position_parse(e[0]);

		if (!position)
			continue;
		core->stats.pushes++;
		core->catchup.messages++;
		deliver_missed(nsp, &(struct pushed){.id = number(e[1]),
						     .position = position,
						     .room = e[2],
						     .others = e[3],
						     .except = e[4],
						     .event = e[5]});
	}
}

static void page_read(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct core *core = arg;
	struct catchup *u = &core->catchup;
	struct nsp *nsp;
	uint64_t last, trimmed;

	if (u->stale) {
		u->stale--;
		return;
	}
	u->asked = false;
	nsp = u->nsps[u->count - 1];
	if (answer != STORE_DONE || got->count < HEAD) {
		end_nsp(u);
		return;
	}
	trimmed = number(got->items[1]);
	if (trimmed) {
		core->stats.missed += trimmed;
		lp_warn("catchup",
			"messages were trimmed before they were read namespace=%s count=%" PRIu64,
			nsp->name, trimmed);
	}
	take_messages(core, nsp, got);
	last = log_position_parse(got->items[0]);
	u->first = false;
	if (last > u->after)
		u->after = last;
	else
		end_nsp(u);
}

static void finish(struct core *core)
{
	struct catchup *u = &core->catchup;

	release_all(u);
	u->on = false;
	/* Whoever joins from now on is later than that. */
	u->ended = ++core->sequence;
	u->until = log_position_before(core->ops->clock(core->store));
	core->stats.catchups++;
	lp_info("catchup", "caught up with the logs messages=%" PRIu64, u->messages);
	core->ops->inbox_resume(core->store);
}

void catchup_turn(struct core *core)
{
	struct catchup *u = &core->catchup;

	if (!u->on || u->asked || core->busy_rooms)
		return;
	if (!u->count) {
		finish(core);
		return;
	}
	u->asked = true;
	core->ops->log_read(core->store, lp_cstr(u->nsps[u->count - 1]->name), u->after, u->first,
			    page_read, core);
}

void catchup_cancel(struct core *core)
{
	release_all(&core->catchup);
}
