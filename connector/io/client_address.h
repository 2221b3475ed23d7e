/* Who is at the other end of a connection, also behind a proxy: for limits per address. */
#ifndef CLIENT_ADDRESS_H
#define CLIENT_ADDRESS_H

#include <stdbool.h>

#include "connector/engine/link.h"
#include "connector/proto/http_head.h"

/* Reads a numeric address, with a port behind it ("192.0.2.1:80", "[::1]:80") or without. */
bool client_address_parse(struct link_address *a, struct lp_str text);

/* Whether it is in the list (items separated by commas, checked by the settings). */
bool client_address_listed(const struct link_address *a, const char *list);

/*
 * The address that a request on fd comes from: the socket's peer, or, if that is one of the
 * proxies (a list as above), what it says in the last entry of X-Forwarded-For. A peer without an
 * address (a local socket) counts as 127.0.0.1. IPv6 networks give each customer a /64 at least:
 * only that much of the address is kept.
 */
void client_address_of(struct link_address *a, int fd, const struct http_head *h,
		       const char *proxies);

#endif
