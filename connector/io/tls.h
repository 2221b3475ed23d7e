/*
 * TLS on accepted sockets; the only place with libssl. A context is a certificate and its key;
 * connections hold on to the context they began with, so it can be replaced under them.
 */
#ifndef TLS_H
#define TLS_H

#include <stddef.h>
#include <sys/types.h>

#define TLS_RECORD 16384 /* the most bytes one tls_write() takes */

struct tls_context;
struct tls;

/* Reads PEM files. NULL when they can not be used, said in one log line. */
struct tls_context *tls_context_new(const char *cert_file, const char *key_file);
/* Connections made with it go on. NULL is fine. */
void tls_context_free(struct tls_context *c);

/* For an accepted non-blocking socket, which stays the caller's. */
struct tls *tls_new(struct tls_context *c, int fd);
void tls_free(struct tls *t);

/* What reading and writing return beside a number of bytes. */
enum tls_status {
	TLS_EOF = 0,         /* the peer has ended it */
	TLS_WANT_READ = -1,  /* call it again when the socket can be read */
	TLS_WANT_WRITE = -2, /* when it can be written */
	TLS_LOST = -3,       /* the connection broke */
	TLS_FAILED = -4,     /* the peer is not one we can talk to, or broke the protocol */
};

/*
 * The handshake is done along the way. After a WANT the same call must come again, for a write with
 * the same bytes and perhaps more behind them, at another place if need be.
 */
ssize_t tls_read(struct tls *t, void *buf, size_t len);
ssize_t tls_write(struct tls *t, const void *data, size_t len);

/* Tells the peer that nothing more will come. Nothing can be written any more. */
void tls_end(struct tls *t);

#endif
