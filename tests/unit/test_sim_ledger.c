#include "config.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/simulator/sim_ledger.h"
#include "tests/unit/lp_test.h"

#define CLIENT 7
#define ROOM   3
#define SENDER 0x80000001u
#define GRACE  10

static enum sim_arrival take(struct sim_ledger *ledger, uint32_t client, uint32_t number)
{
	struct sim_stamp stamp = {.room = ROOM, .sender = SENDER, .number = number};

	return sim_ledger_take(ledger, client, &stamp);
}

/* Arrivals, and what each is: "n" new, "o" out of order, "d" duplicate. */
static void test_take(void)
{
	static const struct {
		uint32_t numbers[10]; /* ends with 0 */
		const char *want;
	} rows[] = {
		{{1, 2, 3}, "nnn"},
		{{1, 1, 2, 2}, "ndnd"},
		{{5, 6}, "nn"}, /* it came late to the room */
		{{1, 3, 2, 4}, "nnon"},
		{{1, 3, 2, 2, 3}, "nnodd"},
		{{5, 1, 5, 1}, "nodd"},
		{{10, 5, 3, 4, 9, 1, 10, 9}, "nooooodd"},
		{{10, 2, 9, 2, 9, 5, 5},
		 "noodd"
		 "od"},
		{{1, 4, 7, 3, 5, 2, 6, 2, 6}, "nnnoooodd"},
		{{3, 2, 1, 3, 2, 1}, "nooddd"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_ledger ledger;

		sim_ledger_init(&ledger);
		for (size_t k = 0; rows[i].numbers[k]; k++) {
			enum sim_arrival got = take(&ledger, CLIENT, rows[i].numbers[k]);

			CHECK_ROW(lp_cstr(rows[i].want), "nod"[got] == rows[i].want[k]);
		}
		sim_ledger_clear(&ledger);
	}
}

/* Clients, rooms and senders have nothing to do with each other; the table grows. */
static void test_apart(void)
{
	struct sim_ledger ledger;

	sim_ledger_init(&ledger);
	for (uint32_t i = 0; i < 20 * 20 * 20; i++) {
		struct sim_stamp stamp = {.room = i % 20, .sender = i / 20 % 20, .number = 1};

		CHECK(sim_ledger_take(&ledger, i / 400, &stamp) == SIM_ARRIVAL_NEW);
	}
	for (uint32_t i = 0; i < 20 * 20 * 20; i++) {
		struct sim_stamp stamp = {.room = i % 20, .sender = i / 20 % 20, .number = 1};

		CHECK(sim_ledger_take(&ledger, i / 400, &stamp) == SIM_ARRIVAL_DUPLICATE);
	}
	sim_ledger_clear(&ledger);
}

/* A sealed log of these pushes; two processes have written it. */
static void make_log(const struct sim_push *pushes, size_t count, struct sim_push_log *log)
{
	int fds[] = {memfd_create("a", 0), memfd_create("b", 0), memfd_create("sealed", 0)};
	static struct sim_push_writer writers[2];

	for (size_t i = 0; i < 2; i++)
		writers[i] = (struct sim_push_writer){.fd = fds[i]};
	for (size_t i = count; i-- > 0;)
		sim_push_writer_add(&writers[i % 2], &pushes[i]);
	for (size_t i = 0; i < 2; i++)
		sim_push_writer_flush(&writers[i]);
	CHECK(sim_push_log_seal(fds, 2, fds[2]) == LP_OK);
	CHECK(sim_push_log_open(log, fds[2]) == LP_OK);
	for (size_t i = 0; i < 3; i++)
		close(fds[i]);
}

static void test_log(void)
{
	static struct sim_push pushes[1000];
	struct sim_push_log log;
	const struct sim_push *at;
	size_t count;

	for (uint32_t i = 0; i < 1000; i++)
		pushes[i] = (struct sim_push){
			.room = i % 10, .sender = i / 10 % 5, .number = i / 50 + 1, .sent = i};
	make_log(pushes, 1000, &log);
	CHECK(log.count == 1000);
	for (uint32_t room = 0; room < 10; room++) {
		at = sim_push_log_room(&log, room, &count);
		CHECK(count == 100);
		for (uint32_t i = 0; i < count; i++)
			CHECK(at[i].room == room && at[i].sender == i / 20 &&
			      at[i].number == i % 20 + 1);
	}
	CHECK(!sim_push_log_room(&log, 10, &count) && count == 0);
	sim_push_log_close(&log);
	make_log(NULL, 0, &log);
	CHECK(!sim_push_log_room(&log, 0, &count) && count == 0);
	sim_push_log_close(&log);
}

/* Pushes 1 to 8, at 100 to 800, answered 1 later; what a client has got of them. */
static void test_settle(void)
{
	static const struct {
		const char *name, *got;
		struct sim_stay stays[2];
		size_t count;
		struct sim_settled want;
	} rows[] = {
		{"all", "12345678", {{0, UINT64_MAX}}, 1, {8, 0, 0}},
		{"nothing", "", {{0, UINT64_MAX}}, 1, {8, 8, 0}},
		{"one in the middle", "1235678", {{0, UINT64_MAX}}, 1, {8, 1, 0}},
		{"the last ones", "123456", {{0, UINT64_MAX}}, 1, {8, 2, 0}},
		{"the first ones", "345678", {{0, UINT64_MAX}}, 1, {8, 2, 0}},
		{"came later", "5678", {{450, UINT64_MAX}}, 1, {4, 0, 0}},
		{"came later, one missing", "568", {{450, UINT64_MAX}}, 1, {4, 1, 0}},
		{"came with a push", "5678", {{401, UINT64_MAX}}, 1, {4, 0, 1}},
		{"came with a push and got it", "45678", {{401, UINT64_MAX}}, 1, {4, 0, 0}},
		{"went", "1234", {{0, 450}}, 1, {4, 0, 0}},
		{"went with a push", "123", {{0, 405}}, 1, {3, 0, 1}},
		{"went and came", "1278", {{0, 250}, {650, UINT64_MAX}}, 2, {4, 0, 0}},
		{"went and came, missing", "18", {{0, 250}, {650, UINT64_MAX}}, 2, {4, 2, 0}},
		{"never there", "", {{0, 0}}, 0, {0, 0, 0}},
	};
	static const uint32_t rooms[] = {ROOM, ROOM + 1};
	struct sim_push pushes[8];
	struct sim_push_log log;

	for (uint32_t i = 0; i < 8; i++)
		pushes[i] = (struct sim_push){
			ROOM, SENDER, i + 1, SIM_PUSH_ACCEPTED, (i + 1) * 100, (i + 1) * 100 + 1};
	make_log(pushes, 8, &log);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_settle settle = {&log, GRACE,         CLIENT,       rooms,
					    2,    rows[i].stays, rows[i].count};
		struct sim_settled got = {0};
		struct sim_ledger ledger;

		sim_ledger_init(&ledger);
		for (const char *p = rows[i].got; *p; p++)
			take(&ledger, CLIENT, (uint32_t)(*p - '0'));
		take(&ledger, CLIENT + 1, 4); /* somebody else's */
		sim_ledger_settle(&ledger, &settle, &got);
		CHECK_ROW(lp_cstr(rows[i].name), got.expected == rows[i].want.expected);
		CHECK_ROW(lp_cstr(rows[i].name), got.missing == rows[i].want.missing);
		CHECK_ROW(lp_cstr(rows[i].name), got.in_doubt == rows[i].want.in_doubt);
		sim_ledger_clear(&ledger);
	}
	sim_push_log_close(&log);
}

/* Refused, without an answer, and one's own. */
static void test_outcomes(void)
{
	static const struct sim_push pushes[] = {
		{ROOM, SENDER, 1, SIM_PUSH_REFUSED, 100, 101},
		{ROOM, SENDER, 2, SIM_PUSH_UNKNOWN, 200, 201},
		{ROOM, SENDER, 3, SIM_PUSH_ACCEPTED, 300, 301},
		{ROOM, CLIENT, 1, SIM_PUSH_ACCEPTED, 400, 401},
	};
	static const struct sim_stay stay = {0, UINT64_MAX};
	static const uint32_t room = ROOM;
	struct sim_settled got = {0};
	struct sim_ledger ledger;
	struct sim_push_log log;
	struct sim_settle settle = {&log, GRACE, CLIENT, &room, 1, &stay, 1};

	make_log(pushes, COUNT(pushes), &log);
	sim_ledger_init(&ledger);
	sim_ledger_settle(&ledger, &settle, &got);
	CHECK(got.expected == 1 && got.missing == 1 && got.in_doubt == 1);
	sim_ledger_clear(&ledger);
	sim_push_log_close(&log);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"take", test_take},     {"apart", test_apart},       {"log", test_log},
		{"settle", test_settle}, {"outcomes", test_outcomes},
	};

	return lp_test_main("sim_ledger", tests, COUNT(tests));
}
