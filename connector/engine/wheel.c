#include "config.h"

#include "connector/engine/wheel.h"

static struct timer *slot_of(struct wheel *w, uint64_t tick)
{
	return &w->slots[tick % WHEEL_SLOTS];
}

static void unlink_timer(struct timer *t)
{
	t->prev->next = t->next;
	t->next->prev = t->prev;
	t->prev = t->next = NULL;
}

static void append(struct timer *head, struct timer *t)
{
	t->prev = head->prev;
	t->next = head;
	head->prev->next = t;
	head->prev = t;
}

void wheel_init(struct wheel *w, uint64_t now)
{
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		w->slots[i].prev = w->slots[i].next = &w->slots[i];
	w->tick = now / WHEEL_TICK;
	w->count = 0;
}

void wheel_set(struct wheel *w, struct timer *t, uint64_t due)
{
	/* Rounded up: never early. */
	uint64_t tick = (due + WHEEL_TICK - 1) / WHEEL_TICK;

	if (t->prev)
		unlink_timer(t);
	else
		w->count++;
	if (tick <= w->tick)
		tick = w->tick + 1;
	t->due = due;
	append(slot_of(w, tick), t);
}

void wheel_cancel(struct wheel *w, struct timer *t)
{
	if (!t->prev)
		return;
	unlink_timer(t);
	w->count--;
}

static void run_slot(struct wheel *w, struct timer *head, uint64_t now,
		     void (*fire)(struct timer *t, void *arg), void *arg)
{
	struct timer batch;

	if (head->next == head)
		return;
	/* Moved to a list of its own, since fire() may set timers into this very slot. */
	batch.next = head->next;
	batch.prev = head->prev;
	batch.next->prev = &batch;
	batch.prev->next = &batch;
	head->prev = head->next = head;
	while (batch.next != &batch) {
		struct timer *t = batch.next;

		unlink_timer(t);
		if (t->due > now) {
			append(head, t);
			continue;
		}
		w->count--;
		fire(t, arg);
	}
}

void wheel_run(struct wheel *w, uint64_t now, void (*fire)(struct timer *t, void *arg), void *arg)
{
	uint64_t last = now / WHEEL_TICK;

	/* After a long pause one whole turn sees every timer. */
	if (last > w->tick + WHEEL_SLOTS)
		w->tick = last - WHEEL_SLOTS;
	while (w->tick < last) {
		w->tick++;
		run_slot(w, slot_of(w, w->tick), now, fire, arg);
	}
}

unsigned wheel_wait(const struct wheel *w, uint64_t now, unsigned limit)
{
	uint64_t tick = w->tick;

	if (w->count == 0)
		return limit;
	for (uint64_t i = 1; i <= limit / WHEEL_TICK + 1; i++) {
		const struct timer *head = &w->slots[(tick + i) % WHEEL_SLOTS];

		if (head->next != head) {
			uint64_t at = (tick + i) * WHEEL_TICK;

			return at <= now ? 0 : at - now > limit ? limit : (unsigned)(at - now);
		}
	}
	return limit;
}
