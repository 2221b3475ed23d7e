#include "config.h"

#include "connector/engine/wheel.h"
#include "tests/unit/lp_test.h"

#define START 1000003u /* not on a tick */

struct alarm {
	struct timer timer; /* first */
	uint64_t fired;     /* when; 0: not yet */
	unsigned times;
	/* what to do when it fires */
	struct timer *set;
	uint64_t set_due;
	struct timer *cancel;
};

static struct wheel wheel;
static uint64_t now;

static void fire(struct timer *t, void *arg)
{
	struct alarm *a = (struct alarm *)t;

	CHECK(arg == &wheel);
	CHECK(t->prev == NULL);
	a->fired = now;
	a->times++;
	if (a->set)
		wheel_set(&wheel, a->set, a->set_due);
	if (a->cancel)
		wheel_cancel(&wheel, a->cancel);
}

static void start(void)
{
	now = START;
	wheel_init(&wheel, now);
}

static void run_to(uint64_t end, unsigned step)
{
	while (now < end) {
		now = now + step < end ? now + step : end;
		wheel_run(&wheel, now, fire, &wheel);
	}
}

static void test_on_time(void)
{
	static const uint64_t dues[] = {
		1, 2, 3, 4, 5, 7, 8, 100, 999, 16380, 16384, 16385, 20000, 45000, 100001,
	};
	static const unsigned steps[] = {1, 3, 4, 250};

	for (size_t k = 0; k < COUNT(steps); k++) {
		struct alarm alarms[COUNT(dues)] = {0};

		start();
		for (size_t i = 0; i < COUNT(dues); i++)
			wheel_set(&wheel, &alarms[i].timer, START + dues[i]);
		CHECK(wheel.count == COUNT(dues));
		run_to(START + 100100, steps[k]);
		for (size_t i = 0; i < COUNT(dues); i++) {
			CHECK(alarms[i].times == 1);
			CHECK(alarms[i].fired >= START + dues[i]);
			CHECK(alarms[i].fired < START + dues[i] + WHEEL_TICK + steps[k]);
		}
		CHECK(wheel.count == 0);
	}
}

/* A time already past, and a clock that stood still, ran once, or jumped. */
static void test_past_and_pause(void)
{
	struct alarm past = {0}, present = {0}, near = {0}, far = {0}, later = {0};

	start();
	wheel_set(&wheel, &past.timer, 5);
	wheel_set(&wheel, &present.timer, START - START % WHEEL_TICK);
	wheel_set(&wheel, &near.timer, START + 10);
	wheel_set(&wheel, &far.timer, START + 50000);
	wheel_set(&wheel, &later.timer, START + 900000);
	wheel_run(&wheel, now, fire, &wheel);
	CHECK(near.times == 0);
	run_to(START + WHEEL_TICK, 1);
	CHECK(past.times == 1);
	CHECK(present.times == 1);
	run_to(START + 500000, 500000);
	CHECK(past.times == 1);
	CHECK(near.times == 1);
	CHECK(far.times == 1);
	CHECK(later.times == 0);
	run_to(START + 900000 + WHEEL_TICK, 100);
	CHECK(later.times == 1);
	CHECK(wheel.count == 0);
}

static void test_move_and_cancel(void)
{
	struct alarm sooner = {0}, later = {0}, gone = {0};

	start();
	wheel_set(&wheel, &sooner.timer, START + 1000);
	wheel_set(&wheel, &later.timer, START + 100);
	wheel_set(&wheel, &gone.timer, START + 100);
	wheel_set(&wheel, &sooner.timer, START + 50);
	wheel_set(&wheel, &later.timer, START + 2000);
	CHECK(wheel.count == 3);
	wheel_cancel(&wheel, &gone.timer);
	wheel_cancel(&wheel, &gone.timer); /* not set: nothing happens */
	CHECK(wheel.count == 2);
	run_to(START + 500, 1);
	CHECK(sooner.times == 1);
	CHECK(later.times == 0);
	run_to(START + 2100, 1);
	CHECK(later.times == 1);
	CHECK(gone.times == 0);
	CHECK(wheel.count == 0);
}

/* Timers that touch each other while they fire, in one slot. */
static void test_inside_fire(void)
{
	struct alarm first = {0}, second = {0}, again = {0}, chained = {0};

	start();
	first.cancel = &second.timer;
	first.set = &chained.timer;
	first.set_due = START; /* past */
	again.set = &again.timer;
	again.set_due = START + 300;
	wheel_set(&wheel, &first.timer, START + 100);
	wheel_set(&wheel, &second.timer, START + 100);
	wheel_set(&wheel, &again.timer, START + 100);
	run_to(START + 200, 1);
	CHECK(first.times == 1);
	CHECK(second.times == 0);
	CHECK(chained.times == 1);
	CHECK(again.times == 1);
	again.set = NULL;
	run_to(START + 310, 1);
	CHECK(again.times == 2);
	CHECK(wheel.count == 0);

	/* a whole turn away: the slot that is being worked on */
	start();
	first = (struct alarm){.set = &chained.timer};
	chained = (struct alarm){0};
	first.set_due = START + 100 + WHEEL_TICK * WHEEL_SLOTS;
	wheel_set(&wheel, &first.timer, START + 100);
	run_to(first.set_due - 1, 7);
	CHECK(chained.times == 0);
	run_to(first.set_due + WHEEL_TICK, 1);
	CHECK(chained.times == 1);
}

static void test_wait(void)
{
	static const struct {
		uint64_t due; /* 0: none */
		unsigned limit;
	} rows[] = {
		{0, 1000}, {1, 1000}, {4, 1000}, {37, 1000}, {999, 1000}, {5000, 1000}, {50, 20},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct alarm a = {0};
		unsigned wait;

		start();
		if (rows[i].due)
			wheel_set(&wheel, &a.timer, START + rows[i].due);
		wait = wheel_wait(&wheel, now, rows[i].limit);
		CHECK(wait <= rows[i].limit);
		if (!rows[i].due || rows[i].due > rows[i].limit + WHEEL_TICK) {
			CHECK(wait == rows[i].limit);
			continue;
		}
		/* Whoever sleeps as long as told is never more than a tick late. */
		for (; !a.times && now < START + 2000; wait = wheel_wait(&wheel, now, 1000)) {
			now += wait;
			wheel_run(&wheel, now, fire, &wheel);
			CHECK(a.times || wait > 0);
		}
		CHECK(a.fired >= START + rows[i].due);
		CHECK(a.fired < START + rows[i].due + WHEEL_TICK);
	}
}

static const struct lp_test tests[] = {
	{"on time", test_on_time},
	{"past, and a pause", test_past_and_pause},
	{"move and cancel", test_move_and_cancel},
	{"inside fire", test_inside_fire},
	{"wait", test_wait},
};

int main(void)
{
	return lp_test_main("wheel", tests, COUNT(tests));
}
