#include "config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/store/redis_addr.h"

int redis_addr_parse(const char *text, struct redis_addr *out)
{
	const char *colon;
	size_t n;
	long port = 6379;

	*out = (struct redis_addr){0};
	if (strncmp(text, "unix:", 5) == 0) {
		n = strlen(text + 5);
		if (n == 0 || n >= sizeof(out->path))
			return LP_EINVAL;
		memcpy(out->path, text + 5, n);
		return LP_OK;
	}
	colon = strrchr(text, ':');
	if (colon) {
		n = strspn(colon + 1, "0123456789");
		port = strtol(colon + 1, NULL, 10);
		if (n == 0 || colon[1 + n] || port < 1 || port > 65535)
			return LP_EINVAL;
	}
	n = colon ? (size_t)(colon - text) : strlen(text);
	if (n == 0 || n >= sizeof(out->host))
		return LP_EINVAL;
	memcpy(out->host, text, n);
	out->port = (int)port;
	return LP_OK;
}
