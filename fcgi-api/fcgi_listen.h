/* The listening socket of a FastCGI program. */
#ifndef FCGI_LISTEN_H
#define FCGI_LISTEN_H

/*
 * Listens, non-blocking, on unix:/path, host:port, or, for "", on standard input. A unix socket
 * that a program left behind is replaced; one that is served by somebody is not. Returns the
 * socket, or -1 with one line in the log.
 */
int fcgi_listen_open(const char *address);

/* Closes it and removes the unix socket from the file system. */
void fcgi_listen_close(int fd, const char *address);

#endif
