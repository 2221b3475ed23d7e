#include "config.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "common/cli.h"
#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/store/script.h"
#include "fcgi-api/api_main.h"
#include "fcgi-api/fcgi_loop.h"

static bool seed_hash(void)
{
	uint8_t key[16];

	if (RAND_bytes(key, sizeof(key)) != 1)
		return false;
	lp_hash_seed(key);
	return true;
}

/* Only a warning: requests are answered with 503 until Redis is there. */
static void look_for_redis(struct redis_shared *shared)
{
	struct redis *r = redis_new(shared);

	if (redis_ping(r) != LP_OK)
		lp_warn("api", "starting without redis");
	redis_free(r);
}

int api_main(int argc, char **argv, const char *summary, const struct route *routes, size_t listen)
{
	struct settings s;
	struct api_app app = {.settings = &s, .routes = routes};
	char *error = NULL;
	int status = 1;

	if (!cli_start(&s, argc, argv, summary, &status))
		return status;
	status = 1;
	scripts_init();
	app.rules = ident_rules_new(s.key_reg, (size_t)s.namespace_max_length,
				    (size_t)s.room_max_length, (size_t)s.userid_max_length,
				    (size_t)s.uuid_max_length, &error);
	app.redis = redis_shared_new(&s);
	if (!app.rules) {
		lp_error("api", "setting key_reg: %s", error);
	} else if (!app.redis) {
		lp_error("api", "setting redis_address: %s is no address", s.redis_address);
	} else if (!seed_hash()) {
		lp_error("api", "no random numbers");
	} else {
		app.auth = auth_cache_new();
		look_for_redis(app.redis);
		status = fcgi_loop_run(&app, *(char **)((char *)&s + listen));
		auth_cache_free(app.auth);
	}
	free(error);
	redis_shared_free(app.redis);
	ident_rules_free(app.rules);
	settings_clear(&s);
	return status;
}
