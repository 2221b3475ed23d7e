/* From a socket that asks to a client that is online, or to its refusal. */
#include "config.h"

#include <stdlib.h>

#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "connector/core/client_int.h"
#include "connector/core/identity.h"
#include "connector/core/roomlist.h"
#include "connector/core/token.h"
#include "connector/core/unread.h"
#include "connector/core/verdict.h"

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
	struct store_room *rooms = client_all_rooms(c, true);
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
	client_leave_all(c, true, "refused");
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

	client_uncount(c);
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
	client_uncount(c);
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

void client_rejoin(struct client *c)
{
	/* Ids of messages may begin anew. */
	c->last_ack = 0;
	register_client(c, true);
}
