/*
 * Who asks: the Authorization header against the namespace's password, or the administrator's.
 *
 * Checking a password costs a read of the settings and some tens of milliseconds of hashing. So a
 * process remembers which passwords of which namespaces were right (as an HMAC under a random key
 * of the process) and with which revision of the settings. A push goes out on that
 * memory alone, and push.lua refuses it as STALE when the settings have changed since; all other
 * requests read the settings, and only spare the hashing.
 */
#ifndef AUTH_H
#define AUTH_H

#include "fcgi-api/api.h"
#include "fcgi-api/api_error.h"

enum auth_level {
	AUTH_NONE,
	AUTH_NAMESPACE,
	AUTH_PUSH, /* as AUTH_NAMESPACE, but the memory is enough */
	AUTH_ADMIN
};

struct auth_cache *auth_cache_new(void);
void auth_cache_free(struct auth_cache *cache);

/*
 * Checks what req->authorization says. API_OK, with what the level fills in req, or the error to
 * answer with.
 */
enum api_error auth_check(struct api_ctx *ctx, struct api_req *req,
			  enum auth_level level) LP_MUSTCHECK;

#endif
