/*
 * The connector's door: HTTP requests and websockets on accepted sockets, led to engines by path.
 * Beside them GET /health is answered 200 `hello`, everything else 404.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "connector/io/conn.h"

struct engine;
struct http_server;
struct loop;

struct http_server_conf {
	unsigned header_timeout; /* ms from the first byte of a head, or from accept, to its end */
	unsigned body_timeout;   /* ms for a body */
	size_t header_max;       /* bytes of one head */
	size_t max_payload;      /* bytes of one body and of one websocket message */
	size_t send_queue_max;   /* bytes waiting for one websocket */
	size_t max_conns;        /* sockets open at the same time */
	unsigned max_fragments;  /* of one websocket message */
	unsigned max_control_frames; /* in what one read of a websocket brought */
	bool http_compression;       /* gzip */
	bool websocket_compression;
	size_t compression_threshold; /* bytes from which on something is compressed */
	const char *cors_origins;     /* see cors.h */
	bool cors_credentials;
	const char *trusted_proxies; /* see client_address.h */
};

/* Counted since the start; conn_stats has the rest. */
struct http_server_stats {
	uint64_t refused; /* connections over max_conns */
	uint64_t requests;
	uint64_t bad_requests;   /* could not be read, or one of the next two */
	uint64_t large_heads;    /* over header_max, or too many lines */
	uint64_t large_bodies;   /* over max_payload */
	uint64_t bad_origins;    /* websockets of pages that are not allowed */
	uint64_t timeouts;       /* head or body did not come in time */
	uint64_t websockets;     /* opened */
	uint64_t bad_frames;     /* websockets ended because of what they sent; also: */
	uint64_t large_messages; /* over max_payload or max_fragments */
	uint64_t control_floods; /* over max_control_frames */
};

/* conf is copied. */
struct http_server *http_server_new(struct loop *loop, const struct http_server_conf *conf);
/* Drops all connections. Engines are not told: they are freed before. */
void http_server_free(struct http_server *s);
/*
 * From now on new connections speak TLS with this certificate, see tls.h; "": they are plain. False
 * when the files can not be used (logged): all stays as it was.
 */
bool http_server_tls(struct http_server *s, const char *cert_file, const char *key_file);
/* Requests for exactly this path, with its trailing slash or without, go to the engine. */
void http_server_mount(struct http_server *s, const char *path, struct engine *e);

/* Takes over an accepted non-blocking socket; false when there are too many (it is closed). The
 * type is listener_cb's. */
bool http_server_accept(void *server, int fd);

/* Before a stop: ends connections that serve no request, and the others after their answer. */
void http_server_drain(struct http_server *s);

/* Ends what is overdue; returns the ms until something will be, at most limit. */
unsigned http_server_tick(struct http_server *s, uint64_t now, unsigned limit);
/*
 * Writes what waits, tells engines which connections are gone. Every pass, after engine_flush().
 * Returns true when the next pass must not wait, because engines were told something.
 */
bool http_server_flush(struct http_server *s);

const struct http_server_stats *http_server_stats(const struct http_server *s);
const struct conn_stats *http_server_conn_stats(const struct http_server *s);

#endif
