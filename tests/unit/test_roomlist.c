#include "config.h"

#include "connector/core/roomlist.h"
#include "tests/unit/lp_test.h"

static const struct {
	const char *json;
	bool valid;
	const char *names; /* blanks between them */
} rows[] = {
	{"\"r1\"", true, "r1"},
	{"[\"r1\"]", true, "r1"},
	{"[\"r1\",\"r2\",\"r1\"]", true, "r1 r2 r1"},
	{" [ \"a\" , \"b\" ] ", false, ""}, /* an argument comes without white space */
	{"[]", true, ""},
	{"\"\\u0072\\u0031\"", true, "r1"},
	{"[\"a.b-c$d#e/f\\\\g_h\"]", true, "a.b-c$d#e/f\\g_h"},
	{"[\"good\",\"not good\",\"fine\"]", false, "good fine"},
	{"[\"good\",7,null,{},[\"x\"],true]", false, "good"},
	{"[\"\"]", false, ""},
	{"\"\"", false, ""},
	{"\"a\\u0000b\"", false, ""},
	{"\"r\xc3\xa9\"", false, ""},
	{"\"\\ud800\"", false, ""},
	{"7", false, ""},
	{"null", false, ""},
	{"{\"r\":1}", false, ""},
	{"", false, ""},
	{"[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\"]", true, "1 2 3 4 5 6"},
	{"[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\"]", false, ""}, /* more than MAX */
	{"[\"123456789012345\"]", true, "123456789012345"},
	{"[\"1234567890123456\",\"ok\"]", false, "ok"}, /* longer than allowed */
};
#define MAX 6

static void test_read(void)
{
	char *error = NULL;
	struct ident_rules *rules =
		ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 15, 100, 100, &error);

	if (!CHECK(rules != NULL))
		return;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].json);
		struct lp_buf names = {0};
		struct roomlist list;
		bool valid = roomlist_read(&list, row, rules, MAX);
		CHECK_ROW(row, valid == rows[i].valid);
		for (size_t k = 0; k < list.count; k++) {
			if (k)
				lp_buf_addc(&names, ' ');
			lp_buf_adds(&names, list.entries[k].name);
			CHECK_ROW(row, list.entries[k].serial == 0);
		}
		CHECK_STR(row, lp_buf_str(&names), lp_cstr(rows[i].names));
		lp_buf_clear(&names);
		roomlist_clear(&list);
	}
	ident_rules_free(rules);
}

static const struct lp_test tests[] = {
	{"read", test_read},
};

int main(void)
{
	return lp_test_main("roomlist", tests, COUNT(tests));
}
