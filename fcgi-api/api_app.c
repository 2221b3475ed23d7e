#include "config.h"

#include <openssl/rand.h>
#include <stdlib.h>

#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/push/secret_keys.h"
#include "common/store/script.h"
#include "fcgi-api/api_app.h"
#include "fcgi-api/auth.h"
#include "fcgi-api/rate_memory.h"

#define RATES_MAX 10000 /* namespaces at their limit */

static bool seed_hash(void)
{
	uint8_t key[16];

	if (RAND_bytes(key, sizeof(key)) != 1)
		return false;
	lp_hash_seed(key);
	return true;
}

bool api_app_init(struct api_app *app, const struct settings *s)
{
	struct lp_buf why = {0}; /* the settings were checked when they were read */
	char *error = NULL;
	bool ok = false;

	scripts_init();
	app->settings = s;
	app->running = lp_xcalloc(1, sizeof(*app->running));
	app->rules = ident_rules_new(s->key_reg, (size_t)s->namespace_max_length,
				     (size_t)s->room_max_length, (size_t)s->userid_max_length,
				     (size_t)s->uuid_max_length, &error);
	app->redis = redis_shared_new(s);
	app->secret_keys = secret_keys_new(s->secret_keys, &why);
	lp_buf_clear(&why);
	if (!app->rules) {
		lp_error("api", "setting key_reg: %s", error);
	} else if (!app->redis) {
		lp_error("api", "setting redis_address: %s is no address", s->redis_address);
	} else if (!seed_hash()) {
		lp_error("api", "no random numbers");
	} else {
		app->auth = auth_new(s);
		app->rates = rate_memory_new(RATES_MAX);
		ok = true;
	}
	free(error);
	return ok;
}

void api_app_clear(struct api_app *app)
{
	auth_free(app->auth);
	rate_memory_free(app->rates);
	secret_keys_free(app->secret_keys);
	redis_shared_free(app->redis);
	ident_rules_free(app->rules);
	free(app->running);
}
