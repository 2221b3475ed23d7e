/* The event discover: who is near. */
#ifndef DISCOVER_H
#define DISCOVER_H

#include "connector/core/client.h"

void discover_event(struct client *c, const struct socket_event *ev);

#endif
