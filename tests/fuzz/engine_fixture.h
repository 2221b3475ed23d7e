/*
 * The engine between a rude application and clients that a fuzzer plays: links that record what is
 * done with them and abort when that breaks the contract of connector/engine/link.h, and a look at
 * everything the engine holds after each step.
 *
 * An input is lines of text, a letter for what happens and then its arguments; the targets say
 * which letters they know. In it \n, \\ and \xHH stand for bytes. Its first line, "=" and letters,
 * chooses the settings: see fixture_open().
 */
#ifndef ENGINE_FIXTURE_H
#define ENGINE_FIXTURE_H

#include "connector/engine/engine.h"
#include "connector/proto/ws_msg.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/rude_app.h"

#define FIXTURE_WIRES   24
#define FIXTURE_CLIENTS 16

/* What a client knows of its session. */
struct fuzz_client {
	char sid[48];
	int version;
	bool jsonp;
	unsigned due; /* attachments announced and not come yet */
};

/* A connection: a request, or a websocket. */
struct wire {
	struct link link; /* first */
	struct fixture *fixture;
	struct fuzz_client *client; /* NULL: not known */
	enum { WIRE_FREE, WIRE_ASKS, WIRE_BODY, WIRE_OPEN } state;
	struct ws_msg message;
	struct lp_buf in; /* bytes of an unfinished frame */
};

struct fixture {
	struct rude_app app; /* first: it is the engine's app_data */
	struct engine_conf conf;
	struct engine *engine;
	bool raw; /* no socket.io */
	uint64_t now;
	struct wire wires[FIXTURE_WIRES];
	struct fuzz_client clients[FIXTURE_CLIENTS];
	unsigned client_count;
	struct lp_buf *log; /* of all that came out, when wanted */
};

/* One line, the escapes undone. */
struct fuzz_line {
	char letter;
	struct lp_str rest;
};

/*
 * f->log may be set before, the rest is filled in. Takes the settings off *input if they are there. Letters: r raw engine.io, l "/" is accepted
 * late, n "/" is refused, q a queue of 200 bytes, c a cookie, p few packets in a payload, a three
 * sessions for each address, 3 or 4 only that protocol, s no protocol is assumed.
 */
void fixture_open(struct fixture *f, struct lp_str *input);
/* Nobody says anything any more: all sessions must end by themselves. Then frees everything. */
void fixture_close(struct fixture *f);

/* The next line; scratch keeps its text. False at the end. */
bool fuzz_line_next(struct lp_str *input, struct lp_buf *scratch, struct fuzz_line *line);
/* Takes a digit or letter off the line as a number, 0 when there is none. */
unsigned fuzz_line_number(struct fuzz_line *line);

/* --- what clients do --- */

/* "EIO=<version><rest>", to open a session: one handshake or websocket. */
void fixture_handshake(struct fixture *f, unsigned version, bool websocket, struct lp_str rest);
/* A request in the i-th client's session. */
void fixture_poll(struct fixture *f, unsigned i, struct lp_str method);
void fixture_post(struct fixture *f, unsigned i);
void fixture_upgrade(struct fixture *f, unsigned i, struct lp_str rest);
/* The body of the request of that client which waits for one; without one a request is made.
 * type: t text, o octets, f form. */
void fixture_body(struct fixture *f, unsigned i, char type, struct lp_str body);
/* Bytes on the i-th websocket, as they would come from TCP, in slices of that size. */
void fixture_bytes(struct fixture *f, unsigned i, struct lp_str bytes, size_t slice);
/* A message on the i-th websocket, in one frame. */
void fixture_message(struct fixture *f, unsigned i, bool binary, struct lp_str data, size_t slice);
/* The i-th connection is gone. */
void fixture_lose(struct fixture *f, unsigned i, enum close_reason reason);
/* Time goes by: 0 to 9, from 1 ms to a minute. */
void fixture_wait(struct fixture *f, unsigned how_long);
/* The end of a pass of the loop. */
void fixture_flush(struct fixture *f);

/* Looks whether everything fits together; after each line. */
void fixture_check(struct fixture *f);

/* The lines that all targets know, "." a (application) l (lost) t (time): true if it was one. */
bool fixture_common(struct fixture *f, struct fuzz_line *line);

#endif
