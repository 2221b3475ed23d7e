#include "config.h"

#include "common/lp_json.h"
#include "fcgi-api/api_error.h"

static const struct {
	int status;
	const char *slug;
	const char *msg;
} errors[API_ERROR_COUNT] = {
	[API_OK] = {200, "", ""},
	[API_NOT_FOUND] = {404, "not_found", "not found"},
	[API_METHOD_NOT_ALLOWED] = {405, "method_not_allowed", "method not allowed"},
	[API_BODY_TOO_LARGE] = {413, "body_too_large", "body too large"},
	[API_BODY_INVALID] = {400, "body_invalid", "body can not be parsed"},
	[API_QUERY_INVALID] = {400, "query_invalid", "query can not be parsed"},
	[API_PARAM_INVALID] = {400, "param_invalid", "a parameter is invalid"},
	[API_UNAVAILABLE] = {503, "service_unavailable", "service unavailable"},
	[API_NEED_AUTHORIZATION] = {400, "need_authorization", "need authorization"},
	[API_NAMESPACE_NOT_FOUND] = {400, "namespace_not_found", "namespace not found"},
	[API_PASSWD_ERROR] = {401, "passwd_error", "passwd error"},
	[API_AUTH_ERROR] = {401, "auth_error", "auth error"},
	[API_TOKEN_INVALID] = {401, "token_invalid", "token invalid"},
	[API_SCOPE_INSUFFICIENT] = {403, "scope_insufficient", "not allowed with this token"},
	[API_LOGINS_LIMITED] = {429, "logins_limited", "too many failed logins, retry later"},
	[API_TOKENS_FULL] = {400, "tokens_full", "too many tokens, revoke one first"},
	[API_TOKEN_NOT_FOUND] = {404, "token_not_found", "token not found"},
	[API_ROOM_EMPTY] = {400, "room_empty", "room can not be empty"},
	[API_ROOM_INVALID] = {400, "room_invalid", "room invalid"},
	[API_ROOMS_INVALID] = {400, "rooms_invalid", "rooms invalid"},
	[API_PUSH_DATA_INVALID] = {400, "push_data_invalid",
				   "pushData can not be empty and must be an Object"},
	[API_EXCEPT_INVALID] = {400, "except_invalid", "except must be string"},
	[API_ONLY_INVALID] = {400, "only_invalid", "only must be string"},
	[API_NAMESPACE_LOST] = {400, "namespace_lost", "this namespace lose"},
	[API_NAMESPACE_OFFLINE] = {400, "namespace_offline", "this namespace offline"},
	[API_EXPIRE_INVALID] = {400, "expire_invalid", "expire invalid"},
	[API_APS_DATA_TOO_LARGE] = {400, "aps_data_too_large", "pushData.apsData too large"},
	[API_MESSAGES_INVALID] = {400, "messages_invalid",
				  "messages must be an array of 1 to 1000 pushes"},
	[API_IDEMPOTENCY_KEY_INVALID] =
		{400, "idempotency_key_invalid",
		 "idempotency_key must be 1 to 128 visible ASCII characters"},
	[API_IDEMPOTENCY_KEY_REUSED] = {422, "idempotency_key_reused",
					"idempotency_key came with another request before"},
	[API_RATE_LIMITED] = {429, "rate_limited", "rate limit exceeded"},
	[API_OFFLINE_FULL] = {503, "offline_queue_full",
			      "too many messages wait for offline delivery"},
	[API_PAGE_INVALID] = {400, "page_invalid", "page and size must be numbers from 1"},
	[API_MESSAGE_NOT_FOUND] = {400, "message_not_found", "this id not exists"},
	[API_ARCHIVE_OFF] = {503, "archive_off", "the archive is off, see the setting archive"},
	[API_ARCHIVE_CLIENTS_OFF] =
		{503, "archive_clients_off",
		 "the archive keeps no clients, see the setting archive_clients"},
	[API_ARCHIVE_UNAVAILABLE] = {503, "archive_unavailable", "the archive can not be read"},
	[API_ARCHIVE_BUSY] = {503, "archive_busy", "too many exports at a time, retry later"},
	[API_KEY_EMPTY] = {400, "key_empty", "key is null"},
	[API_NAMESPACE_INVALID] = {400, "namespace_invalid", "namespace invalid"},
	[API_SETTING_INVALID] = {400, "setting_invalid", "a setting of the namespace is invalid"},
	[API_JWT_KEYS_INVALID] = {400, "jwt_keys_invalid", "jwt_keys invalid"},
	[API_ADMIN_ONLY] = {403, "admin_only", "only the administrator may set this"},
	[API_APNS_LIST_INVALID] = {400, "apns_list_invalid", "apns_list invalid"},
	[API_PUSH_PROVIDERS_INVALID] = {400, "push_providers_invalid", "push_providers invalid"},
	[API_KEY_MISSING] = {400, "key_missing", "can not find key"},
	[API_NAMESPACE_OPEN] = {400, "namespace_open", "namespace must be set offline on"},
	[API_TRANSFER_EMPTY] =
		{400, "transfer_empty",
		 "targetRoom and sourceRooms and type and namespace can not be empty"},
	[API_TARGET_ROOM_INVALID] = {400, "target_room_invalid", "targetRoom invalid"},
	[API_SOURCE_ROOM_INVALID] = {400, "source_room_invalid", "sourceRoom invalid"},
	[API_ROOM_MISSING] = {400, "room_missing", "can not find room"},
	[API_CLIENT_ID_MISSING] = {400, "client_id_missing", "param id can not find "}, /* sic */
	[API_CLIENT_NOT_FOUND] = {404, "client_not_found", "client not found"},
	[API_CLIENT_FIELD_INVALID] = {400, "client_field_invalid",
				      "a field of the client is invalid"},
	[API_CLIENT_TOKENS_MANY] = {400, "client_tokens_many", "too many tokens"},
	[API_EVENT_ID_INVALID] = {400, "event_id_invalid", "eventId invalid"},
};

/* What it is about, where that is always the same. */
static const char *const fields[API_ERROR_COUNT] = {
	[API_ROOM_EMPTY] = "room",
	[API_ROOM_INVALID] = "room",
	[API_ROOMS_INVALID] = "rooms",
	[API_MESSAGE_NOT_FOUND] = "id",
	[API_KEY_EMPTY] = "key",
	[API_NAMESPACE_INVALID] = "key",
	[API_KEY_MISSING] = "namespace",
	[API_TARGET_ROOM_INVALID] = "targetRoom",
	[API_SOURCE_ROOM_INVALID] = "sourceRooms",
	[API_ROOM_MISSING] = "room",
	[API_CLIENT_ID_MISSING] = "id",
	[API_CLIENT_NOT_FOUND] = "id",
	[API_CLIENT_TOKENS_MANY] = "device_token",
	[API_EVENT_ID_INVALID] = "eventId",
};

void api_error_add(struct lp_buf *out, enum api_error error, const char *msg, const char *field)
{
	lp_buf_addz(out, "{\"code\":9999,\"msg\":");
	lp_json_quote(out, lp_cstr(msg ? msg : errors[error].msg));
	lp_buf_addz(out, ",\"error\":");
	lp_json_quote(out, lp_cstr(errors[error].slug));
	if (field) {
		lp_buf_addz(out, ",\"field\":");
		lp_json_quote(out, lp_cstr(field));
	}
	lp_buf_addc(out, '}');
}

void api_fail_as(struct api_resp *resp, enum api_error error, const char *msg, const char *field)
{
	resp->status = errors[error].status;
	resp->text = false;
	lp_buf_reset(&resp->body);
	api_error_add(&resp->body, error, msg, field);
}

void api_fail_text(struct api_resp *resp, enum api_error error, const char *msg)
{
	api_fail_as(resp, error, msg, fields[error]);
}

void api_fail_at(struct api_resp *resp, enum api_error error, const char *field)
{
	api_fail_as(resp, error, NULL, field);
}

void api_fail_field(struct api_resp *resp, const char *field, const char *msg)
{
	api_fail_as(resp, API_PARAM_INVALID, msg, field);
}

void api_fail(struct api_resp *resp, enum api_error error)
{
	api_fail_as(resp, error, NULL, fields[error]);
}
