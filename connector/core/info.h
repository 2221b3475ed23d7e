/*
 * What a client says of itself: the event info changes or shows its record, the event apns the
 * rooms that are to send it no notifications.
 */
#ifndef INFO_H
#define INFO_H

#include "connector/core/client.h"

void info_event(struct client *c, const struct socket_event *ev);
void info_apns_event(struct client *c, const struct socket_event *ev);

/* Appends names and values (count of both together) as members of a JSON object, each with a comma
 * behind it. */
void info_add_members(struct lp_buf *json, const struct lp_str *items, size_t count);

#endif
