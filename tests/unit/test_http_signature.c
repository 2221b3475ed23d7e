#include "config.h"

#include "common/http/http_signature.h"
#include "tests/unit/lp_test.h"

/* The hashes are those of "openssl dgst -sha256 -hmac <secret>". */
static void test_signature(void)
{
	static const struct {
		struct lp_str secret;
		uint64_t seconds;
		struct lp_str body, want;
	} rows[] = {
		{BYTES("0123456789abcdef"), UINT64_C(1700000000), BYTES("{\"a\":1}"),
		 BYTES("t=1700000000,v1="
		       "9eb18f493f8ec135d9eb2dad817c369bb4e9cbfa818657897a7437c1cd8c3a23")},
		{BYTES("0123456789abcdef"), UINT64_C(1700000000), BYTES(""),
		 BYTES("t=1700000000,v1="
		       "3e0153239c488f9cbe8103099169ba4aa1fb4c71fee92bb6f1fc768e7ebdcfe0")},
		{BYTES("0123456789abcdef"), UINT64_C(1700000001), BYTES("{\"a\":1}"),
		 BYTES("t=1700000001,v1="
		       "1e42fb067f4ada7d35accf04c5c9f8300adf8fb7ea350149c2ab89691276af27")},
		{BYTES("another secret of 64 bytes and more, so that it is hashed first .."),
		 UINT64_C(0), BYTES("uuid=u&platform=web"),
		 BYTES("t=0,v1=fd6906ef69408ea8b8f29d13783c26bbdc29f132ecd0d1bdd65f8c04deecc268")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		http_signature(&out, rows[i].secret, rows[i].seconds, rows[i].body);
		CHECK_STR(rows[i].body, lp_buf_str(&out), rows[i].want);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {{"signature", test_signature}};

	return lp_test_main("http_signature", tests, COUNT(tests));
}
