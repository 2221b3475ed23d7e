/* The push providers of a namespace as the worker reads them from Redis. */
#include "config.h"

#include "common/push/provider_conf.h"
#include "tests/unit/lp_test.h"

#define VAPID        "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define KEYS         "k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE="
#define NO_KEY       "it has neither token_key nor a certificate for its apns_env"
#define HALF         "token_key needs token_keyId, token_teamId and apns_topic"
#define NOT_THERE    "secret_keys has not the key of its secrets"
#define NOT_READABLE "its secrets can not be decrypted"
#define NO_VAPID     "it has no vapid_private_key that can be read"

static struct secret_keys *keys;

static struct provider_set *read_set(const char *push, const char *apns)
{
	return provider_set_new(LP_STR("/demo"), lp_cstr(push), lp_cstr(apns), keys,
				"oauth2.googleapis.com");
}

/* Entries as "type name broken" with "; " between. */
static void describe(struct lp_buf *out, const struct provider_set *set)
{
	const struct provider_entry *e;

	for (size_t i = 0; (e = provider_set_at(set, i)); i++) {
		lp_buf_addf(out, "%s%s %s", i ? "; " : "", provider_type_names[e->type], e->name);
		if (e->broken)
			lp_buf_addf(out, " %s", e->broken);
	}
}

static void test_entries(void)
{
	static const struct {
		const char *push, *apns, *want;
	} rows[] = {
		{"", "", ""},
		{"no JSON", "{}", ""},
		{"[1,null,{},{\"name\":5},{\"name\":\"\"}]", "[]", ""},
		{"[{\"name\":\"a\",\"type\":\"gcm\"}]", "", ""},
		{"[{\"name\":\"a\"}]", "", "apns a " NO_KEY},
		{"[{\"name\":\"a\",\"token_key\":\"x\"}]", "", "apns a " HALF},
		{"[{\"name\":\"a\",\"token_key\":\"x\",\"token_keyId\":\"k\",\"token_teamId\":7,"
		 "\"apns_topic\":\"t\"}]",
		 "", "apns a"},
		{"[{\"name\":\"a\",\"token_key\":\"enc:1:j:AAAA\"}]", "", "apns a " NOT_THERE},
		{"[{\"name\":\"a\",\"token_key\":\"enc:1:k:AAAA\"}]", "", "apns a " NOT_READABLE},
		/* the certificate of the other environment is none */
		{"[{\"name\":\"a\",\"apns_env\":\"dev\",\"apns_production_cert\":\"x\"}]", "",
		 "apns a " NO_KEY},
		{"[{\"name\":\"a\",\"apns_env\":\"dev\",\"apns_dev_cert\":\"x\"}]", "", "apns a"},
		{"[{\"name\":\"w\",\"type\":\"webpush\",\"vapid_private_key\":\"" VAPID "\"}]", "",
		 "webpush w"},
		{"[{\"name\":\"w\",\"type\":\"webpush\",\"vapid_private_key\":[]}]", "",
		 "webpush w " NO_VAPID},
		{"[{\"name\":\"g\",\"type\":\"fcm\",\"service_account\":\"{}\"}]", "",
		 "fcm g it is not the JSON of a service account"},
		/* push_providers wins, and what comes first */
		{"[{\"name\":\"w\",\"type\":\"webpush\",\"vapid_private_key\":\"" VAPID
		 "\"},{\"name\":\"w\",\"type\":\"fcm\"}]",
		 "[{\"name\":\"w\"},{\"name\":\"b\"}]", "webpush w; apns b " NO_KEY},
	};
	struct lp_buf got = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct provider_set *set = read_set(rows[i].push, rows[i].apns);

		lp_buf_reset(&got);
		describe(&got, set);
		CHECK_STR(lp_cstr(rows[i].push), lp_buf_str(&got), lp_cstr(rows[i].want));
		provider_set_release(set);
	}
	lp_buf_clear(&got);
}

static void test_apns(void)
{
	static const struct {
		const char *text;
		bool sandbox;
		int64_t expiration;
		const char *cert, *key;
	} rows[] = {
		{"[{\"name\":\"a\",\"apns_production_cert\":\"c\",\"apns_production_key\":\"k\"}]",
		 false, -1, "c", "k"},
		{"[{\"name\":\"a\",\"apns_production_cert\":\"c\",\"apns_expiration\":\"60\"}]",
		 false, 60, "c", "c"},
		{"[{\"name\":\"a\",\"apns_env\":\"dev\",\"apns_dev_cert\":\"d\","
		 "\"apns_production_cert\":\"c\",\"apns_expiration\":0}]",
		 true, 0, "d", "d"},
	};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].text);
		struct provider_set *set = read_set("", rows[i].text);
		const struct provider_entry *e = provider_set_find(set, LP_STR("a"));

		CHECK_ROW(row, e && e->apns.sandbox == rows[i].sandbox);
		CHECK_ROW(row, e && e->apns.expiration == rows[i].expiration);
		CHECK_ROW(row, e && e->apns.expires == 0); /* of what is no certificate */
		CHECK_STR(row, lp_cstr(e ? e->apns.cert : NULL), lp_cstr(rows[i].cert));
		CHECK_STR(row, lp_cstr(e ? e->apns.key : NULL), lp_cstr(rows[i].key));
		provider_set_release(set);
	}
}

/* A secret is bound to its place: copied to another entry or namespace it is worth nothing. */
static void test_places(void)
{
	static const struct {
		const char *nsp, *name, *want;
	} rows[] = {
		{"/demo", "w", "webpush w"},
		{"/demo", "v", "webpush v " NOT_READABLE},
		{"/other", "w", "webpush w " NOT_READABLE},
	};
	struct lp_buf place = {0}, sealed = {0}, text = {0}, got = {0};

	provider_place(&place, LP_STR("/demo"), LP_STR("w"), "vapid_private_key");
	secret_seal(&sealed, keys, lp_buf_str(&place), LP_STR(VAPID));
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct provider_set *set;

		lp_buf_reset(&text);
		lp_buf_reset(&got);
		lp_buf_addf(&text,
			    "[{\"name\":\"%s\",\"type\":\"webpush\",\"vapid_private_key\":\"%s\"}]",
			    rows[i].name, sealed.data);
		set = provider_set_new(lp_cstr(rows[i].nsp), lp_buf_str(&text), LP_STR(""), keys,
				       "");
		CHECK_STR(lp_cstr(rows[i].nsp), provider_set_namespace(set), lp_cstr(rows[i].nsp));
		describe(&got, set);
		CHECK_STR(lp_cstr(rows[i].nsp), lp_buf_str(&got), lp_cstr(rows[i].want));
		if (i == 0)
			CHECK_STR(LP_STR("clear"),
				  lp_cstr(provider_set_at(set, 0)->webpush.private_key),
				  LP_STR(VAPID));
		provider_set_release(provider_set_hold(set));
		CHECK(provider_set_find(set, LP_STR("none")) == NULL);
		provider_set_release(set);
	}
	lp_buf_clear(&place);
	lp_buf_clear(&sealed);
	lp_buf_clear(&text);
	lp_buf_clear(&got);
}

static void test_types(void)
{
	for (int i = 0; i < PROVIDER_TYPES; i++)
		CHECK_ROW(lp_cstr(provider_type_names[i]),
			  (int)provider_type_parse(lp_cstr(provider_type_names[i])) == i);
	CHECK(provider_type_parse(LP_STR("")) == PROVIDER_APNS);
	CHECK(provider_type_parse(LP_STR("APNS")) == PROVIDER_TYPES);
	CHECK(provider_type_parse(LP_STR("fcm ")) == PROVIDER_TYPES);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"entries", test_entries},
		{"APNs", test_apns},
		{"places", test_places},
		{"types", test_types},
	};
	struct lp_buf why = {0};
	int status;

	keys = secret_keys_new(KEYS, &why);
	status = lp_test_main("provider_conf", tests, COUNT(tests));
	secret_keys_free(keys);
	lp_buf_clear(&why);
	return status;
}
