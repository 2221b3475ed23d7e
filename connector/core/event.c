#include "config.h"

#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/discover.h"
#include "connector/core/event.h"
#include "connector/core/info.h"
#include "connector/core/push.h"
#include "connector/core/token.h"
#include "connector/proto/json_scan.h"
#include "connector/proto/sio_packet.h"

#define ID_DIGITS_MAX 15 /* ids stay exact in JavaScript */

/* The first argument; one that is missing is as wrong as null, and answered so. */
static struct lp_str argument(const struct socket_event *ev)
{
	return ev->argc ? ev->args[0] : LP_STR("null");
}

static void join_room(struct client *c, const struct socket_event *ev)
{
	client_join(c, argument(ev), ev->ack);
}

static void leave_room(struct client *c, const struct socket_event *ev)
{
	client_leave(c, argument(ev), ev->ack);
}

/* A message id as a JSON number or string of digits; 0 when it is none. */
static uint64_t read_id(struct lp_str json)
{
	uint64_t id = 0;

	if (json.n >= 2 && json.p[0] == '"')
		json = lp_str(json.p + 1, json.n - 2);
	if (!json.n || json.n > ID_DIGITS_MAX)
		return 0;
	for (size_t i = 0; i < json.n; i++) {
		if (json.p[i] < '0' || json.p[i] > '9')
			return 0;
		id = id * 10 + (uint64_t)(json.p[i] - '0');
	}
	return id;
}

static void ack_push(struct client *c, const struct socket_event *ev)
{
	struct lp_str value;
	uint64_t id = 0;

	if (json_scan_member(argument(ev), SIO_JSON_DEPTH, "id", &value) == LP_OK)
		id = read_id(value);
	if (id)
		ack_received(c, id);
	else
		c->nsp->core->stats.acks_refused++;
}

static const struct {
	const char *name;
	void (*handle)(struct client *c, const struct socket_event *ev);
} events[] = {
	{"ackPush", ack_push}, {"apns", info_apns_event},     {"discover", discover_event},
	{"info", info_event},  {"joinRoom", join_room},       {"leaveRoom", leave_room},
	{"push", push_event},  {"refreshToken", token_event},
};

void event_handle(struct socket *s, const struct socket_event *ev)
{
	struct client *c = socket_data(s);

	if (!c || c->state != CLIENT_ONLINE)
		return;
	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		if (lp_str_eq(ev->name, lp_cstr(events[i].name))) {
			events[i].handle(c, ev);
			return;
		}
	}
}
