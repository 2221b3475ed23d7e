#include "config.h"

#include "common/lp_hash.h"
#include "common/lp_time.h"
#include "tests/simulator/sim_client.h"
#include "tests/simulator/sim_stamp.h"
#include "tests/unit/lp_test.h"

#define LATER (UINT64_C(3600) * 1000000) /* µs: when all timers are due */

/* What the client wanted of its socket. */
static struct {
	unsigned connects, kills, stops;
	char path[200];
} did;

bool sim_socket_connect(struct sim_process *p, struct sim_client *c, const struct sim_who *who,
			const char *path)
{
	did.connects++;
	snprintf(did.path, sizeof(did.path), "%s", path);
	c->socket = &did;
	return true;
}

void sim_socket_wake(struct sim_client *c)
{
}

void sim_socket_kill(struct sim_client *c)
{
	did.kills++;
}

void sim_socket_stop_reading(struct sim_client *c)
{
	did.stops++;
}

/* A process with one client. */
static struct world {
	struct sim_options options;
	struct sim_plan plan;
	struct sim_process process;
	struct sim_client *client;
	struct sim_counts *counts;
} w;

static void begin(const char *const *pairs)
{
	struct lp_buf why = {0};

	memset(&w, 0, sizeof(w));
	memset(&did, 0, sizeof(did));
	sim_options_init(&w.options);
	CHECK(sim_options_set(&w.options, "clients", "1", &why) == LP_OK);
	for (; *pairs; pairs += 2)
		CHECK(sim_options_set(&w.options, pairs[0], pairs[1], &why) == LP_OK);
	CHECK(sim_plan_make(&w.plan, &w.options, 0xabc, &why) == LP_OK);
	w.process = (struct sim_process){.plan = &w.plan,
					 .processes = 1,
					 .client_count = 1,
					 .room_count = w.plan.client_rooms + 1,
					 .pushes = {.fd = -1}};
	w.process.shared = calloc(1, sizeof(*w.process.shared) + sizeof(struct sim_counts));
	w.process.clients = calloc(1, sizeof(*w.process.clients));
	w.process.counts = &w.process.shared->process[0];
	w.client = &w.process.clients[0];
	w.counts = w.process.counts;
	sim_ledger_init(&w.process.ledger);
	sim_client_init(&w.process, w.client, 0);
	sim_client_connect(&w.process, w.client);
	lp_buf_clear(&why);
}

static void end(void)
{
	sim_client_clear(w.client);
	sim_timers_clear(&w.process.timers);
	sim_ledger_clear(&w.process.ledger);
	lp_buf_clear(&w.process.scratch);
	free(w.process.clients);
	free(w.process.shared);
	sim_plan_clear(&w.plan);
	sim_options_clear(&w.options);
}

static void hear(const char *text)
{
	sim_client_text(&w.process, w.client, lp_cstr(text));
}

/* The next frame it wants to send is this one; "" is none. */
static void says(const char *want)
{
	struct lp_buf frame = {0};

	sim_client_next_frame(w.client, &frame);
	CHECK_STR(lp_cstr(want), lp_buf_str(&frame), lp_cstr(want));
	lp_buf_clear(&frame);
}

/* Lets the first timer of that kind become due. */
static bool due(int what)
{
	struct sim_timer timer;

	while (sim_timers_take(&w.process.timers, lp_mono_us() + LATER, &timer)) {
		if (timer.what == what && timer.life == w.client->life) {
			sim_client_due(&w.process, w.client, &timer);
			return true;
		}
	}
	return false;
}

/* A push of this run to the client's room number `at`. */
static void hear_push(uint32_t at, uint32_t number, unsigned id)
{
	struct sim_stamp stamp = {.run = w.plan.run,
				  .room = w.client->rooms[at],
				  .sender = SIM_LANE,
				  .number = number,
				  .sent = lp_mono_us()};
	struct lp_buf text = {0};

	lp_buf_addz(&text, "42/demo,[\"push\",{\"room\":\"x\",\"pushData\":");
	sim_stamp_write(&stamp, 0, &text);
	lp_buf_addf(&text, ",\"id\":%u}]", id);
	sim_client_text(&w.process, w.client, lp_buf_str(&text));
	lp_buf_clear(&text);
}

static void join(void)
{
	hear("0{\"sid\":\"s\",\"pingInterval\":25000,\"pingTimeout\":5000}");
	says("40/demo,");
	hear("40/demo,{\"sid\":\"t\"}");
	says("42/demo,0[\"joinRoom\",[\"room-0\"]]");
	hear("43/demo,0[{\"status\":200,\"msg\":\"ok\"}]");
	CHECK(w.client->state == SIM_JOINED && w.counts->online == 1 && w.counts->joined == 1);
}

static void test_engine_4(void)
{
	static const char *const pairs[] = {"uuid", "u{n}", "platform", "ios", NULL};

	begin(pairs);
	CHECK_STR(
		LP_STR(""), lp_cstr(did.path),
		LP_STR("/socket.io/?EIO=4&transport=websocket&uuid=u0&userid=sim-0&platform=ios"));
	join();
	CHECK(!due(SIM_TIMER_PING)); /* the server does */
	hear("2");
	says("3");
	hear("42/demo,[\"ok\",{\"clientId\":\"x\"}]");
	says("");
	hear_push(0, 1, 17);
	says("42/demo,[\"ackPush\",{\"id\":17}]");
	says("");
	CHECK(w.counts->count[SIM_DELIVERIES] == 1 && w.counts->count[SIM_ACKS] == 1);
	end();
}

static void test_engine_3(void)
{
	static const char *const pairs[] = {"engine", "3", "ack", "off", NULL};

	begin(pairs);
	CHECK(strstr(did.path, "?EIO=3&"));
	hear("0{\"sid\":\"s\",\"pingInterval\":25000,\"pingTimeout\":5000}");
	says("40/demo,");
	hear("40"); /* the server's namespace /, which nobody asked for */
	says("");
	hear("40/demo,");
	says("42/demo,0[\"joinRoom\",[\"room-0\"]]");
	hear("43/demo,0[{\"status\":200,\"msg\":\"ok\"}]");
	CHECK(w.client->ping_interval == 25000000);
	CHECK(due(SIM_TIMER_PING));
	says("2");
	hear("3");
	CHECK(due(SIM_TIMER_PING)); /* the next one */
	says("2");
	hear_push(0, 1, 17);
	says("");
	CHECK(w.counts->count[SIM_DELIVERIES] == 1 && w.counts->count[SIM_ACKS] == 0);
	end();
}

/* Late acknowledgements come when their time has come, each of them. */
static void test_late(void)
{
	static const char *const pairs[] = {"ack", "late", "ack_delay", "1s", NULL};

	begin(pairs);
	join();
	hear_push(0, 1, 17);
	hear_push(0, 2, 18);
	says("");
	CHECK(due(SIM_TIMER_ACK));
	says("42/demo,[\"ackPush\",{\"id\":17}]");
	CHECK(due(SIM_TIMER_ACK));
	says("42/demo,[\"ackPush\",{\"id\":18}]");
	CHECK(!due(SIM_TIMER_ACK));
	end();
}

/* Each kind of delivery is counted as what it is. */
static void test_counts(void)
{
	static const char *const pairs[] = {"ack", "off", NULL};

	begin(pairs);
	join();
	hear_push(0, 1, 1);
	hear_push(0, 3, 3);
	hear_push(0, 2, 2);
	hear_push(0, 2, 2);
	hear_push(1, 1, 4); /* its user's own room */
	hear("42/demo,[\"push\",{\"room\":\"x\",\"pushData\":{\"a\":1},\"id\":9}]");
	hear("42/demo,[\"push\",{\"pushData\":{\"sim\":\"abc.63.80000000.1.1\"},\"id\":9}]");
	hear("42/demo,[\"push\",{\"pushData\":{\"sim\":\"abd.0.80000000.1.1\"},\"id\":9}]");
	CHECK(w.counts->count[SIM_DELIVERIES] == 4);
	CHECK(w.counts->count[SIM_OUT_OF_ORDER] == 1);
	CHECK(w.counts->count[SIM_DUPLICATED] == 1);
	CHECK(w.counts->count[SIM_STRAY] == 1);
	CHECK(w.counts->count[SIM_FOREIGN] == 2);
	end();
}

/* Its own pushes: one at a time, and only while the run is on. */
static void test_push(void)
{
	static const char *const pairs[] = {"push_every", "1s", NULL};
	struct lp_buf frame = {0};

	begin(pairs);
	join();
	CHECK(due(SIM_TIMER_PUSH));
	says(""); /* others are still connecting */
	atomic_store(&w.process.shared->phase, SIM_RUNNING);
	CHECK(due(SIM_TIMER_PUSH));
	CHECK(sim_client_next_frame(w.client, &frame));
	CHECK(lp_str_starts(lp_buf_str(&frame),
			    LP_STR("42/demo,1[\"push\",{\"room\":\"room-0\",\"pushData\":{\"sim\":"
				   "\"abc.0.0.1.")));
	CHECK(w.client->pushing && !due(SIM_TIMER_PUSH));
	hear("43/demo,1[{\"status\":200,\"msg\":\"ok\",\"id\":5}]");
	CHECK(!w.client->pushing && w.counts->count[SIM_PUSHES] == 1);
	CHECK(due(SIM_TIMER_PUSH) && w.client->pushing);
	hear("43/demo,1[{\"status\":500,\"msg\":\"limited access in 1s\"}]");
	CHECK(w.counts->count[SIM_PUSHES_REFUSED] == 1);
	CHECK(due(SIM_TIMER_PUSH) && w.client->pushing);
	sim_client_closed(&w.process, w.client); /* it will never know */
	CHECK(w.counts->count[SIM_PUSHES_UNKNOWN] == 1 && w.process.pushes.count == 3);
	CHECK(w.process.pushes.buffer[2].number == 3 &&
	      w.process.pushes.buffer[2].outcome == SIM_PUSH_UNKNOWN);
	lp_buf_clear(&frame);
	end();
}

/* One that leaves ends its stay and comes back; one that is lost stays, and comes back. */
static void test_stays(void)
{
	static const char *const pairs[] = {"reconnect_every", "1s", NULL};

	begin(pairs);
	join();
	atomic_store(&w.process.shared->phase, SIM_RUNNING);
	CHECK(due(SIM_TIMER_LEAVE));
	CHECK(w.client->state == SIM_LEAVING && w.client->want_close && w.counts->online == 0);
	CHECK(w.client->stay_count == 1 && w.client->stays[0].to != UINT64_MAX);
	sim_client_closed(&w.process, w.client);
	CHECK(due(SIM_TIMER_CONNECT) && did.connects == 2);
	join();
	CHECK(w.client->stay_count == 2 && w.counts->count[SIM_RECONNECTS] == 1);
	sim_client_closed(&w.process, w.client);
	CHECK(w.counts->count[SIM_LOST] == 1 && w.counts->online == 0);
	CHECK(due(SIM_TIMER_CONNECT) && did.connects == 3);
	join();
	CHECK(w.client->stay_count == 2 && w.client->stays[1].to == UINT64_MAX);
	end();
}

static void test_refused(void)
{
	static const char *const pairs[] = {NULL};

	begin(pairs);
	hear("0{\"pingInterval\":25000}");
	hear("44/demo,{\"message\":\"this namespace not found\"}");
	CHECK(w.client->state == SIM_GONE && w.counts->count[SIM_REFUSED] == 1);
	CHECK(w.counts->joined == 1 && w.client->want_close); /* nobody waits for it */
	sim_client_closed(&w.process, w.client);
	CHECK(!due(SIM_TIMER_CONNECT));
	end();
	/* what is no answer in time, and what is no packet */
	begin(pairs);
	CHECK(due(SIM_TIMER_GIVE_UP) && did.kills == 1);
	hear("x");
	CHECK(did.kills == 2);
	sim_client_closed(&w.process, w.client);
	CHECK(w.counts->count[SIM_CONNECT_FAILED] == 1 && due(SIM_TIMER_CONNECT));
	end();
}

/* A slow reader stops reading, and is not missed when it is closed. */
static void test_slow(void)
{
	static const char *const pairs[] = {"slow_readers", "1", NULL};

	begin(pairs);
	join();
	CHECK(did.stops == 1 && w.client->stay_count == 0);
	sim_client_closed(&w.process, w.client);
	CHECK(w.counts->count[SIM_SLOW_CLOSED] == 1 && w.counts->count[SIM_LOST] == 0);
	CHECK(!due(SIM_TIMER_CONNECT));
	end();
}

static void test_timers(void)
{
	struct sim_timers timers = {0};
	struct sim_timer timer;
	uint64_t before = 0;

	CHECK(sim_timers_next(&timers) == UINT64_MAX);
	for (uint32_t i = 0; i < 5000; i++) {
		timer = (struct sim_timer){.due = 1 + sim_random(1, i, 0) % 1000, .client = i};
		sim_timers_add(&timers, &timer);
	}
	for (int i = 0; i < 5000; i++) {
		uint64_t next = sim_timers_next(&timers);

		CHECK(next >= before && !sim_timers_take(&timers, next - 1, &timer));
		CHECK(sim_timers_take(&timers, next, &timer) && timer.due == next);
		before = next;
	}
	CHECK(timers.count == 0);
	sim_timers_clear(&timers);
}

int main(void)
{
	static const uint8_t key[16];
	static const struct lp_test tests[] = {
		{"engine_4", test_engine_4}, {"engine_3", test_engine_3}, {"late", test_late},
		{"counts", test_counts},     {"push", test_push},         {"stays", test_stays},
		{"refused", test_refused},   {"slow", test_slow},         {"timers", test_timers},
	};

	lp_hash_seed(key);
	return lp_test_main("sim_client", tests, COUNT(tests));
}
