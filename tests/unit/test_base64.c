#include "config.h"

#include "common/base64.h"
#include "tests/unit/lp_test.h"

static void test_encode(void)
{
	static const struct {
		struct lp_str bytes, standard, url;
	} rows[] = {
		{BYTES(""), BYTES(""), BYTES("")},
		{BYTES("f"), BYTES("Zg=="), BYTES("Zg")},
		{BYTES("fo"), BYTES("Zm8="), BYTES("Zm8")},
		{BYTES("foo"), BYTES("Zm9v"), BYTES("Zm9v")},
		{BYTES("foobar"), BYTES("Zm9vYmFy"), BYTES("Zm9vYmFy")},
		{BYTES("\1\2\3"), BYTES("AQID"), BYTES("AQID")},
		{BYTES("\1\2\3\4"), BYTES("AQIDBA=="), BYTES("AQIDBA")},
		{BYTES("\xff\xef\xbe\x3f"), BYTES("/+++Pw=="), BYTES("_---Pw")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		base64_encode(&out, rows[i].bytes);
		CHECK_STR(rows[i].bytes, lp_buf_str(&out), rows[i].standard);
		lp_buf_reset(&out);
		CHECK(base64_decode(&out, rows[i].standard) == LP_OK);
		CHECK_STR(rows[i].standard, lp_buf_str(&out), rows[i].bytes);
		lp_buf_reset(&out);
		base64url_encode(&out, rows[i].bytes);
		CHECK_STR(rows[i].bytes, lp_buf_str(&out), rows[i].url);
	}
	lp_buf_clear(&out);
}

static void test_decode(void)
{
	static const struct {
		struct lp_str text;
		int rc;
		struct lp_str bytes;
	} rows[] = {
		{BYTES("AQIDBA"), LP_OK, BYTES("\1\2\3\4")}, /* padding missing */
		{BYTES("AQIDBA="), LP_OK, BYTES("\1\2\3\4")},
		{BYTES("AQ\nID\r\nBA==\n"), LP_OK, BYTES("\1\2\3\4")}, /* Android */
		{BYTES(" A Q\tI D "), LP_OK, BYTES("\1\2\3")},
		{BYTES("AQID="), LP_EPROTO, BYTES("")},
		{BYTES("AQIDBA==="), LP_EPROTO, BYTES("")},
		{BYTES("A"), LP_EPROTO, BYTES("")},
		{BYTES("A==="), LP_EPROTO, BYTES("")},
		{BYTES("="), LP_EPROTO, BYTES("")},
		{BYTES("AQ==AQ=="), LP_EPROTO, BYTES("")},
		{BYTES("AQ-_"), LP_EPROTO, BYTES("")},
		{BYTES("AQI\0"), LP_EPROTO, BYTES("")},
		{BYTES("AQI\xc3\xa9"), LP_EPROTO, BYTES("")},
		{BYTES("AQIDA*=="), LP_EPROTO, BYTES("")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		CHECK_ROW(rows[i].text, base64_decode(&out, rows[i].text) == rows[i].rc);
		CHECK_STR(rows[i].text, lp_buf_str(&out), rows[i].bytes);
	}
	lp_buf_clear(&out);
}

static void test_all_bytes(void)
{
	char bytes[256];
	struct lp_buf text = {0}, back = {0};

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (char)(i * 7);
	for (size_t n = 0; n <= sizeof(bytes); n++) {
		lp_buf_reset(&text);
		lp_buf_reset(&back);
		base64_encode(&text, lp_str(bytes, n));
		CHECK(text.len == (n + 2) / 3 * 4);
		CHECK(base64_decode(&back, lp_buf_str(&text)) == LP_OK);
		CHECK_STR(lp_buf_str(&text), lp_buf_str(&back), lp_str(bytes, n));
	}
	lp_buf_clear(&text);
	lp_buf_clear(&back);
}

/* One way to write it: what decodes encodes to the same text. */
static void test_decode_url(void)
{
	static const struct {
		struct lp_str text;
		int rc;
		struct lp_str bytes;
	} rows[] = {
		{BYTES(""), LP_OK, BYTES("")},
		{BYTES("Zg"), LP_OK, BYTES("f")},
		{BYTES("Zm8"), LP_OK, BYTES("fo")},
		{BYTES("Zm9v"), LP_OK, BYTES("foo")},
		{BYTES("_---Pw"), LP_OK, BYTES("\xff\xef\xbe\x3f")},
		{BYTES("/+++Pw"), LP_EPROTO, BYTES("")},
		{BYTES("Zg=="), LP_EPROTO, BYTES("")},
		{BYTES("Zh"), LP_EPROTO, BYTES("")}, /* bits behind the last byte */
		{BYTES("Zm9"), LP_EPROTO, BYTES("")},
		{BYTES("Z"), LP_EPROTO, BYTES("")},
		{BYTES("Zm9vZ"), LP_EPROTO, BYTES("")},
		{BYTES("Zm 9"), LP_EPROTO, BYTES("")},
		{BYTES("Zm9v\n"), LP_EPROTO, BYTES("")},
		{BYTES("Zm9\0"), LP_EPROTO, BYTES("")},
	};
	struct lp_buf out = {0};

	for (size_t i = 0; i < COUNT(rows); i++) {
		lp_buf_reset(&out);
		CHECK_ROW(rows[i].text, base64url_decode(&out, rows[i].text) == rows[i].rc);
		CHECK_STR(rows[i].text, lp_buf_str(&out), rows[i].bytes);
	}
	lp_buf_clear(&out);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"encode", test_encode},
		{"decode", test_decode},
		{"decode base64url", test_decode_url},
		{"all bytes and lengths", test_all_bytes},
	};

	return lp_test_main("base64", tests, COUNT(tests));
}
