/* The event push: a client sends a message to a room, as business systems do over REST. */
#ifndef PUSH_H
#define PUSH_H

#include "connector/core/client.h"

void push_event(struct client *c, const struct socket_event *ev);

#endif
