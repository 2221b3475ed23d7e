#include "config.h"

#include "tests/unit/lp_test.h"
#include "worker/provider/h2.h"
#include "worker/provider/h2_fields.h"

static void test_headers(void)
{
	static const struct {
		struct lp_str value;
		bool good;
	} rows[] = {
		{{"a b", 3}, true},     {{"", 0}, true},      {{"\xc3\xa9", 2}, true},
		{{"a\r\nb", 4}, false}, {{"a\0b", 3}, false}, {{"\x7f", 1}, false},
		{{" a", 2}, false},     {{"a ", 2}, false},   {{"a\t", 2}, false},
	};
	nghttp2_nv fields[H2_HEADERS_MAX];
	struct lp_buf headers = {0};
	size_t count = 0;

	CHECK(h2_fields(fields, &headers) == 0);
	for (size_t i = 0; i < COUNT(rows); i++) {
		size_t before = headers.len;

		CHECK_ROW(rows[i].value, h2_header(&headers, "x", rows[i].value) == rows[i].good);
		CHECK_ROW(rows[i].value, rows[i].good || headers.len == before);
		count += rows[i].good;
		CHECK_ROW(rows[i].value, h2_fields(fields, &headers) == count);
		if (rows[i].good)
			CHECK_STR(
				rows[i].value,
				lp_str((char *)fields[count - 1].value, fields[count - 1].valuelen),
				rows[i].value);
	}
	while (count < H2_HEADERS_MAX && h2_header(&headers, "more", LP_STR("1")))
		count++;
	CHECK(h2_fields(fields, &headers) == H2_HEADERS_MAX);
	CHECK(!h2_header(&headers, "one-too-many", LP_STR("1")));
	lp_buf_clear(&headers);
}

static void test_retry_after(void)
{
	static const struct {
		const char *value;
		uint64_t want;
	} rows[] = {
		{"0", 0},
		{"120", 120000},
		{"99999999", 99999999000},
		{"999999999", 0}, /* 30 years */
		{"1.5", 0},
		{"-1", 0},
		{"", 0},
		{"soon", 0},
		{"Thu, 01 Jan 1970 00:16:50 GMT", 10000},
		{"Thu, 01 Jan 1970 00:16:40 GMT", 0},
		{"Thu, 01 Jan 1970 00:00:00 GMT", 0},
		{"1234567890123456789012345678901234567890123456789012345678901234567890", 0},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(lp_cstr(rows[i].value),
			  h2_retry_after(lp_cstr(rows[i].value), 1000) == rows[i].want);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"headers", test_headers},
		{"Retry-After", test_retry_after},
	};

	return lp_test_main("h2_fields", tests, COUNT(tests));
}
