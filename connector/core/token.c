#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/jwt/jwt.h"
#include "common/lp_json.h"
#include "common/lp_mem.h"
#include "connector/core/payload.h"
#include "connector/core/reply.h"
#include "connector/core/token.h"

#define CACHE_MAX 64u

/* --- keys --- */

struct key_cache {
	struct {
		char *name; /* namespace and revision; NULL: free */
		struct jwt_keys *keys;
	} at[CACHE_MAX];
	size_t next; /* to be replaced */
};

/* Reading a key costs more than verifying with it. NULL when the text can not be used. */
static const struct jwt_keys *find_keys(struct nsp *nsp, const struct token_keys *k)
{
	struct key_cache *cache = nsp->core->key_cache;
	struct lp_buf name = {0};
	struct jwt_keys *keys;

	if (!cache)
		cache = nsp->core->key_cache = lp_xcalloc(1, sizeof(*cache));
	lp_buf_addf(&name, "%s %.*s", nsp->name, LP_FMT(k->rev));
	for (size_t i = 0; i < CACHE_MAX; i++) {
		if (cache->at[i].name && strcmp(cache->at[i].name, name.data) == 0) {
			lp_buf_clear(&name);
			return cache->at[i].keys;
		}
	}
	keys = jwt_keys_parse(k->keys);
	if (keys) {
		free(cache->at[cache->next].name);
		jwt_keys_free(cache->at[cache->next].keys);
		cache->at[cache->next].name = lp_xstrdup(name.data);
		cache->at[cache->next].keys = keys;
		cache->next = (cache->next + 1) % CACHE_MAX;
	}
	lp_buf_clear(&name);
	return keys;
}

void token_cache_free(struct core *core)
{
	for (size_t i = 0; core->key_cache && i < CACHE_MAX; i++) {
		free(core->key_cache->at[i].name);
		jwt_keys_free(core->key_cache->at[i].keys);
	}
	free(core->key_cache);
}

/* --- what a token says --- */

struct claims {
	struct json_object *object;
	struct lp_buf sub, uuid; /* uuid empty: not said */
	struct lp_str platform;  /* empty: not said */
	uint64_t left;           /* ms until it expires, 0: it has, within the leeway */
	bool ends;
};

static void claims_clear(struct claims *c)
{
	json_object_put(c->object);
	lp_buf_clear(&c->sub);
	lp_buf_clear(&c->uuid);
}

/* NULL, or what is wrong with the token. *c is always to be cleared. */
static const char *read_claims(struct nsp *nsp, const struct token_keys *k, struct lp_str token,
			       struct claims *c)
{
	static const char invalid[] = "token invalid";
	const struct ident_rules *rules = nsp->core->conf.rules;
	struct jwt_time when = {store_number(k->now), nsp->core->conf.token_leeway};
	const struct jwt_keys *keys = find_keys(nsp, k);
	enum jwt_verdict verdict;
	uint64_t expires;

	*c = (struct claims){0};
	if (!keys)
		return invalid;
	verdict = jwt_verify(keys, token, &when, &c->object, &expires);
	if (verdict != JWT_OK)
		return verdict == JWT_EXPIRED ? "token expired" : invalid;
	c->ends = expires != UINT64_MAX;
	c->left = expires > when.now ? expires - when.now : 0;
	if (payload_text(c->object, "sub", SIZE_MAX, &c->sub) != LP_OK ||
	    !ident_userid(rules, lp_buf_str(&c->sub)))
		return invalid;
	if (payload_member(c->object, "uuid") &&
	    (payload_text(c->object, "uuid", SIZE_MAX, &c->uuid) != LP_OK ||
	     !ident_uuid(rules, lp_buf_str(&c->uuid))))
		return invalid;
	if (payload_member(c->object, "nsp") &&
	    !lp_str_eq(lp_json_str(c->object, "nsp"), lp_cstr(nsp->name)))
		return invalid;
	c->platform = lp_json_str(c->object, "platform");
	if (payload_member(c->object, "platform") && !c->platform.n)
		return invalid;
	return NULL;
}

static bool read_rooms(struct claims *c, struct roomlist *rooms, const struct core_conf *conf)
{
	struct json_object *value = payload_member(c->object, "rooms");
	struct lp_buf text = {0};
	bool good;

	if (!value)
		return true;
	lp_json_text(&text, value);
	good = json_object_is_type(value, json_type_array) &&
	       roomlist_read(rooms, lp_buf_str(&text), conf->rules, conf->max_rooms - 1);
	lp_buf_clear(&text);
	return good;
}

/* --- the client's token --- */

void token_free(struct token *t)
{
	if (!t)
		return;
	if (t->client->nsp->core->expiry)
		wheel_cancel(t->client->nsp->core->expiry, &t->timer);
	lp_buf_clear(&t->sub);
	free(t);
}

void token_move(struct client *from, struct client *to)
{
	to->token = from->token;
	from->token = NULL;
	if (to->token)
		to->token->client = to;
}

static void set_end(struct token *t, const struct claims *c)
{
	uint64_t now = engine_now(socket_engine(t->client->socket));

	t->ends = c->ends ? now + c->left + t->client->nsp->core->conf.token_leeway : UINT64_MAX;
}

/* NULL, or why not. *who is filled in. */
static const char *identify(struct claims *c, const struct client *client, struct identity *who)
{
	struct lp_str uuid = c->uuid.len ? lp_buf_str(&c->uuid) : client_uuid(client);

	if (!c->uuid.len && client->handshake->provisional)
		return "uuid invalid";
	who->platform = (enum platform)client->platform;
	who->announced = client->announced;
	if (c->platform.n && platform_parse(c->platform, &who->platform) != LP_OK)
		return "token invalid";
	lp_buf_adds(&who->userid, lp_buf_str(&c->sub));
	lp_buf_adds(&who->uuid, uuid);
	return NULL;
}

const char *token_check(struct client *c, const struct token_keys *k, struct identity *who,
			struct roomlist *rooms)
{
	struct claims claims;
	const char *wrong;

	*who = (struct identity){0};
	*rooms = (struct roomlist){0};
	wrong = read_claims(c->nsp, k, lp_buf_str(&c->handshake->token), &claims);
	if (!wrong)
		wrong = identify(&claims, c, who);
	if (!wrong && !read_rooms(&claims, rooms, &c->nsp->core->conf))
		wrong = "token invalid";
	if (!wrong) {
		token_free(c->token);
		c->token = lp_xcalloc(1, sizeof(*c->token));
		c->token->client = c;
		c->token->has_uuid = claims.uuid.len > 0;
		lp_buf_adds(&c->token->sub, lp_buf_str(&claims.sub));
		set_end(c->token, &claims);
	}
	claims_clear(&claims);
	return wrong;
}

/* --- its end --- */

static void run_timer(struct token *t)
{
	struct core *core = t->client->nsp->core;
	uint64_t now = engine_now(socket_engine(t->client->socket));

	if (t->ends == UINT64_MAX) {
		if (core->expiry)
			wheel_cancel(core->expiry, &t->timer);
		return;
	}
	if (!core->expiry) {
		core->expiry = lp_xmalloc(sizeof(*core->expiry));
		wheel_init(core->expiry, now);
	}
	wheel_set(core->expiry, &t->timer, t->ends - core->conf.token_leeway);
}

void token_start(struct client *c)
{
	if (c->token)
		run_timer(c->token);
}

static void tell(struct client *c)
{
	struct lp_buf *json = &c->nsp->core->scratch;

	lp_buf_reset(json);
	lp_buf_addf(json, "[\"tokenExpired\",{\"reason\":\"token expired\",\"closes_in\":%g}]",
		    c->nsp->core->conf.token_leeway / 1000.0);
	socket_emit(c->socket, lp_buf_str(json));
}

static void fire(struct timer *timer, void *arg)
{
	struct token *t = (struct token *)((char *)timer - offsetof(struct token, timer));
	struct core *core = arg;

	if (!t->told) {
		t->told = true;
		tell(t->client);
	}
	if (core->now < t->ends) {
		wheel_set(core->expiry, &t->timer, t->ends);
		return;
	}
	core->stats.expired++;
	t->client->expired = true;
	client_disconnect(t->client);
}

unsigned token_tick(struct core *core, uint64_t now)
{
	if (!core->expiry)
		return 1000;
	wheel_run(core->expiry, now, fire, core);
	return wheel_wait(core->expiry, now, 1000);
}

/* --- refreshToken --- */

struct refresh {
	struct reply *reply;
	struct lp_buf token;
};

/* For the same client as before? The fresh token may name its uuid where the old one did not. */
static bool same_client(const struct claims *fresh, const struct client *c)
{
	if (!lp_str_eq(lp_buf_str(&fresh->sub), lp_buf_str(&c->token->sub)))
		return false;
	return fresh->uuid.len ? lp_str_eq(lp_buf_str(&fresh->uuid), client_uuid(c))
			       : !c->token->has_uuid;
}

static const char *refresh(struct client *c, const struct token_keys *k, struct lp_str token)
{
	struct claims claims;
	const char *wrong = read_claims(c->nsp, k, token, &claims);

	if (!wrong && !same_client(&claims, c))
		wrong = "token invalid";
	if (!wrong) {
		set_end(c->token, &claims);
		c->token->told = false;
		run_timer(c->token);
	}
	claims_clear(&claims);
	return wrong;
}

static void refreshed(void *arg, enum store_answer answer, const struct store_texts *got)
{
	struct refresh *r = arg;
	struct client *c = r->reply->client;
	const char *wrong = "token invalid"; /* the namespace knows of none any more */
	struct lp_buf json = {0};

	if (c->state == CLIENT_ONLINE && answer == STORE_DONE && got->count == 3)
		wrong = refresh(c,
				&(struct token_keys){got->items[0], got->items[1], got->items[2]},
				lp_buf_str(&r->token));
	if (answer != STORE_DONE) {
		reply_answer(r->reply, answer);
	} else if (!wrong) {
		reply_answer(r->reply, STORE_DONE);
	} else {
		lp_buf_addf(&json, "{\"status\":401,\"msg\":\"%s\"}", wrong);
		reply_json(r->reply, lp_buf_str(&json));
		lp_buf_clear(&json);
	}
	lp_buf_clear(&r->token);
	free(r);
}

void token_event(struct client *c, const struct socket_event *ev)
{
	struct core *core = c->nsp->core;
	struct store_client who = client_for_store(c);
	struct json_object *payload = payload_read(ev);
	struct lp_str token = lp_json_str(payload, "token");
	struct reply *reply;
	struct refresh *r;

	if (!c->token || !token.n || token.n > JWT_MAX) {
		reply_status(c, ev->ack, 401, "token invalid");
	} else if ((reply = reply_later(c, ev->ack))) {
		r = lp_xcalloc(1, sizeof(*r));
		r->reply = reply;
		lp_buf_adds(&r->token, token);
		core->ops->token_keys(core->store, &who, refreshed, r);
	}
	json_object_put(payload);
}
