#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "connector/core/deliver.h"
#include "connector/core/pace.h"

/* Bytes of frames of one namespace that may wait; messages: core_conf.pace_queue. */
#define QUEUED_BYTES_MAX ((size_t)64 * 1024 * 1024)
/* Rooms go on in steps not shorter than this, so that each step is worth a pass. */
#define STEP_MS   10u
#define REPORT_MS 1000u

static uint64_t share(const struct pace *p)
{
	uint64_t connectors = p->nsp->core->connectors;
	uint64_t rate = p->limit / (connectors ? connectors : 1);

	return rate ? rate : 1;
}

static void release(struct pace *p)
{
	struct room *room;

	while ((room = p->rooms)) {
		p->rooms = room->next_busy;
		room->paused = false;
		deliver_resume(room);
	}
	p->last_room = NULL;
}

static void remove_pace(struct nsp *nsp)
{
	struct pace **at = &nsp->core->paces;

	while (*at != nsp->pace)
		at = &(*at)->next;
	*at = nsp->pace->next;
	free(nsp->pace);
	nsp->pace = NULL;
}

void pace_set(struct nsp *nsp, uint64_t bytes_per_second)
{
	struct core *core = nsp->core;
	struct pace *p = nsp->pace;

	if (!bytes_per_second) {
		if (p) {
			release(p);
			remove_pace(nsp);
		}
		return;
	}
	if (!p) {
		p = nsp->pace = lp_xcalloc(1, sizeof(*p));
		p->nsp = nsp;
		p->filled = core->now;
		p->next = core->paces;
		core->paces = p;
	}
	p->limit = bytes_per_second;
	p->left = (int64_t)share(p);
}

void pace_free(struct nsp *nsp)
{
	if (nsp->pace)
		remove_pace(nsp);
}

bool pace_full(const struct nsp *nsp)
{
	const struct pace *p = nsp->pace;

	return p &&
	       (p->queued >= nsp->core->conf.pace_queue || p->queued_bytes >= QUEUED_BYTES_MAX);
}

void pace_queue(struct pace *p, struct delivery *d)
{
	d->paced = true;
	p->queued++;
	p->queued_bytes += d->frame->len;
}

/* What was queued under an earlier limit may be done under this one. */
void pace_done(struct pace *p, const struct delivery *d)
{
	if (!d->paced || !p->queued)
		return;
	p->queued--;
	p->queued_bytes -= d->frame->len < p->queued_bytes ? d->frame->len : p->queued_bytes;
}

void pace_spend(struct pace *p, size_t bytes)
{
	p->left -= (int64_t)bytes;
	p->sent += bytes;
}

void pace_wait(struct room *room)
{
	struct pace *p = room->nsp->pace;

	room->busy = room->paused = true;
	room->next_busy = NULL;
	if (p->last_room)
		p->last_room->next_busy = room;
	else
		p->rooms = room;
	p->last_room = room;
}

void pace_leave(struct room *room)
{
	struct pace *p = room->nsp->pace;
	struct room **at = &p->rooms;
	struct room *before = NULL;

	while (*at != room) {
		before = *at;
		at = &(*at)->next_busy;
	}
	*at = room->next_busy;
	if (p->last_room == room)
		p->last_room = before;
	room->busy = room->paused = false;
}

/* Whole bytes only: what is left of a ms counts next time. */
static void fill(struct pace *p, uint64_t now)
{
	uint64_t rate = share(p), passed = now - p->filled;
	uint64_t more;

	if (passed > 1000) {
		p->filled = now - 1000;
		passed = 1000;
	}
	more = passed * rate / 1000;
	p->left += (int64_t)more;
	p->filled += more * 1000 / rate;
	if (p->left > (int64_t)rate)
		p->left = (int64_t)rate;
}

static unsigned run(struct pace *p, uint64_t now)
{
	struct core *core = p->nsp->core;
	unsigned wait = 1000;

	fill(p, now);
	if (p->sent && now >= p->report) {
		core->ops->bytes(core->store, lp_cstr(p->nsp->name), p->sent);
		p->sent = 0;
		p->report = now + REPORT_MS;
	}
	if (p->rooms && p->left > 0) {
		release(p);
		return 0;
	}
	if (p->rooms) {
		uint64_t ms = (uint64_t)(1 - p->left) * 1000 / share(p);

		wait = ms < STEP_MS ? STEP_MS : ms < 1000 ? (unsigned)ms : 1000;
	}
	return wait;
}

unsigned pace_tick(struct core *core, uint64_t now)
{
	unsigned least = 1000;

	for (struct pace *p = core->paces; p; p = p->next) {
		unsigned wait = run(p, now);

		least = wait < least ? wait : least;
	}
	return least;
}
