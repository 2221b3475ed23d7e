/*
 * Settings of namespaces that are secret or a limit, on a real Redis: what is wrong is named, what is
 * secret is not shown, and the owner does not set his own limits.
 */
#include "config.h"

#include "common/lp_mem.h"
#include "tests/redis/api_fixture.h"

#define SECOND "Basic L2Q6cHc6Mg==" /* /d:pw:2 */
#define SECRET "0123456789abcdef0123456789abcdef"
#define HS256  "{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" SECRET "\"}"

#define ERROR(status, msg, slug, field)                                                            \
	status " {\"code\":9999,\"msg\":\"" msg "\",\"error\":\"" slug "\",\"field\":\"" field "\"}"
#define INVALID(field)                                                                             \
	ERROR("400", "a setting of the namespace is invalid", "setting_invalid", field)
#define KEYS_INVALID(field) ERROR("400", "jwt_keys invalid", "jwt_keys_invalid", field)

static void save(const char *members, const char *want)
{
	char body[600];

	snprintf(body, sizeof(body), "{\"key\":\"/d\",%s}", members);
	EXPECT(body, post(ADMIN, "/api/admin/namespace/save", body), want);
}

static void test_refused(void)
{
	static const struct {
		const char *members, *want;
	} rows[] = {
		{"\"name\":{}", INVALID("name")},
		{"\"offline\":\"yes\"", INVALID("offline")},
		{"\"callback_secret\":\"0123456789abcde\"", INVALID("callback_secret")},
		{"\"callback_secret\":{}", INVALID("callback_secret")},
		{"\"connect_auth\":\"basic\"", INVALID("connect_auth")},
		{"\"limit_clients\":-1", INVALID("limit_clients")},
		{"\"limit_clients\":\"many\"", INVALID("limit_clients")},
		{"\"limit_clients\":1.5", INVALID("limit_clients")},
		{"\"limit_clients\":[]", INVALID("limit_clients")},
		{"\"limit_bytes_per_second\":1000000000001", INVALID("limit_bytes_per_second")},
		{"\"archive_days\":-1", INVALID("archive_days")},
		{"\"archive_days\":36501", INVALID("archive_days")},
		{"\"archive_days\":\"long\"", INVALID("archive_days")},
		{"\"jwt_keys\":{}", KEYS_INVALID("jwt_keys")},
		{"\"jwt_keys\":[{\"alg\":\"HS256\",\"key\":\"short\"}]",
		 KEYS_INVALID("jwt_keys[0].key")},
		{"\"jwt_keys\":[" HS256 ",{\"alg\":\"none\",\"key\":\"" SECRET "\"}]",
		 KEYS_INVALID("jwt_keys[1].alg")},
		{"\"apns_list\":5",
		 ERROR("400", "apns_list invalid", "apns_list_invalid", "apns_list")},
		{"\"push_providers\":[{\"name\":\"a\",\"token_key\":\"none\"}]",
		 ERROR("400", "it is no private key on the curve P-256, as Apple's .p8 file has it",
		       "push_providers_invalid", "push_providers[a].token_key")},
	};
	const char *before;

	fresh();
	before = lp_xstrdup(command_text("HGET " B ":conf rev"));
	for (size_t i = 0; i < COUNT(rows); i++)
		save(rows[i].members, rows[i].want);
	EXPECT("limit of the owner's own",
	       post(OWNER, "/api/auth/namespace/save", "{\"name\":\"n\",\"limit_clients\":9}"),
	       ERROR("403", "only the administrator may set this", "admin_only", "limit_clients"));
	EXPECT("nothing saved", command_text("HGET " B ":conf rev"), before);
	free((char *)before);
}

static void test_kept_and_shown(void)
{
	const char *answer;

	fresh();
	save("\"callback_secret\":\"0123456789abcdef\",\"connect_auth\":\"jwt\",\"limit_clients\":"
	     "5,"
	     "\"limit_bytes_per_second\":\"1000\",\"limit_rooms_per_client\":0,"
	     "\"jwt_keys\":[" HS256 "]",
	     "200 {}");
	/* a form sends back what it was shown */
	EXPECT("as shown",
	       post(OWNER, "/api/auth/namespace/save",
		    "{\"callback_secret\":\"\",\"connect_auth\":\"jwt\","
		    "\"jwt_keys\":[{\"kid\":\"a\",\"alg\":\"HS256\",\"key_set\":true}]}"),
	       "200 {}");
	EXPECT("stored", command_text("HGET " B ":conf callback_secret"), "0123456789abcdef");
	EXPECT("stored", command_text("HGET " B ":conf jwt_keys"), "[" HS256 "]");
	EXPECT("none", command_text("HEXISTS " B ":conf limit_rooms_per_client"), "0");
	answer = lp_xstrdup(get(OWNER, "/api/auth/namespace"));
	CHECK(!strstr(answer, "0123456789abcdef"));
	EXPECT("", member(answer, 0, "callback_secret_set"), "true");
	EXPECT("", member(answer, 0, "connect_auth"), "\"jwt\"");
	EXPECT("", member(answer, 0, "jwt_keys"),
	       "[{\"kid\":\"a\",\"alg\":\"HS256\",\"key_set\":true}]");
	EXPECT("", member(answer, 0, "limit_clients"), "5");
	EXPECT("", member(answer, 0, "limit_bytes_per_second"), "1000");
	EXPECT("", member(answer, 0, "limit_rooms_per_client"), "0");
	free((char *)answer);
	CHECK(!strstr(get(ADMIN, "/api/admin/namespace/list"), "0123456789abcdef"));
}

static void test_taken_away(void)
{
	static const char *const fields[] = {"callback_secret", "connect_auth", "jwt_keys",
					     "limit_clients"};
	const char *answer;
	char text[64];

	fresh();
	save("\"callback_secret\":\"0123456789abcdef\",\"connect_auth\":\"jwt\",\"limit_clients\":"
	     "5,"
	     "\"jwt_keys\":[" HS256 "]",
	     "200 {}");
	save("\"archive_days\":0", "200 {}");
	EXPECT("for ever", member(get(OWNER, "/api/auth/namespace"), 0, "archive_days"), "0");
	EXPECT("days of the owner's own",
	       post(OWNER, "/api/auth/namespace/save", "{\"archive_days\":9}"),
	       ERROR("403", "only the administrator may set this", "admin_only", "archive_days"));
	save("\"archive_days\":null", "200 {}");
	EXPECT("", member(get(OWNER, "/api/auth/namespace"), 0, "archive_days"), "null");
	save("\"callback_secret\":null,\"connect_auth\":\"\",\"limit_clients\":null,\"jwt_keys\":["
	     "]",
	     "200 {}");
	for (size_t i = 0; i < COUNT(fields); i++) {
		snprintf(text, sizeof(text), "HEXISTS " B ":conf %s", fields[i]);
		EXPECT(fields[i], command_text(text), "0");
	}
	answer = get(OWNER, "/api/auth/namespace");
	CHECK(strstr(answer, "\"callback_secret_set\":false") != NULL);
	CHECK(strstr(answer, "\"jwt_keys\":null") != NULL);
	CHECK(strstr(answer, "\"limit_clients\":0") != NULL);
}

static void logins(const char *first, const char *second)
{
	EXPECT("first", msg_of(post(OWNER, "/api/auth/login", "{}")), first);
	EXPECT("second", msg_of(post(SECOND, "/api/auth/login", "{}")), second);
	/* begins on what is remembered of the settings */
	EXPECT("second", msg_of(post(SECOND, "/api/auth/push", "{\"room\":\"r\"}")),
	       second[0] == '2' ? "400 pushData can not be empty and must be an Object" : second);
}

/* A change of passwords without a gap: with two, then with the new one alone. */
static void test_two_passwords(void)
{
	fresh();
	logins("200 {}", "401 passwd error");
	save("\"auth_passwd2\":{}", INVALID("auth_passwd2"));
	save("\"auth_passwd2\":\"pw:2\"", "200 {}");
	CHECK(!strncmp(command_text("HGET " B ":conf auth_passwd2"), "pbkdf2-sha256$", 14));
	logins("200 {}", "200 {}");
	EXPECT("", member(get(OWNER, "/api/auth/namespace"), 0, "auth_passwd2_set"), "true");
	EXPECT("", member(get(OWNER, "/api/auth/namespace"), 0, "auth_passwd2"), "-");
	save("\"auth_passwd\":\"\",\"name\":\"n\"", "200 {}");
	logins("200 {}", "200 {}");
	EXPECT("by the owner",
	       post(SECOND, "/api/auth/namespace/save",
		    "{\"auth_passwd\":\"pw:2\",\"auth_passwd2\":\"\"}"),
	       "200 {}");
	EXPECT("gone", command_text("HEXISTS " B ":conf auth_passwd2"), "0");
	logins("401 passwd error", "200 {}");
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"refused", test_refused},
		{"kept and shown", test_kept_and_shown},
		{"taken away", test_taken_away},
		{"two passwords", test_two_passwords},
	};

	return fixture_main("api settings", tests, COUNT(tests));
}
