#include "config.h"

#include "common/lp_json.h"
#include "common/push/secret_box.h"
#include "fcgi-api/nsp_providers.h"
#include "tests/unit/lp_test.h"

/* A private key of Web Push: any number below the order of the curve. */
#define VAPID   "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE"
#define WEBPUSH "\"type\":\"webpush\",\"vapid_subject\":\"mailto:a@example.org\""

static struct nsp_providers env = {.nsp = {"/d", 2}, .token_hosts = "oauth2.googleapis.com"};

static enum api_error merge(struct lp_buf *out, const char *stored, const char *push,
			    const char *apns, struct nsp_wrong *wrong)
{
	struct json_object *push_changes = NULL, *apns_changes = NULL;
	enum api_error err;

	lp_buf_reset(out);
	lp_buf_reset(&wrong->field);
	wrong->msg = NULL;
	if (push)
		CHECK(lp_json_parse(lp_cstr(push), &push_changes) == LP_OK);
	if (apns)
		CHECK(lp_json_parse(lp_cstr(apns), &apns_changes) == LP_OK);
	err = nsp_providers_merge(out, &env, LP_STR(""), lp_cstr(stored), push_changes,
				  apns_changes, wrong);
	json_object_put(push_changes);
	json_object_put(apns_changes);
	return err;
}

static void test_merge(void)
{
	static const char stored[] = "[{\"name\":\"a\",\"apns_topic\":\"t\"},"
				     "{\"name\":\"b\",\"apns_env\":\"dev\"}]";
	static const struct {
		const char *stored, *changes;
		const char *want;  /* NULL: refused */
		const char *field; /* then */
	} rows[] = {
		{"", "[]", "", NULL},
		{"", "[{\"name\":\"a\",\"apns_env\":\"dev\",\"other\":1}]",
		 "[{\"name\":\"a\",\"apns_env\":\"dev\"}]", NULL},
		{"no JSON", "[{\"name\":\"a\"}]", "[{\"name\":\"a\"}]", NULL},
		{stored, "[{\"name\":\"a\",\"apns_topic\":\"u\",\"token_key\":\"\"}]",
		 "[{\"name\":\"a\",\"apns_topic\":\"u\"},{\"name\":\"b\",\"apns_env\":\"dev\"}]",
		 NULL},
		{stored, "[{\"name\":\"a\",\"apns_topic\":\"\",\"token_key\":null}]",
		 "[{\"name\":\"a\"},{\"name\":\"b\",\"apns_env\":\"dev\"}]", NULL},
		{stored, "[{\"name\":\"a\",\"del\":true},{\"name\":\"c\",\"del\":1}]",
		 "[{\"name\":\"b\",\"apns_env\":\"dev\"}]", NULL},
		{stored, "[{\"name\":\"a\",\"del\":\"1\"},{\"name\":\"b\",\"del\":\"1\"}]", "",
		 NULL},
		{stored, "[{\"name\":\"a\",\"del\":\"0\"},{\"name\":\"b\",\"del\":\"1\"}]",
		 "[{\"name\":\"a\",\"apns_topic\":\"t\"}]", NULL},
		{stored, "{\"name\":\"a\"}", NULL, ""},
		{stored, "[1]", NULL, ""},
		{stored, "[null]", NULL, ""},
		{stored, "[{}]", NULL, ""},
		{stored, "[{\"name\":{}}]", NULL, ""},
		{stored, "[{\"name\":\"a b\"}]", NULL, "[a b].name"},
		{stored, "[{\"name\":\"a\",\"token_key\":{}}]", NULL, "[a].token_key"},
		{stored, "[{\"name\":\"a\",\"token_key\":5}]", NULL, "[a].token_key"},
		{stored, "[{\"name\":\"a\",\"token_key\":\"k\"}]", NULL, "[a].token_key"},
		{stored, "[{\"name\":\"a\",\"token_key\":\"enc:1:k:AAAA\"}]", NULL,
		 "[a].token_key"},
		{stored, "[{\"name\":\"a\",\"apns_topic\":\"t\\n\"}]", NULL, "[a].apns_topic"},
		{stored, "[{\"name\":\"a\",\"apns_env\":\"test\"}]", NULL, "[a].apns_env"},
		{stored, "[{\"name\":\"a\",\"apns_dev_cert\":\"x\"}]", NULL, "[a].apns_dev_cert"},
	};
	struct nsp_wrong wrong = {.msg = NULL};
	struct lp_buf out = {0}, field = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].changes);

		for (int apns = 0; apns < 2; apns++) {
			enum api_error err =
				merge(&out, rows[i].stored, apns ? NULL : rows[i].changes,
				      apns ? rows[i].changes : NULL, &wrong);

			CHECK_ROW(row, (err == API_OK) == (rows[i].want != NULL));
			if (rows[i].want) {
				CHECK_STR(row, lp_buf_str(&out), lp_cstr(rows[i].want));
				continue;
			}
			lp_buf_reset(&field);
			lp_buf_addf(&field, "%s%s", apns ? "apns_list" : "push_providers",
				    rows[i].field);
			CHECK_STR(row, lp_buf_str(&wrong.field), lp_buf_str(&field));
		}
	}
	lp_buf_clear(&out);
	lp_buf_clear(&field);
	lp_buf_clear(&wrong.field);
}

static void test_types(void)
{
	static const struct {
		const char *push, *apns, *field; /* NULL: taken */
	} rows[] = {
		{"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID "\"}]", NULL, NULL},
		{"[{\"name\":\"w\"," WEBPUSH "}]", NULL, "push_providers[w].vapid_private_key"},
		{"[{\"name\":\"w\",\"type\":\"webpush\",\"vapid_private_key\":\"" VAPID "\"}]",
		 NULL, "push_providers[w].vapid_subject"},
		{"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID
		 "\",\"vapid_public_key\":\"BAAA\"}]",
		 NULL, "push_providers[w].vapid_public_key"},
		{"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID
		 "\",\"vapid_public_key\":5}]",
		 NULL, "push_providers[w].vapid_public_key"},
		{"[{\"name\":\"g\",\"type\":\"fcm\"}]", NULL, "push_providers[g].service_account"},
		{"[{\"name\":\"g\",\"type\":\"fcm\",\"service_account\":{\"type\":\"user\"}}]",
		 NULL, "push_providers[g].service_account"},
		{"[{\"name\":\"g\",\"type\":\"gcm\"}]", NULL, "push_providers[g].type"},
		{"[{\"name\":\"g\",\"type\":1}]", NULL, "push_providers[g].type"},
		{NULL, "[{\"name\":\"g\",\"type\":\"fcm\"}]", "apns_list[g].type"},
		{"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID "\"}]",
		 "[{\"name\":\"w\"}]", "apns_list[w].type"},
	};
	struct nsp_wrong wrong = {.msg = NULL};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].push ? rows[i].push : rows[i].apns);
		enum api_error err = merge(&out, "", rows[i].push, rows[i].apns, &wrong);

		CHECK_ROW(row, (err == API_OK) == !rows[i].field);
		if (rows[i].field)
			CHECK_STR(row, lp_buf_str(&wrong.field), lp_cstr(rows[i].field));
	}
	lp_buf_clear(&out);
	lp_buf_clear(&wrong.field);
}

/* Sealed for its place, opened to be checked again, shown as a flag; not at all without keys. */
static void test_sealed(void)
{
	static const char plain[] =
		"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID "\"}]";
	static const char touch[] = "[{\"name\":\"w\",\"vapid_subject\":\"https://example.org\"}]";
	const struct secret_keys *keys = env.keys;
	struct nsp_wrong wrong = {.msg = NULL};
	struct lp_buf out = {0}, again = {0}, clear = {0};
	struct json_object *list;
	struct lp_str sealed;

	CHECK(merge(&out, plain, touch, NULL, &wrong) == API_OK);
	CHECK(lp_json_parse(lp_buf_str(&out), &list) == LP_OK);
	sealed = lp_json_str(json_object_array_get_idx(list, 0), "vapid_private_key");
	CHECK(secret_sealed(sealed));
	CHECK(secret_open(&clear, keys, LP_STR("/d\nw\nvapid_private_key"), sealed) == LP_OK);
	CHECK_STR(LP_STR("secret"), lp_buf_str(&clear), LP_STR(VAPID));
	CHECK(merge(&again, out.data, touch, NULL, &wrong) == API_OK);
	CHECK_STR(LP_STR("kept"), lp_buf_str(&again), lp_buf_str(&out));
	lp_buf_reset(&again);
	nsp_providers_json(&again, lp_buf_str(&out), LP_STR(""), false);
	CHECK_STR(LP_STR("shown"), lp_buf_str(&again),
		  LP_STR("[{\"name\":\"w\",\"type\":\"webpush\",\"vapid_private_key_set\":true,"
			 "\"vapid_subject\":\"https://example.org\"}]"));
	lp_buf_reset(&again);
	nsp_providers_json(&again, lp_buf_str(&out), LP_STR(""), true);
	CHECK_STR(LP_STR("apns"), lp_buf_str(&again), LP_STR("null"));
	env.keys = NULL;
	CHECK(merge(&again, "", plain, NULL, &wrong) == API_PUSH_PROVIDERS_INVALID);
	CHECK(wrong.msg && strstr(wrong.msg, "secret_keys"));
	env.keys = keys;
	json_object_put(list);
	lp_buf_clear(&out);
	lp_buf_clear(&again);
	lp_buf_clear(&clear);
	lp_buf_clear(&wrong.field);
}

/* Any save gives the first key what an older one sealed; what none opens stays. */
static void test_rotation(void)
{
	static const char plain[] =
		"[{\"name\":\"w\"," WEBPUSH ",\"vapid_private_key\":\"" VAPID "\"}]";
	const struct secret_keys *keys = env.keys;
	struct lp_buf why = {0}, old = {0}, out = {0};
	struct secret_keys *both = secret_keys_new("j:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=,"
						   "k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
						   &why);
	struct secret_keys *young =
		secret_keys_new("j:MTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTI=", &why);
	struct nsp_wrong wrong = {.msg = NULL};

	CHECK(merge(&old, "", plain, NULL, &wrong) == API_OK);
	CHECK(strstr(old.data, "\"enc:1:k:") != NULL);
	env.keys = young;
	CHECK(merge(&out, old.data, "[]", NULL, &wrong) == API_OK);
	CHECK_STR(LP_STR("kept"), lp_buf_str(&out), lp_buf_str(&old));
	env.keys = both;
	CHECK(merge(&out, old.data, "[]", NULL, &wrong) == API_OK);
	CHECK(strstr(out.data, "\"enc:1:j:") != NULL && !strstr(out.data, "enc:1:k:"));
	env.keys = young; /* which can open it now */
	CHECK(merge(&old, out.data, "[{\"name\":\"w\",\"vapid_subject\":\"mailto:b@c\"}]", NULL,
		    &wrong) == API_OK);
	env.keys = keys;
	secret_keys_free(both);
	secret_keys_free(young);
	lp_buf_clear(&why);
	lp_buf_clear(&old);
	lp_buf_clear(&out);
	lp_buf_clear(&wrong.field);
}

static void test_bound(void)
{
	struct nsp_wrong wrong = {.msg = NULL};
	struct lp_buf out = {0}, changes = {0};

	for (unsigned i = 0; i < NSP_PROVIDERS_MAX; i++)
		lp_buf_addf(&changes, "%s{\"name\":\"n%u\"}", i ? "," : "[", i);
	lp_buf_addc(&changes, ']');
	CHECK(merge(&out, "", changes.data, NULL, &wrong) == API_OK);
	changes.data[changes.len - 1] = ',';
	lp_buf_addz(&changes, "{\"name\":\"more\"}]");
	CHECK(merge(&out, "", changes.data, NULL, &wrong) == API_PUSH_PROVIDERS_INVALID);
	lp_buf_clear(&out);
	lp_buf_clear(&changes);
	lp_buf_clear(&wrong.field);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"merge", test_merge},       {"types", test_types}, {"sealed", test_sealed},
		{"new keys", test_rotation}, {"bound", test_bound},
	};
	struct lp_buf why = {0};
	char *error = NULL;
	struct secret_keys *keys =
		secret_keys_new("k:MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", &why);
	struct ident_rules *rules =
		ident_rules_new(IDENT_DEFAULT_PATTERN, 50, 100, 100, 100, &error);
	int status;

	env.keys = keys;
	env.rules = rules;
	status = lp_test_main("nsp_providers", tests, COUNT(tests));
	secret_keys_free(keys);
	ident_rules_free(rules);
	return status;
}
