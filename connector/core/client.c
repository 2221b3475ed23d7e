#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/core/client_int.h"
#include "connector/core/token.h"
#include "connector/core/unread.h"

struct client *client_ref(struct client *c)
{
	c->refs++;
	return c;
}

/* Not inlined: seeing two of them in a row gcc takes the second for a use after free. */
__attribute__((noinline)) void client_unref(struct client *c)
{
	struct nsp *nsp = c->nsp;

	if (--c->refs)
		return;
	handshake_free(c->handshake);
	unread_free(c);
	free(c->left);
	free(c);
	nsp_release(nsp);
}

struct lp_str client_id(const struct client *c)
{
	return lp_str(c->id, c->id_len);
}

struct lp_str client_userid(const struct client *c)
{
	return lp_str(c->id + strlen(c->nsp->name) + 1, c->userid_len);
}

struct lp_str client_uuid(const struct client *c)
{
	size_t before = strlen(c->nsp->name) + 1 + c->userid_len + 1 +
			strlen(platform_name((enum platform)c->platform)) + 1;

	return lp_str_from(client_id(c), before);
}

struct store_client client_for_store(const struct client *c)
{
	return (struct store_client){
		.nsp = lp_cstr(c->nsp->name),
		.id = client_id(c),
		.userid = client_userid(c),
		.platform = (enum platform)c->platform,
		.serial = c->serial,
		.announced = c->announced,
		.since = c->since,
		.asked = c->handshake && c->handshake->asked,
		.verified = c->token != NULL,
		.provisional = c->handshake && c->handshake->provisional,
		.query = c->handshake && c->nsp->wants_query ? lp_buf_str(&c->handshake->query)
							     : lp_str(NULL, 0),
	};
}

struct client *client_new(struct socket *s, struct nsp *nsp, const struct identity *who)
{
	struct lp_buf id = {0};
	struct client *c;

	ident_client_id(&id, lp_cstr(nsp->name), lp_buf_str(&who->userid), who->platform,
			lp_buf_str(&who->uuid));
	c = lp_xcalloc(1, sizeof(*c) + id.len + 1);
	memcpy(c->id, id.data, id.len);
	c->id_len = (uint16_t)id.len;
	c->userid_len = (uint16_t)who->userid.len;
	c->platform = (uint8_t)who->platform;
	c->announced = who->announced && nsp->core->conf.announce;
	c->nsp = nsp;
	c->socket = s;
	c->serial = ++nsp->core->last_serial;
	c->refs = 1;
	lp_buf_clear(&id);
	return c;
}

struct store_room *client_all_rooms(const struct client *c, bool edge)
{
	struct store_room *rooms = lp_xmalloc((c->room_count + 1) * sizeof(rooms[0]));
	size_t n = 0;

	for (const struct member *m = c->members; m; m = m->next)
		rooms[n++] = (struct store_room){lp_cstr(m->room->name), edge};
	return rooms;
}

void client_uncount(struct client *c)
{
	if (!c->handshake || !c->handshake->counted)
		return;
	for (struct member *m = c->members; m; m = m->next)
		m->room->asked--;
	c->handshake->counted = false;
}

void client_leave_all(struct client *c, bool refused, const char *reason)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct store_room *rooms = client_all_rooms(c, false);
	size_t count = c->room_count;
	struct lp_buf names = {0};
	bool tell = !refused;
	size_t at = 0;

	if (refused)
		client_uncount(c);
	/* The names outlive their rooms. */
	for (size_t i = 0; i < count; i++)
		lp_buf_adds(&names, rooms[i].name);
	for (size_t i = 0; i < count; i++) {
		bool asked;

		rooms[i].name.p = names.data + at;
		at += rooms[i].name.n;
		asked = c->members->room->asked > 0;
		rooms[i].edge = room_leave(c->members);
		tell = tell || (rooms[i].edge && asked);
	}
	if (tell)
		core->ops->client_off(core->store, &who, rooms, count, reason);
	lp_buf_clear(&names);
	free(rooms);
}

/* For its record, in the words of socket.io as far as it has some. */
static const char *disconnect_reason(enum close_reason reason)
{
	static const char *const words[CLOSE_REASON_COUNT] = {
		[CLOSE_CLIENT] = "client namespace disconnect",
		[CLOSE_SERVER] = "server namespace disconnect",
		[CLOSE_TRANSPORT] = "transport close",
		[CLOSE_PING_TIMEOUT] = "ping timeout",
		[CLOSE_SHUTDOWN] = "server shutting down",
		[CLOSE_SLOW] = "too slow",
	};

	return words[reason] ? words[reason] : "parse error";
}

static const char *left_for(const struct client *c, enum close_reason reason)
{
	if (c->expelled)
		return "kicked";
	return c->expired ? "token expired" : disconnect_reason(reason);
}

void client_closed(struct socket *s, enum close_reason reason)
{
	struct client *c = socket_data(s);

	if (!c)
		return;
	if (c->state == CLIENT_REGISTERING) {
		HASH_DEL(c->nsp->registering, c);
	} else {
		HASH_DEL(c->nsp->clients, c);
		c->nsp->core->stats.clients--;
	}
	if (c->handshake && c->handshake->question)
		c->nsp->core->callbacks->call_off(c->nsp->core->caller, c->handshake->question);
	/* With Redis away many that came and went may wait for its answer: they need no more. */
	handshake_free(c->handshake);
	c->handshake = NULL;
	token_free(c->token);
	c->token = NULL;
	c->state = CLIENT_GONE;
	c->socket = NULL;
	client_leave_all(c, false, left_for(c, reason));
	client_unref(c);
}

void client_disconnect(struct client *c)
{
	socket_disconnect(c->socket, socket_is_last(c->socket), CLOSE_SERVER);
}

void client_expel(struct client *c, struct lp_blob *frame)
{
	if (c->state == CLIENT_REGISTERING || c->state == CLIENT_ENTERED) {
		lp_blob_unref(c->handshake->farewell);
		c->handshake->farewell = lp_blob_ref(frame);
	} else if (c->state == CLIENT_ONLINE) {
		c->nsp->core->stats.expelled++;
		c->expelled = true;
		socket_send(c->socket, frame);
		client_disconnect(c);
	}
}
