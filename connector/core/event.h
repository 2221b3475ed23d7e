/* The events that clients send: a table from name to handler. */
#ifndef EVENT_H
#define EVENT_H

#include "connector/engine/socket.h"

/* app_ops.event */
void event_handle(struct socket *s, const struct socket_event *ev);

#endif
