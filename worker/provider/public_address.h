/* Which addresses are everybody's: a URL that a client gave must not lead into our own network. */
#ifndef PUBLIC_ADDRESS_H
#define PUBLIC_ADDRESS_H

#include <stdbool.h>
#include <sys/socket.h>

/*
 * True for a global unicast address, of IPv4 or IPv6. False for loopback, private, link-local,
 * shared (100.64/10), documentation, benchmarking, multicast and reserved ones, for those that hold
 * an IPv4 address inside (mapped, 6to4, Teredo, NAT64), and for other families.
 */
bool public_address(const struct sockaddr *a);

#endif
