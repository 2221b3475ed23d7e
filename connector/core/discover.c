#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/lp_json.h"
#include "connector/core/discover.h"
#include "connector/core/info.h"
#include "connector/core/payload.h"
#include "connector/core/reply.h"

#define RADIUS_KM     10
#define RADIUS_KM_MAX 20100 /* half way round the world */
#define COUNT         100
#define COUNT_MAX     1000
/* ms between two searches of one client: Redis looks at everybody within the radius. */
#define INTERVAL 100

/* Appends one entry; returns how many texts it took, 0 when they are not as they should be. */
static size_t add_entry(struct lp_buf *json, const struct lp_str *items, size_t count)
{
	unsigned long fields;

	if (count < 4 || !items[2].n || !items[3].n)
		return 0;
	fields = strtoul(items[3].p, NULL, 10); /* ends at the latest at the terminator */
	if (fields > (count - 4) / 2)
		return 0;
	lp_buf_addc(json, '{');
	for (size_t i = 4; i < 4 + 2 * fields; i += 2) {
		if (!lp_str_eq(items[i], LP_STR("userId")))
			info_add_members(json, items + i, 2);
	}
	lp_buf_addz(json, "\"id\":");
	lp_json_quote(json, items[0]);
	lp_buf_addz(json, ",\"userId\":");
	lp_json_quote(json, items[1]);
	lp_buf_addf(json, ",\"distance\":%.4f}", strtod(items[2].p, NULL));
	return 4 + 2 * fields;
}

static void found(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct lp_buf json = {0};
	size_t used;

	if (answer != STORE_DONE) {
		reply_answer(arg, answer);
		return;
	}
	lp_buf_addz(&json, "{\"list\":[");
	for (size_t at = 0; at < got->count; at += used) {
		if (at)
			lp_buf_addc(&json, ',');
		used = add_entry(&json, got->items + at, got->count - at);
		if (!used)
			break;
	}
	lp_buf_addz(&json, "],\"status\":200,\"msg\":\"ok\"}");
	reply_json(arg, lp_buf_str(&json));
	lp_buf_clear(&json);
}

/* NULL, or the name of what is not valid. 0 counts as not given, as it did in JavaScript. */
static const char *read_place(struct store_place *where, struct json_object *payload)
{
	double radius = 0, count = 0;
	int longitude, latitude;

	*where = (struct store_place){0};
	if (payload_number(payload, "radius", 0, 1e9, &radius) == LP_EINVAL)
		return "radius";
	if (payload_number(payload, "count", 0, 1e9, &count) == LP_EINVAL)
		return "count";
	longitude = payload_number(payload, "longitude", -180, 180, &where->longitude);
	if (longitude == LP_EINVAL)
		return "longitude";
	latitude = payload_number(payload, "latitude", -90, 90, &where->latitude);
	if (latitude == LP_EINVAL)
		return "latitude";
	where->known = longitude == LP_OK && latitude == LP_OK;
	/* As far as Redis knows places. */
	if (where->latitude > 85.05)
		where->latitude = 85.05;
	if (where->latitude < -85.05)
		where->latitude = -85.05;
	where->radius_km = radius > 0 ? radius : RADIUS_KM;
	if (where->radius_km > RADIUS_KM_MAX)
		where->radius_km = RADIUS_KM_MAX;
	where->count = count < 1 ? COUNT : count > COUNT_MAX ? COUNT_MAX : (unsigned)count;
	return NULL;
}

void discover_event(struct client *c, const struct socket_event *ev)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	uint64_t now = engine_now(socket_engine(c->socket));
	struct json_object *payload;
	struct store_place where;
	const char *wrong;
	struct reply *reply;
	char text[32];

	if (now < c->next_discover) {
		reply_status(c, ev->ack, 500, "limited access in 0.1s");
		return;
	}
	c->next_discover = now + INTERVAL;
	payload = payload_read(ev);
	wrong = read_place(&where, payload);
	if (wrong) {
		snprintf(text, sizeof(text), "%s invalid", wrong);
		reply_status(c, ev->ack, 400, text);
	} else if ((reply = reply_later(c, ev->ack))) {
		core->ops->discover(core->store, &who, &where, found, reply);
	}
	json_object_put(payload);
}
