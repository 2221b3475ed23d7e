#include "config.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/model/log_position.h"
#include "common/store/push_args.h"
#include "connector/store/store_int.h"

/* A batch that grew to this many bytes is queued at once. */
#define BATCH_BYTES ((size_t)64 * 1024)
/* Messages that waited for a client are brought in about so many bytes at a time. */
#define UNREAD_BYTES ((size_t)256 * 1024)
/* Clients of one group of acks. */
#define GROUP_MAX 4000u
/* Two clocks that count ms may differ by one. */
#define CLOCK_SLACK_MS 2
/* Entries of a log looked at in one call: less than a ms for a Redis. */
#define LOG_PAGE "200"

static void add_client(struct lp_buf *args, const struct store_client *c)
{
	request_add(args, c->id);
	request_addu(args, c->serial);
}

/* What a script needs to put something into inboxes. */
static void add_inbox(struct store *s)
{
	request_addz(&s->args, s->settings->redis_prefix);
	request_addu(&s->args, (uint64_t)s->settings->inbox_max_length);
}

static void add_rooms(struct lp_buf *args, const struct store_room *rooms, size_t count)
{
	for (size_t i = 0; i < count; i++)
		request_add(args, rooms[i].name);
}

static void add_rooms_edges(struct lp_buf *args, const struct store_room *rooms, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		request_add(args, rooms[i].name);
		request_addz(args, rooms[i].edge ? "1" : "");
	}
}

static void ops_client_on(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, bool again, store_cb cb, void *arg)
{
	struct store *s = store;
	struct lp_buf *args = &s->args;
	bool reject = strcmp(s->settings->duplicate_client, "reject") == 0;
	char mode[8];

	add_inbox(s);
	snprintf(mode, sizeof(mode), "%s%s%s%s", reject ? "r" : "", c->asked ? "a" : "",
		 c->verified ? "t" : "", c->provisional ? "p" : "");
	if (again)
		request_addu(args, c->since);
	else
		request_addz(args, mode);
	add_client(args, c);
	request_add(args, c->userid);
	request_addz(args, platform_name(c->platform));
	request_addz(args, c->announced ? "1" : "");
	request_add(args, c->query);
	add_rooms(args, rooms, count);
	/* Those accepted before are bounded by what is connected. */
	store_submit(s, REQUEST_CLIENT_ON, c->nsp, 9 + (unsigned)count, again, cb, arg);
}

static void ops_client_off(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, const char *reason)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_inbox(s);
	request_addz(&s->args, reason);
	request_addu(&s->args, (uint64_t)s->settings->callback_queue_max);
	add_rooms_edges(&s->args, rooms, count);
	store_submit(s, REQUEST_CLIENT_OFF, c->nsp, 6 + 2 * (unsigned)count, true, NULL, NULL);
}

static void ops_room_join(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_inbox(s);
	add_rooms(&s->args, rooms, count);
	store_submit(s, REQUEST_ROOM_JOIN, c->nsp, 4 + (unsigned)count, false, cb, arg);
}

static void ops_room_leave(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_inbox(s);
	add_rooms_edges(&s->args, rooms, count);
	store_submit(s, REQUEST_ROOM_LEAVE, c->nsp, 4 + 2 * (unsigned)count, true, cb, arg);
}

static void ops_room_move(void *store, struct lp_str nsp, const struct store_room *room, bool in,
			  const struct store_moved *clients, size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	add_inbox(s);
	request_add(&s->args, room->name);
	request_addz(&s->args, in ? "1" : "");
	request_addz(&s->args, !in && room->edge ? "1" : "");
	for (size_t i = 0; i < count; i++) {
		request_add(&s->args, clients[i].id);
		request_addu(&s->args, clients[i].serial);
	}
	store_submit(s, REQUEST_ROOM_MOVE, nsp, 5 + 2 * (unsigned)count, true, cb, arg);
}

static void batch_flush(struct store *s, struct batch *b)
{
	if (b->argc == 0)
		return;
	lp_buf_adds(&s->args, lp_buf_str(&b->args));
	store_submit(s, b->kind, lp_buf_str(&b->nsp), b->argc, false, NULL, NULL);
	lp_buf_reset(&b->args);
	b->argc = 0;
}

/* Makes room for more of the namespace. */
static void batch_open(struct store *s, struct batch *b, struct lp_str nsp)
{
	if (b->args.len >= BATCH_BYTES || !lp_str_eq(lp_buf_str(&b->nsp), nsp))
		batch_flush(s, b);
	if (b->argc == 0) {
		lp_buf_reset(&b->nsp);
		lp_buf_adds(&b->nsp, nsp);
		store_later(s);
	}
}

void store_flush(struct store *s)
{
	batch_flush(s, &s->acks);
	batch_flush(s, &s->delivered);
}

static void ops_acks(void *store, struct lp_str nsp, uint64_t id, enum platform platform,
		     const struct lp_str *clients, size_t count)
{
	struct store *s = store;
	struct batch *b = &s->acks;

	for (size_t n; count > 0; clients += n, count -= n) {
		n = count < GROUP_MAX ? count : GROUP_MAX;
		batch_open(s, b, nsp);
		request_addu(&b->args, id);
		request_addz(&b->args, platform_name(platform));
		request_addu(&b->args, n);
		for (size_t i = 0; i < n; i++)
			request_add(&b->args, clients[i]);
		b->argc += 3 + (unsigned)n;
	}
}

static void ops_ack_late(void *store, const struct store_client *c, uint64_t id)
{
	struct store *s = store;

	request_addu(&s->args, id);
	request_addz(&s->args, platform_name(c->platform));
	request_add(&s->args, c->id);
	store_submit(s, REQUEST_ACK_LATE, c->nsp, 3, false, NULL, NULL);
}

static void ops_delivered(void *store, struct lp_str nsp, uint64_t id,
			  const uint64_t counts[PLATFORM_COUNT])
{
	struct store *s = store;
	struct batch *b = &s->delivered;
	char text[64];

	batch_open(s, b, nsp);
	if (b->argc == 0) {
		/* The core counts on over a new registration: one name for all of this life. */
		request_addz(&b->args, s->life);
		b->argc++;
	}
	request_addu(&b->args, id);
	snprintf(text, sizeof(text), "%" PRIu64 "/%" PRIu64 "/%" PRIu64, counts[PLATFORM_WEB],
		 counts[PLATFORM_IOS], counts[PLATFORM_ANDROID]);
	request_addz(&b->args, text);
	b->argc += 2;
}

static void ops_unread(void *store, const struct store_client *c, store_cb cb, void *arg)
{
	struct store *s = store;

	request_add(&s->args, c->id);
	request_addu(&s->args, UNREAD_BYTES);
	store_submit(s, REQUEST_UNREAD, c->nsp, 2, true, cb, arg);
}

static void ops_unread_done(void *store, const struct store_client *c, struct lp_str ids,
			    store_cb cb, void *arg)
{
	struct store *s = store;

	request_add(&s->args, c->id);
	request_add(&s->args, ids);
	store_submit(s, REQUEST_UNREAD_DONE, c->nsp, 2, true, cb, arg);
}

/* --- questions --- */

static void ops_push(void *store, struct lp_str nsp, const struct push_msg *m, store_cb cb,
		     void *arg)
{
	struct store *s = store;
	struct redis_args args = {0};

	/* Who is connected was let in by the namespace: its settings need no look. */
	push_args(&args, s->settings, nsp, "", NULL);
	push_args_add(&args, s->settings, nsp, m, 0);
	for (size_t i = 1; i < args.count; i++) /* the first is the key */
		request_add(&s->args, redis_args_get(&args, i));
	store_ask(s, REQUEST_PUSH, nsp, (unsigned)args.count - 1, cb, arg);
	redis_args_clear(&args);
}

static void ops_info(void *store, const struct store_client *c, const struct store_field *fields,
		     size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	request_add(&s->args, c->id);
	for (size_t i = 0; i < count; i++) {
		request_addz(&s->args, fields[i].name);
		request_add(&s->args, fields[i].value);
	}
	store_submit(s, REQUEST_INFO, c->nsp, 1 + 2 * (unsigned)count, false, cb, arg);
}

static void ops_apns(void *store, const struct store_client *c, const struct store_quiet *change,
		     store_cb cb, void *arg)
{
	struct store *s = store;
	size_t count = change->add_count + change->remove_count;

	request_add(&s->args, c->id);
	request_addu(&s->args, change->max);
	/* What goes makes place for what comes. */
	for (size_t i = 0; i < change->remove_count; i++) {
		request_add(&s->args, change->remove[i]);
		request_addz(&s->args, "");
	}
	for (size_t i = 0; i < change->add_count; i++) {
		request_add(&s->args, change->add[i]);
		request_addz(&s->args, "1");
	}
	store_submit(s, REQUEST_APNS, c->nsp, 2 + 2 * (unsigned)count, false, cb, arg);
}

static void ops_token_keys(void *store, const struct store_client *c, store_cb cb, void *arg)
{
	store_submit(store, REQUEST_TOKEN_KEYS, c->nsp, 0, false, cb, arg);
}

static void ops_bytes(void *store, struct lp_str nsp, uint64_t count)
{
	struct store *s = store;

	request_addu(&s->args, count);
	store_submit(s, REQUEST_BYTES, nsp, 1, false, NULL, NULL);
}

static void add_degrees(struct lp_buf *args, bool known, double degrees)
{
	char text[32] = "";

	if (known)
		snprintf(text, sizeof(text), "%.7f", degrees);
	request_addz(args, text);
}

static void ops_discover(void *store, const struct store_client *c, const struct store_place *where,
			 store_cb cb, void *arg)
{
	struct store *s = store;
	char radius[32];

	request_add(&s->args, c->id);
	snprintf(radius, sizeof(radius), "%.3f", where->radius_km);
	request_addz(&s->args, radius);
	request_addu(&s->args, where->count);
	add_degrees(&s->args, where->known, where->longitude);
	add_degrees(&s->args, where->known, where->latitude);
	store_submit(s, REQUEST_DISCOVER, c->nsp, 5, false, cb, arg);
}

/* --- the inbox, and what it did not bring --- */

static uint64_t ops_clock(void *store)
{
	const struct store *s = store;

	return s->clock_time - CLOCK_SLACK_MS + (lp_mono_ms() - s->clock_mono);
}

static uint64_t ops_inbox_hold(void *store)
{
	struct store *s = store;

	s->held = true;
	inbox_reader_hold(s->reader, true);
	return s->seen;
}

static void ops_inbox_resume(void *store)
{
	struct store *s = store;

	s->held = false;
	inbox_reader_hold(s->reader, false);
	if (!s->reader_waits)
		inbox_reader_go(s->reader);
}

static void ops_log_read(void *store, struct lp_str nsp, uint64_t after, bool first, store_cb cb,
			 void *arg)
{
	struct store *s = store;
	struct lp_buf id = {0};

	log_position_write(&id, after);
	request_add(&s->args, lp_buf_str(&id));
	request_addz(&s->args, LOG_PAGE);
	request_addz(&s->args, first ? "1" : "");
	lp_buf_clear(&id);
	store_submit(s, REQUEST_LOG_READ, nsp, 3, true, cb, arg);
}

const struct store_ops store_redis_ops = {
	.client_on = ops_client_on,
	.client_off = ops_client_off,
	.room_join = ops_room_join,
	.room_leave = ops_room_leave,
	.room_move = ops_room_move,
	.acks = ops_acks,
	.ack_late = ops_ack_late,
	.delivered = ops_delivered,
	.unread = ops_unread,
	.unread_done = ops_unread_done,
	.push = ops_push,
	.info = ops_info,
	.apns = ops_apns,
	.discover = ops_discover,
	.token_keys = ops_token_keys,
	.clock = ops_clock,
	.inbox_hold = ops_inbox_hold,
	.inbox_resume = ops_inbox_resume,
	.log_read = ops_log_read,
	.bytes = ops_bytes,
};
