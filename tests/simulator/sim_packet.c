#include "config.h"

#include <ctype.h>
#include <stdlib.h>

#include "tests/simulator/sim_packet.h"

/* The digits at the beginning of s, which moves behind them. */
static bool take_id(struct lp_str *s, uint64_t *id)
{
	size_t digits = 0;

	*id = 0;
	while (digits < s->n && digits < 18 && isdigit((unsigned char)s->p[digits]))
		*id = *id * 10 + (uint64_t)(s->p[digits++] - '0');
	*s = lp_str_from(*s, digits);
	return digits > 0;
}

/* "/name?query," or, of old servers, without the comma when nothing follows. */
static struct lp_str take_namespace(struct lp_str *s)
{
	struct lp_str name;
	size_t comma;

	if (!s->n || s->p[0] != '/')
		return LP_STR("/");
	comma = lp_str_find(*s, ',');
	name = lp_str(s->p, comma);
	*s = lp_str_from(*s, comma + 1);
	name.n = lp_str_find(name, '?');
	return name;
}

static struct sim_packet read_message(struct lp_str s)
{
	static const enum sim_packet_type types[] = {SIM_PACKET_CONNECT, SIM_PACKET_DISCONNECT,
						     SIM_PACKET_EVENT, SIM_PACKET_ACK,
						     SIM_PACKET_ERROR};
	struct sim_packet packet = {.type = SIM_PACKET_WRONG};

	if (!s.n || s.p[0] < '0' || s.p[0] > '4')
		return packet;
	packet.type = types[s.p[0] - '0'];
	s = lp_str_from(s, 1);
	packet.namespace = take_namespace(&s);
	packet.has_id = take_id(&s, &packet.id);
	packet.body = s;
	if (packet.type == SIM_PACKET_ACK && !packet.has_id)
		packet.type = SIM_PACKET_WRONG;
	return packet;
}

struct sim_packet sim_packet_read(struct lp_str frame)
{
	struct sim_packet packet = {.type = SIM_PACKET_WRONG};

	if (!frame.n)
		return packet;
	packet.body = lp_str_from(frame, 1);
	switch (frame.p[0]) {
	case '0':
		packet.type = SIM_PACKET_OPEN;
		break;
	case '1':
		packet.type = SIM_PACKET_CLOSE;
		break;
	case '2':
		packet.type = SIM_PACKET_PING;
		break;
	case '3':
		packet.type = SIM_PACKET_PONG;
		break;
	case '4':
		packet = read_message(packet.body);
		break;
	case '6':
		packet.type = SIM_PACKET_NOOP;
		break;
	default:
		break;
	}
	return packet;
}

bool sim_packet_is_event(const struct sim_packet *packet, struct lp_str name)
{
	struct lp_str body = packet->body;

	if (packet->type != SIM_PACKET_EVENT || !lp_str_starts(body, LP_STR("[\"")))
		return false;
	body = lp_str_from(body, 2);
	return lp_str_starts(body, name) && body.n > name.n && body.p[name.n] == '"';
}

bool sim_packet_number(struct lp_str body, const char *name, uint64_t *value)
{
	struct lp_buf key = {0};
	const char *at;

	lp_buf_addf(&key, "\"%s\":", name);
	at = body.n ? memmem(body.p, body.n, key.data, key.len) : NULL;
	if (at)
		body = lp_str_from(body, (size_t)(at - body.p) + key.len);
	lp_buf_clear(&key);
	return at && take_id(&body, value);
}

void sim_packet_connect(struct lp_buf *out, struct lp_str namespace)
{
	lp_buf_addz(out, "40");
	if (!lp_str_eq(namespace, LP_STR("/"))) {
		lp_buf_adds(out, namespace);
		lp_buf_addc(out, ',');
	}
}

void sim_packet_event(struct lp_buf *out, struct lp_str namespace, int64_t id)
{
	lp_buf_addz(out, "42");
	if (!lp_str_eq(namespace, LP_STR("/"))) {
		lp_buf_adds(out, namespace);
		lp_buf_addc(out, ',');
	}
	if (id >= 0)
		lp_buf_addu(out, (uint64_t)id);
}

static void add_escaped(struct lp_buf *out, struct lp_str s)
{
	for (size_t i = 0; i < s.n; i++) {
		unsigned char c = (unsigned char)s.p[i];

		if (isalnum(c) || strchr("-._~", c))
			lp_buf_addc(out, (char)c);
		else
			lp_buf_addf(out, "%%%02X", c);
	}
}

void sim_packet_handshake(struct lp_buf *out, const struct sim_handshake *h)
{
	lp_buf_addf(out, "%s?EIO=%u&transport=websocket&uuid=", h->path, h->engine);
	add_escaped(out, h->uuid);
	lp_buf_addz(out, "&userid=");
	add_escaped(out, h->userid);
	lp_buf_addf(out, "&platform=%s", h->platform);
	if (*h->more)
		lp_buf_addf(out, "&%s", h->more);
}
