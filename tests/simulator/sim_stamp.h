/*
 * What a push of the simulator carries, by which whoever gets it knows whether one is missing and
 * how long it took: "sim":"<run>.<room>.<sender>.<number>.<time>", all in hexadecimal, in pushData.
 */
#ifndef SIM_STAMP_H
#define SIM_STAMP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/lp_buf.h"

struct sim_stamp {
	uint32_t run;    /* other runs and other programs may push to the same rooms */
	uint32_t room;   /* see sim_plan.h */
	uint32_t sender; /* a client, or one of the callers of the REST API */
	uint32_t number; /* of this sender's pushes to this room, 1 and up */
	uint64_t sent;   /* µs of the monotonic clock that all processes of a machine share */
};

/* Appends a JSON object with the stamp and about `size` bytes in all. */
void sim_stamp_write(const struct sim_stamp *stamp, uint64_t size, struct lp_buf *out);
/* Finds the stamp in the text of an event; false when there is none. */
bool sim_stamp_read(struct lp_str event, struct sim_stamp *stamp);
/* The id that the server gave to the message in this event; 0 when there is none. */
uint64_t sim_stamp_message_id(struct lp_str event);

#endif
