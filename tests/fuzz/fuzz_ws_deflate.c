/*
 * The first byte chooses: what a request offers, the payload of a compressed message, or a message
 * that must come back unchanged.
 */
#include "config.h"

#include "connector/proto/ws_deflate.h"
#include "tests/fuzz/fuzz.h"

#define MAX 50000

/* What is accepted names at least the one extension there is. */
static void offers(struct lp_str text)
{
	const char *answer = ws_deflate_answer(text);

	MUST(!answer || text.n >= strlen("permessage-deflate"));
}

static void payload(struct ws_deflate *d, struct lp_str bytes)
{
	struct lp_str got;
	int rc = ws_deflate_inflate(d, bytes, MAX, &got);

	MUST(rc == LP_OK || rc == LP_ETOOBIG || rc == LP_EPROTO);
	MUST(got.n <= MAX + 1);
	MUST((rc == LP_ETOOBIG) == (got.n > MAX));
}

static void message(struct ws_deflate *d, struct lp_str text)
{
	struct lp_str packed = ws_deflate_compress(d, text), got;

	MUST(ws_deflate_inflate(d, packed, text.n, &got) == LP_OK);
	MUST(lp_str_eq(got, text));
	if (text.n)
		MUST(ws_deflate_inflate(d, packed, text.n - 1, &got) == LP_ETOOBIG);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct ws_deflate *d;
	struct lp_str rest;

	if (!size)
		return 0;
	if (!d) /* one for all, as in the server */
		d = ws_deflate_new();
	rest = lp_str((const char *)data + 1, size - 1);
	switch (data[0]) {
	case 'o':
		offers(rest);
		break;
	case 'm':
		message(d, rest);
		break;
	default:
		payload(d, rest);
	}
	return 0;
}
