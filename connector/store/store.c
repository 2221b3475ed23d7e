#include "config.h"

#include <hiredis/hiredis.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "connector/core/core.h"
#include "connector/store/store_int.h"

/* What may wait, sent or not, before operations are refused. */
#define WAITING_MAX   200000u
#define WAITING_BYTES ((size_t)256 * 1024 * 1024)
/* What is on its way at most: keeps hiredis' output short, which it moves after each write. */
#define WINDOW       4096u
#define WINDOW_BYTES ((size_t)1024 * 1024)
/* Clients that one call of node_reap takes: some ms of Redis' time. */
#define REAP_CLIENTS "100"
/* A link that gives no answer for so many times redis_timeout, and at least 2 s, is broken. */
#define STALL_FACTOR 5
#define STALL_MIN_MS 2000

static void advance(struct store *s);

/* --- the queue --- */

/* A command of a request that is being sent. */
struct sending {
	struct store *s;
	struct request *request; /* what the answer to the last one is known by */
};

static void send_command(void *arg, const struct lp_buf *command, bool last)
{
	const struct sending *now = arg;

	redis_conn_send(now->s->conn, command->data, command->len,
			last ? now->request : &now->s->control[REQUEST_PART]);
}

static void pump(struct store *s)
{
	struct request_queue *q = &s->queue;
	struct request *r;

	s->stats.waiting = q->count;
	s->gathering = false;
	if (s->state != STORE_READY)
		return;
	while (q->sent < WINDOW && q->sent_bytes < WINDOW_BYTES && (r = request_queue_send(q))) {
		request_write(r, lp_cstr(s->owner), &s->command, send_command,
			      &(struct sending){s, r});
	}
}

static void refuse(struct store *s, store_cb cb, void *cb_arg)
{
	s->stats.refused++;
	if (!cb)
		return;
	s->refusals = lp_xrealloc(s->refusals, (s->refusal_count + 1) * sizeof(s->refusals[0]));
	s->refusals[s->refusal_count++] = (struct refusal){cb, cb_arg};
	store_later(s);
}

void store_submit(struct store *s, enum request_kind kind, struct lp_str nsp, unsigned argc,
		  bool must, store_cb cb, void *cb_arg)
{
	struct lp_buf key = {0};

	if (!must && (s->queue.count >= WAITING_MAX || s->queue.bytes >= WAITING_BYTES)) {
		if (log_gate_open(&s->refused_gate))
			lp_warn("redis",
				"too much is waiting, operations are refused waiting=%zu bytes=%zu",
				s->queue.count, s->queue.bytes);
		refuse(s, cb, cb_arg);
	} else {
		key_namespace(&key, s->settings->redis_prefix, nsp);
		request_queue_put(&s->queue,
				  request_new(kind, lp_buf_str(&key), &s->args, argc, cb, cb_arg));
		lp_buf_clear(&key);
	}
	lp_buf_reset(&s->args);
	if (request_gathers(kind)) {
		s->gathering = true;
		s->stats.waiting = s->queue.count;
		store_later(s);
	} else {
		pump(s);
	}
}

void store_ask(struct store *s, enum request_kind kind, struct lp_str nsp, unsigned argc,
	       store_cb cb, void *cb_arg)
{
	if (s->state == STORE_READY) {
		store_submit(s, kind, nsp, argc, false, cb, cb_arg);
	} else {
		refuse(s, cb, cb_arg);
		lp_buf_reset(&s->args);
	}
}

/* The link is gone: whether a push that was sent has been carried out, nobody knows. */
static void refuse_once(struct store *s)
{
	for (struct request *next, *r = request_queue_take_once(&s->queue); r; r = next) {
		next = r->next;
		refuse(s, r->cb, r->cb_arg);
		free(r);
	}
	/* Nothing is reaped before all clients are written; what was refused is no client. */
	if (s->reap_hold > s->queue.count)
		s->reap_hold = s->queue.count;
}

static void log_error(struct store *s, enum request_kind kind, const redisReply *reply)
{
	if (log_gate_open(&s->error_gate))
		lp_error("redis", "script failed script=%s error=\"%s\"",
			 request_script(kind)->name, reply->str);
}

/* The status, or the error of its own, that a script answered with. */
static enum store_answer read_status(struct lp_str text)
{
	static const struct {
		const char *word;
		enum store_answer answer;
	} words[] = {
		{"DONE", STORE_DONE},
		{"UNREAD", STORE_UNREAD},
		{"UNKNOWN", STORE_UNKNOWN_NAMESPACE},
		{"OFFLINE", STORE_OFFLINE_NAMESPACE},
		{"CONFLICT", STORE_CONFLICT},
		{"FULL", STORE_FULL},
		{"GONE", STORE_UNKNOWN_NAMESPACE},
	};

	/* Redis 7 puts the generic code before a script's own word. */
	if (lp_str_starts(text, LP_STR("ERR ")))
		text = lp_str_from(text, 4);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (lp_str_eq(text, lp_cstr(words[i].word)))
			return words[i].answer;
	}
	return STORE_BUSY;
}

/* Calls back with the texts of an array, or with the one number. */
static void call_back(const struct request *r, enum store_answer answer, const redisReply *reply)
{
	struct store_texts got = {0};
	struct lp_str one, *items = NULL;
	char digits[24];

	if (reply->type == REDIS_REPLY_INTEGER) {
		snprintf(digits, sizeof(digits), "%lld", reply->integer);
		one = lp_cstr(digits);
		got = (struct store_texts){&one, 1};
	} else if (reply->type == REDIS_REPLY_ARRAY && reply->elements) {
		items = lp_xmalloc(reply->elements * sizeof(items[0]));
		for (size_t i = 0; i < reply->elements; i++) {
			const redisReply *e = reply->element[i];

			items[i] = lp_str(e->str, e->str ? (size_t)e->len : 0);
		}
		got = (struct store_texts){items, reply->elements};
	}
	r->cb(r->cb_arg, answer, &got);
	free(items);
}

static uint64_t integer(const redisReply *r)
{
	return r->type == REDIS_REPLY_INTEGER && r->integer > 0 ? (uint64_t)r->integer : 0;
}

static void on_answer(struct store *s, struct request *r, const redisReply *reply)
{
	enum store_answer answer = STORE_DONE;

	request_queue_answered(&s->queue);
	if (reply->type == REDIS_REPLY_STATUS || reply->type == REDIS_REPLY_ERROR)
		answer = read_status(lp_str(reply->str, (size_t)reply->len));
	if (answer == STORE_BUSY) {
		s->stats.refused++;
		log_error(s, r->kind, reply);
	}
	if (r->kind == REQUEST_ACKS && integer(reply))
		request_queue_put(&s->queue, request_again(r, REQUEST_ACKS_UNREAD));
	if (r->cb)
		call_back(r, answer, reply);
	free(r);
	if (!s->gathering)
		pump(s);
	if (s->reap_hold && --s->reap_hold == 0)
		advance(s);
	if (s->done && s->queue.count == 0)
		advance(s);
}

/* The answers to requests that went in one call. */
static void on_answers(struct store *s, const struct request *first, const redisReply *reply)
{
	unsigned count = first->together;

	if (reply->type == REDIS_REPLY_ARRAY && reply->elements != count) {
		redis_conn_break(s->conn, "unexpected answer to several calls");
		return;
	}
	for (unsigned i = 0; i < count; i++)
		on_answer(s, s->queue.head,
			  reply->type == REDIS_REPLY_ARRAY ? reply->element[i] : reply);
}

/* --- requests that are not queued --- */

/* Sends a call whose key is P:nodes, with the arguments in s->args. */
static void send_node(struct store *s, enum request_kind kind, unsigned argc)
{
	struct lp_buf key = {0};
	struct request *r;

	key_of_platform(&key, s->settings->redis_prefix, "nodes");
	r = request_new(kind, lp_buf_str(&key), &s->args, argc, NULL, NULL);
	lp_buf_reset(&s->args);
	lp_buf_clear(&key);
	request_write(r, lp_cstr(s->owner), &s->command, send_command,
		      &(struct sending){s, &s->control[kind]});
	free(r);
}

static void send_load(struct store *s, const struct script *script)
{
	struct lp_buf *b = &s->command;

	s->loads++;
	lp_buf_reset(b);
	lp_buf_addz(b, "*3\r\n");
	request_addz(b, "SCRIPT");
	request_addz(b, "LOAD");
	request_addz(b, script->text);
	redis_conn_send(s->conn, b->data, b->len, &s->control[REQUEST_LOAD]);
}

static void send_loads(struct store *s)
{
	s->state = STORE_LOADING;
	s->loads = 0;
	for (enum request_kind kind = 0; kind < REQUEST_SCRIPTS; kind++) {
		send_load(s, request_script(kind));
		if (request_gathers(kind))
			send_load(s, request_script_many(kind));
	}
}

static void send_start(struct store *s)
{
	s->state = STORE_STARTING;
	request_addz(&s->args, s->settings->redis_prefix);
	request_addz(&s->args, s->settings->node_id);
	request_addu(&s->args, (uint64_t)s->settings->lease_time);
	request_addz(&s->args, s->owner[0] ? "1" : "");
	send_node(s, REQUEST_NODE_START, 4);
}

static void send_renew(struct store *s)
{
	if (s->renewing) {
		s->renew_again = true;
		return;
	}
	s->renewing = true;
	s->renew_again = false;
	s->renew_last = inbox_reader_last(s->reader);
	request_addz(&s->args, s->settings->redis_prefix);
	request_addu(&s->args, (uint64_t)s->settings->lease_time);
	request_addu(&s->args, s->renew_last);
	send_node(s, REQUEST_NODE_RENEW, 3);
}

static void send_reap(struct store *s)
{
	if (s->state != STORE_READY || s->reaping || s->reap_hold || s->reap_count == 0)
		return;
	s->reaping = true;
	request_addz(&s->args, s->settings->redis_prefix);
	request_addz(&s->args, s->reaps[0].owner);
	request_addz(&s->args, REAP_CLIENTS);
	request_addz(&s->args, s->reaps[0].force ? "1" : "");
	request_addu(&s->args, (uint64_t)s->settings->inbox_max_length);
	request_addu(&s->args, (uint64_t)s->settings->callback_queue_max);
	send_node(s, REQUEST_NODE_REAP, 6);
}

static void add_reap(struct store *s, const char *owner, bool force)
{
	if (!owner || strlen(owner) >= OWNER_MAX)
		return;
	for (size_t i = 0; i < s->reap_count; i++) {
		if (strcmp(s->reaps[i].owner, owner) == 0)
			return;
	}
	s->reaps = lp_xrealloc(s->reaps, (s->reap_count + 1) * sizeof(s->reaps[0]));
	s->reaps[s->reap_count].force = force;
	snprintf(s->reaps[s->reap_count++].owner, OWNER_MAX, "%s", owner);
}

/* --- the registration --- */

static void set_lease_timer(struct store *s)
{
	int64_t ms = s->settings->lease_time / 3;
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_add(s->lease, &tv);
}

static void set_ready(struct store *s, bool ok)
{
	if (!s->ready || s->ready_due)
		return;
	s->ready_due = true;
	s->ready_ok = ok;
	store_later(s);
}

static void set_done(struct store *s)
{
	if (!s->done || s->done_due)
		return;
	s->done_due = true;
	s->state = STORE_IDLE;
	s->stats.connected = false;
	redis_conn_stop(s->conn);
	inbox_reader_stop(s->reader);
	event_del(s->lease);
	event_del(s->limit);
	store_later(s);
}

/* Looks for what comes next in READY: reaping, the end of the start, the end. */
static void advance(struct store *s)
{
	if (s->state != STORE_READY)
		return;
	if (s->done && s->queue.count == 0 && !s->reaping) {
		/* Reaping oneself gives the registration up, and with it whatever was left. */
		s->reap_count = 0;
		add_reap(s, s->owner, true);
	}
	if (s->reap_count)
		send_reap(s);
	else
		set_ready(s, true);
}

static void become_ready(struct store *s)
{
	s->state = STORE_READY;
	s->stats.connected = true;
	s->ready_since = lp_mono_ms();
	redis_conn_settled(s->conn);
	set_lease_timer(s);
}

static void on_loaded(struct store *s)
{
	if (--s->loads)
		return;
	if (s->owner[0]) {
		s->state = STORE_CHECKING;
		send_renew(s);
	} else {
		send_start(s);
	}
}

static void set_clock(struct store *s, uint64_t time)
{
	s->clock_time = time;
	s->clock_mono = lp_mono_ms();
}

/* At that time the inbox ended with number seq. */
static void note_time(struct store *s, uint64_t seq, uint64_t time)
{
	set_clock(s, time);
	if (s->mark_time && !s->held && inbox_reader_last(s->reader) >= s->mark_seq) {
		s->seen = s->mark_time;
		s->mark_time = 0;
	}
	if (!s->mark_time) {
		s->mark_seq = seq;
		s->mark_time = time;
	}
}

/* The owner, the time, then earlier lives. */
static void on_started(struct store *s, const redisReply *reply)
{
	bool again = s->owner[0];
	const char *owner = reply->type == REDIS_REPLY_ARRAY && reply->elements > 1
				    ? reply->element[0]->str
				    : NULL;

	if (!owner || strlen(owner) >= OWNER_MAX) {
		redis_conn_break(s->conn, "unexpected answer to node_start");
		return;
	}
	if (strcmp(owner, s->owner) == 0) {
		/* Redis was emptied within the ms: a name is not used twice. */
		send_start(s);
		return;
	}
	if (again)
		add_reap(s, s->owner, true);
	for (size_t i = 2; i < reply->elements; i++)
		add_reap(s, reply->element[i]->str, !again);
	snprintf(s->owner, OWNER_MAX, "%s", owner);
	set_clock(s, integer(reply->element[1]));
	s->mark_time = 0;
	if (!again) {
		snprintf(s->life, OWNER_MAX, "%s", owner);
		s->seen = s->clock_time;
	}
	lp_info("redis", "registered owner=%s", s->owner);
	become_ready(s);
	inbox_reader_follow(s->reader, lp_cstr(s->owner), 0);
	/*
	 * All that was sent under the old name is answered by now, so the core knows which clients
	 * were accepted. What was not sent yet goes first, under the new name: it finds the client
	 * not registered and changes nothing, or registers it.
	 */
	if (again)
		core_rejoin(s->core); /* holds the inbox */
	inbox_reader_go(s->reader);
	/* The clients are written anew before what the old name left is reaped: none counts as
	 * gone that is not. */
	s->reap_hold = s->queue.count;
	send_renew(s); /* tells how many connectors there are */
	advance(s);
	pump(s);
}

/* 0; or 1, the number of the last inbox entry, the time, of connectors alive, expired owners. */
static void on_renewed(struct store *s, const redisReply *reply)
{
	uint64_t seq;

	s->renewing = false;
	if (reply->type != REDIS_REPLY_ARRAY || reply->elements == 0) {
		redis_conn_break(s->conn, "unexpected answer to node_renew");
		return;
	}
	if (reply->element[0]->integer == 0 || reply->elements < 4) {
		lp_warn("redis", "registration lost, all clients are registered anew owner=%s",
			s->owner);
		send_start(s);
		return;
	}
	if (s->state == STORE_CHECKING)
		become_ready(s);
	seq = (uint64_t)reply->element[1]->integer;
	core_connectors(s->core, (unsigned)reply->element[3]->integer);
	s->stats.inbox_lag =
		seq > inbox_reader_last(s->reader) ? seq - inbox_reader_last(s->reader) : 0;
	if (seq < s->renew_last) {
		lp_warn("inbox", "Redis lost entries that were read read=%" PRIu64 " has=%" PRIu64,
			s->renew_last, seq);
		inbox_reader_follow(s->reader, lp_cstr(s->owner), seq);
		s->mark_time = 0;
	}
	note_time(s, seq, integer(reply->element[2]));
	if (s->renew_again) {
		send_renew(s);
	} else if (s->reader_waits) {
		s->reader_waits = false;
		inbox_reader_go(s->reader);
	}
	/* After an outage of Redis all leases are over; the others get time to renew theirs. */
	if (!s->done && lp_mono_ms() - s->ready_since >= (uint64_t)s->settings->lease_time) {
		for (size_t i = 4; i < reply->elements; i++)
			add_reap(s, reply->element[i]->str, false);
	}
	advance(s);
	pump(s);
}

static void on_reaped(struct store *s, const redisReply *reply)
{
	struct reap *first = &s->reaps[0];
	bool own = strcmp(first->owner, s->owner) == 0;

	s->reaping = false;
	if (reply->type == REDIS_REPLY_ERROR)
		log_error(s, REQUEST_NODE_REAP, reply);
	if (reply->type != REDIS_REPLY_INTEGER || reply->integer == 0) {
		lp_info("redis", "%s owner=%s", own ? "registration given up" : "reaped",
			first->owner);
		s->reap_count--;
		memmove(first, first + 1, s->reap_count * sizeof(*first));
		if (own) {
			set_done(s);
			return;
		}
	}
	advance(s);
}

static void on_lease(evutil_socket_t fd, short what, void *arg)
{
	struct store *s = arg;

	if (s->state != STORE_READY)
		return;
	send_renew(s);
	set_lease_timer(s);
}

/* --- the links --- */

static void on_up(void *arg)
{
	send_loads(arg);
}

static void on_down(void *arg, bool was_up)
{
	struct store *s = arg;

	s->stats.lost_links += was_up;
	s->stats.connected = false;
	s->state = STORE_DOWN;
	s->renewing = s->renew_again = s->reaping = false;
	refuse_once(s);
	request_queue_rewind(&s->queue);
	if (s->ready && !s->loading) {
		s->state = STORE_IDLE;
		redis_conn_stop(s->conn);
		inbox_reader_stop(s->reader);
		set_ready(s, false);
	}
	s->loading = false;
}

/* The reply, or one of several in it, is not of the request but of the server at this moment. */
static bool passing(const redisReply *reply)
{
	bool is = redis_conn_passing(reply);

	for (size_t i = 0; reply->type == REDIS_REPLY_ARRAY && i < reply->elements && !is; i++)
		is = redis_conn_passing(reply->element[i]);
	return is;
}

static void on_reply(void *arg, void *request, const struct redisReply *reply)
{
	struct store *s = arg;
	struct request *r = request;

	if (passing(reply) || (reply->type == REDIS_REPLY_ERROR && r->kind >= REQUEST_QUEUED &&
			       r->kind != REQUEST_NODE_REAP && r->kind != REQUEST_PART)) {
		const char *why = reply->str ? reply->str : "an error in one of several answers";

		s->loading = strncmp(why, "LOADING", 7) == 0;
		redis_conn_break(s->conn, why);
		return;
	}
	switch (r->kind) {
	case REQUEST_PART:
		break; /* an error in it is found again in the answer to EXEC */
	case REQUEST_ACKS:
		if (reply->type == REDIS_REPLY_ARRAY && reply->elements)
			reply = reply->element[reply->elements - 1]; /* what acks.lua says */
		on_answer(s, r, reply);
		break;
	case REQUEST_LOAD:
		on_loaded(s);
		break;
	case REQUEST_NODE_START:
		on_started(s, reply);
		break;
	case REQUEST_NODE_RENEW:
		on_renewed(s, reply);
		break;
	case REQUEST_NODE_REAP:
		on_reaped(s, reply);
		break;
	default:
		if (r->together > 1)
			on_answers(s, r, reply);
		else
			on_answer(s, r, reply);
		break;
	}
}

/* The reader's link was made anew: the stream may be another one, or shorter. */
static void on_reader_ready(void *arg)
{
	struct store *s = arg;

	s->reader_waits = true;
	if (s->state == STORE_READY)
		send_renew(s);
}

/* --- the end of a pass --- */

void store_later(struct store *s)
{
	static const struct timeval now = {0, 0};

	event_add(s->later, &now);
}

static void on_later(evutil_socket_t fd, short what, void *arg)
{
	struct store *s = arg;
	static const struct store_texts none;
	struct refusal *list = s->refusals;
	size_t count = s->refusal_count;

	store_flush(s);
	if (s->gathering)
		pump(s);
	s->refusals = NULL;
	s->refusal_count = 0;
	for (size_t i = 0; i < count; i++)
		list[i].cb(list[i].arg, STORE_BUSY, &none);
	free(list);

	/* Last, since these may free the store. */
	if (s->ready_due) {
		void (*ready)(void *, bool) = s->ready;

		if (s->done_due)
			store_later(s);
		s->ready = NULL;
		s->ready_due = false;
		ready(s->ready_arg, s->ready_ok);
	} else if (s->done_due) {
		void (*done)(void *) = s->done;

		s->done = NULL;
		s->done_due = false;
		done(s->done_arg);
	}
}

static void on_limit(evutil_socket_t fd, short what, void *arg)
{
	struct store *s = arg;

	lp_warn("redis", "stopped before all was written waiting=%zu", s->queue.count);
	set_done(s);
}

/* --- from outside --- */

struct store *store_new(struct event_base *base, const struct settings *settings)
{
	static const struct redis_conn_ops ops = {on_up, on_down, on_reply};
	struct store *s = lp_xcalloc(1, sizeof(*s));
	int64_t stall = settings->redis_timeout * STALL_FACTOR;

	s->base = base;
	s->settings = settings;
	s->conn = redis_conn_new(base, settings, "commands",
				 (unsigned)(stall < STALL_MIN_MS ? STALL_MIN_MS : stall), &ops, s);
	redis_conn_measure(s->conn, &s->stats.latency);
	s->reader = inbox_reader_new(base, settings, &s->stats, on_reader_ready, s);
	s->lease = evtimer_new(base, on_lease, s);
	s->later = evtimer_new(base, on_later, s);
	s->limit = evtimer_new(base, on_limit, s);
	s->acks.kind = REQUEST_ACKS;
	s->delivered.kind = REQUEST_DELIVERED;
	for (enum request_kind kind = 0; kind < REQUEST_KINDS; kind++)
		s->control[kind].kind = kind;
	return s;
}

void store_set_core(struct store *s, struct core *core)
{
	s->core = core;
	inbox_reader_set_core(s->reader, core);
}

void store_start(struct store *s, void (*ready)(void *arg, bool ok), void *arg)
{
	s->ready = ready;
	s->ready_arg = arg;
	s->state = STORE_DOWN;
	redis_conn_start(s->conn);
}

void store_stop(struct store *s, unsigned limit_ms, void (*done)(void *arg), void *arg)
{
	struct timeval tv = {limit_ms / 1000, limit_ms % 1000 * 1000};

	s->done = done;
	s->done_arg = arg;
	store_flush(s);
	inbox_reader_stop(s->reader);
	event_add(s->limit, &tv);
	if (s->state == STORE_IDLE)
		set_done(s);
	else
		advance(s);
}

void store_free(struct store *s)
{
	if (!s)
		return;
	redis_conn_free(s->conn);
	inbox_reader_free(s->reader);
	event_free(s->lease);
	event_free(s->later);
	event_free(s->limit);
	request_queue_clear(&s->queue);
	lp_buf_clear(&s->command);
	lp_buf_clear(&s->args);
	lp_buf_clear(&s->acks.nsp);
	lp_buf_clear(&s->acks.args);
	lp_buf_clear(&s->delivered.nsp);
	lp_buf_clear(&s->delivered.args);
	free(s->reaps);
	free(s->refusals);
	free(s);
}

const struct store_stats *store_stats(const struct store *s)
{
	return &s->stats;
}

uint64_t store_inbox_read(const struct store *s)
{
	return inbox_reader_last(s->reader);
}

const char *store_owner(const struct store *s)
{
	return s->owner;
}
