#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "fcgi-api/nsp_keys.h"

/* Appends base with what MATCH would take for a pattern escaped, then ":*". */
static void add_pattern(struct lp_buf *out, struct lp_str base)
{
	for (size_t i = 0; i < base.n; i++) {
		if (strchr("*?[]^-\\", base.p[i]))
			lp_buf_addc(out, '\\');
		lp_buf_addc(out, base.p[i]);
	}
	lp_buf_addz(out, ":*");
}

/* Hands over the wanted ones of a page of keys. */
static int take_page(const struct redisReply *page, size_t skip, bool (*wanted)(struct lp_str name),
		     int (*take)(void *arg, const struct lp_str *keys, size_t count), void *arg)
{
	struct lp_str keys[NSP_KEYS_STEP];
	size_t count = 0;
	int rc = LP_OK;

	for (size_t i = 0; i < redis_reply_count(page) && rc == LP_OK; i++) {
		struct lp_str key = redis_reply_str(redis_reply_at(page, i));

		if (wanted(lp_str_from(key, skip)))
			keys[count++] = key;
		if (count == NSP_KEYS_STEP) {
			rc = take(arg, keys, count);
			count = 0;
		}
	}
	return count && rc == LP_OK ? take(arg, keys, count) : rc;
}

int nsp_keys_each(struct redis *redis, const char *prefix, struct lp_str nsp,
		  bool (*wanted)(struct lp_str name),
		  int (*take)(void *arg, const struct lp_str *keys, size_t count), void *arg)
{
	struct redis_args args = {0};
	struct lp_buf base = {0}, pattern = {0};
	char *cursor = lp_xstrdup("0");
	int rc;

	key_namespace(&base, prefix, nsp);
	add_pattern(&pattern, lp_buf_str(&base));
	do {
		struct redisReply *reply;

		redis_args_reset(&args);
		redis_args_addz(&args, "SCAN");
		redis_args_addz(&args, cursor);
		redis_args_addz(&args, "MATCH");
		redis_args_add(&args, lp_buf_str(&pattern));
		redis_args_addz(&args, "COUNT");
		redis_args_addi(&args, NSP_KEYS_STEP);
		rc = redis_command(redis, &args, &reply);
		free(cursor);
		cursor = lp_xstrndup(redis_reply_str(redis_reply_at(reply, 0)));
		if (rc == LP_OK)
			rc = take_page(redis_reply_at(reply, 1), base.len + 1, wanted, take, arg);
		redis_reply_free(reply);
	} while (rc == LP_OK && *cursor && strcmp(cursor, "0") != 0);
	free(cursor);
	lp_buf_clear(&base);
	lp_buf_clear(&pattern);
	redis_args_clear(&args);
	return rc;
}
