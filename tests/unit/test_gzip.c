#include "config.h"

#include <zlib.h>

#include "common/lp_mem.h"
#include "connector/io/gzip.h"
#include "tests/unit/lp_test.h"

static void test_accepted(void)
{
	static const struct {
		const char *accept;
		bool want;
	} rows[] = {
		{"", false},
		{"gzip", true},
		{"gzip, deflate, br", true},
		{"deflate , GZip;q=0.5", true},
		{"x-gzip", true},
		{"gzip;q=0", false},
		{"gzip ; q=0.000 ", false},
		{"gzip;q=0.001", true},
		{"*", true},
		{"*;q=0", false},
		{"*;q=0, gzip", true},
		{"gzip;q=0, *", false},
		{"deflate, br", false},
		{"gzipx, notgzip", false},
		{"identity;q=1", false},
	};

	for (size_t i = 0; i < COUNT(rows); i++)
		CHECK_ROW(lp_cstr(rows[i].accept),
			  gzip_accepted(lp_cstr(rows[i].accept)) == rows[i].want);
}

static struct lp_str unzip(struct lp_str in, char *out, size_t max)
{
	z_stream z = {.next_in = (Bytef *)in.p,
		      .avail_in = (uInt)in.n,
		      .next_out = (Bytef *)out,
		      .avail_out = (uInt)max};
	int rc;

	if (inflateInit2(&z, 15 + 16) != Z_OK)
		return LP_STR("can not begin");
	rc = inflate(&z, Z_FINISH);
	inflateEnd(&z);
	return rc == Z_STREAM_END && !z.avail_in ? lp_str(out, max - z.avail_out)
						 : LP_STR("not gzip");
}

static void test_compress(void)
{
	static const size_t sizes[] = {0, 1, 1000, 65536, 200000};
	char *text = lp_xmalloc(200000), *back = lp_xmalloc(200000 + 1);
	struct gzip *g = gzip_new();
	uint32_t x = 1;

	for (size_t i = 0; i < 200000; i++) {
		x = x * 1664525 + 1013904223;
		text[i] = i < 100000 ? (char)('a' + i % 7) : (char)(x >> 24);
	}
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct lp_str body = lp_str(text, sizes[i]);

		CHECK(lp_str_eq(unzip(gzip_compress(g, body), back, 200001), body));
		/* the incompressible end of it */
		body.p += 200000 - sizes[i];
		CHECK(lp_str_eq(unzip(gzip_compress(g, body), back, 200001), body));
	}
	CHECK(gzip_compress(g, lp_str(text, 1000)).n < 100);
	gzip_free(g);
	free(text);
	free(back);
}

int main(void)
{
	static const struct lp_test tests[] = {
		{"accepted", test_accepted},
		{"compress", test_compress},
	};

	return lp_test_main("gzip", tests, COUNT(tests));
}
