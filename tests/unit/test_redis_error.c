#include "config.h"

#include "common/store/redis_error.h"
#include "tests/unit/lp_test.h"

#define QUOTED(line)                                                                               \
	"ERR Error running script (call to f_ab12): @user_script:39: @user_script: 39: " line

static void test_codes(void)
{
	static const char *const codes[] = {"READONLY", "OOM", "BUSY", NULL};
	static const struct {
		const char *text;
		bool want;
	} rows[] = {
		{"READONLY You can't write against a read only replica.", true},
		{"OOM command not allowed when used memory > 'maxmemory'. script: ab12, on "
		 "@user_script:39.",
		 true},
		{"BUSY", true},
		{QUOTED("-READONLY You can't write against a read only replica."), true},
		{QUOTED("-OOM command not allowed when used memory > 'maxmemory'."), true},
		{QUOTED("WRONGTYPE Operation against a key"), false},
		{"BUSYGROUP Consumer Group name already exists", false},
		{"ERR READONLY is what it is called", false},
		{"STALE", false},
		{"", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(lp_cstr(rows[i].text),
			  redis_error_is(rows[i].text, codes) == rows[i].want);
}

int main(void)
{
	static const struct lp_test tests[] = {{"codes", test_codes}};

	return lp_test_main("redis_error", tests, COUNT(tests));
}
