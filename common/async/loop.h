/*
 * The event loop of the process: libevent's base, signals, and work done once per pass. A pass is
 * one wait for events with all their callbacks, then the pass function, which does what was
 * collected: time-outs, deliveries, writes.
 */
#ifndef LOOP_H
#define LOOP_H

#include <stdint.h>

struct loop;
struct event_base;

struct loop_ops {
	/* The work behind the event callbacks. Returns the ms after which the next pass must begin
	 * when no event comes earlier; 0: it must not wait. */
	unsigned (*pass)(void *arg, uint64_t now);
	/* SIGTERM or SIGINT; the second one ends the process at once, without this call. */
	void (*stop)(void *arg);
	/* SIGHUP: open the log again, take over changed settings. */
	void (*reload)(void *arg);
	/* SIGUSR1: log the counters. */
	void (*report)(void *arg);
};

/*
 * For event_priority_set(): events of sockets of which thousands may be ready at once. All others,
 * of links to Redis say, are handled before them.
 */
#define LOOP_PRIORITY_CROWD 2

/*
 * ops is borrowed. Takes over the signals above, ignores SIGPIPE, and leads libevent's messages
 * into the log. NULL when libevent has no way to wait on this system (logged).
 */
struct loop *loop_new(const struct loop_ops *ops, void *arg);
void loop_free(struct loop *l);
struct event_base *loop_base(struct loop *l);

/* Monotonic ms, read once per pass. */
uint64_t loop_now(struct loop *l);

/*
 * What the callbacks of such events may take of one pass, in µs; 0, the default: whatever they do.
 */
void loop_bound_crowd(struct loop *l, uint64_t us);
/*
 * To be called behind each of these callbacks. When they have used up that time, together with what
 * they left to the pass function (left_us, an estimate of all of it), the others keep for the next
 * pass, so that what became ready meanwhile need not wait for all of the crowd.
 */
void loop_share(struct loop *l, uint64_t left_us);

/* One pass. */
void loop_pass(struct loop *l);
/* Runs passes until loop_exit() was called; that pass is still completed. Returns its status. */
int loop_run(struct loop *l);
void loop_exit(struct loop *l, int status);

#endif
