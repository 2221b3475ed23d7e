/* Inside of the store: store.c keeps the registration and the queue, store_ops.c fills the queue. */
#ifndef STORE_INT_H
#define STORE_INT_H

#include <event2/event.h>

#include "common/lp_buf.h"
#include "connector/store/inbox_reader.h"
#include "common/log_gate.h"
#include "common/async/redis_conn.h"
#include "connector/store/request.h"
#include "connector/store/store.h"

/* Room for <node_id>.<epoch>: at most 8, a dot, 20 digits. */
#define OWNER_MAX 32

/*
 * Of the command connection. Queued requests are sent in READY only.
 *
 *     IDLE -> DOWN -> LOADING --(no owner yet)--> STARTING -> READY
 *              ^         |                           ^          |
 *              |         +--(owner)--> CHECKING -----+----------+  declared dead
 *              +------------ link lost -------------------------+
 */
enum store_state {
	STORE_IDLE,     /* not started, or stopped */
	STORE_DOWN,     /* no link */
	STORE_LOADING,  /* scripts */
	STORE_CHECKING, /* does the registration still stand? */
	STORE_STARTING, /* node_start */
	STORE_READY,
};

struct reap {
	char owner[OWNER_MAX];
	bool force; /* also while its lease is valid */
};

/* A call made once its place in the queue was refused. */
struct refusal {
	store_cb cb;
	void *arg;
};

/* Small writes of one kind and namespace, collected until the end of the loop's pass. */
struct batch {
	enum request_kind kind;
	struct lp_buf nsp;
	struct lp_buf args;
	unsigned argc;
};

struct store {
	struct event_base *base;
	const struct settings *settings;
	struct core *core;
	struct store_stats stats;
	struct redis_conn *conn;
	struct inbox_reader *reader;

	enum store_state state;
	unsigned loads; /* answers to SCRIPT LOAD still to come */
	char owner[OWNER_MAX];
	char life[OWNER_MAX]; /* the first owner of this process */
	struct event *lease;  /* next renewal */
	uint64_t ready_since; /* lp_mono_ms() of the last step to READY */
	bool renewing;        /* a renewal is on its way */
	bool renew_again;     /* one more when it is answered */
	bool reader_waits;    /* reads after the next renewal */
	uint64_t renew_last;  /* the reader's position when the renewal was sent */

	/* By the clock of Redis, ms: what time it was, and by lp_mono_ms() when; all that was
	 * accepted before `seen` has come; and once the reader is at mark_seq, before mark_time
	 * (0: not known). */
	uint64_t clock_time, clock_mono;
	uint64_t seen;
	uint64_t mark_seq, mark_time;
	bool held; /* the inbox */

	struct reap *reaps;
	size_t reap_count;
	size_t reap_hold; /* requests to be answered before anything is reaped */
	bool loading;     /* the link is given up because Redis still loads its data */
	bool reaping;     /* the first of reaps is on its way */

	struct request_queue queue;
	bool gathering; /* some that may go together wait for the end of the pass */
	struct request control[REQUEST_KINDS]; /* what replies to unqueued requests are known by */
	struct lp_buf command;                 /* being built */
	struct lp_buf args;
	struct batch acks;
	struct batch delivered;
	struct log_gate refused_gate;
	struct log_gate error_gate;

	struct event *later; /* end of the pass: batches, refusals, ready and done */
	struct refusal *refusals;
	size_t refusal_count;
	void (*ready)(void *arg, bool ok); /* until it was called */
	void *ready_arg;
	bool ready_due, ready_ok;
	struct event *limit;     /* of stopping */
	void (*done)(void *arg); /* while stopping */
	void *done_arg;
	bool done_due;
};

/*
 * Queues a request of a namespace with the arguments in s->args, and empties those. must: also
 * when too much is waiting.
 */
void store_submit(struct store *s, enum request_kind kind, struct lp_str nsp, unsigned argc,
		  bool must, store_cb cb, void *cb_arg);
/* The same for what must not wait: refused while Redis is away, and when the link breaks. */
void store_ask(struct store *s, enum request_kind kind, struct lp_str nsp, unsigned argc,
	       store_cb cb, void *cb_arg);
/* Comes back at the end of the loop's pass. */
void store_later(struct store *s);
/* Queues what was collected. */
void store_flush(struct store *s);

#endif
