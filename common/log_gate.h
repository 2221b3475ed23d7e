/* Lets a line of the log through once in ten seconds, for what a broken peer can repeat at will. */
#ifndef LOG_GATE_H
#define LOG_GATE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_time.h"

#define LOG_GATE_MS 10000u

/* Zero-initialised is open. */
struct log_gate {
	uint64_t shut_until; /* lp_mono_ms() */
};

static inline bool log_gate_open(struct log_gate *g)
{
	uint64_t now = lp_mono_ms();

	if (now < g->shut_until)
		return false;
	g->shut_until = now + LOG_GATE_MS;
	return true;
}

#endif
