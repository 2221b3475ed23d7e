#include "config.h"

#include "connector/store/store_int.h"

/* A batch that grew to this many bytes is queued at once. */
#define BATCH_BYTES ((size_t)64 * 1024)
/* Clients of one group of acks. */
#define GROUP_MAX 4000u

static void add_client(struct lp_buf *args, const struct store_client *c)
{
	request_add(args, c->id);
	request_addu(args, c->serial);
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

	request_addz(args, s->settings->redis_prefix);
	request_addu(args, (uint64_t)s->settings->inbox_max_length);
	request_addz(args, again ? "1" : "");
	add_client(args, c);
	request_add(args, c->userid);
	request_addz(args, platform_name(c->platform));
	add_rooms(args, rooms, count);
	/* Those accepted before are bounded by what is connected. */
	store_submit(s, REQUEST_CLIENT_ON, c->nsp, 7 + (unsigned)count, again, cb, arg);
}

static void ops_client_off(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_rooms_edges(&s->args, rooms, count);
	store_submit(s, REQUEST_CLIENT_OFF, c->nsp, 2 + 2 * (unsigned)count, true, NULL, NULL);
}

static void ops_room_join(void *store, const struct store_client *c, const struct store_room *rooms,
			  size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_rooms(&s->args, rooms, count);
	store_submit(s, REQUEST_ROOM_JOIN, c->nsp, 2 + (unsigned)count, false, cb, arg);
}

static void ops_room_leave(void *store, const struct store_client *c,
			   const struct store_room *rooms, size_t count, store_cb cb, void *arg)
{
	struct store *s = store;

	add_client(&s->args, c);
	add_rooms_edges(&s->args, rooms, count);
	store_submit(s, REQUEST_ROOM_LEAVE, c->nsp, 2 + 2 * (unsigned)count, true, cb, arg);
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

static void ops_delivered(void *store, struct lp_str nsp, uint64_t id, uint64_t count)
{
	struct store *s = store;
	struct batch *b = &s->delivered;

	batch_open(s, b, nsp);
	if (b->argc == 0) {
		/* The core counts on over a new registration: one name for all of this life. */
		request_addz(&b->args, s->life);
		b->argc++;
	}
	request_addu(&b->args, id);
	request_addu(&b->args, count);
	b->argc += 2;
}

const struct store_ops store_redis_ops = {
	.client_on = ops_client_on,
	.client_off = ops_client_off,
	.room_join = ops_room_join,
	.room_leave = ops_room_leave,
	.acks = ops_acks,
	.ack_late = ops_ack_late,
	.delivered = ops_delivered,
};
