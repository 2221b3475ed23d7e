#include "config.h"

#include "common/cli.h"
#include "common/lp_log.h"
#include "fcgi-api/api_app.h"
#include "fcgi-api/api_main.h"
#include "fcgi-api/fcgi_loop.h"

/* Only a warning: requests are answered with 503 until Redis is there. */
static void look_for_redis(struct redis_shared *shared)
{
	struct redis *r = redis_new(shared);

	if (redis_ping(r) != LP_OK)
		lp_warn("api", "starting without redis");
	redis_free(r);
}

int api_main(int argc, char **argv, const char *summary, const struct route *routes,
	     const struct route *as_routes, size_t listen)
{
	struct settings s;
	struct api_app app = {.routes = routes, .as_routes = as_routes};
	int status = 1;

	if (!cli_start(&s, argc, argv, summary, &status))
		return status;
	status = 1;
	if (api_app_init(&app, &s)) {
		look_for_redis(app.redis);
		status = fcgi_loop_run(&app, *(char **)((char *)&s + listen));
	}
	api_app_clear(&app);
	settings_clear(&s);
	return status;
}
