#include "config.h"

#include <sys/socket.h>
#include <unistd.h>

#include "connector/io/client_address.h"
#include "tests/unit/lp_test.h"

#define V4(a, b, c, d) BYTES("\0\0\0\0\0\0\0\0\0\0\xff\xff" a b c d)

static void test_parse(void)
{
	static const struct {
		const char *text;
		struct lp_str want; /* n == 0: refused */
	} rows[] = {
		{"192.0.2.1", V4("\300", "\0", "\2", "\1")},
		{" 192.0.2.1\t", V4("\300", "\0", "\2", "\1")},
		{"192.0.2.1:4711", V4("\300", "\0", "\2", "\1")},
		{"::ffff:192.0.2.1", V4("\300", "\0", "\2", "\1")},
		{"2001:db8::1", BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
		{"[2001:db8::1]", BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
		{"[2001:db8::1]:80", BYTES("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1")},
		{"", BYTES("")},
		{"unknown", BYTES("")},
		{"_hidden", BYTES("")},
		{"192.0.2.256", BYTES("")},
		{"192.0.2", BYTES("")},
		{"[", BYTES("")},
		{":", BYTES("")},
		{"1:2:3", BYTES("")},
		{"11111111111111111111111111111111111111111111111", BYTES("")},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct link_address a;
		bool ok = client_address_parse(&a, lp_cstr(rows[i].text));

		CHECK_ROW(lp_cstr(rows[i].text), ok == (rows[i].want.n > 0));
		if (ok)
			CHECK_STR(lp_cstr(rows[i].text), lp_str((char *)a.bytes, sizeof(a.bytes)),
				  rows[i].want);
	}
}

/* The peer is 127.0.0.1 in each row. */
static void test_forwarded(void)
{
	static const struct {
		const char *proxies, *lines, *want;
	} rows[] = {
		{"127.0.0.1,::1", "", "127.0.0.1"},
		{"::1, 127.0.0.1", "X-Forwarded-For: 192.0.2.1\r\n", "192.0.2.1"},
		{"", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1"},
		{"127.0.0.2", "X-Forwarded-For: 192.0.2.1\r\n", "127.0.0.1"},
		/* what the client claims comes first */
		{"127.0.0.1", "X-Forwarded-For: 192.0.2.9, 192.0.2.1\r\n", "192.0.2.1"},
		{"127.0.0.1", "x-forwarded-for: 192.0.2.9\r\nX-Forwarded-For: 192.0.2.1\r\n",
		 "192.0.2.1"},
		{"127.0.0.1", "X-Forwarded-For: 192.0.2.1, unknown\r\n", "127.0.0.1"},
		{"127.0.0.1", "X-Forwarded-For: 192.0.2.1,\r\n", "127.0.0.1"},
		{"127.0.0.1", "X-Forwarded-For: 2001:db8:0:1:2:3:4:5\r\n", "2001:db8:0:1::"},
	};
	struct lp_buf text = {0};
	int pair[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].lines);
		struct link_address got, want;
		struct http_head h;

		lp_buf_reset(&text);
		lp_buf_addf(&text, "GET / HTTP/1.1\r\n%s\r\n", rows[i].lines);
		CHECK_ROW(row, http_head_parse(&h, text.data, text.len) > 0);
		client_address_of(&got, pair[0], &h, rows[i].proxies);
		CHECK_ROW(row, client_address_parse(&want, lp_cstr(rows[i].want)));
		CHECK_ROW(row, memcmp(&got, &want, sizeof(got)) == 0);
	}
	close(pair[0]);
	close(pair[1]);
	lp_buf_clear(&text);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"parse", test_parse},
		{"forwarded", test_forwarded},
	};

	return lp_test_main("client_address", tests, COUNT(tests));
}
