#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base64.h"
#include "fcgi-api/list_cursor.h"

#define TEXT_MAX 2048 /* bytes of a cursor from outside */

/* Not the keyed hash of this process: the next page may be asked of another one. */
static uint64_t hash(struct lp_str bytes)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	uint64_t n = 0;

	if (EVP_Digest(bytes.p ? bytes.p : "", bytes.n, digest, NULL, EVP_sha256(), NULL) != 1)
		abort();
	for (int i = 0; i < 8; i++)
		n = n << 8 | digest[i];
	return n;
}

uint64_t list_cursor_hash(const struct lp_str *names, size_t count)
{
	struct lp_buf all = {0};
	uint64_t n;

	for (size_t i = 0; i < count; i++) {
		lp_buf_addu(&all, names[i].n);
		lp_buf_addc(&all, ':');
		lp_buf_adds(&all, names[i]);
	}
	n = hash(lp_buf_str(&all));
	lp_buf_clear(&all);
	return n;
}

void list_cursor_encode(struct lp_buf *out, uint64_t query, const struct list_cursor *c)
{
	struct lp_buf text = {0};

	lp_buf_addf(&text, "%016" PRIx64 " %d%d %s %016" PRIx64 " ", query, c->source, c->whole,
		    c->scan, c->seen);
	lp_buf_adds(&text, lp_buf_str(&c->last));
	base64url_encode(out, lp_buf_str(&text));
	lp_buf_clear(&text);
}

/* Takes what stands before the next blank; false when there is none. */
static bool word(struct lp_str *rest, struct lp_str *out)
{
	size_t n = lp_str_find(*rest, ' ');

	*out = lp_str(rest->p, n);
	if (n == rest->n)
		return false;
	*rest = lp_str_from(*rest, n + 1);
	return true;
}

static bool all_of(struct lp_str s, const char *allowed, size_t min, size_t max)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!s.p[i] || !strchr(allowed, s.p[i]))
			return false;
	}
	return s.n >= min && s.n <= max;
}

/* False when it is more than 64 bits. */
static bool number(struct lp_str digits, int base, uint64_t *out)
{
	char text[24];

	snprintf(text, sizeof(text), "%.*s", LP_FMT(digits));
	errno = 0;
	*out = strtoull(text, NULL, base);
	return !errno;
}

static int read_words(struct list_cursor *c, uint64_t query, int sources, struct lp_str text)
{
	static const char hex[] = "0123456789abcdef", decimal[] = "0123456789";
	struct lp_str of, source, scan, seen;
	uint64_t made_for, position;

	if (!word(&text, &of) || !word(&text, &source) || !word(&text, &scan) ||
	    !word(&text, &seen) || !all_of(of, hex, 16, 16) || !all_of(source, decimal, 2, 2) ||
	    !all_of(scan, decimal, 1, 20) || !all_of(seen, hex, 16, 16) ||
	    !number(of, 16, &made_for) || !number(scan, 10, &position) ||
	    !number(seen, 16, &c->seen))
		return LP_EINVAL;
	c->source = source.p[0] - '0';
	c->whole = source.p[1] == '1';
	snprintf(c->scan, sizeof(c->scan), "%.*s", LP_FMT(scan));
	lp_buf_adds(&c->last, text);
	return made_for == query && c->source < sources ? LP_OK : LP_EINVAL;
}

int list_cursor_decode(struct list_cursor *c, uint64_t query, int sources, struct lp_str text)
{
	struct lp_buf plain = {0};
	int rc = LP_EINVAL;

	snprintf(c->scan, sizeof(c->scan), "0");
	if (!text.n)
		return LP_OK;
	if (text.n <= TEXT_MAX && base64url_decode(&plain, text) == LP_OK)
		rc = read_words(c, query, sources, lp_buf_str(&plain));
	lp_buf_clear(&plain);
	return rc;
}

void list_cursor_clear(struct list_cursor *c)
{
	lp_buf_clear(&c->last);
}
