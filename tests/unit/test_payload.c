#include "config.h"

#include "connector/core/payload.h"
#include "tests/unit/lp_test.h"

static struct json_object *read_text(struct lp_str json)
{
	return payload_read(&(struct socket_event){.args = {json}, .argc = 1});
}

static void test_read(void)
{
	static const struct {
		struct lp_str in;
		bool object;
	} rows[] = {
		{BYTES("{}"), true},      {BYTES("{\"a\":[1]}"), true},
		{BYTES("[]"), false},     {BYTES("null"), false},
		{BYTES("\"{}\""), false}, {BYTES("{\"a\":\"\xff\"}"), false},
		{BYTES("{\"a\""), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *payload = read_text(rows[i].in);

		CHECK_ROW(rows[i].in, (payload != NULL) == rows[i].object);
		json_object_put(payload);
	}
	CHECK(payload_read(&(struct socket_event){.argc = 0}) == NULL);
}

static void test_large(void)
{
	for (unsigned more = 0; more < 2; more++) {
		struct lp_buf text = {0};
		struct json_object *payload;

		/* the object and the array; and what is in that */
		lp_buf_addz(&text, "{\"a\":[0");
		for (size_t i = 1; i < PAYLOAD_VALUES_MAX - 2 + more; i++)
			lp_buf_addz(&text, ",0");
		lp_buf_addz(&text, "]}");
		payload = read_text(lp_buf_str(&text));
		CHECK(more ? payload == NULL : payload != NULL);
		json_object_put(payload);
		lp_buf_clear(&text);
	}
}

static void test_number(void)
{
	static const struct {
		struct lp_str in;
		int rc;
		double value;
	} rows[] = {
		{BYTES("{\"n\":1.5}"), LP_OK, 1.5},
		{BYTES("{\"n\":\"-7\"}"), LP_OK, -7},
		{BYTES("{\"n\":\"1e1\"}"), LP_OK, 10},
		{BYTES("{\"n\":10}"), LP_OK, 10},
		{BYTES("{\"n\":10.5}"), LP_EINVAL, 0},
		{BYTES("{\"n\":-10.5}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"inf\"}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"nan\"}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"0x5\"}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"5 \"}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"5\\u00005\"}"), LP_EINVAL, 0},
		{BYTES("{\"n\":true}"), LP_EINVAL, 0},
		{BYTES("{\"n\":[]}"), LP_EINVAL, 0},
		{BYTES("{\"n\":\"\"}"), LP_ENOENT, 0},
		{BYTES("{\"n\":null}"), LP_ENOENT, 0},
		{BYTES("{}"), LP_ENOENT, 0},
		{BYTES("[]"), LP_ENOENT, 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_object *payload = read_text(rows[i].in);
		double value = 0;

		CHECK_ROW(rows[i].in, payload_number(payload, "n", -10, 10, &value) == rows[i].rc);
		CHECK_ROW(rows[i].in, value == rows[i].value);
		json_object_put(payload);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"read", test_read},
		{"large", test_large},
		{"number", test_number},
	};

	return lp_test_main("payload", tests, COUNT(tests));
}
