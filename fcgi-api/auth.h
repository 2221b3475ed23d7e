/*
 * Who asks: the Authorization header against one of the namespace's two passwords (Basic), one of
 * its API tokens (Bearer), or the administrator's password. Who fails too often is slowed down, see
 * login_gate.h.
 *
 * Checking a password costs a read of the settings and some tens of milliseconds of hashing. So a
 * process remembers credentials that were right (auth_memory.h), and with which revision of the
 * settings. A push goes out on that memory alone, and push.lua refuses it as STALE when the
 * settings have changed since, or a token was revoked; all other requests read the settings, and
 * only spare the hashing.
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

struct auth;

struct auth *auth_new(const struct settings *s);
void auth_free(struct auth *auth);

/*
 * Checks what req->authorization says, and whether it allows what req->scope wants. API_OK, with
 * what the level fills in req, or the error to answer with.
 */
enum api_error auth_check(struct api_ctx *ctx, struct api_req *req,
			  enum auth_level level) LP_MUSTCHECK;

#endif
