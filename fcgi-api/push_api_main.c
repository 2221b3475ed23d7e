#include "config.h"

#include <stddef.h>

#include "fcgi-api/api_main.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/api_push.h"
#include "fcgi-api/api_report.h"

/* What a namespace may ask for, with its own key and password. */
static const struct route routes[] = {
	{API_GET, "/health", AUTH_NONE, route_health},
	{API_POST, "/api/auth/login", AUTH_NAMESPACE, route_login},
	{API_POST, "/api/auth/push", AUTH_PUSH, api_push},
	{API_GET, "/api/auth/report/push", AUTH_NAMESPACE, api_report_push},
	{API_GET, "/api/auth/report/push/:id", AUTH_NAMESPACE, api_report_message},
	{API_GET, "/api/auth/report/online", AUTH_NAMESPACE, api_report_online},
	{API_GET, "/api/auth/namespace", AUTH_NAMESPACE, api_namespace_get},
	{API_POST, "/api/auth/namespace/save", AUTH_NAMESPACE, api_namespace_save},
	{API_OTHER, NULL, AUTH_NONE, NULL},
};

int main(int argc, char **argv)
{
	return api_main(argc, argv, "light-push REST API for business backends (FastCGI)", routes,
			offsetof(struct settings, api_listen));
}
