/*
 * What a caller wants to change of a namespace's settings: read from the body of a save and checked,
 * as the fields and values of ns_save.lua. No I/O.
 */
#ifndef NSP_CHANGE_H
#define NSP_CHANGE_H

#include "common/store/redis_args.h"
#include "fcgi-api/api_error.h"

/*
 * Appends the settings that are a value of their own (push_providers, apns_list and jwt_keys are merged
 * with what is stored, see nsp_providers.h and nsp_settings.h). admin: the caller may also set the limits. API_OK, or the error, with
 * the setting it is about in *field.
 */
enum api_error nsp_change_args(struct redis_args *args, struct json_object *body, bool admin,
			       const char **field) LP_MUSTCHECK;

#endif
