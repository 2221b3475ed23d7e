#include "config.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <utlist.h>

#include "common/log_gate.h"
#include "common/lp_json.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/model/ident.h"
#include "common/store/keys.h"
#include "worker/offline/device.h"
#include "worker/offline/walk.h"

/* Devices of a page, and pages that Redis is asked for at a time: a millisecond or two of it. */
#define PAGE_SIZE   50
#define ASKED_MAX   2u
#define RESULTS_MAX 100u
#define RESULT_ARGS 9u
/* Tries of a message that got nowhere, each in another life of a worker, before it is given up. */
#define TRIES_MAX 5
#define ROOMS_MAX 1000u

enum walk_state { WALK_OPEN, WALK_SLICE, WALK_SEND, WALK_DRAIN, WALK_DONE };

/* The strings entry, nsp and id lie behind it. */
struct walk {
	struct walk *prev, *next; /* in walks.all */
	struct walk *next_asking; /* in walks.asking */
	struct walks *host;
	void *arg;
	enum walk_state state;
	bool asking;  /* waits for its turn to ask Redis */
	bool asked;   /* the call of its state is under way */
	bool writing; /* results are under way */
	bool missing; /* providers are being fetched */
	struct lp_str entry, nsp, id;
	struct redis_args rooms;
	struct lp_buf data, apns_name;
	bool cancel;      /* where the user has acknowledged on another device */
	uint64_t expires; /* ms of the wall clock */
	size_t room;      /* where it is: room, platform, cursor */
	unsigned platform;
	struct lp_buf cursor;
	uint64_t call;    /* number of the page's call */
	uint64_t due;     /* ms: when to go on with what was put off; 0: nothing is */
	char reason[100]; /* why it is given up, "" when it is not */
	struct provider_set *own, *root; /* held while there are devices to send to */
	struct offline_device *devices;  /* list, to be sent to */
	struct offline_device *sending;  /* list, with the providers */
	struct redis_args results;       /* to be written, RESULT_ARGS of each */
	struct redis_args written;       /* under way */
	char bytes[];
};

struct walks {
	struct walks_conf conf;
	struct walk *all;
	struct walk *asking, **asking_end;
	size_t asked;
	uint64_t last_call;
	struct walks_stats stats;
	struct log_gate gate;
};

static void go(struct walk *w);

/* --- turns with Redis --- */

static void start_call(struct walk *w, struct redis_args *args)
{
	key_namespace(&args->text, w->host->conf.tools->settings->redis_prefix, w->nsp);
	redis_args_end(args);
}

static bool call(struct walk *w, const char *script, const struct redis_args *args,
		 redis_link_cb cb)
{
	return redis_link_script(w->host->conf.tools->link, script, args, cb, w);
}

/* One that asks for pages takes its turn; false: it will be called when that has come. */
static bool take_turn(struct walk *w)
{
	struct walks *host = w->host;

	if (host->asked < ASKED_MAX) {
		host->asked++;
		return true;
	}
	if (!w->asking) {
		w->asking = true;
		w->next_asking = NULL;
		*host->asking_end = w;
		host->asking_end = &w->next_asking;
	}
	return false;
}

static void end_turn(struct walks *host)
{
	struct walk *w = host->asking;

	host->asked--;
	if (!w)
		return;
	host->asking = w->next_asking;
	if (!host->asking)
		host->asking_end = &host->asking;
	w->asking = false;
	go(w);
}

/* True when Redis said no, which it would again: the message is given up. */
static bool refused(struct walk *w, const char *script, const redisReply *reply)
{
	if (reply->type != REDIS_REPLY_ERROR)
		return false;
	if (log_gate_open(&w->host->gate))
		lp_error("offline", "%s failed namespace=%.*s id=%.*s error=\"%s\"", script,
			 LP_FMT(w->nsp), LP_FMT(w->id), reply->str);
	snprintf(w->reason, sizeof(w->reason), "%s", reply->str);
	w->state = WALK_DRAIN;
	return true;
}

static struct lp_str text_at(const redisReply *reply, size_t i)
{
	const redisReply *r = i < reply->elements ? reply->element[i] : NULL;

	return r && r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len)
						  : lp_str(NULL, 0);
}

/* Digits, or 0. */
static uint64_t number_at(const redisReply *reply, size_t i)
{
	return text_at(reply, i).n ? strtoull(reply->element[i]->str, NULL, 10) : 0;
}

static void go_on_at(struct walk *w, uint64_t due)
{
	if (due && (!w->due || due < w->due))
		w->due = due;
}

/* --- OPEN --- */

static void add_rooms(struct walk *w, struct lp_str room, struct lp_str rooms)
{
	struct json_object *list = NULL;

	if (rooms.n && lp_json_parse(rooms, &list) == LP_OK &&
	    json_object_is_type(list, json_type_array)) {
		size_t count = json_object_array_length(list);

		for (size_t i = 0; i < count && i < ROOMS_MAX; i++) {
			struct json_object *one = json_object_array_get_idx(list, i);

			if (json_object_is_type(one, json_type_string))
				redis_args_addz(&w->rooms, json_object_get_string(one));
		}
	}
	json_object_put(list);
	if (!w->rooms.count)
		redis_args_add(&w->rooms, room);
}

static void on_open(void *arg, const redisReply *reply)
{
	struct walk *w = arg;

	w->asked = false;
	if (!reply)
		return;
	if (refused(w, "offline_open", reply)) {
		/* given up */
	} else if (reply->type == REDIS_REPLY_ARRAY) {
		add_rooms(w, text_at(reply, 0), text_at(reply, 1));
		lp_buf_adds(&w->data, text_at(reply, 2));
		lp_buf_adds(&w->apns_name, text_at(reply, 3));
		w->cancel = text_at(reply, 4).n > 0;
		w->expires = number_at(reply, 5);
		w->state = WALK_SLICE;
	} else {
		if (reply->type == REDIS_REPLY_STATUS && strcmp(reply->str, "DEAD") == 0)
			snprintf(w->reason, sizeof(w->reason), "%d tries got nowhere", TRIES_MAX);
		else
			w->host->stats.expired++;
		w->state = WALK_DRAIN;
	}
	go(w);
}

static void ask_open(struct walk *w)
{
	struct redis_args args = {0};

	start_call(w, &args);
	redis_args_addz(&args, w->host->conf.tools->settings->redis_prefix);
	redis_args_add(&args, w->entry);
	redis_args_add(&args, w->id);
	redis_args_addi(&args, TRIES_MAX);
	w->asked = call(w, "offline_open", &args, on_open);
	redis_args_clear(&args);
}

/* --- SLICE --- */

/* The next page: of the next platform, of the next room, or none. */
static void step(struct walk *w, struct lp_str cursor)
{
	lp_buf_reset(&w->cursor);
	lp_buf_adds(&w->cursor, cursor);
	w->call = 0;
	if (!lp_str_eq(cursor, LP_STR("0")))
		return;
	if (++w->platform == PLATFORM_COUNT) {
		w->platform = 0;
		w->room++;
	}
}

static void take_page(struct walk *w, const redisReply *reply)
{
	go_on_at(w, number_at(reply, 1));
	w->host->stats.stored += (uint64_t)reply->element[2]->integer;
	for (size_t i = 3; i < reply->elements; i++) {
		struct offline_device *d = offline_device_read(reply->element[i]);

		if (d) {
			d->walk = w;
			DL_APPEND(w->devices, d);
		}
	}
	step(w, text_at(reply, 0));
	w->state = WALK_SEND;
}

static void on_slice(void *arg, const redisReply *reply)
{
	struct walk *w = arg;
	struct walks *host = w->host;

	w->asked = false;
	if (reply) {
		if (refused(w, "offline_slice", reply)) {
			/* given up */
		} else if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 3) {
			take_page(w, reply);
		} else {
			host->stats.expired++;
			w->due = 0;
			w->state = WALK_DRAIN;
		}
		go(w);
	}
	end_turn(host);
}

/* Whether devices of that platform have an unread list. */
static bool keeps_unread(const struct settings *s, const char *platform)
{
	struct lp_str rest = lp_cstr(s->unread_platforms);

	while (rest.n) {
		struct lp_str item = lp_str(rest.p, lp_str_find(rest, ','));

		if (lp_str_eq(item, lp_cstr(platform)))
			return true;
		rest = lp_str_from(rest, item.n + 1);
	}
	return false;
}

static void ask_slice(struct walk *w)
{
	const struct settings *s = w->host->conf.tools->settings;
	const char *platform = platform_name((enum platform)w->platform);
	struct redis_args args = {0};

	if (w->room == w->rooms.count) {
		w->state = WALK_DRAIN;
		go(w);
		return;
	}
	if (!take_turn(w))
		return;
	if (!w->call)
		w->call = ++w->host->last_call;
	start_call(w, &args);
	redis_args_addz(&args, s->redis_prefix);
	redis_args_add(&args, w->id);
	redis_args_addz(&args, w->host->conf.life);
	redis_args_add(&args, redis_args_get(&w->rooms, w->room));
	redis_args_addz(&args, platform);
	redis_args_add(&args, lp_buf_str(&w->cursor));
	redis_args_addi(&args, PAGE_SIZE);
	redis_args_addz(&args, keeps_unread(s, platform) ? "1" : "");
	redis_args_addi(&args, s->android_unread_message_list_max_limit);
	redis_args_addz(&args, w->cancel ? "1" : "");
	redis_args_addi(&args, s->inbox_max_length);
	redis_args_add(&args, w->entry);
	redis_args_addi(&args, (int64_t)w->call);
	w->asked = call(w, "offline_slice", &args, on_slice);
	redis_args_clear(&args);
	if (!w->asked)
		w->host->asked--;
}

/* --- SEND --- */

static void add_result(struct offline_device *d, const char *word, const char *type,
		       struct lp_str entry, struct lp_str reason, uint64_t pause, bool more,
		       const struct offline_token *token)
{
	struct redis_args *args = &d->walk->results;

	redis_args_add(args, d->client);
	redis_args_addz(args, word);
	redis_args_addz(args, type);
	redis_args_add(args, entry);
	redis_args_add(args, reason);
	redis_args_addi(args, (int64_t)pause);
	redis_args_addz(args, more ? "1" : "");
	redis_args_add(args, token ? token->field : LP_STR(""));
	redis_args_add(args, token ? token->token : LP_STR(""));
}

/* Providers were kept by nobody while it waited: the choice is made from the same sets again. */
static struct offline_choice choose(const struct offline_device *d)
{
	const struct walk *w = d->walk;

	return offline_device_choose(d, w->own, w->root, lp_buf_str(&w->apns_name),
				     w->host->conf.tools->settings->offline_providers);
}

static void on_result(void *arg, const struct provider_result *r)
{
	static const char *const words[] = {
		[PROVIDER_DELIVERED] = "delivered",
		[PROVIDER_RETRY] = "retry",
		[PROVIDER_GONE] = "gone",
		[PROVIDER_REFUSED] = "refused",
	};
	struct offline_device *d = arg;
	struct walk *w = d->walk;
	struct offline_choice choice = choose(d);
	struct lp_buf reason = {0};
	bool more = false;

	if (r->outcome == PROVIDER_GONE)
		more = choice.more;
	else if (r->outcome == PROVIDER_REFUSED)
		more = choice.others;
	lp_buf_addf(&reason, "%d", r->status);
	if (r->reason.n) {
		lp_buf_addc(&reason, ' ');
		/* A line each: see lua/lib/offline.lua. */
		for (size_t i = 0; i < r->reason.n && i < 200; i++)
			lp_buf_addc(&reason, r->reason.p[i] == '\n' ? ' ' : r->reason.p[i]);
	}
	add_result(d, words[r->outcome], provider_type_names[r->type], r->name, lp_buf_str(&reason),
		   r->retry_ms, more, choice.token);
	lp_buf_clear(&reason);
	DL_DELETE(w->sending, d);
	free(d);
	go(w);
}

/* As many as can go the same way now; false when there was no room for any. */
static bool send_some(struct walk *w)
{
	struct provider_device batch[PAGE_SIZE * 2];
	struct walks *host = w->host;
	struct offline_choice first = choose(w->devices);
	struct provider_message message = {
		.nsp = w->nsp,
		.id = w->id,
		.room = redis_args_get(&w->rooms, 0),
		.data = lp_buf_str(&w->data),
		.expires = w->expires,
	};
	size_t room, count = 0;

	if (!first.entry) {
		struct offline_device *d = w->devices;

		DL_DELETE(w->devices, d);
		add_result(d, "refused", "", LP_STR("-"), LP_STR("no provider for its tokens"), 0,
			   false, NULL);
		free(d);
		return true;
	}
	room = providers_room(host->conf.providers, first.entry->type, w->nsp);
	if (room > sizeof(batch) / sizeof(batch[0]))
		room = sizeof(batch) / sizeof(batch[0]);
	while (count < room && w->devices) {
		struct offline_device *d = w->devices;
		struct offline_choice choice = choose(d);

		if (choice.entry != first.entry)
			break;
		DL_DELETE(w->devices, d);
		DL_APPEND(w->sending, d);
		batch[count++] = (struct provider_device){d->client, choice.token->token, d};
	}
	if (count)
		providers_send(host->conf.providers, first.entry, &message, batch, count,
			       on_result);
	return count > 0;
}

static void on_set(void *arg, struct provider_set *set)
{
	struct walk *w = arg;

	w->missing = false;
	if (set)
		go(w);
}

/* The providers of the namespace and of "/": true when they are there. */
static bool know_providers(struct walk *w)
{
	struct offline_sets *sets = w->host->conf.sets;
	const struct lp_str nsps[] = {w->nsp, LP_STR("/")};
	struct provider_set *found[2];

	if (w->own)
		return true;
	if (w->missing)
		return false;
	for (size_t i = 0; i < 2; i++) {
		found[i] = offline_sets_find(sets, nsps[i]);
		if (!found[i]) {
			w->missing = offline_sets_fetch(sets, nsps[i], on_set, w);
			return false;
		}
	}
	w->own = provider_set_hold(found[0]);
	w->root = provider_set_hold(found[1]);
	return true;
}

static void send_page(struct walk *w)
{
	if (w->devices && !know_providers(w))
		return;
	while (w->devices && send_some(w))
		;
	/* What has no room goes on with the next result, or the next tick. */
	if (!w->devices)
		w->state = WALK_SLICE;
}

/* --- results --- */

static void write_results(struct walk *w);

static void on_written(void *arg, const redisReply *reply)
{
	struct walk *w = arg;

	w->writing = false;
	if (!reply)
		return; /* walks_up() sends it again */
	redis_args_reset(&w->written);
	if (!refused(w, "offline_result", reply) && reply->type == REDIS_REPLY_STRING && reply->len)
		go_on_at(w, strtoull(reply->str, NULL, 10));
	go(w);
}

/* One call at a time. */
static void write_results(struct walk *w)
{
	if (w->writing)
		return;
	if (!w->written.count) {
		if (!w->results.count)
			return;
		start_call(w, &w->written);
		redis_args_add(&w->written, w->id);
		redis_args_addz(&w->written, w->host->conf.life);
		for (size_t i = 0; i < w->results.count; i++)
			redis_args_add(&w->written, redis_args_get(&w->results, i));
		redis_args_reset(&w->results);
	}
	w->writing = call(w, "offline_result", &w->written, on_written);
}

/* --- DONE --- */

static void free_devices(struct offline_device *list)
{
	struct offline_device *d, *next;

	DL_FOREACH_SAFE(list, d, next)
	free(d);
}

static void walk_free(struct walk *w)
{
	free_devices(w->devices);
	free_devices(w->sending);
	provider_set_release(w->own);
	provider_set_release(w->root);
	redis_args_clear(&w->rooms);
	redis_args_clear(&w->results);
	redis_args_clear(&w->written);
	lp_buf_clear(&w->data);
	lp_buf_clear(&w->apns_name);
	lp_buf_clear(&w->cursor);
	DL_DELETE(w->host->all, w);
	w->host->stats.running--;
	free(w);
}

static void on_done(void *arg, const redisReply *reply)
{
	struct walk *w = arg;
	struct walks *host = w->host;
	void *owner = w->arg;

	w->asked = false;
	if (!reply)
		return;
	host->stats.messages++;
	host->stats.put_aside += w->due > 0;
	host->stats.dead += w->reason[0] != '\0';
	walk_free(w);
	host->conf.ended(owner);
}

static void ask_done(struct walk *w)
{
	const char *prefix = w->host->conf.tools->settings->redis_prefix;
	struct redis_args args = {0};

	key_of_platform(&args.text, prefix, "offline");
	redis_args_end(&args);
	redis_args_addz(&args, prefix);
	redis_args_add(&args, w->entry);
	redis_args_add(&args, w->nsp);
	redis_args_add(&args, w->id);
	if (w->due && !w->reason[0])
		redis_args_addi(&args, (int64_t)w->due);
	else
		redis_args_addz(&args, "");
	redis_args_addz(&args, w->reason);
	w->asked = call(w, "offline_done", &args, on_done);
	redis_args_clear(&args);
}

/* --- all of it --- */

static void drain(struct walk *w)
{
	if (w->sending)
		return;
	write_results(w);
	if (w->results.count || w->written.count)
		return;
	w->state = WALK_DONE;
	ask_done(w);
}

/* Does what the state wants, unless that is under way; without a link it waits for one. */
static void go(struct walk *w)
{
	if (w->results.count >= RESULTS_MAX * RESULT_ARGS)
		write_results(w);
	if (w->state == WALK_SEND)
		send_page(w);
	if (w->asked || w->asking)
		return;
	switch (w->state) {
	case WALK_OPEN:
		ask_open(w);
		break;
	case WALK_SLICE:
		ask_slice(w);
		break;
	case WALK_SEND:
		break;
	case WALK_DRAIN:
		drain(w);
		break;
	case WALK_DONE:
		ask_done(w);
		break;
	}
}

static struct lp_str keep(char **at, struct lp_str s)
{
	struct lp_str kept = lp_str(*at, s.n);

	memcpy(*at, s.p, s.n);
	*at += s.n;
	return kept;
}

void walk_start(struct walks *host, struct lp_str entry, struct lp_str nsp, struct lp_str id,
		void *arg)
{
	struct walk *w = lp_xcalloc(1, sizeof(*w) + entry.n + nsp.n + id.n);
	char *at = w->bytes;

	w->host = host;
	w->arg = arg;
	w->entry = keep(&at, entry);
	w->nsp = keep(&at, nsp);
	w->id = keep(&at, id);
	lp_buf_addz(&w->cursor, "0");
	DL_APPEND(host->all, w);
	host->stats.running++;
	go(w);
}

/* go() may end the walk it is given only later, from an answer. */
void walks_up(struct walks *host)
{
	struct walk *w;

	DL_FOREACH(host->all, w)
	w->asking = false;
	host->asking = NULL;
	host->asking_end = &host->asking;
	DL_FOREACH(host->all, w)
	go(w);
}

void walks_tick(struct walks *host)
{
	struct walk *w;

	DL_FOREACH(host->all, w)
	{
		write_results(w);
		go(w);
	}
}

struct walks *walks_new(const struct walks_conf *conf)
{
	struct walks *host = lp_xcalloc(1, sizeof(*host));

	host->conf = *conf;
	host->asking_end = &host->asking;
	return host;
}

void walks_free(struct walks *host)
{
	if (!host)
		return;
	while (host->all)
		walk_free(host->all);
	free(host);
}

const struct walks_stats *walks_stats(const struct walks *host)
{
	return &host->stats;
}
