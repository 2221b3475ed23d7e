#include "config.h"

#include "connector/core/verdict.h"
#include "tests/unit/lp_test.h"

#define ROOMS_MAX   3
#define UNREACHABLE "connect callback unreachable"

static const struct {
	int status;
	struct lp_str body;
	const char *refused; /* NULL: let in */
	const char *userid;
	const char *rooms; /* blanks between them */
} rows[] = {
	{200, BYTES(""), NULL, "", ""},
	{200, BYTES("ok"), NULL, "", ""},
	{200, BYTES("[1,2]"), NULL, "", ""},
	{200, BYTES("\0"), NULL, "", ""},
	{200, BYTES("{}"), NULL, "", ""},
	{200, BYTES(" \r\n{\"code\":0}\n"), NULL, "", ""},
	{200, BYTES("{\"userid\":\"ann\",\"rooms\":[\"a\",\"b\"]}"), NULL, "ann", "a b"},
	{200, BYTES("{\"userid\":17}"), NULL, "17", ""},
	{200, BYTES("{\"userid\":null,\"rooms\":null}"), NULL, "", ""},
	{200, BYTES("{\"rooms\":[]}"), NULL, "", ""},
	{200, BYTES("{\"rooms\":[\"1\",\"2\",\"3\"]}"), NULL, "", "1 2 3"},
	{200, BYTES("{\"rooms\":[\"1\",\"2\",\"3\",\"4\"]}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"rooms\":[\"not valid\"]}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"rooms\":\"a\"}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"userid\":\"\"}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"userid\":\"not valid\"}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"userid\":{}}"), UNREACHABLE, "", ""},
	{200, BYTES("{\"userid\":"), UNREACHABLE, "", ""},
	{200, BYTES("{\"userid\":\"\xff\"}"), UNREACHABLE, "", ""},
	{0, BYTES(""), UNREACHABLE, "", ""},
	{204, BYTES(""), "handshake fail statusCode: 204", "", ""},
	{302, BYTES(""), "handshake fail statusCode: 302", "", ""},
	{403, BYTES("{\"userid\":\"ann\"}"), "handshake fail statusCode: 403", "", ""},
};

static void test_rows(void)
{
	char *error = NULL;
	struct ident_rules *rules =
		ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct callback_answer answer = {rows[i].status, rows[i].body};
		struct lp_buf message = {0}, rooms = {0};
		struct verdict v;
		bool in = verdict_read(&v, &answer, rules, ROOMS_MAX, &message);

		CHECK_ROW(rows[i].body, in == !rows[i].refused);
		CHECK_STR(rows[i].body, lp_buf_str(&message), lp_cstr(rows[i].refused));
		for (size_t k = 0; in && k < v.rooms.count; k++) {
			if (k)
				lp_buf_addc(&rooms, ' ');
			lp_buf_adds(&rooms, v.rooms.entries[k].name);
		}
		CHECK_STR(rows[i].body, lp_buf_str(&rooms), lp_cstr(rows[i].rooms));
		if (in)
			CHECK_STR(rows[i].body, lp_buf_str(&v.userid), lp_cstr(rows[i].userid));
		lp_buf_clear(&message);
		lp_buf_clear(&rooms);
		verdict_clear(&v);
	}
	ident_rules_free(rules);
}

int main(void)
{
	static const struct lp_test tests[] = {{"answers", test_rows}};

	return lp_test_main("verdict", tests, COUNT(tests));
}
