#include "config.h"

#include <inttypes.h>

#include "fcgi-api/api_script.h"
#include "fcgi-api/nsp_use.h"

enum api_error nsp_use_json(struct api_ctx *ctx, struct lp_str nsp, struct lp_buf *out)
{
	static const char *const names[] = {"clients", "pushes_per_second", "bytes_per_second"};
	struct redis_args args = {0};
	struct redisReply *reply;
	enum api_error err;

	api_script_base(&args, ctx, nsp);
	err = api_script(ctx, "limits_use", &args, &reply);
	lp_buf_addz(out, ",\"use\":{");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		lp_buf_addf(out, "%s\"%s\":%" PRId64, i ? "," : "", names[i],
			    redis_reply_int(redis_reply_at(reply, i)));
	lp_buf_addc(out, '}');
	redis_reply_free(reply);
	redis_args_clear(&args);
	return err;
}
