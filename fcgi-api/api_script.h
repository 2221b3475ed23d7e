/* Calling the scripts of common/store/lua from handlers: arguments, errors, pages. */
#ifndef API_SCRIPT_H
#define API_SCRIPT_H

#include "fcgi-api/api.h"
#include "fcgi-api/api_error.h"

/* Appends B, the first argument of each script of a namespace. */
void api_script_base(struct redis_args *args, const struct api_ctx *ctx, struct lp_str nsp);

/*
 * Calls a script. API_OK and *reply, or what its error means to the caller and NULL; the caller
 * frees the reply.
 */
enum api_error api_script(struct api_ctx *ctx, const char *name, const struct redis_args *args,
			  struct redisReply **reply);

/*
 * Calls a script that does one page of a long work, so that Redis serves others in between, until
 * the cursor it returns is "0". The page size and the cursor are put behind args.
 */
enum api_error api_script_pages(struct api_ctx *ctx, const char *name, struct redis_args *args,
				int64_t page);

#endif
