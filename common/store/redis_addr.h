/* Where a Redis server is: the setting redis_address. */
#ifndef REDIS_ADDR_H
#define REDIS_ADDR_H

#include "common/lp_rc.h"

struct redis_addr {
	char host[256]; /* "" for a unix socket */
	int port;
	char path[108]; /* "" for TCP */
};

/* "host:port", "host" (port 6379) or "unix:/path". LP_EINVAL when it is none of these. */
int redis_addr_parse(const char *text, struct redis_addr *out) LP_MUSTCHECK;

#endif
