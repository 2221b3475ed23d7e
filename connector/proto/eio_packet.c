#include "config.h"

#include "common/base64.h"
#include "connector/proto/eio_packet.h"

static bool type_of(char c, enum eio_type *type)
{
	if (c < '0' || c > '0' + EIO_NOOP)
		return false;
	*type = (enum eio_type)(c - '0');
	return true;
}

int eio_packet_decode_text(int version, struct lp_str text, struct lp_buf *scratch,
			   struct eio_packet *out)
{
	size_t head = 1;

	if (!text.n)
		return LP_EPROTO;
	out->binary = text.p[0] == 'b';
	if (!out->binary) {
		if (!type_of(text.p[0], &out->type))
			return LP_EPROTO;
		out->data = lp_str_from(text, head);
		return LP_OK;
	}
	out->type = EIO_MESSAGE;
	if (version == 3) {
		if (text.n < 2 || !type_of(text.p[1], &out->type))
			return LP_EPROTO;
		head = 2;
	}
	lp_buf_reset(scratch);
	if (base64_decode(scratch, lp_str_from(text, head)) != LP_OK)
		return LP_EPROTO;
	out->data = lp_buf_str(scratch);
	return LP_OK;
}

int eio_packet_decode_binary(int version, struct lp_str bytes, struct eio_packet *out)
{
	out->binary = true;
	out->type = EIO_MESSAGE;
	out->data = bytes;
	if (version != 3)
		return LP_OK;
	if (!bytes.n || (unsigned char)bytes.p[0] > EIO_NOOP)
		return LP_ENOENT;
	out->type = (enum eio_type)bytes.p[0];
	out->data = lp_str_from(bytes, 1);
	return LP_OK;
}

void eio_packet_encode_text(struct lp_buf *out, int version, const struct eio_packet *p)
{
	if (p->binary)
		lp_buf_addc(out, 'b');
	if (!p->binary || version == 3)
		lp_buf_addc(out, (char)('0' + p->type));
	if (p->binary)
		base64_encode(out, p->data);
	else
		lp_buf_adds(out, p->data);
}

void eio_packet_encode_binary(struct lp_buf *out, int version, const struct eio_packet *p)
{
	if (version == 3)
		lp_buf_addc(out, (char)p->type);
	lp_buf_adds(out, p->data);
}
