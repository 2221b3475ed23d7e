/*
 * The first byte chooses: even, the rest is a chunked body as a client sends it; odd, the rest is
 * put into chunks of that many bytes and must come out again. Slices must make no difference.
 */
#include "config.h"

#include "connector/proto/http_head.h"
#include "tests/fuzz/fuzz.h"

#define BODY_MAX 1000

static int feed(struct lp_str in, size_t slice, struct lp_buf *out, size_t *used)
{
	struct http_chunked k = {0};
	int rc = 0;

	lp_buf_reset(out);
	for (*used = 0; rc == 0 && *used < in.n;) {
		size_t n = in.n - *used < slice ? in.n - *used : slice;
		size_t taken;

		rc = http_chunked_feed(&k, in.p + *used, n, out, BODY_MAX, &taken);
		MUST(taken <= n && (rc != 0 || taken == n));
		*used += taken;
	}
	MUST(out->len <= BODY_MAX);
	return rc;
}

/* Returns what became of it; the content is in *whole. */
static int check_slices(struct lp_str in, struct lp_buf *whole, size_t *used)
{
	struct lp_buf parts = {0};
	size_t used_parts;
	int rc = feed(in, in.n, whole, used);

	for (size_t slice = 1; slice < 8; slice++) {
		MUST(feed(in, slice, &parts, &used_parts) == rc);
		MUST(*used == used_parts);
		MUST(lp_str_eq(lp_buf_str(whole), lp_buf_str(&parts)));
	}
	lp_buf_clear(&parts);
	return rc;
}

static void put_in_chunks(struct lp_buf *out, struct lp_str in, size_t chunk)
{
	while (in.n) {
		size_t n = in.n < chunk ? in.n : chunk;

		lp_buf_addf(out, n % 2 ? "%zx;a=b\r\n" : "%zX\r\n", n);
		lp_buf_add(out, in.p, n);
		lp_buf_addz(out, "\r\n");
		in = lp_str_from(in, n);
	}
	lp_buf_addz(out, "0\r\nTrailer: 1\r\n\r\n");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_buf text = {0}, out = {0};
	struct lp_str in;
	size_t used;
	int rc;

	if (!size)
		return 0;
	in = lp_str((const char *)data + 1, size - 1);
	if (data[0] % 2 == 0) {
		rc = check_slices(in, &out, &used);
		MUST(rc == 0 || rc == 1 || rc == LP_EPROTO || rc == LP_ETOOBIG);
	} else {
		put_in_chunks(&text, in, data[0]);
		rc = check_slices(lp_buf_str(&text), &out, &used);
		MUST(rc == (in.n <= BODY_MAX ? 1 : LP_ETOOBIG));
		MUST(rc != 1 || (used == text.len && lp_str_eq(lp_buf_str(&out), in)));
	}
	lp_buf_clear(&text);
	lp_buf_clear(&out);
	return 0;
}
