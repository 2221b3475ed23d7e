/* What the programs that make load have in common. */
#ifndef LP_BENCH_LOAD_H
#define LP_BENCH_LOAD_H

#include <stddef.h>

/* Seconds of the monotonic clock. */
double load_now(void);
/* Ends the program with what was done when errno was set. */
void load_die(const char *what) __attribute__((noreturn));
/* A connection to 127.0.0.1, whose readability epoll tells as arg. Dies when there is none. */
int load_connect(int port, int epoll_fd, void *arg);
/* A small write to an empty socket buffer: taken whole, or it dies. */
void load_send(int fd, const void *data, size_t len);

#endif
