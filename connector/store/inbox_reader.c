#include "config.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "connector/core/core.h"
#include "connector/store/inbox_reader.h"
#include "connector/store/log_gate.h"
#include "connector/store/redis_conn.h"
#include "connector/store/request.h"

#define READ_COUNT "512"
/* How long one XREAD waits, and how much longer its answer may take. */
#define READ_BLOCK    "5000"
#define READ_STALL_MS 7000u

struct inbox_reader {
	const struct settings *settings;
	struct store_stats *stats;
	struct core *core;
	void (*ready)(void *arg);
	void *arg;
	struct redis_conn *conn;
	struct lp_buf owner;
	struct lp_buf command;
	uint64_t last;
	bool reading;
	struct log_gate lost_gate;
	struct log_gate bad_gate;
};

/* The fields of an entry, see docs/REDIS.md. */
struct entry {
	struct lp_str k, n, r, i, x, e, c, s;
};

/* All digits, fits; the whole of s. */
static bool number(struct lp_str s, uint64_t *out)
{
	uint64_t n = 0;

	if (s.n == 0 || s.n > 19)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] < '0' || s.p[i] > '9')
			return false;
		n = n * 10 + (uint64_t)(s.p[i] - '0');
	}
	*out = n;
	return true;
}

static struct lp_str text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len) : lp_str(NULL, 0);
}

static void entry_read(const redisReply *fields, struct entry *e)
{
	*e = (struct entry){0};
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		struct lp_str name = text(fields->element[i]);
		struct lp_str value = text(fields->element[i + 1]);

		switch (name.n == 1 ? name.p[0] : 0) {
		case 'k':
			e->k = value;
			break;
		case 'n':
			e->n = value;
			break;
		case 'r':
			e->r = value;
			break;
		case 'i':
			e->i = value;
			break;
		case 'x':
			e->x = value;
			break;
		case 'e':
			e->e = value;
			break;
		case 'c':
			e->c = value;
			break;
		case 's':
			e->s = value;
			break;
		}
	}
}

/* The serial in <owner>/<serial>; false when it is not this owner's. */
static bool own_serial(const struct inbox_reader *r, struct lp_str s, uint64_t *serial)
{
	struct lp_str owner = lp_buf_str(&r->owner);

	return lp_str_starts(s, owner) && s.n > owner.n && s.p[owner.n] == '/' &&
	       number(lp_str_from(s, owner.n + 1), serial);
}

/* Hands one entry to the core; false when it makes no sense. */
static bool hand_over(struct inbox_reader *r, const redisReply *fields)
{
	struct entry e;
	uint64_t n;

	entry_read(fields, &e);
	if (lp_str_eq(e.k, LP_STR("hello")))
		return true;
	if (e.n.n == 0)
		return false;
	if (lp_str_eq(e.k, LP_STR("push"))) {
		if (e.r.n == 0 || e.e.n == 0 || !number(e.i, &n))
			return false;
		core_push(r->core, e.n, e.r, n, e.x, e.e);
		return true;
	}
	if (lp_str_eq(e.k, LP_STR("kick"))) {
		if (e.c.n == 0 || !own_serial(r, e.s, &n))
			return false;
		core_kick(r->core, e.n, e.c, n);
		return true;
	}
	if (lp_str_eq(e.k, LP_STR("offline"))) {
		core_namespace_offline(r->core, e.n);
		return true;
	}
	return false;
}

/* entry: [id, [name, value, ...]] */
static void read_entry(struct inbox_reader *r, const redisReply *entry)
{
	struct lp_str id;
	uint64_t n;

	id = entry->elements == 2 ? text(entry->element[0]) : lp_str(NULL, 0);
	id.n = lp_str_find(id, '-');
	r->stats->inbox_read++;
	if (!number(id, &n) || entry->element[1]->type != REDIS_REPLY_ARRAY ||
	    !hand_over(r, entry->element[1])) {
		r->stats->inbox_bad++;
		if (log_gate_open(&r->bad_gate))
			lp_warn("inbox", "entry not understood id=%.*s total=%" PRIu64, LP_FMT(id),
				r->stats->inbox_bad);
	}
	if (!number(id, &n))
		return;
	if (n > r->last + 1) {
		r->stats->inbox_lost += n - r->last - 1;
		if (log_gate_open(&r->lost_gate))
			lp_warn("inbox",
				"entries were trimmed before they were read total=%" PRIu64,
				r->stats->inbox_lost);
	}
	r->last = n;
}

static void on_reply(void *arg, void *request, const struct redisReply *reply)
{
	struct inbox_reader *r = arg;
	const redisReply *entries;

	r->reading = false;
	if (reply->type == REDIS_REPLY_ERROR) {
		redis_conn_break(r->conn, reply->str);
		return;
	}
	redis_conn_settled(r->conn);
	/* [[key, [entry, ...]]], or nil after nothing came for a while */
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
	    reply->element[0]->elements == 2) {
		entries = reply->element[0]->element[1];
		for (size_t i = 0; i < entries->elements; i++)
			read_entry(r, entries->element[i]);
	}
	inbox_reader_go(r);
}

static void on_up(void *arg)
{
	struct inbox_reader *r = arg;

	r->ready(r->arg);
}

static void on_down(void *arg, bool was_up)
{
	struct inbox_reader *r = arg;

	r->reading = false;
	r->stats->lost_links += was_up;
}

void inbox_reader_go(struct inbox_reader *r)
{
	struct lp_buf *b = &r->command;
	struct lp_buf word = {0};

	if (r->reading || !redis_conn_up(r->conn))
		return;
	lp_buf_reset(b);
	lp_buf_addz(b, "*8\r\n");
	request_addz(b, "XREAD");
	request_addz(b, "COUNT");
	request_addz(b, READ_COUNT);
	request_addz(b, "BLOCK");
	request_addz(b, READ_BLOCK);
	request_addz(b, "STREAMS");
	key_inbox(&word, r->settings->redis_prefix, lp_buf_str(&r->owner));
	request_add(b, lp_buf_str(&word));
	lp_buf_reset(&word);
	lp_buf_addu(&word, r->last);
	lp_buf_addz(&word, "-0");
	request_add(b, lp_buf_str(&word));
	lp_buf_clear(&word);
	r->reading = true;
	redis_conn_send(r->conn, b->data, b->len, r);
}

struct inbox_reader *inbox_reader_new(struct event_base *base, const struct settings *settings,
				      struct store_stats *stats, void (*ready)(void *arg),
				      void *arg)
{
	static const struct redis_conn_ops ops = {on_up, on_down, on_reply};
	struct inbox_reader *r = lp_xcalloc(1, sizeof(*r));

	r->settings = settings;
	r->stats = stats;
	r->ready = ready;
	r->arg = arg;
	r->conn = redis_conn_new(base, settings, "inbox", READ_STALL_MS, &ops, r);
	return r;
}

void inbox_reader_set_core(struct inbox_reader *r, struct core *core)
{
	r->core = core;
}

void inbox_reader_follow(struct inbox_reader *r, struct lp_str owner, uint64_t last)
{
	lp_buf_reset(&r->owner);
	lp_buf_adds(&r->owner, owner);
	r->last = last;
	/* The present XREAD may wait at the old place for seconds. */
	if (r->reading)
		redis_conn_renew(r->conn);
	r->reading = false;
	redis_conn_start(r->conn);
}

uint64_t inbox_reader_last(const struct inbox_reader *r)
{
	return r->last;
}

void inbox_reader_stop(struct inbox_reader *r)
{
	redis_conn_stop(r->conn);
	r->reading = false;
}

void inbox_reader_free(struct inbox_reader *r)
{
	if (!r)
		return;
	redis_conn_free(r->conn);
	lp_buf_clear(&r->owner);
	lp_buf_clear(&r->command);
	free(r);
}
