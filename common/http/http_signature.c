#include "config.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdlib.h>

#include "common/http/http_signature.h"

void http_signature(struct lp_buf *out, struct lp_str secret, uint64_t seconds, struct lp_str body)
{
	unsigned char mac[EVP_MAX_MD_SIZE];
	struct lp_buf text = {0};
	unsigned len = 0;

	lp_buf_addu(&text, seconds);
	lp_buf_addc(&text, '.');
	lp_buf_adds(&text, body);
	if (!HMAC(EVP_sha256(), secret.p, (int)secret.n, (const unsigned char *)text.data, text.len,
		  mac, &len))
		abort(); /* out of memory */
	lp_buf_addz(out, "t=");
	lp_buf_addu(out, seconds);
	lp_buf_addz(out, ",v1=");
	for (unsigned i = 0; i < len; i++)
		lp_buf_addf(out, "%02x", mac[i]);
	lp_buf_clear(&text);
}
