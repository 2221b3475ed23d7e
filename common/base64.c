#include "config.h"

#include <stdint.h>

#include "common/base64.h"

static const char STANDARD[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char URL_SAFE[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

static void encode(struct lp_buf *out, struct lp_str bytes, const char *alphabet, bool pad)
{
	const uint8_t *in = (const uint8_t *)bytes.p;
	char *to = lp_buf_reserve(out, bytes.n / 3 * 4 + 4);
	char *at = to;
	size_t i = 0;

	for (; bytes.n - i >= 3; i += 3) {
		*at++ = alphabet[in[i] >> 2];
		*at++ = alphabet[(in[i] & 3) << 4 | in[i + 1] >> 4];
		*at++ = alphabet[(in[i + 1] & 15) << 2 | in[i + 2] >> 6];
		*at++ = alphabet[in[i + 2] & 63];
	}
	if (bytes.n - i == 1) {
		*at++ = alphabet[in[i] >> 2];
		*at++ = alphabet[(in[i] & 3) << 4];
	} else if (bytes.n - i == 2) {
		*at++ = alphabet[in[i] >> 2];
		*at++ = alphabet[(in[i] & 3) << 4 | in[i + 1] >> 4];
		*at++ = alphabet[(in[i + 1] & 15) << 2];
	}
	while (pad && (at - to) % 4)
		*at++ = '=';
	*at = '\0';
	out->len += (size_t)(at - to);
}

void base64_encode(struct lp_buf *out, struct lp_str bytes)
{
	encode(out, bytes, STANDARD, true);
}

void base64url_encode(struct lp_buf *out, struct lp_str bytes)
{
	encode(out, bytes, URL_SAFE, false);
}

/* The six bits of a digit, or -1. */
static int digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+')
		return 62;
	return c == '/' ? 63 : -1;
}

int base64_decode(struct lp_buf *out, struct lp_str text)
{
	uint8_t *to = (uint8_t *)lp_buf_reserve(out, text.n / 4 * 3 + 3);
	size_t n = 0;
	uint32_t bits = 0;
	unsigned digits = 0; /* of the present group of four */
	unsigned pads = 0;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];
		int d = digit(c);

		if (d >= 0 && !pads) {
			bits = bits << 6 | (uint32_t)d;
			if (++digits < 4)
				continue;
			to[n++] = (uint8_t)(bits >> 16);
			to[n++] = (uint8_t)(bits >> 8);
			to[n++] = (uint8_t)bits;
			digits = 0;
		} else if (c == '=' && digits >= 2 && digits + pads < 4) {
			pads++;
		} else if (c != ' ' && c != '\t' && c != '\r' && c != '\n') {
			return LP_EPROTO;
		}
	}
	if (digits == 1)
		return LP_EPROTO;
	if (digits >= 2)
		to[n++] = (uint8_t)(bits >> (digits == 2 ? 4 : 10));
	if (digits == 3)
		to[n++] = (uint8_t)(bits >> 2);
	out->len += n;
	out->data[out->len] = '\0';
	return LP_OK;
}

static int digit_url(char c)
{
	if (c == '-')
		return 62;
	if (c == '_')
		return 63;
	return c == '+' || c == '/' ? -1 : digit(c);
}

int base64url_decode(struct lp_buf *out, struct lp_str text)
{
	uint8_t *to = (uint8_t *)lp_buf_reserve(out, text.n / 4 * 3 + 3);
	size_t n = 0;
	uint32_t bits = 0;

	for (size_t i = 0; i < text.n; i++) {
		int d = digit_url(text.p[i]);

		if (d < 0)
			return LP_EPROTO;
		bits = bits << 6 | (uint32_t)d;
		if (i % 4 != 3)
			continue;
		to[n++] = (uint8_t)(bits >> 16);
		to[n++] = (uint8_t)(bits >> 8);
		to[n++] = (uint8_t)bits;
		bits = 0;
	}
	/* Bits that make no byte must be 0. */
	if (text.n % 4 == 1 || (text.n % 4 == 2 && bits & 15) || (text.n % 4 == 3 && bits & 3))
		return LP_EPROTO;
	if (text.n % 4 == 2)
		to[n++] = (uint8_t)(bits >> 4);
	if (text.n % 4 == 3) {
		to[n++] = (uint8_t)(bits >> 10);
		to[n++] = (uint8_t)(bits >> 2);
	}
	out->len += n;
	out->data[out->len] = '\0';
	return LP_OK;
}
