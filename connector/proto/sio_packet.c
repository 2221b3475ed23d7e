#include "config.h"

#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_binary(enum sio_type type)
{
	return type == SIO_BINARY_EVENT || type == SIO_BINARY_ACK;
}

static char first(struct lp_str s)
{
	return s.n ? s.p[0] : '\0';
}

static bool has_control(struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

/* The count and hyphen of a binary type. */
static bool take_attachments(struct lp_str *rest, struct sio_packet *out)
{
	size_t i = 0;

	for (; i < rest->n && is_digit(rest->p[i]); i++) {
		out->attachments = out->attachments * 10 + (unsigned)(rest->p[i] - '0');
		if (out->attachments > SIO_ATTACHMENTS_MAX)
			return false;
	}
	if (i == 0 || i == rest->n || rest->p[i] != '-')
		return false;
	*rest = lp_str_from(*rest, i + 1);
	if (!out->attachments) /* how 2.x clients send .binary(true) without any */
		out->type = out->type == SIO_BINARY_EVENT ? SIO_EVENT : SIO_ACK;
	return true;
}

static bool take_nsp(int protocol, struct lp_str *rest, struct sio_packet *out)
{
	size_t end;

	out->nsp = LP_STR("/");
	if (first(*rest) != '/')
		return true;
	end = lp_str_find(*rest, ',');
	out->nsp = lp_str(rest->p, end);
	if (protocol == 4 && out->type == SIO_CONNECT) {
		size_t mark = lp_str_find(out->nsp, '?');

		if (mark < end) {
			/* no client of protocol 4 sends data here, so commas belong to the query */
			end = rest->n - (rest->p[rest->n - 1] == ',');
			out->nsp.n = mark;
			out->query = lp_str(rest->p + mark + 1, end - mark - 1);
		}
	}
	*rest = lp_str_from(*rest, end + 1);
	return out->nsp.n <= SIO_NSP_MAX && out->query.n <= SIO_QUERY_MAX &&
	       !has_control(out->nsp) && !has_control(out->query);
}

static bool take_ack(struct lp_str *rest, struct sio_packet *out)
{
	size_t i = 0;

	while (i < rest->n && is_digit(rest->p[i]))
		i++;
	out->ack = lp_str(rest->p, i);
	*rest = lp_str_from(*rest, i);
	return i <= SIO_ACK_DIGITS;
}

/* The arguments of an event or ack: LP_ENOENT when there are none. */
static int check_args(const struct sio_packet *p)
{
	bool event = p->type == SIO_EVENT || p->type == SIO_BINARY_EVENT;
	struct lp_str name;

	if (!p->json.n)
		return is_binary(p->type) ? LP_EPROTO : LP_ENOENT;
	if (p->json.p[0] != '[')
		return LP_EPROTO;
	switch (json_scan_array(p->json, SIO_JSON_DEPTH, &name, 1)) {
	case LP_EPROTO:
	case LP_ETOOBIG:
		return LP_EPROTO;
	case 0:
		return event ? LP_EPROTO : LP_OK;
	}
	if (event && first(name) != '"' && first(name) != '-' && !is_digit(first(name)))
		return LP_EPROTO;
	return LP_OK;
}

static int check_connect(int protocol, const struct sio_packet *p)
{
	if (!p->json.n)
		return LP_OK;
	if (protocol == 4 || p->json.p[0] != '{')
		return LP_EPROTO;
	return json_scan_value(p->json, SIO_JSON_DEPTH) == (ssize_t)p->json.n ? LP_OK : LP_EPROTO;
}

int sio_packet_decode(int protocol, struct lp_str text, struct sio_packet *out)
{
	struct lp_str rest;
	int rc;

	*out = (struct sio_packet){0};
	if (first(text) < '0' || first(text) > '0' + SIO_BINARY_ACK)
		return LP_EPROTO;
	out->type = (enum sio_type)(text.p[0] - '0');
	rest = lp_str_from(text, 1);
	if (out->type == SIO_ERROR)
		return protocol == 4 ? LP_ENOENT : LP_EPROTO;
	if (is_binary(out->type) && !take_attachments(&rest, out))
		return LP_EPROTO;
	if (!take_nsp(protocol, &rest, out))
		return LP_EPROTO;
	if (out->type == SIO_CONNECT || out->type == SIO_DISCONNECT) {
		out->json = rest;
		if (out->type == SIO_CONNECT)
			return check_connect(protocol, out);
		return rest.n ? LP_EPROTO : LP_OK;
	}
	if (!take_ack(&rest, out))
		return LP_EPROTO;
	out->json = rest;
	rc = check_args(out);
	if (rc == LP_OK && !out->ack.n && out->type == SIO_ACK)
		return LP_ENOENT; /* it answers nothing */
	if (rc == LP_OK && !out->ack.n && out->type == SIO_BINARY_ACK)
		return LP_EPROTO;
	return rc;
}

void sio_packet_encode(struct lp_buf *out, const struct sio_packet *p)
{
	lp_buf_reserve(out, p->nsp.n + p->ack.n + p->json.n + 24);
	lp_buf_addc(out, (char)('0' + p->type));
	if (is_binary(p->type)) {
		lp_buf_addu(out, p->attachments);
		lp_buf_addc(out, '-');
	}
	if (p->nsp.n && !lp_str_eq(p->nsp, LP_STR("/"))) {
		lp_buf_adds(out, p->nsp);
		lp_buf_addc(out, ',');
	}
	lp_buf_adds(out, p->ack);
	lp_buf_adds(out, p->json);
}
