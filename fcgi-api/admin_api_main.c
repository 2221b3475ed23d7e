#include "config.h"

#include <stddef.h>

#include "fcgi-api/api_main.h"
#include "fcgi-api/routes.h"

int main(int argc, char **argv)
{
	return api_main(argc, argv, "light-push REST API of the administrator (FastCGI)",
			routes_admin, routes_push, offsetof(struct settings, admin_api_listen));
}
