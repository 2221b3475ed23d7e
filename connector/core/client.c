#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "connector/core/ack.h"
#include "connector/core/client.h"
#include "connector/core/identity.h"
#include "connector/core/reply.h"
#include "connector/core/roomlist.h"
#include "connector/core/token.h"
#include "connector/core/unread.h"
#include "connector/core/verdict.h"

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

static struct client *client_new(struct socket *s, struct nsp *nsp, const struct identity *who)
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

/* Every room the client is in, for the store; the caller frees. edge: the same for all. */
static struct store_room *all_rooms(const struct client *c, bool edge)
{
	struct store_room *rooms = lp_xmalloc((c->room_count + 1) * sizeof(rooms[0]));
	size_t n = 0;

	for (const struct member *m = c->members; m; m = m->next)
		rooms[n++] = (struct store_room){lp_cstr(m->room->name), edge};
	return rooms;
}

/* --- connecting --- */

/* A registration under way. */
struct registration {
	struct client *client; /* a reference */
	uint64_t generation;   /* of the core when it was asked for */
};

static void registered(void *arg, enum store_answer answer, const struct store_texts *got);
static void registered_again(void *arg, enum store_answer answer, const struct store_texts *got);

static void register_client(struct client *c, bool again)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct store_room *rooms = all_rooms(c, true);
	struct registration *r = lp_xmalloc(sizeof(*r));

	r->client = client_ref(c);
	r->generation = core->generation;
	if (!again) {
		for (struct member *m = c->members; m && !c->handshake->counted; m = m->next)
			m->room->asked++;
		c->handshake->counted = true;
	}
	core->ops->client_on(core->store, &who, rooms, c->room_count, again,
			     again ? registered_again : registered, r);
	free(rooms);
}

static void join_own_room(struct client *c)
{
	struct lp_buf name = {0};

	lp_buf_addz(&name, "user_");
	lp_buf_adds(&name, client_userid(c));
	room_join(c, lp_buf_str(&name));
	lp_buf_clear(&name);
}

/* The registration changed nothing: it is not counted by the rooms. */
static void uncount(struct client *c)
{
	if (!c->handshake || !c->handshake->counted)
		return;
	for (struct member *m = c->members; m; m = m->next)
		m->room->asked--;
	c->handshake->counted = false;
}

/*
 * Leaves all rooms here and in the store. refused: it never got there itself, but while it was a
 * member others may have left that did, so that nobody else takes the route away.
 */
static void leave_all(struct client *c, bool refused, const char *reason)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct store_room *rooms = all_rooms(c, false);
	size_t count = c->room_count;
	struct lp_buf names = {0};
	bool tell = !refused;
	size_t at = 0;

	if (refused)
		uncount(c);
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

/* The connection of the same client that the store held before makes place for c. */
static void replace(const struct client *c)
{
	struct nsp *nsp = c->nsp;
	struct client *old;

	HASH_FIND(hh, nsp->clients, c->id, c->id_len, old);
	/* c may have gone meanwhile, and a newer one be there. */
	if (!old || (c->state == CLIENT_GONE && old->serial > c->serial))
		return;
	nsp->core->stats.replaced++;
	client_disconnect(old);
}

static void say_ok(struct client *c)
{
	const struct core_conf *conf = &c->nsp->core->conf;
	struct lp_buf *json = &c->nsp->core->scratch;

	lp_buf_reset(json);
	lp_buf_addz(json, "[\"ok\",{\"system\":\"");
	lp_buf_addz(json, conf->system);
	lp_buf_addz(json, "\",\"port\":");
	lp_buf_addu(json, (uint64_t)conf->port);
	lp_buf_addz(json, ",\"clientId\":");
	lp_json_quote(json, client_id(c));
	lp_buf_addz(json, "}]");
	socket_emit(c->socket, lp_buf_str(json));
}

/* The store holds it, and no other connection of the same client any more. */
static void enter(struct client *c)
{
	struct nsp *nsp = c->nsp;

	replace(c);
	HASH_DEL(nsp->registering, c);
	c->state = CLIENT_ENTERED;
	c->since = nsp->core->ops->clock(nsp->core->store);
	HASH_ADD_KEYPTR(hh, nsp->clients, c->id, c->id_len, c);
	nsp->core->stats.clients++;
	for (struct member *m = c->members; m; m = m->next)
		m->room->routed = true;
}

void client_accept(struct client *c)
{
	struct lp_blob *farewell = c->handshake->farewell;

	c->state = CLIENT_ONLINE;
	c->handshake->farewell = NULL;
	lp_buf_clear(&c->handshake->cookie);
	lp_buf_clear(&c->handshake->token);
	if (!c->nsp->wants_query) {
		handshake_free(c->handshake);
		c->handshake = NULL;
	}
	socket_accept(c->socket);
	unread_emit(c);
	say_ok(c);
	token_start(c);
	if (farewell)
		client_expel(c, farewell);
	lp_blob_unref(farewell);
}

/* Takes a client that was never online from its socket. */
static struct socket *give_up(struct client *c)
{
	struct socket *s = c->socket;

	HASH_DEL(c->nsp->registering, c);
	token_free(c->token);
	c->token = NULL;
	c->socket = NULL;
	c->state = CLIENT_GONE;
	leave_all(c, true, "refused");
	client_unref(c);
	return s;
}

static void refuse_client(struct client *c, struct lp_str message)
{
	socket_refuse(give_up(c), message);
}

/* A client of the socket, in its user's own room, not registered yet. */
static struct client *begin_client(struct socket *s, struct nsp *nsp, const struct identity *who,
				   struct handshake *h)
{
	struct client *c = client_new(s, nsp, who);

	c->handshake = h;
	socket_set_data(s, c);
	HASH_ADD(hh, c->nsp->registering, serial, sizeof(c->serial), c);
	join_own_room(c);
	return c;
}

/* It is known to be somebody else than it said: another client takes its place. */
static struct client *rename_client(struct client *c, const struct identity *who)
{
	struct nsp *nsp = nsp_hold(c->nsp->core, lp_cstr(c->nsp->name));
	struct handshake *h = c->handshake;
	struct client *renamed;

	uncount(c);
	handshake_rename(h, who);
	c->handshake = NULL;
	renamed = begin_client(c->socket, nsp, who, h);
	token_move(c, renamed);
	give_up(c);
	return renamed;
}

/* The same with only another user id. */
static struct client *rename_user(struct client *c, struct lp_str userid)
{
	struct identity who = {.platform = (enum platform)c->platform, .announced = c->announced};
	struct client *renamed;

	lp_buf_adds(&who.uuid, client_uuid(c));
	lp_buf_adds(&who.userid, userid);
	renamed = rename_client(c, &who);
	identity_clear(&who);
	return renamed;
}

static void join_rooms(struct client *c, const struct roomlist *rooms)
{
	for (size_t i = 0; i < rooms->count; i++) {
		if (!room_member(c, rooms->entries[i].name))
			room_join(c, rooms->entries[i].name);
	}
}

static void callback_answered(void *arg, const struct callback_answer *answer)
{
	struct client *c = arg;
	struct core *core = c->nsp->core;
	struct lp_buf message = {0};
	struct verdict v;

	c->handshake->question = NULL;
	core->stats.callbacks++;
	if (verdict_read(&v, answer, core->conf.rules, core->conf.max_rooms - 1, &message)) {
		if (v.userid.len && !lp_str_eq(lp_buf_str(&v.userid), client_userid(c)))
			c = rename_user(c, lp_buf_str(&v.userid));
		join_rooms(c, &v.rooms);
		c->handshake->asked = true;
		register_client(c, false);
	} else {
		core->stats.callbacks_refused++;
		refuse_client(c, lp_buf_str(&message));
	}
	lp_buf_clear(&message);
	verdict_clear(&v);
}

static void ask_callback(struct client *c, const struct lp_str *needed)
{
	struct core *core = c->nsp->core;
	struct handshake *h = c->handshake;
	struct callback_question question = {
		.nsp = lp_cstr(c->nsp->name),
		.url = needed[NEED_CALLBACK],
		.auth = needed[NEED_AUTH],
		.secret = needed[NEED_SECRET],
		.query = lp_buf_str(&h->query),
		.cookie = lp_buf_str(&h->cookie),
	};

	if (core->callbacks)
		h->question = core->callbacks->ask(core->caller, &question, callback_answered, c);
	else
		callback_answered(c, &(struct callback_answer){.status = 0});
}

/* Returns the client that it is by its token, NULL when it was refused. */
static struct client *verify(struct client *c, const struct lp_str *needed)
{
	struct token_keys keys = {needed[NEED_KEYS], needed[NEED_REV], needed[NEED_NOW]};
	struct identity who;
	struct roomlist rooms;
	const char *wrong = token_check(c, &keys, &who, &rooms);

	if (wrong) {
		c->nsp->core->stats.tokens_refused++;
		refuse_client(c, lp_cstr(wrong));
		c = NULL;
	} else {
		/* Also when it is who it said: the query goes on without the token. */
		c->handshake->provisional = false;
		c->handshake->verified = true;
		c = rename_client(c, &who);
		lp_buf_clear(&c->handshake->token);
		join_rooms(c, &rooms);
	}
	identity_clear(&who);
	roomlist_clear(&rooms);
	return c;
}

/* Not registered yet; needed: as client_on says. */
static void meet_needs(struct client *c, const struct lp_str *needed)
{
	uncount(c);
	if (needed[NEED_QUERY].n)
		c->nsp->wants_query = true;
	if (needed[NEED_KEYS].n)
		c = verify(c, needed);
	if (!c)
		return;
	if (needed[NEED_CALLBACK].n)
		ask_callback(c, needed);
	else
		register_client(c, false);
}

static void registered(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct registration *r = arg;
	struct client *c = r->client;
	bool stale = r->generation != c->nsp->core->generation;
	bool needs = answer == STORE_DONE && got->count == STORE_NEEDS;
	bool refused = answer == STORE_DONE && got->count == 1;
	bool done = (answer == STORE_DONE || answer == STORE_UNREAD) && !needs && !refused;

	free(r);
	if (done && got->count == STORE_LIMITS) {
		nsp_limits(c->nsp, store_number(got->items[LIMIT_REV]),
			   store_number(got->items[LIMIT_ROOMS]),
			   store_number(got->items[LIMIT_BYTES]));
		if (lp_str_eq(got->items[LIMIT_ANSWER], LP_STR("UNREAD")))
			answer = STORE_UNREAD;
	}
	if (c->state == CLIENT_GONE) {
		/* Closed meanwhile; client_closed() has told the store, which knows nothing any
		 * more of the connection that this one replaced. */
		if (done && !stale)
			replace(c);
	} else if (needs) {
		meet_needs(c, got->items);
	} else if (refused) {
		refuse_client(c, got->items[0]);
	} else if (answer == STORE_UNKNOWN_NAMESPACE) {
		refuse_client(c, LP_STR("this namespace not found"));
	} else if (answer == STORE_OFFLINE_NAMESPACE) {
		refuse_client(c, LP_STR("this namespace offline"));
	} else if (answer == STORE_CONFLICT) {
		refuse_client(c, LP_STR("socket.id conflict"));
	} else if (!done) {
		refuse_client(c, LP_STR("server busy"));
	} else if (stale) {
		register_client(c, false); /* the store has forgotten it again */
	} else {
		enter(c);
		if (answer == STORE_UNREAD)
			unread_fetch(c);
		else
			client_accept(c);
	}
	client_unref(c);
}

/*
 * While this connector was not heard of, the client may have come back elsewhere, and its namespace
 * been closed. One that is not known, because all was lost, may be made again.
 */
static void registered_again(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct registration *r = arg;
	struct client *c = r->client;

	(void)got;
	free(r);
	if (c->state != CLIENT_GONE && answer == STORE_CONFLICT) {
		c->nsp->core->stats.replaced++;
		client_disconnect(c);
	} else if (c->state != CLIENT_GONE && answer == STORE_OFFLINE_NAMESPACE &&
		   !c->nsp->offline_total) {
		core_namespace_offline(c->nsp->core, lp_cstr(c->nsp->name));
	}
	client_unref(c);
}

void client_connect(struct socket *s, const struct socket_request *req)
{
	struct core *core = engine_app(socket_engine(s));
	struct identity who;
	const char *wrong;
	struct client *c;

	/* Nothing happens in "/": older clients are always in it, newer ones may be. */
	if (lp_str_eq(req->nsp, LP_STR("/"))) {
		socket_accept(s);
		return;
	}
	if (!ident_namespace(core->conf.rules, req->nsp)) {
		socket_refuse(s, LP_STR("this namespace not found"));
		return;
	}
	wrong = identity_read(&who, req, core->conf.rules);
	if (wrong) {
		socket_refuse(s, lp_cstr(wrong));
	} else {
		c = begin_client(s, nsp_hold(core, req->nsp), &who, handshake_new(req, &who));
		register_client(c, false);
	}
	identity_clear(&who);
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
	token_free(c->token);
	c->token = NULL;
	c->state = CLIENT_GONE;
	c->socket = NULL;
	leave_all(c, false, left_for(c, reason));
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

void client_rejoin(struct client *c)
{
	/* Ids of messages may begin anew. */
	c->last_ack = 0;
	register_client(c, true);
}

/* --- rooms --- */

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
