/*
 * What each client has got: of each sender and room the newest number, and the holes below it. From
 * that and from the log of all pushes it is known, for each message and client, whether it is
 * missing, came twice, or came behind one that was sent after it.
 */
#ifndef SIM_LEDGER_H
#define SIM_LEDGER_H

#include <stddef.h>
#include <stdint.h>

#include "tests/simulator/sim_push_log.h"
#include "tests/simulator/sim_stamp.h"

struct sim_ledger_row;
struct sim_ledger_hole;

struct sim_ledger {
	struct sim_ledger_row *rows; /* open addressing; a power of two */
	size_t row_count, row_cap;
	struct sim_ledger_hole *holes; /* lists of them hang on the rows */
	size_t hole_count, hole_cap;
	uint32_t free_hole;
};

enum sim_arrival { SIM_ARRIVAL_NEW, SIM_ARRIVAL_OUT_OF_ORDER, SIM_ARRIVAL_DUPLICATE };

void sim_ledger_init(struct sim_ledger *ledger);
void sim_ledger_clear(struct sim_ledger *ledger);
/* A push has reached a client. */
enum sim_arrival sim_ledger_take(struct sim_ledger *ledger, uint32_t client,
				 const struct sim_stamp *stamp);

/*
 * A time for which a client was in its rooms and wanted to be: a connection that breaks does not end
 * it, only the client does.
 */
struct sim_stay {
	uint64_t from, to; /* µs; UINT64_MAX: to the end of the run */
};

struct sim_settled {
	uint64_t expected; /* pushes that had to reach the client */
	uint64_t missing;  /* those of them that did not */
	uint64_t in_doubt; /* not come, while it was just arriving or leaving, or never answered */
};

struct sim_settle {
	const struct sim_push_log *log;
	uint64_t grace; /* µs that a push may be on its way */
	uint32_t client;
	const uint32_t *rooms;
	size_t room_count;
	const struct sim_stay *stays; /* one after the other */
	size_t stay_count;
};

/*
 * Adds to sum what became of the pushes to the rooms of one client. A push had to come if it was
 * accepted, sent after the beginning of a stay and answered `grace` before its end. Those that the
 * client has sent itself do not come back to it.
 */
void sim_ledger_settle(const struct sim_ledger *ledger, const struct sim_settle *settle,
		       struct sim_settled *sum);

#endif
