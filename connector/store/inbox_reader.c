#include "config.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "connector/core/core.h"
#include "connector/store/inbox_entry.h"
#include "connector/store/inbox_reader.h"
#include "common/log_gate.h"
#include "common/async/redis_conn.h"
#include "connector/store/request.h"

/* Entries of one reply, which is handled in one turn of the loop. */
#define READ_COUNT "256"
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
	bool held;
	struct log_gate lost_gate;
	struct log_gate bad_gate;
};

/* False when it turns out to be wrong only now. */
static bool hand_over(struct inbox_reader *r, const struct inbox_entry *e)
{
	switch (e->kind) {
	case INBOX_HELLO:
		break;
	case INBOX_PUSH:
		core_push(r->core, e->nsp,
			  &(struct pushed){e->room, e->others, e->number, e->log_position,
					   e->except, e->event});
		break;
	case INBOX_EMIT:
		core_emit(r->core, e->nsp, e->room, e->except, e->event);
		break;
	case INBOX_TRANSFER:
		return core_transfer(r->core, e->nsp, e->room, e->join, e->sources);
	case INBOX_KICK:
		core_kick(r->core, e->nsp, e->client, e->number);
		break;
	case INBOX_EXPEL:
		return core_expel(r->core, e->nsp, e->clients, e->event);
	case INBOX_UNREAD:
		core_unread(r->core, e->nsp, e->client, e->number);
		break;
	case INBOX_OFFLINE:
		core_namespace_offline(r->core, e->nsp);
		break;
	case INBOX_MADE:
		core_namespace_made(r->core, e->nsp);
		break;
	case INBOX_LIMITS:
		core_limits(r->core, e->nsp, e->number, e->rooms, e->bytes);
		break;
	}
	return true;
}

/* The entries between the last one and this one are gone: the logs have what they told. */
static void note_gap(struct inbox_reader *r, uint64_t position)
{
	r->stats->inbox_lost += position - r->last - 1;
	if (log_gate_open(&r->lost_gate))
		lp_warn("inbox", "entries were trimmed before they were read total=%" PRIu64,
			r->stats->inbox_lost);
	r->last = position - 1;
	core_catch_up(r->core);
}

/* False when it must be read again, later. */
static bool read_entry(struct inbox_reader *r, const redisReply *entry)
{
	struct inbox_entry e;
	bool good = inbox_entry_decode(&e, entry, lp_buf_str(&r->owner)) == LP_OK;

	if (e.position > r->last + 1) {
		note_gap(r, e.position);
		return false;
	}
	r->stats->inbox_read++;
	if (e.position)
		r->last = e.position;
	if (!good || !hand_over(r, &e)) {
		r->stats->inbox_bad++;
		if (log_gate_open(&r->bad_gate))
			lp_warn("inbox", "entry not understood number=%" PRIu64 " total=%" PRIu64,
				e.position, r->stats->inbox_bad);
	}
	return true;
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
		for (size_t i = 0; i < entries->elements && !r->held; i++) {
			if (!read_entry(r, entries->element[i]))
				break;
		}
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

	if (r->held || r->reading || !redis_conn_up(r->conn))
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

void inbox_reader_hold(struct inbox_reader *r, bool held)
{
	r->held = held;
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
