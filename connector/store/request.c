#include "config.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "connector/store/ack_request.h"
#include "connector/store/request.h"

/* More arguments than that, which only very many rooms are, go by themselves. */
#define TOGETHER_ARGS 64

static const struct {
	const char *script;
	const char *many; /* for several such requests, see lib/many.lua; NULL: there is none */
	bool owner;       /* its ARGV[1] is the owner */
	bool once;        /* carried out twice it would do twice as much */
} kinds[REQUEST_SCRIPTS] = {
	[REQUEST_CLIENT_ON] = {.script = "client_on", .many = "client_on_many", .owner = true},
	[REQUEST_CLIENT_OFF] = {.script = "client_off", .many = "client_off_many", .owner = true},
	[REQUEST_ROOM_JOIN] = {.script = "room_join", .many = "room_join_many", .owner = true},
	[REQUEST_ROOM_LEAVE] = {.script = "room_leave", .owner = true},
	[REQUEST_ROOM_MOVE] = {.script = "room_move", .owner = true},
	[REQUEST_ACKS] = {.script = "acks"},
	[REQUEST_ACKS_UNREAD] = {.script = "acks_unread"},
	[REQUEST_ACK_LATE] = {.script = "ack_late"},
	[REQUEST_DELIVERED] = {.script = "delivered"},
	[REQUEST_UNREAD] = {.script = "unread"},
	[REQUEST_UNREAD_DONE] = {.script = "unread_done"},
	[REQUEST_PUSH] = {.script = "push", .once = true},
	[REQUEST_INFO] = {.script = "info"},
	[REQUEST_APNS] = {.script = "apns"},
	[REQUEST_DISCOVER] = {.script = "discover"},
	[REQUEST_TOKEN_KEYS] = {.script = "token_keys"},
	[REQUEST_LOG_READ] = {.script = "log_read", .owner = true},
	[REQUEST_BYTES] = {.script = "bytes", .once = true},
	[REQUEST_NODE_START] = {.script = "node_start"},
	[REQUEST_NODE_RENEW] = {.script = "node_renew", .owner = true},
	[REQUEST_NODE_REAP] = {.script = "node_reap"},
};

const struct script *request_script(enum request_kind kind)
{
	return script_get(kinds[kind].script);
}

bool request_gathers(enum request_kind kind)
{
	return kinds[kind].many != NULL;
}

const struct script *request_script_many(enum request_kind kind)
{
	return script_get(kinds[kind].many);
}

void request_add(struct lp_buf *out, struct lp_str text)
{
	lp_buf_addc(out, '$');
	lp_buf_addu(out, text.n);
	lp_buf_add(out, "\r\n", 2);
	lp_buf_adds(out, text);
	lp_buf_add(out, "\r\n", 2);
}

void request_addz(struct lp_buf *out, const char *text)
{
	request_add(out, lp_cstr(text));
}

void request_addu(struct lp_buf *out, uint64_t n)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + n % 10);
		n /= 10;
	} while (n);
	request_add(out, lp_str(digits + at, sizeof(digits) - at));
}

struct request *request_new(enum request_kind kind, struct lp_str key, const struct lp_buf *args,
			    unsigned argc, store_cb cb, void *cb_arg)
{
	struct lp_buf bulk = {0};
	struct request *r;

	request_add(&bulk, key);
	r = lp_xmalloc(sizeof(*r) + bulk.len + args->len);
	*r = (struct request){.cb = cb,
			      .cb_arg = cb_arg,
			      .kind = kind,
			      .argc = argc + 1,
			      .together = 1,
			      .key_len = bulk.len,
			      .len = bulk.len + args->len};
	memcpy(r->bytes, bulk.data, bulk.len);
	if (args->len)
		memcpy(r->bytes + bulk.len, args->data, args->len);
	lp_buf_clear(&bulk);
	return r;
}

struct request *request_again(const struct request *r, enum request_kind kind)
{
	struct request *again = lp_xmalloc(sizeof(*again) + r->len);

	*again = (struct request){
		.kind = kind, .argc = r->argc, .together = 1, .key_len = r->key_len, .len = r->len};
	memcpy(again->bytes, r->bytes, r->len);
	return again;
}

static void add_args(struct lp_buf *out, const struct request *r)
{
	lp_buf_add(out, r->bytes + r->key_len, r->len - r->key_len);
}

/* EVALSHA <sha1> 1 <key> <owner>, and of each request how many arguments follow and these */
static void write_many(const struct request *first, struct lp_str owner, struct lp_buf *out)
{
	const struct request *r = first;
	unsigned argc = 5;

	for (unsigned i = 0; i < first->together; i++, r = r->next)
		argc += r->argc; /* one is the key, which stands for the number */
	lp_buf_addc(out, '*');
	lp_buf_addu(out, argc);
	lp_buf_addz(out, "\r\n");
	request_addz(out, "EVALSHA");
	request_addz(out, request_script_many(first->kind)->sha1);
	request_addz(out, "1");
	lp_buf_add(out, first->bytes, first->key_len);
	request_add(out, owner);
	r = first;
	for (unsigned i = 0; i < first->together; i++, r = r->next) {
		request_addu(out, r->argc - 1);
		add_args(out, r);
	}
}

/* EVALSHA <sha1> 1 <key> [<owner>] ... */
static void write_one(const struct request *r, struct lp_str owner, struct lp_buf *out)
{
	lp_buf_addc(out, '*');
	lp_buf_addu(out, 3 + r->argc + kinds[r->kind].owner);
	lp_buf_addz(out, "\r\n");
	request_addz(out, "EVALSHA");
	request_addz(out, request_script(r->kind)->sha1);
	request_addz(out, "1");
	lp_buf_add(out, r->bytes, r->key_len);
	if (kinds[r->kind].owner)
		request_add(out, owner);
	add_args(out, r);
}

void request_write(const struct request *r, struct lp_str owner, struct lp_buf *scratch,
		   request_command send, void *arg)
{
	if (r->kind == REQUEST_ACKS) {
		ack_request_write(r, scratch, send, arg);
		return;
	}
	lp_buf_reset(scratch);
	if (r->together > 1)
		write_many(r, owner, scratch);
	else
		write_one(r, owner, scratch);
	send(arg, scratch, true);
}

void request_queue_put(struct request_queue *q, struct request *r)
{
	r->next = NULL;
	if (q->tail)
		q->tail->next = r;
	else
		q->head = r;
	q->tail = r;
	if (!q->unsent)
		q->unsent = r;
	q->count++;
	q->bytes += r->len;
}

static void count_sent(struct request_queue *q, const struct request *r)
{
	q->unsent = r->next;
	q->sent++;
	q->sent_bytes += r->len;
}

/* Both in one call: of one kind and namespace. */
static bool go_together(const struct request *a, const struct request *b)
{
	return a->kind == b->kind && a->argc <= TOGETHER_ARGS && b->argc <= TOGETHER_ARGS &&
	       a->key_len == b->key_len && memcmp(a->bytes, b->bytes, a->key_len) == 0;
}

struct request *request_queue_send(struct request_queue *q)
{
	struct request *r = q->unsent;

	if (!r)
		return NULL;
	count_sent(q, r);
	r->together = 1;
	while (request_gathers(r->kind) && q->unsent && r->together < REQUEST_TOGETHER &&
	       go_together(r, q->unsent)) {
		count_sent(q, q->unsent);
		r->together++;
	}
	return r;
}

struct request *request_queue_answered(struct request_queue *q)
{
	struct request *r = q->head;

	assert(q->sent > 0);
	q->head = r->next;
	if (!q->head)
		q->tail = NULL;
	q->count--;
	q->bytes -= r->len;
	q->sent--;
	q->sent_bytes -= r->len;
	return r;
}

struct request *request_queue_take_once(struct request_queue *q)
{
	struct request *taken = NULL, **end = &taken;
	struct request *all = q->head;

	*q = (struct request_queue){0};
	for (struct request *next, *r = all; r; r = next) {
		next = r->next;
		if (kinds[r->kind].once) {
			r->next = NULL;
			*end = r;
			end = &r->next;
		} else {
			request_queue_put(q, r);
		}
	}
	return taken;
}

void request_queue_rewind(struct request_queue *q)
{
	q->unsent = q->head;
	q->sent = 0;
	q->sent_bytes = 0;
}

void request_queue_clear(struct request_queue *q)
{
	for (struct request *next, *r = q->head; r; r = next) {
		next = r->next;
		free(r);
	}
	*q = (struct request_queue){0};
}
