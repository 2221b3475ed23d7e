/*
 * What the processes of a run have in common: counters that each fills in for itself and the first
 * process adds up, and the phase that the run is in. In memory that all of them map.
 */
#ifndef SIM_COUNTS_H
#define SIM_COUNTS_H

#include <stdatomic.h>
#include <stdint.h>

#include "tests/simulator/sim_histogram.h"

enum sim_count {
	SIM_CONNECTS,       /* clients that got as far as their rooms, each time */
	SIM_RECONNECTS,     /* those of them that had been there before */
	SIM_CONNECT_FAILED, /* attempts that did not */
	SIM_REFUSED,        /* the server said no */
	SIM_LOST,           /* connections that ended without the client's wish */
	SIM_SLOW_CLOSED,    /* those of slow readers */
	SIM_PUSHES,         /* accepted */
	SIM_PUSHES_REFUSED,
	SIM_PUSHES_UNKNOWN, /* without an answer */
	SIM_DELIVERIES,     /* pushes that came, each time once */
	SIM_ACKS,           /* sent */
	SIM_EXPECTED,       /* deliveries that had to be; this and the next known at the end */
	SIM_MISSING,
	SIM_IN_DOUBT,
	SIM_DUPLICATED,
	SIM_OUT_OF_ORDER,
	SIM_STRAY,   /* of rooms that the client has not joined */
	SIM_FOREIGN, /* pushes that are not of this run */
	SIM_COUNTS
};

/* As they are called in the result. */
extern const char *const sim_count_names[SIM_COUNTS];

enum sim_duration {
	SIM_LATENCY,      /* from the push to the client that got it */
	SIM_CONNECT_TIME, /* from the begin of the connect to the answer of joinRoom */
	SIM_PUSH_TIME,    /* from the push to its answer */
	SIM_DURATIONS
};
extern const char *const sim_duration_names[SIM_DURATIONS];

enum sim_phase {
	SIM_CONNECTING,
	SIM_RUNNING,
	SIM_SETTLING, /* nothing new is begun; what is on its way arrives */
	SIM_CLOSING,  /* the log of pushes is there: compare, disconnect, end */
};

/* One process's; only that one writes it, so that a read may be old but never torn. */
struct sim_counts {
	_Atomic uint64_t count[SIM_COUNTS];
	_Atomic uint64_t online; /* joined now */
	_Atomic uint64_t joined; /* clients that have been online at least once, or were refused */
	_Atomic uint64_t last;   /* µs: when the last push came */
	_Atomic int idle;        /* no push of its own is under way, its log is written */
	struct sim_histogram duration[SIM_DURATIONS];
	uint64_t cpu; /* µs, at the end */
};

struct sim_shared {
	_Atomic int phase;
	struct sim_counts process[]; /* the last one: the pushes through REST */
};

static inline void sim_count(struct sim_counts *counts, enum sim_count what, uint64_t n)
{
	uint64_t now = atomic_load_explicit(&counts->count[what], memory_order_relaxed);

	atomic_store_explicit(&counts->count[what], now + n, memory_order_relaxed);
}

/* Adds up those of `n` processes. */
void sim_counts_merge(struct sim_counts *sum, const struct sim_shared *shared, unsigned n);

#endif
