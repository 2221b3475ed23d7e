#include "config.h"

#include "common/lp_mem.h"
#include "tests/scenario/store_mem_int.h"

/* --- what is written --- */

static struct op *op_new(struct store_mem *s, enum op_kind kind, struct lp_str nsp)
{
	struct op *op = lp_xcalloc(1, sizeof(*op));

	op->kind = kind;
	op->nsp = lp_xstrndup(nsp);
	s->waiting++;
	store_mem_put(&s->todo, op);
	return op;
}

static struct op *client_op(struct store_mem *s, enum op_kind kind, const struct store_client *c,
			    const struct store_room *rooms, size_t count)
{
	struct op *op = op_new(s, kind, c->nsp);

	op->id = lp_xstrndup(c->id);
	op->serial = c->serial;
	op->since = c->since;
	op->platform = c->platform;
	op->rooms = lp_xcalloc(count + 1, sizeof(op->rooms[0]));
	op->count = count;
	for (size_t i = 0; i < count; i++)
		op->rooms[i] = (struct op_room){lp_xstrndup(rooms[i].name), rooms[i].edge};
	return op;
}

static void expect_answer(struct store_mem *s, struct op *op, store_cb cb, void *arg)
{
	op->cb = cb;
	op->arg = arg;
	op->answer = s->busy ? STORE_BUSY : STORE_DONE;
}

static void client_on(void *store, const struct store_client *c, const struct store_room *rooms,
		      size_t count, bool again, store_cb cb, void *arg)
{
	struct op *op = client_op(store, OP_ON, c, rooms, count);

	expect_answer(store, op, cb, arg);
	op->asked = c->asked;
	op->again = again;
	if (again)
		op->answer = STORE_DONE;
}

static void client_off(void *store, const struct store_client *c, const struct store_room *rooms,
		       size_t count, const char *reason)
{
	(void)reason;
	client_op(store, OP_OFF, c, rooms, count);
}

static void join(void *store, const struct store_client *c, const struct store_room *rooms,
		 size_t count, store_cb cb, void *arg)
{
	expect_answer(store, client_op(store, OP_JOIN, c, rooms, count), cb, arg);
}

static void leave(void *store, const struct store_client *c, const struct store_room *rooms,
		  size_t count, store_cb cb, void *arg)
{
	struct op *op = client_op(store, OP_LEAVE, c, rooms, count);

	expect_answer(store, op, cb, arg);
	op->answer = STORE_DONE; /* never refused, see ports.h */
}

static void move(void *store, struct lp_str nsp, const struct store_room *room, bool in,
		 const struct store_moved *clients, size_t count, store_cb cb, void *arg)
{
	struct op *op = op_new(store, OP_MOVE, nsp);

	op->in = in;
	op->rooms = lp_xcalloc(1, sizeof(op->rooms[0]));
	op->rooms[0] = (struct op_room){lp_xstrndup(room->name), room->edge};
	op->count = 1;
	op->moved = lp_xcalloc(count + 1, sizeof(op->moved[0]));
	op->moved_count = count;
	for (size_t i = 0; i < count; i++)
		op->moved[i] = (struct moved){lp_xstrndup(clients[i].id), clients[i].serial};
	expect_answer(store, op, cb, arg);
	op->answer = STORE_DONE;
}

static void acks(void *store, struct lp_str nsp, uint64_t id, enum platform platform,
		 const struct lp_str *clients, size_t count)
{
	struct op *op = op_new(store, OP_ACKS, nsp);

	op->message = id;
	op->platform = platform;
	op->rooms = lp_xcalloc(count + 1, sizeof(op->rooms[0]));
	op->count = count;
	for (size_t i = 0; i < count; i++)
		op->rooms[i].name = lp_xstrndup(clients[i]);
}

static void ack_late(void *store, const struct store_client *c, uint64_t id)
{
	client_op(store, OP_LATE, c, NULL, 0)->message = id;
}

static void delivered(void *store, struct lp_str nsp, uint64_t id,
		      const uint64_t counts[PLATFORM_COUNT])
{
	struct op *op = op_new(store, OP_DELIVERED, nsp);

	op->message = id;
	for (int p = 0; p < PLATFORM_COUNT; p++)
		op->total += counts[p];
}

/* --- questions: noted as text, answered with what the test gave --- */

static void ask(struct store_mem *s, struct lp_str nsp, struct lp_buf *note, store_cb cb, void *arg)
{
	struct op *op = op_new(s, OP_ASK, nsp);

	op->note = note->data;
	expect_answer(s, op, cb, arg);
}

static void note_field(void *arg, const char *name, struct lp_str value)
{
	lp_buf_addf(arg, " %s=%.*s", name, LP_FMT(value));
}

static void push(void *store, struct lp_str nsp, const struct push_msg *m, store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "push %.*s %.*s", LP_FMT(nsp), LP_FMT(m->room));
	push_msg_fields(m, nsp, note_field, &note);
	ask(store, nsp, &note, cb, arg);
}

static void info(void *store, const struct store_client *c, const struct store_field *fields,
		 size_t count, store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "info %.*s", LP_FMT(c->id));
	for (size_t i = 0; i < count; i++)
		note_field(&note, fields[i].name, fields[i].value);
	ask(store, c->nsp, &note, cb, arg);
}

static void apns(void *store, const struct store_client *c, const struct store_quiet *change,
		 store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "apns %.*s", LP_FMT(c->id));
	for (size_t i = 0; i < change->add_count; i++)
		lp_buf_addf(&note, " +%.*s", LP_FMT(change->add[i]));
	for (size_t i = 0; i < change->remove_count; i++)
		lp_buf_addf(&note, " -%.*s", LP_FMT(change->remove[i]));
	ask(store, c->nsp, &note, cb, arg);
}

static void discover(void *store, const struct store_client *c, const struct store_place *where,
		     store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "discover %.*s radius=%g count=%u", LP_FMT(c->id), where->radius_km,
		    where->count);
	if (where->known)
		lp_buf_addf(&note, " at=%g,%g", where->longitude, where->latitude);
	ask(store, c->nsp, &note, cb, arg);
}

static void unread(void *store, const struct store_client *c, store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "unread %.*s", LP_FMT(c->id));
	ask(store, c->nsp, &note, cb, arg);
}

static void unread_done(void *store, const struct store_client *c, struct lp_str ids, store_cb cb,
			void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "unread_done %.*s %.*s", LP_FMT(c->id), LP_FMT(ids));
	ask(store, c->nsp, &note, cb, arg);
}

static void token_keys(void *store, const struct store_client *c, store_cb cb, void *arg)
{
	struct lp_buf note = {0};

	lp_buf_addf(&note, "token_keys %.*s", LP_FMT(c->id));
	ask(store, c->nsp, &note, cb, arg);
}

static uint64_t store_clock(void *store)
{
	struct store_mem *s = store;

	return log_mem_clock(&s->log);
}

static uint64_t inbox_hold(void *store)
{
	struct store_mem *s = store;

	s->log.held = true;
	return s->log.seen;
}

static void inbox_resume(void *store)
{
	struct store_mem *s = store;

	s->log.held = false;
}

static void log_read(void *store, struct lp_str nsp, uint64_t after, bool first, store_cb cb,
		     void *arg)
{
	struct op *op = op_new(store, OP_LOG, nsp);

	expect_answer(store, op, cb, arg);
	op->answer = STORE_DONE;
	op->message = after;
	op->in = first;
}

static void bytes(void *store, struct lp_str nsp, uint64_t count)
{
	struct store_mem *s = store;

	lp_buf_addf(&s->notes, "bytes %.*s %llu\n", LP_FMT(nsp), (unsigned long long)count);
}

const struct store_ops store_mem_ops = {
	.client_on = client_on,
	.client_off = client_off,
	.room_join = join,
	.room_leave = leave,
	.room_move = move,
	.acks = acks,
	.ack_late = ack_late,
	.delivered = delivered,
	.unread = unread,
	.unread_done = unread_done,
	.push = push,
	.info = info,
	.apns = apns,
	.discover = discover,
	.token_keys = token_keys,
	.clock = store_clock,
	.inbox_hold = inbox_hold,
	.inbox_resume = inbox_resume,
	.log_read = log_read,
	.bytes = bytes,
};
