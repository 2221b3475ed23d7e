/* Secrets at rest: the setting with the keys, and what is sealed with them. */
#include "config.h"

#include "common/push/secret_box.h"
#include "tests/unit/lp_test.h"

#define ONE   "one:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define TWO   "two:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI="
#define PLACE LP_STR("/demo\nshop\ntoken_key")

static struct secret_keys *keys_of(const char *text)
{
	struct lp_buf why = {0};
	struct secret_keys *keys = secret_keys_new(text, &why);

	CHECK_ROW(lp_cstr(text), keys != NULL && why.len == 0);
	lp_buf_clear(&why);
	return keys;
}

static void test_keys(void)
{
	static const char *const bad[] = {
		"x",
		"one",
		"one:",
		":MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"o e:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"o:e:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"123456789012345678901234567890123:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		"one:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5",             /* 30 bytes */
		"one:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4", /* 36 bytes */
		"one:****",
		(ONE "," ONE),
		(ONE ",,"),
		("," ONE),
	};
	struct secret_keys *keys;

	for (size_t i = 0; i < COUNT(bad); i++) {
		struct lp_buf why = {0};

		CHECK_ROW(lp_cstr(bad[i]), secret_keys_new(bad[i], &why) == NULL);
		CHECK_ROW(lp_cstr(bad[i]), why.len > 0);
		lp_buf_clear(&why);
	}
	keys = keys_of(TWO "," ONE);
	CHECK_STR(LP_STR("first"), lp_cstr(secret_keys_first(keys)->id), LP_STR("two"));
	CHECK(secret_keys_find(keys, LP_STR("one")) != NULL);
	CHECK(secret_keys_find(keys, LP_STR("on")) == NULL);
	CHECK(secret_keys_find(NULL, LP_STR("one")) == NULL);
	secret_keys_free(keys);
}

static void test_round(void)
{
	static const struct lp_str secrets[] = {BYTES(""), BYTES("x"), BYTES("a\0b\n\xff"),
						BYTES("-----BEGIN PRIVATE KEY-----\n")};
	struct secret_keys *keys = keys_of(ONE);
	struct lp_buf first = {0}, second = {0}, clear = {0};

	for (size_t i = 0; i < COUNT(secrets); i++) {
		lp_buf_reset(&first);
		lp_buf_reset(&second);
		lp_buf_reset(&clear);
		secret_seal(&first, keys, PLACE, secrets[i]);
		secret_seal(&second, keys, PLACE, secrets[i]);
		CHECK(!lp_str_eq(lp_buf_str(&first), lp_buf_str(&second))); /* a nonce of its own */
		CHECK(secret_sealed(lp_buf_str(&first)));
		CHECK(lp_str_starts(lp_buf_str(&first), LP_STR("enc:1:one:")));
		CHECK(secret_open(&clear, keys, PLACE, lp_buf_str(&first)) == LP_OK);
		CHECK_STR(secrets[i], lp_buf_str(&clear), secrets[i]);
	}
	secret_keys_free(keys);
	lp_buf_clear(&first);
	lp_buf_clear(&second);
	lp_buf_clear(&clear);
}

static void expect(const char *row, const struct secret_keys *keys, struct lp_str place,
		   struct lp_str sealed, int want)
{
	struct lp_buf out = {0};

	lp_buf_addz(&out, "before");
	CHECK_ROW(lp_cstr(row), secret_open(&out, keys, place, sealed) == want);
	CHECK_STR(lp_cstr(row), lp_buf_str(&out),
		  want == LP_OK ? LP_STR("beforesecret") : LP_STR("before"));
	lp_buf_clear(&out);
}

static void test_refused(void)
{
	static const char *const none[] = {
		"",      "secret",      "enc:",          "enc:1:",
		"enc:1", "enc:1:one",   "enc:1:one:",    "enc:1:one:AAAA",
		"enc:2", "enc:1::AAAA", "enc:1:one:****"};
	struct secret_keys *keys = keys_of(ONE);
	struct lp_buf sealed = {0};

	for (size_t i = 0; i < COUNT(none); i++)
		expect(none[i], keys, PLACE, lp_cstr(none[i]), LP_EPROTO);
	secret_seal(&sealed, keys, PLACE, LP_STR("secret"));
	expect("as it is", keys, PLACE, lp_buf_str(&sealed), LP_OK);
	expect("elsewhere", keys, LP_STR("/demo\nshop\ntoken_keys"), lp_buf_str(&sealed),
	       LP_EPROTO);
	expect("another namespace", keys, LP_STR("/other\nshop\ntoken_key"), lp_buf_str(&sealed),
	       LP_EPROTO);
	expect("no keys", NULL, PLACE, lp_buf_str(&sealed), LP_ENOENT);
	/* Each bit counts: of the nonce, the text and the tag. */
	for (size_t i = strlen("enc:1:one:"); i < sealed.len; i++) {
		char was = sealed.data[i];

		sealed.data[i] = was == 'A' ? 'B' : 'A';
		expect("changed", keys, PLACE, lp_buf_str(&sealed), LP_EPROTO);
		sealed.data[i] = was;
	}
	sealed.len--;
	expect("cut", keys, PLACE, lp_buf_str(&sealed), LP_EPROTO);
	secret_keys_free(keys);
	lp_buf_clear(&sealed);
}

/* A new key in front: the old one opens what it sealed, as long as it is there. */
static void test_rotation(void)
{
	struct secret_keys *old = keys_of(ONE), *both = keys_of(TWO "," ONE), *young = keys_of(TWO);
	struct lp_buf first = {0}, second = {0};

	secret_seal(&first, old, PLACE, LP_STR("secret"));
	secret_seal(&second, both, PLACE, LP_STR("secret"));
	expect("old", both, PLACE, lp_buf_str(&first), LP_OK);
	expect("new", both, PLACE, lp_buf_str(&second), LP_OK);
	expect("old without its key", young, PLACE, lp_buf_str(&first), LP_ENOENT);
	expect("new with its key alone", young, PLACE, lp_buf_str(&second), LP_OK);
	CHECK(secret_current(old, lp_buf_str(&first)));
	CHECK(!secret_current(both, lp_buf_str(&first)));
	CHECK(secret_current(both, lp_buf_str(&second)));
	CHECK(!secret_current(both, LP_STR("two")));
	secret_keys_free(old);
	secret_keys_free(both);
	secret_keys_free(young);
	lp_buf_clear(&first);
	lp_buf_clear(&second);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"keys", test_keys},
		{"there and back", test_round},
		{"refused", test_refused},
		{"rotation", test_rotation},
	};

	return lp_test_main("secret_box", tests, COUNT(tests));
}
