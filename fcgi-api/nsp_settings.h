/*
 * The settings of a namespace as a caller sees and changes them: no password and no private key
 * goes out, only whether there is one. No I/O.
 */
#ifndef NSP_SETTINGS_H
#define NSP_SETTINGS_H

#include <json-c/json.h>
#include <stdbool.h>

#include "common/lp_buf.h"
#include "common/lp_rc.h"
#include "common/lp_str.h"
#include "common/store/redis.h"

/* Makes args the command that reads what nsp_settings_json() shows. */
void nsp_settings_args(struct redis_args *args, const char *prefix, struct lp_str nsp);

/* Whether the reply to that command is of a namespace that exists. */
bool nsp_settings_there(const struct redisReply *reply);

/*
 * Appends the members of the JSON object, without its braces, from the reply to that command. What
 * is not set is null. Of a namespace that is being flushed, or whose flush broke off, nothing but
 * its name is left: it is shown as one that is offline.
 */
void nsp_settings_json(struct lp_buf *out, struct lp_str nsp, const struct redisReply *reply);

/*
 * Appends the new jwt_keys: those of change, of which one without a key keeps the stored key of its
 * kid and algorithm, since secrets are not shown. Nothing is appended when there are none.
 * LP_EINVAL, with what is wrong in *wrong, when they can not be used (jwt_keys.h).
 */
int nsp_settings_merge_keys(struct lp_buf *out, struct lp_str stored, struct json_object *change,
			    struct lp_buf *wrong) LP_MUSTCHECK;

#endif
