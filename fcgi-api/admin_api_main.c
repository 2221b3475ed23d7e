#include "config.h"

#include <stddef.h>

#include "fcgi-api/api_main.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/api_report.h"

/* What the administrator of the platform may ask for. */
static const struct route routes[] = {
	{API_GET, "/health", AUTH_NONE, route_health},
	{API_POST, "/api/admin/login", AUTH_ADMIN, route_login},
	{API_POST, "/api/admin/namespace/save", AUTH_ADMIN, api_namespace_admin_save},
	{API_GET, "/api/admin/namespace/list", AUTH_ADMIN, api_namespace_list},
	{API_GET, "/api/admin/report/online", AUTH_ADMIN, api_report_admin_online},
	{API_OTHER, NULL, AUTH_NONE, NULL},
};

int main(int argc, char **argv)
{
	return api_main(argc, argv, "light-push REST API of the administrator (FastCGI)", routes,
			offsetof(struct settings, admin_api_listen));
}
