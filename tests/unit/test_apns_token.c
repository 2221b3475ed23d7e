/* When a provider token of APNs is made anew, in the course of two hours. */
#include "config.h"

#include <json-c/json.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "common/lp_json.h"
#include "common/push/provider_conf.h"
#include "tests/unit/lp_test.h"
#include "worker/provider/apns_token.h"

#define START   UINT64_C(1795430000000)
#define MINUTES (UINT64_C(60) * 1000)

/* A private key as Apple's .p8 files have it, inside a string of JSON. */
static void add_key(struct lp_buf *out)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	BIO *bio = BIO_new(BIO_s_mem());
	char *text;
	long n;

	CU_ASSERT_FATAL(key && bio &&
			PEM_write_bio_PKCS8PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) == 1);
	n = BIO_get_mem_data(bio, &text);
	lp_json_quote(out, lp_str(text, (size_t)n));
	BIO_free(bio);
	EVP_PKEY_free(key);
}

static struct provider_set *set_new(const char *id)
{
	struct lp_buf text = {0};
	struct provider_set *set;

	lp_buf_addf(
		&text,
		"[{\"name\":\"default\",\"apns_env\":\"dev\",\"apns_topic\":\"com.example.app\","
		"\"token_keyId\":\"%s\",\"token_teamId\":\"TEAM\",\"token_key\":",
		id);
	add_key(&text);
	lp_buf_addz(&text, "}]");
	set = provider_set_new(LP_STR("/demo"), lp_buf_str(&text), LP_STR(""), NULL, "");
	lp_buf_clear(&text);
	return set;
}

static const struct provider_entry *entry(const struct provider_set *set)
{
	const struct provider_entry *e = provider_set_find(set, LP_STR("default"));

	CU_ASSERT_FATAL(e && *e->apns.token_key);
	return e;
}

static void test_course(void)
{
	/* In this order. refused: Apple calls the one of that time too old. */
	static const struct {
		uint64_t minute;
		uint64_t made; /* minute in which the token that is used now was made */
		bool refused, want;
	} rows[] = {
		{0, 0, false, true},
		{1, 0, false, true},
		{19, 0, true, false},
		{19, 0, false, true},
		{39, 0, false, true},
		/* the 40th minute */
		{40, 40, false, true},
		{41, 40, false, true},
		/* one that was sent before, and refused after */
		{42, 0, true, true},
		{42, 40, false, true},
		{59, 40, true, false},
		{60, 40, true, true},
		{60, 60, false, true},
		{61, 60, true, false},
		{99, 60, false, true},
		{100, 100, false, true},
		/* the clock was put back */
		{50, 50, false, true},
		{89, 50, false, true},
		{120, 120, false, true},
	};
	struct token_cache *cache = token_cache_new(10);
	struct provider_set *set = set_new("KEY");
	char before[1000] = "";
	uint64_t last = 1;

	for (size_t i = 0; i < COUNT(rows); i++) {
		uint64_t now = START + rows[i].minute * MINUTES;
		uint64_t made = START + rows[i].made * MINUTES;
		const struct cached_token *t;

		if (rows[i].refused) {
			CHECK_ROW(lp_cstr("refused"),
				  apns_token_renew(cache, entry(set), made, now) == rows[i].want);
			continue;
		}
		t = apns_token(cache, entry(set), now);
		CU_ASSERT_FATAL(t != NULL);
		CU_ASSERT_EQUAL(t->made, made);
		/* Another one when, and only when, it is of another time. */
		CU_ASSERT_EQUAL(strcmp(t->text, before) == 0, made == last);
		snprintf(before, sizeof(before), "%s", t->text);
		last = made;
	}
	provider_set_release(set);
	token_cache_free(cache);
}

/* Each key has its own; one that is no key has none. */
static void test_keys(void)
{
	struct token_cache *cache = token_cache_new(10);
	struct provider_set *sets[] = {set_new("ONE"), set_new("TWO")};
	struct provider_set *none = provider_set_new(
		LP_STR("/demo"),
		LP_STR("[{\"name\":\"default\",\"apns_env\":\"dev\",\"token_key\":\"no key\"}]"),
		LP_STR(""), NULL, "");

	CU_ASSERT_EQUAL(apns_token(cache, entry(sets[0]), START)->made, START);
	CU_ASSERT_EQUAL(apns_token(cache, entry(sets[1]), START + 1)->made, START + 1);
	CU_ASSERT_EQUAL(apns_token(cache, entry(sets[0]), START + 2)->made, START);
	CU_ASSERT_PTR_NULL(apns_token(cache, entry(none), START));
	/* What was dropped for another reason needs no care. */
	CU_ASSERT(apns_token_renew(cache, entry(none), START, START));
	for (size_t i = 0; i < 2; i++)
		provider_set_release(sets[i]);
	provider_set_release(none);
	token_cache_free(cache);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"course", test_course},
		{"keys", test_keys},
	};

	return lp_test_main("apns_token", tests, COUNT(tests));
}
