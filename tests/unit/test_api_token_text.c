#include "config.h"

#include <ctype.h>

#include "fcgi-api/api_token_text.h"
#include "tests/unit/lp_test.h"

static void test_make(void)
{
	struct lp_buf text[2] = {{0}, {0}}, nsp = {0};
	char id[2][API_TOKEN_ID_LEN + 1], hash[2][API_TOKEN_HASH_LEN + 1];
	char again[API_TOKEN_HASH_LEN + 1];
	struct lp_str got_id, secret;

	for (int i = 0; i < 2; i++)
		api_token_make(&text[i], LP_STR("/d.\xc3\xbc"), id[i], hash[i]);
	CHECK(api_token_parse(lp_buf_str(&text[0]), &nsp, &got_id, &secret));
	CHECK_STR(LP_STR(""), lp_buf_str(&nsp), LP_STR("/d.\xc3\xbc"));
	CHECK_STR(LP_STR(""), got_id, lp_cstr(id[0]));
	api_token_hash(secret, again);
	CHECK_STR(LP_STR(""), lp_cstr(again), lp_cstr(hash[0]));
	CHECK(strcmp(id[0], id[1]) != 0);
	CHECK(strcmp(hash[0], hash[1]) != 0);
	for (int i = 0; i < 2; i++)
		lp_buf_clear(&text[i]);
	lp_buf_clear(&nsp);
}

/* Commands take what begins with a dash for an option. */
static void test_id(void)
{
	char id[API_TOKEN_ID_LEN + 1], hash[API_TOKEN_HASH_LEN + 1];
	struct lp_buf text = {0};

	for (int i = 0; i < 100; i++) {
		lp_buf_reset(&text);
		api_token_make(&text, LP_STR("/d"), id, hash);
		CHECK_ROW(lp_cstr(id), isalpha((unsigned char)id[0]));
	}
	lp_buf_clear(&text);
}

static void test_hash(void)
{
	char hash[API_TOKEN_HASH_LEN + 1];

	api_token_hash(LP_STR("abc"), hash); /* FIPS 180-2 */
	CHECK_STR(LP_STR("abc"), lp_cstr(hash),
		  LP_STR("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"));
}

static void test_parse(void)
{
#define ID     "AAAAAAAAAAAA"
#define SECRET "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	static const struct {
		const char *text;
		bool good;
	} rows[] = {
		{"lp_L2Q." ID "." SECRET, true},
		{"", false},
		{"lp_", false},
		{"lp_L2Q", false},
		{"lp_L2Q.", false},
		{"lp_L2Q." ID, false},
		{"lp_L2Q." ID ".", false},
		{"lp_L2Q." ID "." SECRET "A", false},
		{"lp_L2Q." ID "A." SECRET, false},
		{"lp_L2Q.AAAAAAAAAA:A." SECRET, false},
		{"lp_L2Q=." ID "." SECRET, false},
		{"L2Q." ID "." SECRET, false},
		{"LP_L2Q." ID "." SECRET, false},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_buf nsp = {0};
		struct lp_str id, secret;

		CHECK_ROW(lp_cstr(rows[i].text), api_token_parse(lp_cstr(rows[i].text), &nsp, &id,
								 &secret) == rows[i].good);
		lp_buf_clear(&nsp);
	}
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"make", test_make}, {"id", test_id}, {"hash", test_hash}, {"parse", test_parse}};

	return lp_test_main("api_token_text", tests, COUNT(tests));
}
