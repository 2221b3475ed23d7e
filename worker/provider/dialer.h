/*
 * TCP connections by name, without waiting: libcurl looks the name up and tries its addresses. No
 * proxy of the environment is used.
 */
#ifndef DIALER_H
#define DIALER_H

#include <stdbool.h>

#include "common/lp_str.h"

struct dialer;
struct dial;
struct event_base;

/* NULL when libcurl can not be started. */
struct dialer *dialer_new(struct event_base *base);
/* Dials under way are called off. */
void dialer_free(struct dialer *d);

/* fd: connected, non-blocking, the caller's from now on; or -1, and why: one line. */
typedef void (*dial_cb)(void *arg, int fd, const char *why);

/*
 * origin: https://host:port (only host and port matter). public_only: connects to public addresses
 * only, see public_address.h. cb comes once, later, unless the dial is called off.
 */
struct dial *dial_start(struct dialer *d, const char *origin, bool public_only, unsigned timeout_ms,
			dial_cb cb, void *arg);
/* Not after its cb. */
void dial_cancel(struct dial *dial);

#endif
