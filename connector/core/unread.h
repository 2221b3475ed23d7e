/*
 * Messages that waited for a device while it was away: brought from the store when it connects (or
 * while it is online, when one came to wait just as it connected), sent as the event offlineMessage
 * in front of "ok", and taken out of the store when the client has proved that it received them.
 *
 *     fetch --> emit --heartbeat--> done --more--> fetch ...
 */
#ifndef UNREAD_H
#define UNREAD_H

#include "connector/core/client.h"

/* Brings what waits. A client that has ENTERED is accepted with the answer. */
void unread_fetch(struct client *c);
/* Sends what was brought, if there is something. */
void unread_emit(struct client *c);
/* app_ops: the client has received what was sent to it. */
void unread_proved(struct socket *s);
void unread_free(struct client *c);

#endif
