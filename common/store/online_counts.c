#include "config.h"

#include <inttypes.h>

#include "common/store/keys.h"
#include "common/store/online_counts.h"

#define COUNTERS 4
#define BATCH    100 /* namespaces in one pipeline */

static const struct {
	const char *command, *key;
} counters[COUNTERS] = {
	{"HLEN", "rooms"},
	{"HLEN", "users"},
	{"HLEN", "clients"},
	{"ZCARD", "ever"},
};

static int read_batch(struct redis *redis, const char *prefix, const struct lp_str *nsps,
		      size_t count, struct online_counts *out)
{
	struct redis_args commands[BATCH * COUNTERS] = {0};
	struct redisReply *replies[BATCH * COUNTERS];
	size_t n = count * COUNTERS;
	int rc;

	for (size_t i = 0; i < n; i++) {
		redis_args_addz(&commands[i], counters[i % COUNTERS].command);
		key_of_namespace(&commands[i].text, prefix, nsps[i / COUNTERS],
				 counters[i % COUNTERS].key);
		redis_args_end(&commands[i]);
	}
	rc = redis_pipeline(redis, commands, n, replies);
	for (size_t i = 0; i < count && rc == LP_OK; i++) {
		struct redisReply **r = &replies[i * COUNTERS];

		out[i] = (struct online_counts){redis_reply_int(r[0]), redis_reply_int(r[1]),
						redis_reply_int(r[2]), redis_reply_int(r[3])};
	}
	for (size_t i = 0; i < n; i++) {
		redis_reply_free(replies[i]);
		redis_args_clear(&commands[i]);
	}
	return rc;
}

int online_counts_read(struct redis *redis, const char *prefix, const struct lp_str *nsps,
		       size_t count, struct online_counts *out)
{
	int rc = LP_OK;

	for (size_t i = 0; i < count && rc == LP_OK; i += BATCH)
		rc = read_batch(redis, prefix, nsps + i, count - i < BATCH ? count - i : BATCH,
				out + i);
	return rc;
}

void online_counts_json(struct lp_buf *out, const struct online_counts *counts)
{
	lp_buf_addf(out,
		    "\"roomCount\":%" PRId64 ",\"userCount\":%" PRId64 ",\"clientCount\":%" PRId64
		    ",\"totalClientCount\":%" PRId64,
		    counts->rooms, counts->users, counts->clients, counts->ever);
}
