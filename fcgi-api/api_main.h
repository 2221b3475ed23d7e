/* What both FastCGI programs do: settings, store, threads, until told to stop. */
#ifndef API_MAIN_H
#define API_MAIN_H

#include <stddef.h>

#include "fcgi-api/route.h"

/*
 * The whole of main(). as_routes: see struct api_app. listen: offset in struct settings of the
 * address to listen on. Returns the exit status.
 */
int api_main(int argc, char **argv, const char *summary, const struct route *routes,
	     const struct route *as_routes, size_t listen);

#endif
