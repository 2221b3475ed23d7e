#include "config.h"

#include "tests/simulator/sim_packet.h"
#include "tests/simulator/sim_stamp.h"
#include "tests/unit/lp_test.h"

static void test_read(void)
{
	static const struct {
		struct lp_str frame;
		enum sim_packet_type type;
		const char *namespace; /* NULL: none */
		int64_t id;            /* -1: none */
		const char *body;
	} rows[] = {
		{BYTES("0{\"sid\":\"x\"}"), SIM_PACKET_OPEN, NULL, -1, "{\"sid\":\"x\"}"},
		{BYTES("1"), SIM_PACKET_CLOSE, NULL, -1, ""},
		{BYTES("2"), SIM_PACKET_PING, NULL, -1, ""},
		{BYTES("3"), SIM_PACKET_PONG, NULL, -1, ""},
		{BYTES("6"), SIM_PACKET_NOOP, NULL, -1, ""},
		/* of both generations */
		{BYTES("40"), SIM_PACKET_CONNECT, "/", -1, ""},
		{BYTES("40/demo,"), SIM_PACKET_CONNECT, "/demo", -1, ""},
		{BYTES("40/demo"), SIM_PACKET_CONNECT, "/demo", -1, ""},
		{BYTES("40/demo?a=b,"), SIM_PACKET_CONNECT, "/demo", -1, ""},
		{BYTES("40/demo,{\"sid\":\"x\"}"), SIM_PACKET_CONNECT, "/demo", -1,
		 "{\"sid\":\"x\"}"},
		{BYTES("41/demo,"), SIM_PACKET_DISCONNECT, "/demo", -1, ""},
		{BYTES("42[\"a\"]"), SIM_PACKET_EVENT, "/", -1, "[\"a\"]"},
		{BYTES("42/demo,[\"a\",\"x,y\"]"), SIM_PACKET_EVENT, "/demo", -1,
		 "[\"a\",\"x,y\"]"},
		{BYTES("42/demo,17[\"a\"]"), SIM_PACKET_EVENT, "/demo", 17, "[\"a\"]"},
		{BYTES("43/demo,0[{}]"), SIM_PACKET_ACK, "/demo", 0, "[{}]"},
		{BYTES("4312[]"), SIM_PACKET_ACK, "/", 12, "[]"},
		{BYTES("44/demo,\"no\""), SIM_PACKET_ERROR, "/demo", -1, "\"no\""},
		{BYTES("44/demo,{\"message\":\"no\"}"), SIM_PACKET_ERROR, "/demo", -1,
		 "{\"message\":\"no\"}"},
		/* what may not come */
		{BYTES(""), SIM_PACKET_WRONG, NULL, -1, ""},
		{BYTES("4"), SIM_PACKET_WRONG, NULL, -1, ""},
		{BYTES("45-[\"a\"]"), SIM_PACKET_WRONG, NULL, -1, ""},
		{BYTES("43/demo,[]"), SIM_PACKET_WRONG, "/demo", -1, "[]"},
		{BYTES("5"), SIM_PACKET_WRONG, NULL, -1, ""},
		{BYTES("x"), SIM_PACKET_WRONG, NULL, -1, ""},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_packet packet = sim_packet_read(rows[i].frame);

		CHECK_ROW(rows[i].frame, packet.type == rows[i].type);
		if (rows[i].namespace)
			CHECK_STR(rows[i].frame, packet.namespace, lp_cstr(rows[i].namespace));
		CHECK_ROW(rows[i].frame, packet.has_id == (rows[i].id >= 0));
		if (rows[i].id >= 0)
			CHECK_ROW(rows[i].frame, packet.id == (uint64_t)rows[i].id);
		if (rows[i].type != SIM_PACKET_WRONG)
			CHECK_STR(rows[i].frame, packet.body, lp_cstr(rows[i].body));
	}
}

static void test_event_name(void)
{
	static const struct {
		struct lp_str frame;
		bool want;
	} rows[] = {
		{BYTES("42/demo,[\"push\",{}]"), true},
		{BYTES("42[\"push\"]"), true},
		{BYTES("42[\"pushed\",{}]"), false},
		{BYTES("42[\"pus"), false},
		{BYTES("42[\"push"), false},
		{BYTES("43/demo,1[\"push\"]"), false},
		{BYTES("42[]"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct sim_packet packet = sim_packet_read(rows[i].frame);

		CHECK_ROW(rows[i].frame,
			  sim_packet_is_event(&packet, LP_STR("push")) == rows[i].want);
	}
}

static void test_number(void)
{
	uint64_t value = 0;

	CHECK(sim_packet_number(LP_STR("{\"a\":1,\"pingInterval\":25000}"), "pingInterval",
				&value) &&
	      value == 25000);
	CHECK(!sim_packet_number(LP_STR("{\"pingInterval\":\"x\"}"), "pingInterval", &value));
	CHECK(!sim_packet_number(LP_STR("{}"), "pingInterval", &value));
}

static void test_write(void)
{
	static const struct sim_handshake three = {"/socket.io/", 3,     BYTES("u 1&"),
						   BYTES("a#b"),  "ios", ""};
	static const struct sim_handshake four = {"/p/", 4, BYTES("u"), BYTES("v"), "web", "a=b"};
	struct lp_buf out = {0};

	sim_packet_connect(&out, LP_STR("/demo"));
	lp_buf_addc(&out, ' ');
	sim_packet_connect(&out, LP_STR("/"));
	lp_buf_addc(&out, ' ');
	sim_packet_event(&out, LP_STR("/demo"), 5);
	lp_buf_addc(&out, ' ');
	sim_packet_event(&out, LP_STR("/"), -1);
	CHECK_STR(LP_STR(""), lp_buf_str(&out), LP_STR("40/demo, 40 42/demo,5 42"));
	lp_buf_reset(&out);
	sim_packet_handshake(&out, &three);
	CHECK_STR(LP_STR(""), lp_buf_str(&out),
		  LP_STR("/socket.io/?EIO=3&transport=websocket&uuid=u%201%26&userid=a%23b&"
			 "platform=ios"));
	lp_buf_reset(&out);
	sim_packet_handshake(&out, &four);
	CHECK_STR(LP_STR(""), lp_buf_str(&out),
		  LP_STR("/p/?EIO=4&transport=websocket&uuid=u&userid=v&platform=web&a=b"));
	lp_buf_clear(&out);
}

/* What is written is read, whatever is around it, and has the size that was asked for. */
static void test_stamp(void)
{
	static const struct sim_stamp stamps[] = {
		{1, 2, 3, 4, 5},
		{UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT64_MAX},
		{0xabcdef, 0, 0x80000001, 1, 0},
	};
	static const uint64_t sizes[] = {0, 60, 150, 5000};

	for (size_t i = 0; i < COUNT(stamps) * COUNT(sizes); i++) {
		const struct sim_stamp *want = &stamps[i / COUNT(sizes)];
		uint64_t size = sizes[i % COUNT(sizes)];
		struct lp_buf out = {0};
		struct sim_stamp got;
		size_t n;

		lp_buf_addz(&out, "[\"push\",{\"room\":\"r\",\"pushData\":");
		n = out.len;
		sim_stamp_write(want, size, &out);
		n = out.len - n;
		if (size > 100)
			CHECK(n == size);
		lp_buf_addz(&out, ",\"namespace\":\"/demo\",\"id\":4711,\"sendDate\":1}]");
		CHECK(sim_stamp_read(lp_buf_str(&out), &got));
		CHECK(memcmp(&got, want, sizeof(got)) == 0);
		CHECK(sim_stamp_message_id(lp_buf_str(&out)) == 4711);
		lp_buf_clear(&out);
	}
}

static void test_stamp_wrong(void)
{
	static const struct lp_str rows[] = {
		BYTES("[\"push\",{\"pushData\":{\"title\":\"x\"}}]"),
		BYTES("{\"sim\":\"1.2.3.4\"}"),
		BYTES("{\"sim\":\"1.2.3.4.5.6\"}"),
		BYTES("{\"sim\":\"1.2.3.0.5\"}"),
		BYTES("{\"sim\":\"1.2.3.4.x\"}"),
		BYTES("{\"sim\":\"1..3.4.5\"}"),
		BYTES("{\"sim\":\"1.2.3.4.5"),
		BYTES("{\"sim\":\"1.2.100000000.4.5\"}"),
		BYTES("{\"sim\":\"1.2.3.4.11111111111111111\"}"),
		BYTES("{\"sim\":\""),
		BYTES(""),
	};
	struct sim_stamp stamp;

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i], !sim_stamp_read(rows[i], &stamp));
	CHECK(sim_stamp_message_id(LP_STR("{\"id\":\"x\"}")) == 0);
	CHECK(sim_stamp_message_id(LP_STR("{}")) == 0);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"read", test_read},     {"event_name", test_event_name},
		{"number", test_number}, {"write", test_write},
		{"stamp", test_stamp},   {"stamp_wrong", test_stamp_wrong},
	};

	return lp_test_main("sim_packet", tests, COUNT(tests));
}
