#include "config.h"

#include <string.h>

#include "common/base64.h"
#include "connector/proto/session_id.h"

void session_id_make(char out[SESSION_ID_MAX + 1], struct lp_str tag, const uint8_t random[16])
{
	struct lp_buf id = {0};

	lp_buf_add(&id, tag.p, tag.n < SESSION_TAG_MAX ? tag.n : SESSION_TAG_MAX);
	lp_buf_addc(&id, '-');
	base64url_encode(&id, lp_str((const char *)random, 16));
	memcpy(out, id.data, id.len + 1);
	lp_buf_clear(&id);
}
