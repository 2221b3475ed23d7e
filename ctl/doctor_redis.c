#include "config.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/store/overview.h"
#include "ctl/doctor.h"

#define VERSION_MAJOR 6 /* XAUTOCLAIM and XTRIM MINID came with 6.2 */
#define VERSION_MINOR 2
#define CLOCK_OFF_MS  1000

/* The value of a CONFIG parameter, heap; NULL where asking is not allowed. */
static char *config_get(struct ctl *ctl, const char *name)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	char *value = NULL;

	redis_args_addz(&args, "CONFIG");
	redis_args_addz(&args, "GET");
	redis_args_addz(&args, name);
	if (redis_try(ctl->ctx.redis, &args, &reply) == LP_OK && redis_reply_count(reply) == 2)
		value = lp_xstrndup(redis_reply_str(redis_reply_at(reply, 1)));
	redis_reply_free(reply);
	redis_args_clear(&args);
	return value;
}

static int64_t number(struct lp_str info, const char *field)
{
	struct lp_str text = overview_info(info, field);

	return text.n ? strtoll(text.p, NULL, 10) : 0;
}

static void check_version(struct findings *f, struct lp_str info)
{
	struct lp_str version = overview_info(info, "redis_version");
	char *rest = NULL;
	long major = version.n ? strtol(version.p, &rest, 10) : 0;
	long minor = rest && *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	if (major > VERSION_MAJOR || (major == VERSION_MAJOR && minor >= VERSION_MINOR))
		finding_add(f, "redis-version", FINDING_OK, NULL, "Redis %.*s", LP_FMT(version));
	else
		finding_add(f, "redis-version", FINDING_ERROR, "install Redis 6.2 or later",
			    "Redis %.*s is too old", LP_FMT(version));
}

static void check_persistence(struct ctl *ctl, struct findings *f, struct lp_str info)
{
	static const char hint[] = "appendonly yes in redis.conf, see deploy/redis.conf";
	char *save = config_get(ctl, "save"), *fsync = config_get(ctl, "appendfsync");
	bool aof = number(info, "aof_enabled");

	if (!aof && save && !*save)
		finding_add(f, "redis-persistence", FINDING_ERROR, hint,
			    "Redis keeps nothing on its disk: a restart loses all of it");
	else if (!aof)
		finding_add(f, "redis-persistence", FINDING_WARNING, hint,
			    "without its append-only file Redis loses minutes when it restarts");
	else if (fsync && strcmp(fsync, "no") == 0)
		finding_add(f, "redis-persistence", FINDING_WARNING,
			    "appendfsync everysec, or always where no message may be lost",
			    "appendfsync is no: when the machine stops, half a minute is lost");
	else
		finding_add(f, "redis-persistence", FINDING_OK, NULL,
			    "append-only file, appendfsync %s", fsync ? fsync : "not known");
	free(save);
	free(fsync);
}

static void check_health(struct findings *f, struct lp_str info)
{
	struct lp_str role = overview_info(info, "role");

	if (!lp_str_eq(role, LP_STR("master")))
		finding_add(f, "redis-role", FINDING_ERROR, "redis_address must name the master",
			    "this Redis is a %.*s", LP_FMT(role));
	if (!lp_str_eq(overview_info(info, "aof_last_write_status"), LP_STR("ok")) ||
	    !lp_str_eq(overview_info(info, "rdb_last_bgsave_status"), LP_STR("ok")))
		finding_add(f, "redis-disk", FINDING_ERROR,
			    "look at the log of Redis, and whether its disk is full",
			    "Redis could not write to its disk");
}

static void check_memory(struct findings *f, struct lp_str info)
{
	int64_t used = number(info, "used_memory"), limit = number(info, "maxmemory");
	struct lp_str policy = overview_info(info, "maxmemory_policy");

	if (!lp_str_eq(policy, LP_STR("noeviction")))
		finding_add(f, "redis-eviction", limit ? FINDING_ERROR : FINDING_WARNING,
			    "maxmemory-policy noeviction", "maxmemory-policy is %.*s: %s",
			    LP_FMT(policy),
			    limit ? "Redis throws away what is needed when memory is short"
				  : "it will throw away what is needed once maxmemory is set");
	else
		finding_add(f, "redis-eviction", FINDING_OK, NULL, "maxmemory-policy noeviction");
	if (limit && used > limit / 10 * 8)
		finding_add(f, "redis-memory", FINDING_WARNING,
			    "raise maxmemory, or lower push_message_expire and the lengths of logs",
			    "%" PRId64 " of %" PRId64 " MB are used", used / 1000000,
			    limit / 1000000);
	else
		finding_add(f, "redis-memory", FINDING_OK, NULL, "%" PRId64 " MB are used",
			    used / 1000000);
}

static void check_connections(struct ctl *ctl, struct findings *f, struct lp_str info)
{
	char *text = config_get(ctl, "maxclients");
	int64_t most = text ? strtoll(text, NULL, 10) : 0;
	int64_t now = number(info, "connected_clients");

	if (most && now > most / 10 * 8)
		finding_add(f, "redis-connections", FINDING_WARNING, "raise maxclients",
			    "%" PRId64 " of %" PRId64 " connections are taken", now, most);
	else
		finding_add(f, "redis-connections", FINDING_OK, NULL, "%" PRId64 " connections",
			    now);
	free(text);
}

static void check_clock(struct ctl *ctl, struct findings *f)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	int64_t theirs, off;

	redis_args_addz(&args, "TIME");
	if (redis_command(ctl->ctx.redis, &args, &reply) == LP_OK) {
		theirs = redis_reply_int(redis_reply_at(reply, 0)) * 1000 +
			 redis_reply_int(redis_reply_at(reply, 1)) / 1000;
		off = (int64_t)lp_wall_ms() - theirs;
		off = off < 0 ? -off : off;
		if (off > CLOCK_OFF_MS)
			finding_add(f, "clock", FINDING_WARNING, "run an NTP client on both",
				    "this machine and that of Redis are %" PRId64 " ms apart", off);
		else
			finding_add(f, "clock", FINDING_OK, NULL, "%" PRId64 " ms from Redis", off);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
}

bool doctor_redis(struct ctl *ctl, struct findings *f)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	struct lp_str info;
	bool there;

	redis_args_addz(&args, "INFO");
	there = redis_command(ctl->ctx.redis, &args, &reply) == LP_OK;
	if (there) {
		info = redis_reply_str(reply);
		check_version(f, info);
		check_persistence(ctl, f, info);
		check_health(f, info);
		check_memory(f, info);
		check_connections(ctl, f, info);
		check_clock(ctl, f);
	} else {
		finding_add(f, "redis", FINDING_ERROR,
			    "is it started, and are redis_address and redis_password right?",
			    "Redis at %s can not be reached", ctl->settings.redis_address);
	}
	redis_reply_free(reply);
	redis_args_clear(&args);
	return there;
}
