/*
 * A listening TCP socket: accepts several connections per wake-up, rests for a second when there
 * are no file descriptors left.
 */
#ifndef LISTENER_H
#define LISTENER_H

#include <stdbool.h>
#include <stdint.h>

struct listener;
struct loop;

/* Takes over fd (non-blocking, close-on-exec). False: there are too many already, rest a little. */
typedef bool listener_cb(void *arg, int fd);

/*
 * Binds to the numeric address ("" or "*": all) and port (0: any free one). NULL when that is not
 * possible, said in one log line.
 */
struct listener *listener_new(struct loop *loop, const char *ip, int port, listener_cb *cb,
			      void *arg);
/* Begins to listen and to accept; false when another program was faster (logged). */
bool listener_start(struct listener *l);
/* Closes the socket; what was accepted stays. */
void listener_free(struct listener *l);
int listener_port(const struct listener *l);

/* Raises the limit on open files to what the system allows; returns it. */
uint64_t listener_raise_files(void);

#endif
