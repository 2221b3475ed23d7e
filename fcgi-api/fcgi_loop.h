/*
 * The FastCGI server: one set of connections, served by a number of threads.
 *
 * A web server may keep many connections open (nginx: fastcgi_keep_conn). No thread waits on one
 * of them: they all wait in one epoll set, and whichever thread is free takes the next request.
 */
#ifndef FCGI_LOOP_H
#define FCGI_LOOP_H

#include "fcgi-api/api.h"

/*
 * Serves until SIGTERM or SIGINT; then requests in hand are finished, for 5 s at most. SIGHUP
 * opens the log file again. address: unix:/path (mode 0666: the folder decides who gets there),
 * host:port, or "" when a spawner has put a listening socket on standard input.
 *
 * Returns the exit status: 0, or 1 when it could not listen, with the reason in the log.
 */
int fcgi_loop_run(const struct api_app *app, const char *address);

#endif
