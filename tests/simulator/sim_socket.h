/*
 * The clients of a process on libwebsockets: the functions that sim_client.h wants, and the loop
 * that all of it runs in.
 */
#ifndef SIM_SOCKET_H
#define SIM_SOCKET_H

#include "tests/simulator/sim_client.h"

/*
 * Runs the loop until tick() says that it is over. tick() is called whenever a timer of the process is due,
 * and several times a second; it returns when to be called again, µs, or 0 for the end. Returns false
 * when the loop can not be made.
 */
bool sim_socket_run(struct sim_process *p, uint64_t (*tick)(struct sim_process *p));

#endif
