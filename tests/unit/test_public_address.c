#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/un.h>

#include "tests/unit/lp_test.h"
#include "worker/provider/public_address.h"

static bool is_public(const char *text)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} a = {.any = {.sa_family = AF_INET}};

	if (inet_pton(AF_INET, text, &a.v4.sin_addr) == 1)
		return public_address(&a.any);
	a.v6 = (struct sockaddr_in6){.sin6_family = AF_INET6};
	CHECK_ROW(lp_cstr(text), inet_pton(AF_INET6, text, &a.v6.sin6_addr) == 1);
	return public_address(&a.any);
}

static void test_addresses(void)
{
	static const char *const everybodys[] = {
		"1.1.1.1",     "9.255.255.255", "11.0.0.0",    "100.63.255.255", "100.128.0.0",
		"126.1.1.1",   "128.0.0.1",     "169.253.1.1", "172.15.1.1",     "172.32.0.0",
		"192.167.1.1", "192.169.0.0",   "198.17.1.1",  "198.20.0.0",     "223.255.255.255",
		"2606::1",     "2a00:1450::1",  "2001:200::1", "3fff:1000::1",
	};
	static const char *const ours[] = {
		"0.0.0.0",
		"0.1.2.3",
		"10.0.0.1",
		"10.255.255.255",
		"100.64.0.0",
		"100.127.255.255",
		"127.0.0.1",
		"127.255.255.255",
		"169.254.169.254",
		"172.16.0.1",
		"172.31.255.255",
		"192.0.0.1",
		"192.0.2.1",
		"192.88.99.1",
		"192.168.0.1",
		"192.168.255.255",
		"198.18.0.1",
		"198.19.255.255",
		"198.51.100.1",
		"203.0.113.1",
		"224.0.0.1",
		"239.255.255.250",
		"240.0.0.1",
		"255.255.255.255",
		"::",
		"::1",
		"::ffff:127.0.0.1",
		"::ffff:8.8.8.8",
		"::127.0.0.1",
		"64:ff9b::7f00:1",
		"100::1",
		"2001::1",
		"2001:db8::1",
		"2002:7f00:1::",
		"3fff::1",
		"fc00::1",
		"fd00::1",
		"fe80::1",
		"fec0::1",
		"ff02::1",
	};

	for (size_t i = 0; i < COUNT(everybodys); i++)
		CHECK_ROW(lp_cstr(everybodys[i]), is_public(everybodys[i]));
	for (size_t i = 0; i < COUNT(ours); i++)
		CHECK_ROW(lp_cstr(ours[i]), !is_public(ours[i]));
}

static void test_families(void)
{
	const struct sockaddr_un here = {.sun_family = AF_UNIX};

	CHECK(!public_address((const struct sockaddr *)&here));
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"addresses", test_addresses},
		{"other families", test_families},
	};

	return lp_test_main("public_address", tests, COUNT(tests));
}
