#include "config.h"

#include "common/lp_mem.h"
#include "connector/core/handshake.h"
#include "tests/unit/lp_test.h"

#define SELF "uuid=u%201&userid=ann&platform=ios"

static const struct {
	struct lp_str url, packet, auth;
	const char *query;
} rows[] = {
	{BYTES(""), BYTES(""), BYTES(""), SELF},
	{BYTES("EIO=4&uuid=x&userid=y&platform=web&a=1"), BYTES(""), BYTES(""), "EIO=4&a=1&" SELF},
	/* the URL stands behind the packet: the last one counts */
	{BYTES("a=url"), BYTES("a=packet&uuid=z"), BYTES(""), "a=packet&a=url&" SELF},
	{BYTES("EIO=4"), BYTES(""),
	 BYTES("{\"uuid\":\"q\",\"token\":\"a "
	       "b&c\",\"n\":7,\"f\":true,\"o\":{},\"l\":[1],\"z\":null}"),
	 "token=a%20b%26c&n=7&f=true&EIO=4&" SELF},
	{BYTES(""), BYTES(""), BYTES("[\"no object\"]"), SELF},
	{BYTES(""), BYTES(""), BYTES("{broken"), SELF},
	/* nothing that could end a line of HTTP gets through */
	{BYTES(""), BYTES("a=1 HTTP/1.1\r\nx: y"), BYTES(""),
	 "a=1%20HTTP%2F1.1%0D%0Ax%3A%20y&" SELF},
	{BYTES("%75uid=x&b=%zz"), BYTES(""), BYTES(""), "b=%25zz&" SELF},
};

static struct identity identity(const char *userid)
{
	struct identity who = {.platform = PLATFORM_IOS};

	lp_buf_addz(&who.uuid, "u 1");
	lp_buf_addz(&who.userid, userid);
	return who;
}

static void test_rows(void)
{
	struct identity who = identity("ann");

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct socket_request req = {.url_query = rows[i].url,
					     .packet_query = rows[i].packet,
					     .auth = rows[i].auth,
					     .cookie = LP_STR("c=1")};
		struct handshake *h = handshake_new(&req, &who);

		CHECK_STR(rows[i].url, lp_buf_str(&h->query), lp_cstr(rows[i].query));
		CHECK_STR(rows[i].url, lp_buf_str(&h->cookie), LP_STR("c=1"));
		handshake_free(h);
	}
	identity_clear(&who);
}

static void test_rename(void)
{
	struct identity who = identity("ann"), other = identity("b&b");
	struct socket_request req = {.url_query = LP_STR("a=%26&EIO=4")};
	struct handshake *h = handshake_new(&req, &who);

	handshake_rename(h, &other);
	CHECK_STR(lp_str(NULL, 0), lp_buf_str(&h->query),
		  LP_STR("a=%26&EIO=4&uuid=u%201&userid=b%26b&platform=ios"));
	handshake_free(h);
	identity_clear(&who);
	identity_clear(&other);
}

/* A token that was verified is nobody's business; another one may be meant for the callback. */
static void test_token(void)
{
	struct identity who = identity("ann");
	struct socket_request req = {.url_query = LP_STR("a=1&token=x&b=2"),
				     .auth = LP_STR("{\"token\":\"y\"}")};
	struct handshake *h;

	lp_buf_addz(&who.token, "x");
	h = handshake_new(&req, &who);
	CHECK_STR(lp_str(NULL, 0), lp_buf_str(&h->token), LP_STR("x"));
	handshake_rename(h, &who);
	CHECK_STR(lp_str(NULL, 0), lp_buf_str(&h->query), LP_STR("token=y&a=1&token=x&b=2&" SELF));
	h->verified = true;
	handshake_rename(h, &who);
	CHECK_STR(lp_str(NULL, 0), lp_buf_str(&h->query), LP_STR("a=1&b=2&" SELF));
	handshake_free(h);
	/* longer than a token may be */
	for (int i = 0; i < 8192; i++)
		lp_buf_addc(&who.token, 'x');
	h = handshake_new(&req, &who);
	CHECK(h->token.len == 0);
	handshake_free(h);
	identity_clear(&who);
}

/* However much a client says, the query stays short, and the identity in it. */
static void test_long(void)
{
	struct identity who = identity("ann");
	struct lp_buf url = {0}, auth = {0};
	struct socket_request req;
	struct handshake *h;

	for (int i = 0; i < 5000; i++)
		lp_buf_addf(&url, "name%d=%%FF%%FF&", i);
	lp_buf_addz(&auth, "{\"big\":\"");
	for (int i = 0; i < 20000; i++)
		lp_buf_addc(&auth, 'x');
	lp_buf_addz(&auth, "\",\"small\":1}");
	req = (struct socket_request){.url_query = lp_buf_str(&url), .auth = lp_buf_str(&auth)};
	h = handshake_new(&req, &who);
	CHECK(h->query.len < 8192 + 100);
	CHECK(lp_str_starts(lp_buf_str(&h->query), LP_STR("small=1&name0=%FF%FF&")));
	CHECK(strstr(h->query.data, "&" SELF));
	handshake_free(h);
	lp_buf_clear(&url);
	lp_buf_clear(&auth);
	identity_clear(&who);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"queries", test_rows},
		{"another user id", test_rename},
		{"a token", test_token},
		{"too much", test_long},
	};

	return lp_test_main("handshake", tests, COUNT(tests));
}
