#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/nsp_settings.h"
#include "tests/unit/lp_test.h"

#define SECRET "0123456789abcdef0123456789abcdef"
#define OTHER  "another secret of at least 32 bytes"

static void test_keys(void)
{
	static const char stored[] = "[{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" SECRET "\"},"
				     "{\"alg\":\"HS256\",\"key\":\"" OTHER "\"}]";
	static const struct {
		const char *change;
		const char *want;  /* NULL: refused */
		const char *wrong; /* then */
	} rows[] = {
		{"[]", "", NULL},
		/* what a form was shown, sent back: the secrets stay */
		{"[{\"kid\":\"a\",\"alg\":\"HS256\",\"key_set\":true},"
		 "{\"alg\":\"HS256\",\"key_set\":true}]",
		 stored, NULL},
		{"[{\"alg\":\"HS256\",\"key\":null}]",
		 "[{\"alg\":\"HS256\",\"key\":\"" OTHER "\"}]", NULL},
		{"[{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" OTHER "\",\"more\":1}]",
		 "[{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"" OTHER "\"}]", NULL},
		/* another algorithm, another key */
		{"[{\"kid\":\"a\",\"alg\":\"ES256\"}]", NULL, "jwt_keys[0].key"},
		{"[{\"kid\":\"b\",\"alg\":\"HS256\"}]", NULL, "jwt_keys[0].key"},
		{"[{\"kid\":\"a\",\"alg\":\"HS256\",\"key\":\"\"}]", NULL, "jwt_keys[0].key"},
		{"[{\"kid\":\"a\",\"alg\":\"HS256\"},1]", NULL, "jwt_keys[1].alg"},
		{"{\"alg\":\"HS256\"}", NULL, ""},
		{"\"x\"", NULL, ""},
	};
	struct lp_buf out = {0}, wrong = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		struct lp_str row = lp_cstr(rows[i].change);
		struct json_object *change;
		int rc;

		lp_buf_reset(&out);
		lp_buf_reset(&wrong);
		CHECK(lp_json_parse(row, &change) == LP_OK);
		rc = nsp_settings_merge_keys(&out, lp_cstr(stored), change, &wrong);
		CHECK_ROW(row, rc == (rows[i].want ? LP_OK : LP_EINVAL));
		CHECK_STR(row, lp_buf_str(&wrong), lp_cstr(rows[i].wrong));
		if (rows[i].want)
			CHECK_STR(row, lp_buf_str(&out), lp_cstr(rows[i].want));
		json_object_put(change);
	}
	lp_buf_clear(&out);
	lp_buf_clear(&wrong);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"keys", test_keys},
	};

	return lp_test_main("nsp_settings", tests, COUNT(tests));
}
