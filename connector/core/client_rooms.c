/* The rooms that a client asks to be in, or not to be in. */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/reply.h"
#include "connector/core/roomlist.h"

/* A joinRoom or leaveRoom whose answer waits for the store. */
struct room_op {
	struct client *client; /* a reference */
	bool join;
	const char *wrong;     /* with some of the names; NULL: nothing */
	struct roomlist rooms; /* with the serials of what was joined */
	uint16_t ack_len;
	char ack[16];
};

static void answer_rooms(struct client *c, struct lp_str ack, const char *wrong)
{
	struct lp_buf json = {0};

	if (!ack.n || !c->socket)
		return;
	if (wrong)
		lp_buf_addf(&json,
			    "[{\"status\":500,\"msg\":\"joinOrleaveRoom error: Error: %s\"}]",
			    wrong);
	else
		lp_buf_addz(&json, "[{\"status\":200,\"msg\":\"ok\"}]");
	socket_ack(c->socket, ack, lp_buf_str(&json));
	lp_buf_clear(&json);
}

static void rooms_done(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct room_op *op = arg;
	struct client *c = op->client;
	const char *wrong = op->wrong;

	(void)got;
	c->pending--;
	if (answer != STORE_DONE)
		wrong = "server busy";
	for (size_t i = 0; op->join && i < op->rooms.count; i++) {
		struct roomlist_entry *e = &op->rooms.entries[i];

		if (answer == STORE_DONE)
			room_routed(c->nsp, e->name, e->serial);
	}
	answer_rooms(c, lp_str(op->ack, op->ack_len), wrong);
	roomlist_clear(&op->rooms);
	free(op);
	client_unref(c);
}

/* Reads the names; false when the request is answered already. */
static bool start_op(struct client *c, struct lp_str json, struct lp_str ack, bool join,
		     struct room_op **out)
{
	const struct core_conf *conf = &c->nsp->core->conf;
	struct room_op *op;

	if (c->pending >= REPLY_PENDING_MAX) {
		answer_rooms(c, ack, "server busy");
		return false;
	}
	op = lp_xcalloc(1, sizeof(*op));
	op->join = join;
	if (!roomlist_read(&op->rooms, json, conf->rules, conf->max_rooms))
		op->wrong = "room invalid";
	if (!op->rooms.count) {
		answer_rooms(c, ack, op->wrong);
		roomlist_clear(&op->rooms);
		free(op);
		return false;
	}
	op->client = client_ref(c);
	c->pending++;
	if (ack.n <= sizeof(op->ack)) {
		memcpy(op->ack, ack.p, ack.n);
		op->ack_len = (uint16_t)ack.n;
	}
	*out = op;
	return true;
}

void client_join(struct client *c, struct lp_str json, struct lp_str ack)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct store_room *rooms;
	struct room_op *op;
	size_t n = 0;

	if (!start_op(c, json, ack, true, &op))
		return;
	rooms = lp_xmalloc(op->rooms.count * sizeof(rooms[0]));
	for (size_t i = 0; i < op->rooms.count; i++) {
		struct roomlist_entry *e = &op->rooms.entries[i];
		struct member *m = room_member(c, e->name);

		if (!m && c->room_count >= nsp_max_rooms(c->nsp)) {
			op->wrong = "too many rooms";
			continue;
		}
		if (!m)
			m = room_join(c, e->name);
		e->serial = m->room->serial;
		/* Also those it is in already: their joining may still be under way, and the
		 * answer must come after it. */
		rooms[n++] = (struct store_room){e->name, !m->room->routed};
		m->room->asked += !m->room->routed;
	}
	if (n)
		core->ops->room_join(core->store, &who, rooms, n, rooms_done, op);
	else
		rooms_done(op, STORE_DONE, NULL);
	free(rooms);
}

bool client_owns(const struct client *c, struct lp_str name)
{
	return lp_str_starts(name, LP_STR("user_")) &&
	       lp_str_eq(lp_str_from(name, 5), client_userid(c));
}

void client_leave(struct client *c, struct lp_str json, struct lp_str ack)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct store_room *rooms;
	struct room_op *op;
	size_t n = 0;

	if (!start_op(c, json, ack, false, &op))
		return;
	rooms = lp_xmalloc(op->rooms.count * sizeof(rooms[0]));
	for (size_t i = 0; i < op->rooms.count; i++) {
		struct lp_str name = op->rooms.entries[i].name;
		struct member *m = client_owns(c, name) ? NULL : room_member(c, name);

		if (m) {
			ack_left(m);
			rooms[n++] = (struct store_room){name, room_leave(m)};
		}
	}
	if (n)
		core->ops->room_leave(core->store, &who, rooms, n, rooms_done, op);
	else
		rooms_done(op, STORE_DONE, NULL);
	free(rooms);
}
