/* The insides of a client, for client.c and client_admit.c. */
#ifndef CLIENT_INT_H
#define CLIENT_INT_H

#include "connector/core/client.h"

/* REGISTERING, with one reference and in no room; it is in no table yet. */
struct client *client_new(struct socket *s, struct nsp *nsp, const struct identity *who);

/* Every room it is in, for the store; the caller frees. edge: the same for all. */
struct store_room *client_all_rooms(const struct client *c, bool edge);

/* Its registration changed nothing: it is not counted by the rooms. */
void client_uncount(struct client *c);

/*
 * Leaves all rooms here and in the store. refused: it never got there itself, but while it was a
 * member others may have left that did, so that nobody else takes the route away.
 */
void client_leave_all(struct client *c, bool refused, const char *reason);

#endif
