#include "config.h"

#include "fcgi-api/password.h"
#include "tests/unit/lp_test.h"

/* Made by Python: base64(hashlib.pbkdf2_hmac("sha256", b"pass:word", b"0123456789abcdef", 1000)). */
static void test_known(void)
{
	struct lp_str stored = LP_STR("pbkdf2-sha256$1000$MDEyMzQ1Njc4OWFiY2RlZg==$"
				      "BSDSDsJkaqeOX5DDdM9Bs2lOozIJrtXY27uce1etvnI=");

	CHECK(password_verify(stored, LP_STR("pass:word")));
	CHECK(!password_verify(stored, LP_STR("pass")));
	CHECK(!password_verify(stored, LP_STR("")));
}

static void test_hash(void)
{
	struct lp_buf one = {0}, other = {0};

	password_hash(&one, LP_STR("secret"));
	password_hash(&other, LP_STR("secret"));
	CHECK(lp_str_starts(lp_buf_str(&one), LP_STR("pbkdf2-sha256$60000$")));
	CHECK(!lp_str_eq(lp_buf_str(&one), lp_buf_str(&other))); /* salted */
	CHECK(password_verify(lp_buf_str(&one), LP_STR("secret")));
	CHECK(!password_verify(lp_buf_str(&one), LP_STR("Secret")));
	lp_buf_clear(&one);
	lp_buf_clear(&other);
}

static void test_malformed(void)
{
	static const struct lp_str rows[] = {
		BYTES(""),
		BYTES("secret"),
		BYTES("pbkdf2-sha256$"),
		BYTES("pbkdf2-sha256$$$"),
		BYTES("pbkdf2-sha256$0$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		BYTES("pbkdf2-sha256$-1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		BYTES("pbkdf2-sha256$9999999$AAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
		BYTES("pbkdf2-sha256$99999999999$AAAA$AAAA"),
		BYTES("pbkdf2-sha256$1$AAAA$AAAA"),
		BYTES("pbkdf2-sha256$1$A!$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(rows[i], !password_verify(rows[i], LP_STR("secret")));
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"known", test_known},
		{"hash", test_hash},
		{"malformed", test_malformed},
	};

	return lp_test_main("password", tests, COUNT(tests));
}
