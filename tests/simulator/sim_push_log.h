/*
 * Every push that was made in a run, by whom and when: what the clients of all processes must have
 * got. Each process writes its own into a file in memory; at the end all are sorted into one, which
 * every process reads.
 */
#ifndef SIM_PUSH_LOG_H
#define SIM_PUSH_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "common/lp_rc.h"

enum sim_outcome {
	SIM_PUSH_ACCEPTED,
	SIM_PUSH_REFUSED, /* by the server, in words */
	SIM_PUSH_UNKNOWN, /* no answer: it may be delivered or not */
};

struct sim_push {
	uint32_t room, sender, number; /* as in struct sim_stamp */
	uint32_t outcome;
	uint64_t sent, done; /* µs: when it was sent and when the answer came */
};

struct sim_push_writer {
	int fd;
	size_t count; /* in the buffer */
	struct sim_push buffer[128];
};

void sim_push_writer_add(struct sim_push_writer *writer, const struct sim_push *push);
/* Writes what is in the buffer. A file in memory takes all, or the machine is out of it: aborts. */
void sim_push_writer_flush(struct sim_push_writer *writer);

struct sim_push_log {
	struct sim_push *pushes; /* by room, sender, number */
	size_t count;
};

/* All pushes of these files, sorted, into file `to`. LP_EIO with errno. */
int sim_push_log_seal(const int *fds, size_t count, int to) LP_MUSTCHECK;
/* Maps a sealed file; until close. LP_EIO with errno. */
int sim_push_log_open(struct sim_push_log *log, int fd) LP_MUSTCHECK;
void sim_push_log_close(struct sim_push_log *log);
/* The pushes to a room: the first one, and how many. */
const struct sim_push *sim_push_log_room(const struct sim_push_log *log, uint32_t room,
					 size_t *count);

#endif
