#include "config.h"

#include "common/model/ident.h"
#include "tests/unit/lp_test.h"

static struct ident_rules *rules(const char *pattern)
{
	char *error = NULL;
	struct ident_rules *r = ident_rules_new(pattern, 5, 8, 8, 8, &error);

	CHECK_ROW(lp_cstr(pattern), r && !error);
	free(error);
	return r;
}

static void test_default(void)
{
	static const struct {
		struct lp_str in;
		bool good;
	} rows[] = {
		{BYTES("a"), true},        {BYTES("aZ_09"), true},      {BYTES(".\\-$#/"), true},
		{BYTES("12345678"), true}, {BYTES("123456789"), false}, {BYTES(""), false},
		{BYTES("a b"), false},     {BYTES("a\n"), false},       {BYTES("a\0"), false},
		{BYTES("a{"), false},      {BYTES("a:"), false},        {BYTES("\xc3\xa9"), false},
	};
	struct ident_rules *table = rules(IDENT_DEFAULT_PATTERN);
	/* The same in another spelling goes the regular expression's way. */
	struct ident_rules *regex = rules("^[\\w.\\\\\\-$#/][\\w.\\\\\\-$#/]*$");

	for (size_t i = 0; i < COUNT(rows); i++) {
		CHECK_ROW(rows[i].in, ident_room(table, rows[i].in) == rows[i].good);
		CHECK_ROW(rows[i].in, ident_room(regex, rows[i].in) == rows[i].good);
		CHECK_ROW(rows[i].in, ident_userid(table, rows[i].in) == rows[i].good);
		CHECK_ROW(rows[i].in, ident_uuid(table, rows[i].in) == rows[i].good);
	}
	ident_rules_free(regex);
	ident_rules_free(table);
}

static void test_bytes(void)
{
	struct ident_rules *table = rules(IDENT_DEFAULT_PATTERN);
	struct ident_rules *regex = rules("^[\\w.\\\\\\-$#/]{1,8}$");

	for (int c = 0; c < 256; c++) {
		char byte = (char)c;

		CHECK_ROW(lp_str(&byte, 1), ident_room(table, lp_str(&byte, 1)) ==
						    ident_room(regex, lp_str(&byte, 1)));
	}
	ident_rules_free(regex);
	ident_rules_free(table);
}

static void test_namespace(void)
{
	static const struct {
		const char *pattern, *in;
		bool good;
	} rows[] = {
		{IDENT_DEFAULT_PATTERN, "/demo", true},
		{IDENT_DEFAULT_PATTERN, "/", false},
		{IDENT_DEFAULT_PATTERN, "demo", false},
		{IDENT_DEFAULT_PATTERN, "", false},
		{IDENT_DEFAULT_PATTERN, "/demo1", false},
		{IDENT_DEFAULT_PATTERN, "/a b", false},
		{".", "/a b", true},
		{".", "/a}", false},
		{".", "/{a", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ident_rules *r = rules(rows[i].pattern);

		CHECK_ROW(lp_cstr(rows[i].in),
			  ident_namespace(r, lp_cstr(rows[i].in)) == rows[i].good);
		ident_rules_free(r);
	}
}

static void test_patterns(void)
{
	static const struct {
		const char *pattern;
		struct lp_str in;
		bool good;
	} rows[] = {
		{"^\\d+$", BYTES("12"), true},          {"^\\d+$", BYTES("1a"), false},
		{"^\\w+$", BYTES("a_1"), true},         {"^\\w+$", BYTES("a-1"), false},
		{"^[\\d]+$", BYTES("12"), true},        {"^[^\\d]+$", BYTES("1"), false},
		{"^[a\\]b]+$", BYTES("a]b"), true},     {"^[a\\]b]+$", BYTES("\\"), false},
		{"^[\\^a]+$", BYTES("^a"), true},       {"^[\\^]+$", BYTES("^"), true},
		{"^[\\^]+$", BYTES("a"), false},        {"^[\\^\\-]+$", BYTES("-^"), true},
		{"^[\\^\\-]+$", BYTES("a"), false},     {"^[a\\-z]+$", BYTES("a-z"), true},
		{"^[a\\-z]+$", BYTES("b"), false},      {"^[a-c]+$", BYTES("abc"), true},
		{"^[a-c]+$", BYTES("d"), false},        {"^[-a]+$", BYTES("-a"), true},
		{"^[a-]+$", BYTES("-a"), true},         {"^[[.]+$", BYTES("[."), true},
		{"^[[:digit:]a]+$", BYTES("1a"), true}, {"^a\\.b$", BYTES("a.b"), true},
		{"^a\\.b$", BYTES("axb"), false},       {"b", BYTES("abc"), true},
		{"^(ab|c)+$", BYTES("abc"), true},      {"^.+$", BYTES("\xc3\xa9"), true},
		{".", BYTES("a\xff"), false},           {".", BYTES("a\0b"), false},
		{"^[^a]$", BYTES("b"), true},           {"^\\+*x$", BYTES("++x"), true},
		{"^\\++$", BYTES("++"), true},          {"^(a+b*)+c?$", BYTES("aabac"), true},
		{"^a{2,}$", BYTES("aaa"), true},        {"^a{2,3}$", BYTES("aaaa"), false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct ident_rules *r = rules(rows[i].pattern);

		CHECK_ROW(lp_cstr(rows[i].pattern), r && ident_room(r, rows[i].in) == rows[i].good);
		ident_rules_free(r);
	}
}

static void test_bad_patterns(void)
{
	static const char *const rows[] = {"[",
					   "[a",
					   "[]",
					   "[\\",
					   "\\",
					   "(",
					   "a)\\",
					   "\\s",
					   "(a)\\1",
					   "[\\s]",
					   "a{2,1}",
					   "[z-a]",
					   "*\\b",
					   "[[:none:]]",
					   "a{2001}",
					   "a++",
					   "a+?",
					   "a{2}*",
					   "^.++$%+*+++++%+g",
					   "((((((((((((a+)+)+)+)+)+)+)+)+)+)+)+",
					   "((a{50}){50}){50}",
					   "a{-1}",
					   "a{99999999999999999999}"};

	for (size_t i = 0; i < COUNT(rows); i++) {
		char *error = NULL;
		struct ident_rules *r = ident_rules_new(rows[i], 5, 8, 8, 8, &error);

		CHECK_ROW(lp_cstr(rows[i]), !r && error && !strchr(error, '\n'));
		ident_rules_free(r);
		free(error);
	}
}

static void test_platform(void)
{
	static const struct {
		const char *in;
		int rc;
		enum platform platform;
	} rows[] = {
		{"", LP_OK, PLATFORM_WEB},           {"web", LP_OK, PLATFORM_WEB},
		{"ios", LP_OK, PLATFORM_IOS},        {"android", LP_OK, PLATFORM_ANDROID},
		{"iOS", LP_EINVAL, PLATFORM_COUNT},  {"we", LP_EINVAL, PLATFORM_COUNT},
		{"webs", LP_EINVAL, PLATFORM_COUNT},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		enum platform p = PLATFORM_COUNT;

		CHECK_ROW(lp_cstr(rows[i].in),
			  platform_parse(lp_cstr(rows[i].in), &p) == rows[i].rc);
		CHECK_ROW(lp_cstr(rows[i].in), p == rows[i].platform);
		if (p != PLATFORM_COUNT && rows[i].in[0])
			CHECK_STR(lp_cstr(rows[i].in), lp_cstr(platform_name(p)),
				  lp_cstr(rows[i].in));
	}
}

static void test_client_id(void)
{
	struct lp_buf b = {0};

	ident_client_id(&b, LP_STR("/demo"), LP_STR("u1"), PLATFORM_ANDROID, LP_STR("dev-1"));
	CHECK_STR(LP_STR("id"), lp_buf_str(&b), LP_STR("/demo#u1#android-dev-1"));
	lp_buf_clear(&b);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"default", test_default},           {"bytes", test_bytes},
		{"namespace", test_namespace},       {"patterns", test_patterns},
		{"bad patterns", test_bad_patterns}, {"platform", test_platform},
		{"client id", test_client_id},
	};

	return lp_test_main("ident", tests, COUNT(tests));
}
