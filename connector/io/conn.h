/*
 * A stream socket on the event loop: bytes come in through one persistent event and a buffer all
 * connections share, references to blocks go out, everything that waits in one writev per pass.
 * Protocols embed struct conn and get told what happens through struct conn_ops.
 *
 * Nothing is freed while it may be on the stack: what callbacks leave behind (writes, losses,
 * closed connections) is put on the set's work list, which conn_set_run() empties after the
 * callbacks of a pass.
 */
#ifndef CONN_H
#define CONN_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/lp_buf.h"
#include "common/lp_mem.h"
#include "connector/io/deadline.h"

struct conn;
struct loop;
struct out_queue;
struct tls;
struct tls_context;

#define CONN_READ_SIZE 65536 /* bytes taken by one read */

enum conn_loss {
	CONN_LOST_NOT = 0,
	CONN_LOST_EOF,   /* the peer has closed its side */
	CONN_LOST_ERROR, /* reset, timed out */
	CONN_LOST_SLOW,  /* more waits to be written than allowed */
};

struct conn_ops {
	/*
	 * Bytes arrived (also called after conn_resume()): data holds what was left over before and
	 * behind it the `fresh` new bytes; it may be changed in place. Returns how many bytes were
	 * used up, the rest comes again with the next call.
	 */
	size_t (*input)(struct conn *c, char *data, size_t len, size_t fresh);
	/* Nothing goes on here any more; to be answered with conn_finish() or conn_close(). Comes
	 * from conn_set_run() or a read, never from inside conn_send(). */
	void (*lost)(struct conn *c, enum conn_loss why);
	/* All that was queued is written. */
	void (*drained)(struct conn *c);
	/* The last call: free what embeds c. */
	void (*destroy)(struct conn *c);
};

struct conn_stats {
	size_t open; /* now */
	uint64_t opened;
	uint64_t slow;       /* lost because of CONN_LOST_SLOW */
	uint64_t tls_failed; /* no TLS, or not one we can talk to */
	uint64_t bytes_in;
	uint64_t bytes_out;
};

/* The connections of one loop. */
struct conn_set {
	struct loop *loop;
	struct tls_context *tls; /* for new connections, owned; NULL: they are plain */
	size_t queue_max;        /* see conn_send() */
	struct conn_stats stats;
	struct deadline_queue closing;
	LIST_HEAD(, conn) all;
	struct conn *work;
	struct conn **work_end;
	size_t work_count;
	char *scratch; /* CONN_READ_SIZE bytes: what was read, or is gathered to be written */
};

/* Open, zero-initialised before conn_open(); all fields belong to conn.c but the deadline. */
struct conn {
	struct event read_event;
	struct event *write_event; /* only while the kernel's buffer is full */
	struct tls *tls;           /* NULL: plain */
	struct conn_set *set;
	const struct conn_ops *ops;
	LIST_ENTRY(conn) link;
	struct conn *work_next;
	struct out_queue *out; /* NULL: nothing to write */
	struct lp_buf in;      /* left-over input, usually none */
	struct deadline deadline;
	int fd;
	uint8_t loss; /* enum conn_loss that was not told yet */
	bool on_work : 1;
	bool reading : 1;   /* ops->input is on the stack */
	bool resume : 1;    /* ops->input wants to look at `in` again */
	bool finishing : 1; /* see conn_finish() */
	bool shut : 1;      /* our side is shut down */
	bool eof : 1;       /* the peer's is */
	bool closed : 1;
	bool read_on_write : 1; /* TLS has to write before it can read on */
	bool write_on_read : 1; /* or the other way round */
};

void conn_set_init(struct conn_set *s, struct loop *loop, size_t queue_max);
/* Closes and frees all connections. */
void conn_set_clear(struct conn_set *s);
/*
 * Does what waits on the work list: tells losses, writes, frees closed connections. Returns true
 * when something happened that others must hear of before the loop may wait again.
 */
bool conn_set_run(struct conn_set *s);
/* Ends connections whose peer does not close its side in time; returns the ms until the next. */
unsigned conn_set_tick(struct conn_set *s, uint64_t now, unsigned limit);

/* Takes over a non-blocking socket and starts to read. */
void conn_open(struct conn *c, struct conn_set *s, int fd, const struct conn_ops *ops);

/*
 * Queues a block, of which it keeps a reference of its own. bounded: when more than queue_max
 * would wait, the block is not queued and the connection is lost (CONN_LOST_SLOW). A single block
 * may always wait.
 */
void conn_send(struct conn *c, struct lp_blob *b, bool bounded);
/* Bytes not written yet. */
size_t conn_pending(const struct conn *c);
/* Has ops->input look at the left-over input again, from conn_set_run(). */
void conn_resume(struct conn *c);
/* Reports the connection as lost from conn_set_run(). */
void conn_lose(struct conn *c, enum conn_loss why);
/*
 * Orderly end: what is queued goes out, our side is shut down, input is thrown away until the
 * peer closes too (closing with unread input would reset the connection and destroy the answer on
 * its way), for at most 3 s. No operation but destroy is called any more.
 */
void conn_finish(struct conn *c);
/* Closes the socket at once. Memory is freed later. */
void conn_close(struct conn *c);

static inline bool conn_is_over(const struct conn *c)
{
	return c->closed || c->finishing;
}

#endif
