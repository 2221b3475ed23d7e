/* The head of a request as a client sends it, and what may follow. */
#include "config.h"

#include "connector/proto/http_head.h"
#include "common/model/url_query.h"
#include "connector/proto/ws_handshake.h"
#include "tests/fuzz/fuzz.h"

/* What arrives bit by bit must end like what arrives at once. */
static void check_slices(const char *data, size_t size, ssize_t whole)
{
	static struct http_head h;
	size_t step = size > 400 ? size / 100 : 1;
	ssize_t rc = 0;

	for (size_t n = 0; rc == 0 && n < size; n += step)
		rc = http_head_parse(&h, data, n);
	if (rc == 0)
		rc = http_head_parse(&h, data, size);
	MUST(rc == whole);
}

static void check_head(const struct http_head *h, const char *data, size_t size)
{
	struct lp_str rest = h->query;
	struct lp_str name, value;
	struct lp_buf out = {0};

	MUST(h->method.n > 0 && inside(h->method, data, size));
	MUST(h->target.n > 0 && inside(h->target, data, size) && h->target.p[0] == '/');
	MUST(inside(h->path, h->target.p, h->target.n));
	MUST(inside(h->query, h->target.p, h->target.n));
	MUST(!(h->chunked && h->content_length >= 0));
	for (size_t i = 0; i < h->header_count; i++) {
		MUST(h->headers[i].name.n > 0 && inside(h->headers[i].name, data, size));
		MUST(inside(h->headers[i].value, data, size));
		for (size_t k = 0; k < h->headers[i].value.n; k++)
			MUST(!strchr("\r\n", h->headers[i].value.p[k]) && h->headers[i].value.p[k]);
	}
	while (url_query_next(&rest, &name, &value)) {
		MUST(inside(name, h->query.p, h->query.n));
		MUST(inside(value, h->query.p, h->query.n));
		lp_buf_reset(&out);
		url_decode(&out, value);
		MUST(out.len <= value.n);
	}
	lp_buf_reset(&out);
	if (ws_handshake_check(h) == LP_OK) {
		ws_handshake_answer(&out, h, lp_str(NULL, 0));
		MUST(memmem(out.data, out.len, "\r\n\r\n", 4) == out.data + out.len - 4);
	}
	lp_buf_clear(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct http_head h;
	const char *text = (const char *)data;
	ssize_t rc = http_head_parse(&h, text, size);

	MUST(rc <= (ssize_t)size);
	if (rc > 0)
		check_head(&h, text, (size_t)rc);
	check_slices(text, size, rc);
	return 0;
}
