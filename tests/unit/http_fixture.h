/*
 * The real server with a small engine behind it, driven pass by pass over socket pairs: what a
 * client writes, and what comes back. The application accepts everybody in every namespace and
 * answers the event `echo` with the same arguments.
 */
#ifndef HTTP_FIXTURE_H
#define HTTP_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/lp_buf.h"
#include "connector/engine/engine.h"
#include "connector/io/http_server.h"
#include "common/async/loop.h"

struct socket;

struct fixture {
	struct loop *loop;
	struct engine *engine;
	struct http_server *server;
	struct http_server_conf conf;
	struct engine_conf engine_conf;
	struct socket *last;      /* accepted last, NULL when it is gone */
	enum close_reason reason; /* of the last one gone */
	struct lp_buf got;        /* of the last client_read() */
};

/* Default limits; change f->conf and f->engine_conf before fixture_start(). */
void fixture_init(struct fixture *f);
void fixture_start(struct fixture *f);
void fixture_stop(struct fixture *f);
/* Enough passes for everything that does not wait for time. */
void fixture_run(struct fixture *f);

/* Connects; the client's end, non-blocking. */
int client_new(struct fixture *f);
void client_write(int fd, const void *data, size_t len);
/* Runs the loop, then reads all there is. Terminated text in f->got; false when the server closed. */
bool client_read(struct fixture *f, int fd);
/* Writes the text, then as client_read(). */
bool client_talk(struct fixture *f, int fd, const char *text);

/* Appends a frame of a client (masked with zeros). len < 65536. */
void add_frame(struct lp_buf *out, int first_byte, const void *data, size_t len);

#endif
