#include "config.h"

#include "common/store/redis_addr.h"
#include "tests/unit/lp_test.h"

static void test_accepted(void)
{
	static const struct {
		const char *in, *host;
		int port;
		const char *path;
	} rows[] = {
		{"127.0.0.1:6379", "127.0.0.1", 6379, ""},
		{"redis.example.org:1", "redis.example.org", 1, ""},
		{"localhost", "localhost", 6379, ""},
		{"h:65535", "h", 65535, ""},
		{"::1:7000", "::1", 7000, ""},
		{"unix:/run/redis/redis.sock", "", 0, "/run/redis/redis.sock"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].in);
		struct redis_addr a;

		CHECK_ROW(row, redis_addr_parse(rows[i].in, &a) == LP_OK);
		CHECK_STR(row, lp_cstr(a.host), lp_cstr(rows[i].host));
		CHECK_STR(row, lp_cstr(a.path), lp_cstr(rows[i].path));
		CHECK_ROW(row, a.port == rows[i].port);
	}
}

static void test_refused(void)
{
	static const char *const rows[] = {"",
					   ":",
					   ":6379",
					   "h:",
					   "h:0",
					   "h:65536",
					   "h:-1",
					   "h:+1",
					   "h: 1",
					   "h:1x",
					   "h:99999999999999999999",
					   "unix:"};
	struct redis_addr a;
	char text[400] = "unix:";

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(lp_cstr(rows[i]), redis_addr_parse(rows[i], &a) == LP_EINVAL);
	memset(text + 5, 'x', 107);
	CHECK(redis_addr_parse(text, &a) == LP_OK && strlen(a.path) == 107);
	memset(text + 5, 'x', 108);
	CHECK(redis_addr_parse(text, &a) == LP_EINVAL);
	memset(text, 'x', 255);
	text[255] = '\0';
	CHECK(redis_addr_parse(text, &a) == LP_OK && strlen(a.host) == 255);
	text[255] = 'x';
	text[256] = '\0';
	CHECK(redis_addr_parse(text, &a) == LP_EINVAL);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"accepted", test_accepted},
		{"refused", test_refused},
	};

	return lp_test_main("redis_addr", tests, COUNT(tests));
}
