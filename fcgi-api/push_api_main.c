#include "config.h"

#include <stddef.h>

#include "fcgi-api/api_main.h"
#include "fcgi-api/routes.h"

int main(int argc, char **argv)
{
	return api_main(argc, argv, "light-push REST API for business backends (FastCGI)",
			routes_push, NULL, offsetof(struct settings, api_listen));
}
