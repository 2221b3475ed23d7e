#include "config.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

#include "worker/provider/public_address.h"

/* The registry of special-purpose addresses, RFC 6890 and what IANA added since. */
static const struct {
	uint32_t net;
	unsigned bits;
} special_v4[] = {
	{0x00000000, 8},  /* this network */
	{0x0a000000, 8},  /* private */
	{0x64400000, 10}, /* shared, carriers' */
	{0x7f000000, 8},  /* loopback */
	{0xa9fe0000, 16}, /* link-local */
	{0xac100000, 12}, /* private */
	{0xc0000000, 24}, /* protocol assignments */
	{0xc0000200, 24}, /* documentation */
	{0xc0586300, 24}, /* 6to4 relays */
	{0xc0a80000, 16}, /* private */
	{0xc6120000, 15}, /* benchmarking */
	{0xc6336400, 24}, /* documentation */
	{0xcb007100, 24}, /* documentation */
	{0xe0000000, 4},  /* multicast */
	{0xf0000000, 4},  /* reserved, broadcast */
};

static bool public_v4(uint32_t a)
{
	for (size_t i = 0; i < sizeof(special_v4) / sizeof(*special_v4); i++) {
		if ((a ^ special_v4[i].net) >> (32 - special_v4[i].bits) == 0)
			return false;
	}
	return true;
}

static bool public_v6(const uint8_t a[16])
{
	uint32_t top = (uint32_t)a[0] << 24 | (uint32_t)a[1] << 16 | (uint32_t)a[2] << 8 | a[3];

	return top >> 29 == 1 &&                /* 2000::/3, what is given out */
	       top >> 9 != 0x20010000 >> 9 &&   /* 2001::/23: Teredo and other protocols */
	       top != 0x20010db8 &&             /* documentation */
	       top >> 12 != 0x3fff0000 >> 12 && /* documentation */
	       top >> 16 != 0x2002;             /* 6to4 */
}

bool public_address(const struct sockaddr *a)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	switch (a->sa_family) {
	case AF_INET:
		memcpy(&v4, a, sizeof(v4));
		return public_v4(ntohl(v4.sin_addr.s_addr));
	case AF_INET6:
		memcpy(&v6, a, sizeof(v6));
		return public_v6(v6.sin6_addr.s6_addr);
	default:
		return false;
	}
}
