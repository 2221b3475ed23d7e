#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "fcgi-api/api_script.h"

void api_script_base(struct redis_args *args, const struct api_ctx *ctx, struct lp_str nsp)
{
	key_namespace(&args->text, ctx->app->settings->redis_prefix, nsp);
	redis_args_end(args);
}

enum api_error api_script(struct api_ctx *ctx, const char *name, const struct redis_args *args,
			  struct redisReply **reply)
{
	static const struct {
		const char *word;
		enum api_error error;
	} errors[] = {
		{"FULL", API_CLIENT_TOKENS_MANY},   {"GONE", API_NAMESPACE_LOST},
		{"OFFLINE", API_NAMESPACE_OFFLINE}, {"OPEN", API_NAMESPACE_OPEN},
		{"ENOUGH", API_TOKENS_FULL},
	};
	int rc = redis_script(ctx->redis, name, args, reply);
	enum api_error err = API_UNAVAILABLE;

	if (rc == LP_OK)
		return API_OK;
	for (size_t i = 0; i < sizeof(errors) / sizeof(errors[0]); i++) {
		if (lp_str_eq(redis_reply_error(*reply), lp_cstr(errors[i].word)))
			err = errors[i].error;
	}
	redis_reply_free(*reply);
	*reply = NULL;
	return err;
}

enum api_error api_script_pages(struct api_ctx *ctx, const char *name, struct redis_args *args,
				int64_t page)
{
	char *cursor = lp_xstrdup("0");
	size_t fixed = args->count;
	enum api_error err;

	do {
		struct redisReply *reply;

		redis_args_cut(args, fixed);
		redis_args_addi(args, page);
		redis_args_addz(args, cursor);
		err = api_script(ctx, name, args, &reply);
		free(cursor);
		cursor = lp_xstrndup(redis_reply_str(reply));
		redis_reply_free(reply);
	} while (err == API_OK && *cursor && strcmp(cursor, "0") != 0);
	free(cursor);
	return err;
}
