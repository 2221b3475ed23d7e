/*
 * What the conformance server serves: a raw engine.io echo, and two socket.io applications.
 *
 * cases (ECHO_CASES): namespaces / and /demo. Event echo: emits echo with the same arguments, or
 *     acknowledges with them when an ack is wanted. bye: disconnects the socket; byeall: the whole
 *     session. callme: emits ["q",1,<01 02>] and wants an ack, whose arguments it emits as
 *     "called". query: emits the query and auth it was joined with. /mw refuses with "not
 *     authorized", /mwd with "uuid invalid", /mwdata with data {"code":42}. A handshake with
 *     deny=<reason> in its query is refused.
 * suite (ECHO_SUITE): what the public conformance suites expect: namespaces / and /custom, `auth`
 *     emitted on connect, message and message-with-ack.
 */
#ifndef ECHO_APP_H
#define ECHO_APP_H

#include <stdint.h>

#include "connector/engine/engine.h"
#include "connector/engine/raw.h"
#include "connector/engine/socket.h"

enum echo_kind { ECHO_CASES, ECHO_SUITE };
enum echo_root { ECHO_ROOT_ACCEPT, ECHO_ROOT_DENY, ECHO_ROOT_LATER };

struct echo_app {
	enum echo_kind kind;
	enum echo_root root;    /* what becomes of "/" */
	struct socket *waiting; /* ECHO_ROOT_LATER: decided by echo_app_accept_waiting() */
};

/* With a struct echo_app as app_data. */
extern const struct app_ops echo_app_ops;
extern const struct raw_ops echo_raw_ops;

/* Accepts the socket that waits, if one does. */
void echo_app_accept_waiting(struct echo_app *app);

#endif
