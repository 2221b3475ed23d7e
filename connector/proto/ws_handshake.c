#include "config.h"

#include <openssl/sha.h>

#include "common/base64.h"
#include "connector/proto/ws_handshake.h"

#define GUID       "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define KEY_LENGTH 24 /* base64 of 16 bytes */

static bool key_valid(struct lp_str key)
{
	struct lp_buf bytes = {0};
	bool ok = false;

	if (key.n == KEY_LENGTH && base64_decode(&bytes, key) == LP_OK)
		ok = bytes.len == 16;
	lp_buf_clear(&bytes);
	return ok;
}

int ws_handshake_check(const struct http_head *h)
{
	if (!lp_str_eq(h->method, LP_STR("GET")) || !h->upgrade_websocket)
		return LP_EPROTO;
	if (!lp_str_eq(http_head_get(h, "Sec-WebSocket-Version"), LP_STR("13")))
		return LP_EINVAL;
	return key_valid(http_head_get(h, "Sec-WebSocket-Key")) ? LP_OK : LP_EPROTO;
}

void ws_accept_key(struct lp_str key, char out[29])
{
	uint8_t digest[SHA_DIGEST_LENGTH];
	struct lp_buf text = {0};

	lp_buf_adds(&text, key);
	lp_buf_addz(&text, GUID);
	SHA1((const unsigned char *)text.data, text.len, digest);
	lp_buf_reset(&text);
	base64_encode(&text, lp_str((const char *)digest, sizeof(digest)));
	memcpy(out, text.data, 29);
	lp_buf_clear(&text);
}

void ws_handshake_answer(struct lp_buf *out, const struct http_head *h, struct lp_str extra)
{
	struct lp_str offered = http_head_get(h, "Sec-WebSocket-Protocol");
	char accept[29];

	ws_accept_key(http_head_get(h, "Sec-WebSocket-Key"), accept);
	lp_buf_addz(out, "HTTP/1.1 101 Switching Protocols\r\n"
			 "Upgrade: websocket\r\n"
			 "Connection: Upgrade\r\n"
			 "Sec-WebSocket-Accept: ");
	lp_buf_addz(out, accept);
	/* a browser that offered some and is given none drops the connection */
	offered.n = lp_str_find(offered, ',');
	while (offered.n && (offered.p[offered.n - 1] == ' ' || offered.p[offered.n - 1] == '\t'))
		offered.n--;
	if (offered.n) {
		lp_buf_addz(out, "\r\nSec-WebSocket-Protocol: ");
		lp_buf_adds(out, offered);
	}
	lp_buf_addz(out, "\r\n");
	lp_buf_adds(out, extra);
	lp_buf_addz(out, "\r\n");
}
