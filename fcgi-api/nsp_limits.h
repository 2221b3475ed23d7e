/* The limits of a namespace: names of its settings, bounds. 0, or not set: none. */
#ifndef NSP_LIMITS_H
#define NSP_LIMITS_H

#include <stdint.h>

enum nsp_limit {
	NSP_LIMIT_CLIENTS,
	NSP_LIMIT_ROOMS_PER_CLIENT,
	NSP_LIMIT_PUSHES_PER_SECOND,
	NSP_LIMIT_BYTES_PER_SECOND,
	NSP_LIMITS
};

/* All numbers stay exact in JavaScript and in Lua. */
#define NSP_LIMIT_MAX INT64_C(1000000000000)

extern const char *const nsp_limit_names[NSP_LIMITS];

#endif
