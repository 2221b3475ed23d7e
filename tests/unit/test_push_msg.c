#include "config.h"

#include "common/lp_json.h"
#include "common/model/push_msg.h"
#include "tests/unit/lp_test.h"

static const struct push_limits limits = {
	.expire_h = 1, .expire_max_h = 10, .aps_max = 20, .rooms_max = 4};
static struct ident_rules *rules;

static enum push_msg_error parse(struct push_msg *m, struct lp_str text, struct json_object **body)
{
	*m = (struct push_msg){0};
	if (lp_json_parse(text, body) != LP_OK)
		abort(); /* the row is wrong */
	return push_msg_parse(m, *body, text, rules, &limits);
}

static void test_errors(void)
{
	static const struct {
		struct lp_str in;
		enum push_msg_error want;
	} rows[] = {
		{BYTES("{\"room\":\"r\",\"pushData\":{}}"), PUSH_MSG_OK},
		{BYTES("{\"room\":\"r\",\"pushData\":[]}"), PUSH_MSG_OK},
		{BYTES("[]"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{}"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{\"room\":null}"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{\"room\":\"\"}"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{\"room\":0}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"room\":false}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"room\":[\"r\"]}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"room\":\"a b\"}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"room\":\"r\\u0000\"}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"room\":\"r\"}"), PUSH_MSG_DATA_INVALID},
		/* four rooms are allowed, whichever way they are named */
		{BYTES("{\"rooms\":[\"a\",\"b\",\"c\",\"d\"],\"pushData\":{}}"), PUSH_MSG_OK},
		{BYTES("{\"room\":\"a\",\"rooms\":[\"a\",\"b\",\"c\",\"d\"],\"pushData\":{}}"),
		 PUSH_MSG_OK},
		{BYTES("{\"room\":\"e\",\"rooms\":[\"a\",\"b\",\"c\",\"d\"],\"pushData\":{}}"),
		 PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":[\"a\",\"b\",\"c\",\"d\",\"a\"],\"pushData\":{}}"),
		 PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":null,\"pushData\":{}}"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{\"rooms\":[],\"pushData\":{}}"), PUSH_MSG_ROOM_EMPTY},
		{BYTES("{\"room\":\"\",\"rooms\":[\"a\"],\"pushData\":{}}"), PUSH_MSG_OK},
		{BYTES("{\"room\":7,\"rooms\":[\"a\"],\"pushData\":{}}"), PUSH_MSG_ROOM_INVALID},
		{BYTES("{\"rooms\":\"a\",\"pushData\":{}}"), PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":[\"a\",\"\"],\"pushData\":{}}"), PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":[\"a\",\"b c\"],\"pushData\":{}}"), PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":[[\"a\"]],\"pushData\":{}}"), PUSH_MSG_ROOMS_INVALID},
		{BYTES("{\"rooms\":[\"a\"]}"), PUSH_MSG_DATA_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":null}"), PUSH_MSG_DATA_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":\"{}\"}"), PUSH_MSG_DATA_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":1}"), PUSH_MSG_DATA_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"except\":1}"), PUSH_MSG_EXCEPT_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"except\":null}"), PUSH_MSG_OK},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"only\":[]}"), PUSH_MSG_ONLY_INVALID},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"only\":\"\"}"), PUSH_MSG_OK},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"leaveMessage\":1,\"expire\":0}"),
		 PUSH_MSG_EXPIRE_INVALID},
		/* 20 bytes of JSON text are allowed, 21 are not; without leaveMessage any number */
		{BYTES("{\"room\":\"r\",\"leaveMessage\":true,"
		       "\"pushData\":{\"apsData\":{\"a\" : \"012345678901\"}}}"),
		 PUSH_MSG_OK},
		{BYTES("{\"room\":\"r\",\"leaveMessage\":true,"
		       "\"pushData\":{\"apsData\":{\"a\":\"0123456789012\"}}}"),
		 PUSH_MSG_APS_TOO_LARGE},
		{BYTES("{\"room\":\"r\",\"leaveMessage\":\"false\","
		       "\"pushData\":{\"apsData\":{\"a\":\"0123456789012\"}}}"),
		 PUSH_MSG_OK},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body;
		struct push_msg m;

		CHECK_ROW(rows[i].in, parse(&m, rows[i].in, &body) == rows[i].want);
		push_msg_clear(&m);
		json_object_put(body);
	}
}

static void test_expire(void)
{
	static const struct {
		const char *in; /* the JSON value; NULL: absent */
		int64_t want_s; /* 0: refused */
	} rows[] = {
		{NULL, 3600},      {"null", 3600},   {"\"\"", 3600}, {"2", 7200},
		{"\"0.5\"", 1800}, {"10", 36000},    {"10.001", 0},  {"0.0001", 1},
		{"0", 0},          {"-1", 0},        {"\"NaN\"", 0}, {"\"inf\"", 0},
		{"\"0x1\"", 0},    {"\"1h\"", 0},    {"\" 1\"", 0},  {"true", 0},
		{"{}", 0},         {"[1]", 0},       {"1e999", 0},   {"\"1\\u00001\"", 0},
		{"1e-300", 1},     {"\"+1\"", 3600}, {"\"--1\"", 0}, {"\".\"", 0},
	};
	struct lp_buf text = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body;
		struct push_msg m;
		enum push_msg_error err;

		lp_buf_reset(&text);
		lp_buf_addz(&text, "{\"room\":\"r\",\"pushData\":{}");
		if (rows[i].in)
			lp_buf_addf(&text, ",\"expire\":%s", rows[i].in);
		lp_buf_addc(&text, '}');
		err = parse(&m, lp_buf_str(&text), &body);
		CHECK_ROW(lp_buf_str(&text),
			  err == (rows[i].want_s ? PUSH_MSG_OK : PUSH_MSG_EXPIRE_INVALID));
		if (err == PUSH_MSG_OK)
			CHECK_ROW(lp_buf_str(&text), m.expire_s == rows[i].want_s);
		push_msg_clear(&m);
		json_object_put(body);
	}
	lp_buf_clear(&text);
}

static void test_event(void)
{
	static const struct {
		struct lp_str in, want;
	} rows[] = {
		/* the caller's own text goes through untouched */
		{BYTES("{\"room\":\"r\",\"pushData\":{\"n\": 1.0,\"t\":\"\\u4e2d/\"}}"),
		 BYTES("[\"push\",{\"room\":\"r\",\"namespace\":\"/n\",\"pushData\":"
		       "{\"n\": 1.0,\"t\":\"\\u4e2d/\"}")},
		/* also where apsData is taken out */
		{BYTES("{\"room\":\"r\",\"pushData\":{\"n\":123456789012345678901234567890,"
		       "\"apsData\":{\"n\":1}}}"),
		 BYTES("[\"push\",{\"room\":\"r\",\"namespace\":\"/n\",\"pushData\":"
		       "{\"n\":123456789012345678901234567890}")},
		{BYTES("{\"room\":\"r\",\"pushData\":{\"apsData\":null}}"),
		 BYTES("[\"push\",{\"room\":\"r\",\"namespace\":\"/n\",\"pushData\":{}")},
		/* a name in escapes: built anew */
		{BYTES("{\"room\":\"r\",\"push\\u0044ata\":{\"a\" : \"/\","
		       "\"aps\\u0044ata\":1}}"),
		 BYTES("[\"push\",{\"room\":\"r\",\"namespace\":\"/n\",\"pushData\":"
		       "{\"a\":\"/\"}")},
		{BYTES("{\"room\":\"a\\\\b\",\"pushData\":[]}"),
		 BYTES("[\"push\",{\"room\":\"a\\\\b\",\"namespace\":\"/n\",\"pushData\":[]")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body;
		struct push_msg m;

		CHECK_ROW(rows[i].in, parse(&m, rows[i].in, &body) == PUSH_MSG_OK);
		lp_buf_reset(&out);
		push_msg_event(&out, &m, LP_STR("/n"));
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].want);
		push_msg_clear(&m);
		json_object_put(body);
	}
	lp_buf_clear(&out);
}

static void add_field(void *arg, const char *name, struct lp_str value)
{
	lp_buf_addf(arg, "%s=%.*s;", name, LP_FMT(value));
}

static void test_fields(void)
{
	static const struct {
		struct lp_str in, want;
		bool lost;
	} rows[] = {
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"other\":1,\"id\":7,\"namespace\":\"/"
		       "x\"}"),
		 BYTES("namespace=/n;pushData={};expire=1;"), false},
		{BYTES("{\"room\":\"r\",\"pushData\":{\"apsData\":{\"a\":1}},\"expire\":\"0.50\","
		       "\"except\":\"/n#u#web-1\",\"from\":7,\"extra\":\"lost\",\"apnsName\":\"p\","
		       "\"leaveMessage\":1,\"cancel_on_ack\":\"1\"}"),
		 BYTES("namespace=/n;pushData={\"apsData\":{\"a\":1}};expire=0.5;"
		       "except=/n#u#web-1;from=7;extra=lost;apnsName=p;leaveMessage=true;"
		       "cancel_on_ack=true;"),
		 true},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"from\":\"\",\"extra\":{\"lost\":1},"
		       "\"leaveMessage\":false,\"cancel_on_ack\":0}"),
		 BYTES("namespace=/n;pushData={};expire=1;extra={\"lost\":1};leaveMessage=false;"),
		 false},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"except\":\"/n#v\",\"only\":\"/n#u\"}"),
		 BYTES("namespace=/n;pushData={};expire=1;only=/n#u;"), false},
		{BYTES("{\"rooms\":[\"r\",\"q\",\"r\",\"a\\\\b\"],\"pushData\":{}}"),
		 BYTES("namespace=/n;pushData={};rooms=[\"r\",\"q\",\"a\\\\b\"];expire=1;"), false},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body;
		struct push_msg m;

		CHECK_ROW(rows[i].in, parse(&m, rows[i].in, &body) == PUSH_MSG_OK);
		lp_buf_reset(&out);
		push_msg_fields(&m, LP_STR("/n"), add_field, &out);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].want);
		CHECK_ROW(rows[i].in, m.lost == rows[i].lost);
		push_msg_clear(&m);
		json_object_put(body);
	}
	lp_buf_clear(&out);
}

static void test_rooms(void)
{
	static const struct {
		struct lp_str event, from, to, want; /* empty: refused */
	} rows[] = {
		{BYTES("[\"push\",{\"room\":\"a\",\"x\":1}]"), BYTES("a"), BYTES("bcd"),
		 BYTES("[\"push\",{\"room\":\"bcd\",\"x\":1}]")},
		{BYTES("[\"push\",{\"room\":\"a\\\\b\",\"x\":1}]"), BYTES("a\\b"), BYTES("c\\d"),
		 BYTES("[\"push\",{\"room\":\"c\\\\d\",\"x\":1}]")},
		{BYTES("[\"push\",{\"room\":\"ab\"}]"), BYTES("a"), BYTES("b"), BYTES("")},
		{BYTES("[\"push\",{\"id\":1}]"), BYTES("a"), BYTES("b"), BYTES("")},
		{BYTES(""), BYTES("a"), BYTES("b"), BYTES("")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		int rc;

		lp_buf_reset(&out);
		rc = push_msg_event_room(&out, rows[i].event, rows[i].from, rows[i].to);
		CHECK_ROW(rows[i].event, rc == (rows[i].want.n ? LP_OK : LP_EPROTO));
		CHECK_STR(rows[i].event, lp_buf_str(&out), rows[i].want);
	}
	lp_buf_clear(&out);
}

static void test_addressee(void)
{
	static const struct {
		struct lp_str in, stored, client;
		bool only;
	} rows[] = {
		{BYTES("{\"room\":\"r\",\"pushData\":{}}"), BYTES(""), BYTES(""), false},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"except\":\"/n#u\"}"), BYTES("/n#u"),
		 BYTES("/n#u"), false},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"only\":\"/n#u\"}"), BYTES("=/n#u"),
		 BYTES("/n#u"), true},
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"only\":\"/n#u\",\"except\":\"/n#u\"}"),
		 BYTES("=/n#u"), BYTES("/n#u"), true},
		/* no client is called so, nor is it to be taken for the other form */
		{BYTES("{\"room\":\"r\",\"pushData\":{},\"except\":\"=/n#u\"}"), BYTES(""),
		 BYTES(""), false},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *body;
		struct push_for who;
		struct push_msg m;

		CHECK_ROW(rows[i].in, parse(&m, rows[i].in, &body) == PUSH_MSG_OK);
		lp_buf_reset(&out);
		push_msg_addressee(&out, &m);
		CHECK_STR(rows[i].in, lp_buf_str(&out), rows[i].stored);
		who = push_msg_for(lp_buf_str(&out));
		CHECK_STR(rows[i].in, who.client, rows[i].client);
		CHECK_ROW(rows[i].in, who.only == rows[i].only);
		push_msg_clear(&m);
		json_object_put(body);
	}
	lp_buf_clear(&out);
}

static void test_flag(void)
{
	static const struct {
		const char *in;
		bool want;
	} rows[] = {
		{"null", false},  {"false", false},     {"0", false},   {"\"\"", false},
		{"\"0\"", false}, {"\"false\"", false}, {"true", true}, {"1", true},
		{"\"1\"", true},  {"\"no\"", true},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *value;

		CHECK(lp_json_parse(lp_cstr(rows[i].in), &value) == LP_OK);
		CHECK_ROW(lp_cstr(rows[i].in), push_msg_flag(value) == rows[i].want);
		json_object_put(value);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"errors", test_errors}, {"expire", test_expire}, {"event", test_event},
		{"fields", test_fields}, {"rooms", test_rooms},   {"addressee", test_addressee},
		{"flag", test_flag},
	};
	char *error;
	int status;

	rules = ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);
	status = lp_test_main("push_msg", tests, COUNT(tests));
	ident_rules_free(rules);
	return status;
}
