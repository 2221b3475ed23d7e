/*
 * Every error a caller can get: status, the message that light-push 1.x gave and programs may
 * compare, and a slug that stays when the message's English improves.
 */
#ifndef API_ERROR_H
#define API_ERROR_H

#include "fcgi-api/api.h"

enum api_error {
	API_OK,
	/* of the request as such */
	API_NOT_FOUND,
	API_METHOD_NOT_ALLOWED,
	API_BODY_TOO_LARGE,
	API_BODY_INVALID,
	API_QUERY_INVALID,
	API_PARAM_INVALID, /* by api_fail_field() */
	API_UNAVAILABLE,
	/* who asks */
	API_NEED_AUTHORIZATION,
	API_NAMESPACE_NOT_FOUND,
	API_PASSWD_ERROR,
	API_AUTH_ERROR,
	API_TOKEN_INVALID,
	API_SCOPE_INSUFFICIENT,
	API_LOGINS_LIMITED,
	API_TOKENS_FULL,
	API_TOKEN_NOT_FOUND,
	/* push */
	API_ROOM_EMPTY,
	API_ROOM_INVALID,
	API_ROOMS_INVALID,
	API_PUSH_DATA_INVALID,
	API_EXCEPT_INVALID,
	API_ONLY_INVALID,
	API_NAMESPACE_LOST,
	API_NAMESPACE_OFFLINE,
	API_EXPIRE_INVALID,
	API_APS_DATA_TOO_LARGE,
	API_MESSAGES_INVALID,
	API_IDEMPOTENCY_KEY_INVALID,
	API_IDEMPOTENCY_KEY_REUSED,
	API_RATE_LIMITED,
	API_OFFLINE_FULL,
	/* reports */
	API_PAGE_INVALID,
	API_MESSAGE_NOT_FOUND,
	/* the archive */
	API_ARCHIVE_OFF,
	API_ARCHIVE_CLIENTS_OFF,
	API_ARCHIVE_UNAVAILABLE, /* with a message of its own */
	API_ARCHIVE_BUSY,
	/* namespaces */
	API_KEY_EMPTY,
	API_NAMESPACE_INVALID,
	API_SETTING_INVALID,
	API_APNS_LIST_INVALID,
	API_PUSH_PROVIDERS_INVALID,
	API_JWT_KEYS_INVALID,
	API_ADMIN_ONLY,
	API_KEY_MISSING,
	API_NAMESPACE_OPEN,
	/* rooms and clients */
	API_TRANSFER_EMPTY,
	API_TARGET_ROOM_INVALID,
	API_SOURCE_ROOM_INVALID,
	API_ROOM_MISSING,
	API_CLIENT_ID_MISSING,
	API_CLIENT_NOT_FOUND,
	API_CLIENT_FIELD_INVALID,
	API_CLIENT_TOKENS_MANY,
	/* callbacks */
	API_EVENT_ID_INVALID,
	API_ERROR_COUNT
};

/*
 * Appends the JSON object that tells of an error. msg: NULL for the error's own; field: the name of
 * what is wrong in the request, NULL when that is not one thing.
 */
void api_error_add(struct lp_buf *out, enum api_error error, const char *msg, const char *field);

/* Makes resp the answer for this error. */
void api_fail(struct api_resp *resp, enum api_error error);
/* The same with msg and field as above. */
void api_fail_as(struct api_resp *resp, enum api_error error, const char *msg, const char *field);
/* The same with a message that depends on the request or a setting. */
void api_fail_text(struct api_resp *resp, enum api_error error, const char *msg);
/* The same with the name of what is wrong in the request. */
void api_fail_at(struct api_resp *resp, enum api_error error, const char *field);
/* The same for API_PARAM_INVALID: msg says what is wrong with that parameter. */
void api_fail_field(struct api_resp *resp, const char *field, const char *msg);

#endif
