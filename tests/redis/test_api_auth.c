/* Who may ask: two passwords, API tokens, and who guesses; against a real Redis. */
#include "config.h"

#include <stdio.h>

#include "tests/redis/api_fixture.h"

#define OLD    OWNER
#define NEW    "Basic L2Q6cHc6Mg=="     /* /d:pw:2 */
#define BOTH   "Basic L2Q6cHc6MXB3OjI=" /* /d:pw:1pw:2 */
#define SAVE   "/api/auth/namespace/save"
#define PUSH   "/api/auth/push"
#define TOKEN  "/api/auth/token"
#define REVOKE "/api/auth/token/revoke"

static const char push[] = "{\"room\":\"r\",\"pushData\":{}}";

/* The status of an answer. */
static const char *status(const char *answer)
{
	static char text[4];

	snprintf(text, sizeof(text), "%.3s", answer);
	return text;
}

static void test_two_passwords(void)
{
	fresh();
	EXPECT("not set", member(get(OLD, "/api/auth/namespace"), 0, "auth_passwd2_set"), "false");
	EXPECT("", status(post(NEW, PUSH, push)), "401");
	EXPECT("", post(OLD, SAVE, "{\"auth_passwd2\":\"pw:2\"}"), "200 {}");
	EXPECT("is set", member(get(NEW, "/api/auth/namespace"), 0, "auth_passwd2_set"), "true");
	CHECK(!strstr(get(NEW, "/api/auth/namespace"), "pbkdf2"));
	for (int i = 0; i < 2; i++) {
		EXPECT("first", status(post(OLD, PUSH, push)), "200");
		EXPECT("second", status(post(NEW, PUSH, push)), "200");
		EXPECT("first", status(get(OLD, "/api/auth/rooms")), "200");
		EXPECT("second", status(get(NEW, "/api/auth/rooms")), "200");
		EXPECT("neither", status(post(BOTH, PUSH, push)), "401");
	}
	/* rotation: the new one becomes the first, the second goes */
	EXPECT("", post(NEW, SAVE, "{\"auth_passwd\":\"pw:2\",\"auth_passwd2\":\"\"}"), "200 {}");
	EXPECT("old", status(post(OLD, PUSH, push)), "401");
	EXPECT("new", status(post(NEW, PUSH, push)), "200");
	EXPECT("not set", member(get(NEW, "/api/auth/namespace"), 0, "auth_passwd2_set"), "false");
	EXPECT("nothing changes it", post(NEW, SAVE, "{\"name\":\"x\"}"), "200 {}");
	EXPECT("no empty one is right", status(post("Basic L2Q6", PUSH, push)), "401");
	EXPECT("field", member(post(NEW, SAVE, "{\"auth_passwd2\":[]}"), 0, "field"),
	       "\"auth_passwd2\"");
}

/* A new token as an Authorization header; in static memory, one for each scope. */
static const char *bearer(const char *scope, char id[32])
{
	static char headers[3][160];
	char body[80], *header = headers[scope[0] == 'p' ? 0 : scope[0] == 'r' ? 1 : 2];
	const char *answer, *token;

	snprintf(body, sizeof(body), "{\"name\":\"for %s\",\"scope\":\"%s\"}", scope, scope);
	answer = post(OWNER, TOKEN, body);
	EXPECT(scope, status(answer), "200");
	snprintf(id, 32, "%.12s", member(answer, 0, "id") + 1);
	token = member(answer, 0, "token");
	snprintf(header, sizeof(headers[0]), "Bearer %.*s", (int)strlen(token) - 2, token + 1);
	return header;
}

static void test_scopes(void)
{
	static const struct {
		enum api_method method;
		const char *url, *body, *push, *read, *all; /* statuses */
	} rows[] = {
		{API_POST, "/api/auth/login", "{}", "200", "200", "200"},
		{API_POST, PUSH, push, "200", "403", "200"},
		{API_POST, "/api/auth/push/batch", "{\"messages\":[]}", "400", "403", "400"},
		{API_GET, "/api/auth/report/push", "", "403", "200", "200"},
		{API_GET, "/api/auth/clients", "", "403", "200", "200"},
		{API_GET, "/api/auth/namespace", "", "403", "200", "200"},
		{API_POST, "/api/auth/client/disconnect", "{\"room\":\"r\"}", "403", "403", "200"},
		{API_POST, SAVE, "{\"name\":\"n\"}", "403", "403", "200"},
		{API_POST, SAVE, "{\"auth_passwd\":\"x\"}", "403", "403", "403"},
		{API_POST, SAVE, "{\"auth_passwd2\":\"\"}", "403", "403", "403"},
		{API_POST, SAVE, "{\"auth_passwd2\":null}", "403", "403", "403"},
		{API_GET, TOKEN, "", "403", "403", "403"},
		{API_POST, TOKEN, "{\"name\":\"n\",\"scope\":\"all\"}", "403", "403", "403"},
		{API_POST, REVOKE, "{\"id\":\"x\"}", "403", "403", "403"},
		{API_POST, "/api/admin/login", "{}", "401", "401", "401"},
	};
	const char *push_token, *read_token, *all_token;
	char id[32];

	fresh();
	other_begin();
	push_token = bearer("push", id);
	read_token = bearer("read", id);
	all_token = bearer("all", id);
	for (int again = 0; again < 2; again++) { /* from what is remembered too */
		for (size_t i = 0; i < COUNT(rows); i++) {
			EXPECT(rows[i].url,
			       status(api_request(rows[i].method, push_token, rows[i].url,
						  "application/json", rows[i].body)),
			       rows[i].push);
			EXPECT(rows[i].url,
			       status(api_request(rows[i].method, read_token, rows[i].url,
						  "application/json", rows[i].body)),
			       rows[i].read);
			EXPECT(rows[i].url,
			       status(api_request(rows[i].method, all_token, rows[i].url,
						  "application/json", rows[i].body)),
			       rows[i].all);
		}
	}
	EXPECT("", msg_of(get(push_token, "/api/auth/rooms")), "403 not allowed with this token");
	other_end();
}

static void test_tokens(void)
{
	char id[32], other[32], body[64], bad[200];
	const char *token, *list;

	fresh();
	EXPECT("none", get(OWNER, TOKEN), "200 {\"list\":[]}");
	token = bearer("push", id);
	bearer("read", other);
	list = get(OWNER, TOKEN);
	CHECK(strstr(list, "\"name\":\"for push\",\"scope\":\"push\",\"create_time\":1"));
	CHECK(strstr(list, "\"last_used_time\":null}"));
	CHECK(!strstr(list, "hash") && !strstr(list, "lp_"));
	CHECK(!strstr(command_text("HGET " B ":tokens %s", id), token + 30));
	EXPECT("", status(post(token, PUSH, push)), "200");
	CHECK(strstr(get(OWNER, TOKEN), "\"last_used_time\":1"));
	/* what is nearly right */
	snprintf(bad, sizeof(bad), "%s", token);
	bad[strlen(bad) - 2] = bad[strlen(bad) - 2] == 'A' ? 'B' : 'A';
	EXPECT("secret", post(bad, PUSH, push),
	       "401 {\"code\":9999,\"msg\":\"token invalid\",\"error\":\"token_invalid\"}");
	snprintf(bad, sizeof(bad), "Bearer lp_L2U%s", strchr(token, '.')); /* of /e */
	EXPECT("namespace", msg_of(post(bad, PUSH, push)), "401 token invalid");
	snprintf(bad, sizeof(bad), "%s", token + 7);
	EXPECT("scheme", status(post(bad, PUSH, push)), "400");
	EXPECT("empty", msg_of(post("Bearer ", PUSH, push)), "401 token invalid");
	EXPECT("nonsense", msg_of(post("bearer x.y.z", PUSH, push)), "401 token invalid");
	/* revoked: also what this process remembers */
	snprintf(body, sizeof(body), "{\"id\":\"%s\"}", id);
	EXPECT("", post(OWNER, REVOKE, body), "200 {}");
	EXPECT("", msg_of(post(token, PUSH, push)), "401 token invalid");
	EXPECT("", msg_of(post(token, "/api/auth/login", "")), "401 token invalid");
	EXPECT("", msg_of(post(OWNER, REVOKE, body)), "404 token not found");
	EXPECT("", command_text("EXISTS " B ":tokens-used"), "0");
	EXPECT("the password goes on", status(post(OWNER, PUSH, push)), "200");
	EXPECT("the other one too", command_text("HLEN " B ":tokens"), "1");
}

static void test_token_errors(void)
{
	static const struct {
		const char *url, *body, *field;
	} rows[] = {
		{TOKEN, "{}", "\"name\""},
		{TOKEN, "{\"name\":\"\",\"scope\":\"all\"}", "\"name\""},
		{TOKEN, "{\"name\":[],\"scope\":\"all\"}", "\"name\""},
		{TOKEN, "{\"name\":\"n\"}", "\"scope\""},
		{TOKEN, "{\"name\":\"n\",\"scope\":\"write\"}", "\"scope\""},
		{TOKEN, "{\"name\":\"n\",\"scope\":{}}", "\"scope\""},
		{REVOKE, "{}", "\"id\""},
		{REVOKE, "{\"id\":\"../..\"}", "\"id\""},
		{REVOKE, "{\"id\":\"AAAAAAAAAAAA\"}", "\"id\""},
	};

	fresh();
	for (size_t i = 0; i < COUNT(rows); i++)
		EXPECT(rows[i].body, member(post(OWNER, rows[i].url, rows[i].body), 0, "field"),
		       rows[i].field);
	for (int i = 0; i < 100; i++)
		EXPECT("", status(post(OWNER, TOKEN, "{\"name\":\"n\",\"scope\":\"read\"}")),
		       "200");
	EXPECT("bounded", msg_of(post(OWNER, TOKEN, "{\"name\":\"n\",\"scope\":\"read\"}")),
	       "400 too many tokens, revoke one first");
	EXPECT("", command_text("HLEN " B ":tokens"), "100");
}

/* They stay when the data of the namespace is cleared, and go with it. */
static void test_tokens_end(void)
{
	const char *token;
	char id[32];

	fresh();
	token = bearer("all", id);
	EXPECT("used", status(get(token, "/api/auth/rooms")), "200");
	EXPECT("", post(OWNER, SAVE, "{\"offline\":\"on\"}"), "200 {}");
	EXPECT("", post(ADMIN, "/api/admin/namespace/clear/d", "{}"), "200 {}");
	EXPECT("clear", status(get(token, "/api/auth/rooms")), "200");
	CHECK(strstr(get(OWNER, TOKEN), "\"last_used_time\":1"));
	EXPECT("", post(ADMIN, "/api/admin/namespace/flush/d", "{}"), "200 {}");
	EXPECT("flush", msg_of(get(token, "/api/auth/rooms")), "401 token invalid");
	EXPECT("",
	       post(ADMIN, "/api/admin/namespace/save", "{\"key\":\"d\",\"auth_passwd\":\"pw:1\"}"),
	       "200 {}");
	EXPECT("made again", msg_of(post(token, PUSH, push)), "401 token invalid");
}

#define LOGIN "/api/auth/login"

/* The status of a login from an address. */
static const char *login(const char *address, const char *authorization)
{
	fixture.address = address;
	return status(post(authorization, LOGIN, "{}"));
}

static void test_gate(void)
{
	const char *token;
	char id[32];

	fresh();
	post(OLD, SAVE, "{\"auth_passwd2\":\"pw:2\"}");
	token = bearer("all", id);
	fixture_failures("3");
	EXPECT("known here from now on", login("192.0.2.1", OLD), "200");
	for (int i = 0; i < 3; i++)
		EXPECT("wrong", login("192.0.2.1", BOTH), "401");
	EXPECT("refused", post(BOTH, LOGIN, "{}"),
	       "429 {\"code\":9999,\"msg\":\"too many failed logins, retry later\","
	       "\"error\":\"logins_limited\"}");
	EXPECT("right, but may be a guess", login("192.0.2.1", NEW), "429");
	EXPECT("a token too", login("192.0.2.1", token), "429");
	EXPECT("nonsense too", login("192.0.2.1", "Bearer x"), "429");
	EXPECT("was right before", login("192.0.2.1", OLD), "200");
	EXPECT("for pushes", status(post(OLD, PUSH, push)), "200");
	EXPECT("known there, not here", login("192.0.2.2", token), "200");
	EXPECT("others do not suffer", login("192.0.2.2", NEW), "200");
	EXPECT("the same /64", login("2001:db8::1", BOTH), "401");
	EXPECT("the same /64", login("2001:db8::2", BOTH), "401");
	EXPECT("the same /64", login("2001:db8::3", BOTH), "401");
	EXPECT("the same /64", login("2001:db8::4", OLD), "429");
	EXPECT("another", login("2001:db8:0:1::4", OLD), "200");
	/* once it was right: that says nothing about today */
	fixture.address = "192.0.2.2";
	EXPECT("", post(NEW, SAVE, "{\"auth_passwd\":\"other\"}"), "200 {}");
	fixture.address = "192.0.2.1";
	EXPECT("by memory", status(post(OLD, PUSH, push)), "429");
	EXPECT("", login("192.0.2.1", OLD), "429");
	fixture.address = NULL;
	fixture_failures("0");
}

/* What counts as a failure, from an address each. */
static void test_gate_counts(void)
{
	static const struct {
		const char *authorization, *url, *first, *fourth;
	} rows[] = {
		{BOTH, LOGIN, "401", "429"},
		{BOTH, PUSH, "401", "429"},
		{"Basic L246cA==", LOGIN, "400", "429"}, /* /n:p, no such namespace */
		{"Basic bjpw", LOGIN, "400", "429"},     /* n:p, no namespace */
		{"Basic \"", LOGIN, "400", "429"},
		{"Bearer", LOGIN, "400", "429"},
		{"Bearer lp_L2Q.AAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", LOGIN,
		 "401", "429"},
		{OWNER, "/api/admin/login", "401", "429"},
		{OWNER, "/api/admin/as/d/login", "401", "429"},
		/* and what does not */
		{"", LOGIN, "400", "400"},
		{OWNER, LOGIN, "200", "200"},
		{ADMIN, "/api/admin/login", "200", "200"},
		{OWNER, "/api/auth/nowhere", "404", "404"},
		{OWNER, "/api/auth/push", "400", "400"},
	};
	char address[32];

	fresh();
	fixture_failures("3");
	for (size_t i = 0; i < COUNT(rows); i++) {
		snprintf(address, sizeof(address), "192.0.2.%zu", i);
		fixture.address = address;
		EXPECT(rows[i].url, status(post(rows[i].authorization, rows[i].url, "{}")),
		       rows[i].first);
		for (int more = 0; more < 2; more++)
			post(rows[i].authorization, rows[i].url, "{}");
		EXPECT(rows[i].url, status(post(rows[i].authorization, rows[i].url, "{}")),
		       rows[i].fourth);
	}
	fixture.address = NULL;
	fixture_failures("0");
}

/* The administrator's password is guessed no faster. */
static void test_gate_admin(void)
{
	static const char guess[] = "Basic YWRtaW46Z3Vlc3M="; /* admin:guess */
	static const char login_url[] = "/api/admin/login", as[] = "/api/admin/as/d/rooms";

	fresh();
	fixture_failures("3");
	fixture.address = "192.0.2.1";
	EXPECT("known", status(post(ADMIN, login_url, "{}")), "200");
	for (int i = 0; i < 3; i++)
		EXPECT("guess", status(post(guess, i ? login_url : "/api/admin/as/d/login", "{}")),
		       "401");
	EXPECT("refused", status(post(guess, login_url, "{}")), "429");
	EXPECT("known", status(post(ADMIN, login_url, "{}")), "200");
	EXPECT("as a namespace", status(get(ADMIN, as)), "200");
	fixture.address = "192.0.2.2";
	for (int i = 0; i < 3; i++)
		EXPECT("guess", status(post(guess, login_url, "{}")), "401");
	EXPECT("may be a guess", status(post(ADMIN, login_url, "{}")), "429");
	EXPECT("as a namespace", status(get(ADMIN, as)), "429");
	fixture.address = NULL;
	fixture_failures("0");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"two passwords", test_two_passwords},
		{"scopes", test_scopes},
		{"tokens", test_tokens},
		{"token errors", test_token_errors},
		{"tokens end", test_tokens_end},
		{"gate", test_gate},
		{"gate counts", test_gate_counts},
		{"gate of the administrator", test_gate_admin},
	};

	return fixture_main("api auth", tests, COUNT(tests));
}
