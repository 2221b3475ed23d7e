#include "config.h"

#include "fcgi-api/api_callback.h"
#include "fcgi-api/api_client.h"
#include "fcgi-api/api_history.h"
#include "fcgi-api/api_kick.h"
#include "fcgi-api/api_list.h"
#include "fcgi-api/api_namespace.h"
#include "fcgi-api/api_operator.h"
#include "fcgi-api/api_push.h"
#include "fcgi-api/api_push_batch.h"
#include "fcgi-api/api_report.h"
#include "fcgi-api/api_room.h"
#include "fcgi-api/api_stat.h"
#include "fcgi-api/api_timeline.h"
#include "fcgi-api/api_token.h"
#include "fcgi-api/routes.h"

const struct route routes_push[] = {
	{API_GET, "/health", AUTH_NONE, SCOPE_ANY, route_health},
	{API_POST, "/api/auth/login", AUTH_NAMESPACE, SCOPE_ANY, route_login},
	{API_POST, "/api/auth/push", AUTH_PUSH, SCOPE_PUSH, api_push},
	{API_POST, "/api/auth/push/batch", AUTH_PUSH, SCOPE_PUSH, api_push_batch},
	{API_GET, "/api/auth/report/push", AUTH_NAMESPACE, SCOPE_READ, api_report_push},
	{API_GET, "/api/auth/report/push/:id", AUTH_NAMESPACE, SCOPE_READ, api_report_message},
	{API_GET, "/api/auth/report/push/:id/timeline", AUTH_NAMESPACE, SCOPE_READ, api_timeline},
	{API_GET, "/api/auth/history", AUTH_NAMESPACE, SCOPE_READ, api_history},
	{API_GET, "/api/auth/history/stat", AUTH_NAMESPACE, SCOPE_READ, api_history_stat},
	{API_GET, "/api/auth/history/export", AUTH_NAMESPACE, SCOPE_READ, api_history_export},
	{API_GET, "/api/auth/history/clients", AUTH_NAMESPACE, SCOPE_READ, api_history_clients},
	{API_GET, "/api/auth/history/:id", AUTH_NAMESPACE, SCOPE_READ, api_history_message},
	{API_GET, "/api/auth/report/online", AUTH_NAMESPACE, SCOPE_READ, api_report_online},
	{API_GET, "/api/auth/clients", AUTH_NAMESPACE, SCOPE_READ, api_list_clients},
	{API_GET, "/api/auth/rooms", AUTH_NAMESPACE, SCOPE_READ, api_list_rooms},
	{API_GET, "/api/auth/users", AUTH_NAMESPACE, SCOPE_READ, api_list_users},
	{API_POST, "/api/auth/transfer", AUTH_NAMESPACE, SCOPE_ALL, api_room_transfer},
	{API_POST, "/api/auth/client", AUTH_NAMESPACE, SCOPE_ALL, api_client},
	{API_POST, "/api/auth/client/disconnect", AUTH_NAMESPACE, SCOPE_ALL, api_kick},
	{API_POST, "/api/auth/room-apns", AUTH_NAMESPACE, SCOPE_ALL, api_room_apns},
	{API_POST, "/api/auth/room-leave-message", AUTH_NAMESPACE, SCOPE_ALL,
	 api_room_leave_message},
	{API_POST, "/api/auth/token", AUTH_NAMESPACE, SCOPE_PASSWORD, api_token_new},
	{API_GET, "/api/auth/token", AUTH_NAMESPACE, SCOPE_PASSWORD, api_token_list},
	{API_POST, "/api/auth/token/revoke", AUTH_NAMESPACE, SCOPE_PASSWORD, api_token_revoke},
	{API_GET, "/api/auth/namespace", AUTH_NAMESPACE, SCOPE_READ, api_namespace_get},
	{API_POST, "/api/auth/namespace/save", AUTH_NAMESPACE, SCOPE_ALL, api_namespace_save},
	{API_GET, "/api/auth/namespace/dead-callbacks", AUTH_NAMESPACE, SCOPE_READ,
	 api_callback_list},
	{API_POST, "/api/auth/namespace/dead-callbacks/replay", AUTH_NAMESPACE, SCOPE_ALL,
	 api_callback_replay},
	{API_GET, "/api/auth/namespace/current-message-stat", AUTH_NAMESPACE, SCOPE_READ,
	 api_stat_current},
	{API_GET, "/api/auth/namespace/message-stat", AUTH_NAMESPACE, SCOPE_READ, api_stat},
	{API_OTHER, NULL, AUTH_NONE, SCOPE_ANY, NULL},
};

const struct route routes_admin[] = {
	{API_GET, "/health", AUTH_NONE, SCOPE_ANY, route_health},
	{API_POST, "/api/admin/login", AUTH_ADMIN, SCOPE_ANY, route_login},
	{API_POST, "/api/admin/namespace/save", AUTH_ADMIN, SCOPE_ANY, api_namespace_admin_save},
	{API_GET, "/api/admin/namespace/list", AUTH_ADMIN, SCOPE_ANY, api_namespace_list},
	{API_GET, "/api/admin/namespace/clear/:key", AUTH_ADMIN, SCOPE_ANY, api_namespace_clear},
	{API_POST, "/api/admin/namespace/clear/:key", AUTH_ADMIN, SCOPE_ANY, api_namespace_clear},
	{API_GET, "/api/admin/namespace/flush/:key", AUTH_ADMIN, SCOPE_ANY, api_namespace_flush},
	{API_POST, "/api/admin/namespace/flush/:key", AUTH_ADMIN, SCOPE_ANY, api_namespace_flush},
	{API_POST, "/api/admin/namespace/clear-realtime-data", AUTH_ADMIN, SCOPE_ANY,
	 api_namespace_clear_realtime},
	{API_POST, "/api/admin/clear-legacy-client", AUTH_ADMIN, SCOPE_ANY,
	 api_namespace_clear_legacy},
	{API_GET, "/api/admin/report/online", AUTH_ADMIN, SCOPE_ANY, api_report_admin_online},
	{API_GET, "/api/admin/overview", AUTH_ADMIN, SCOPE_ANY, api_operator_overview},
	{API_GET, "/api/admin/settings", AUTH_ADMIN, SCOPE_ANY, api_operator_settings},
	{API_GET, "/api/admin/metrics", AUTH_ADMIN, SCOPE_ANY, api_operator_metrics},
	{API_OTHER, NULL, AUTH_NONE, SCOPE_ANY, NULL},
};
