#include "config.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "worker/provider/h2.h"
#include "worker/provider/h2_fields.h"

bool h2_header(struct lp_buf *headers, const char *name, struct lp_str value)
{
	size_t count = 0;

	for (size_t i = 0; i < headers->len; i++)
		count += !headers->data[i];
	for (size_t i = 0; i < value.n; i++) {
		unsigned char c = (unsigned char)value.p[i];

		if (c < ' ' || c == 0x7f)
			return false;
	}
	if (count >= 2 * H2_HEADERS_MAX ||
	    (value.n && (value.p[0] == ' ' || value.p[value.n - 1] == ' ')))
		return false;
	lp_buf_add(headers, name, strlen(name) + 1);
	lp_buf_adds(headers, value);
	lp_buf_addc(headers, 0);
	return true;
}

nghttp2_nv h2_field(const char *name, struct lp_str value)
{
	return (nghttp2_nv){(uint8_t *)name, (uint8_t *)value.p, strlen(name), value.n,
			    NGHTTP2_NV_FLAG_NONE};
}

/* Name and value, each ended by a zero byte, one pair behind the other. */
size_t h2_fields(nghttp2_nv *fields, const struct lp_buf *headers)
{
	const char *at = headers->data, *end = headers->len ? at + headers->len : at;
	size_t n = 0;

	while (at < end) {
		const char *value = at + strlen(at) + 1;

		fields[n++] = h2_field(at, lp_cstr(value));
		at = value + strlen(value) + 1;
	}
	return n;
}

uint64_t h2_retry_after(struct lp_str value, time_t now)
{
	char text[64];
	time_t at;
	size_t digits;

	if (!value.n || value.n >= sizeof(text))
		return 0;
	memcpy(text, value.p, value.n);
	text[value.n] = 0;
	digits = strspn(text, "0123456789");
	if (digits && digits < 9 && !text[digits])
		return strtoull(text, NULL, 10) * 1000;
	at = digits ? -1 : curl_getdate(text, NULL);
	return at > now ? (uint64_t)(at - now) * 1000 : 0;
}
