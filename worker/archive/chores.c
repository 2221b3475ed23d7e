#include "config.h"

#include <inttypes.h>
#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "common/lp_hash.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"
#include "common/model/log_position.h"
#include "common/store/keys.h"
#include "worker/archive/chores.h"

#define COUNTS_MAX  500
#define CLIENTS_MAX 500
/* An entry that somebody took and did not write within this time (ms) is taken over. */
#define CLAIM_IDLE 15000
#define DAY_MS     INT64_C(86400000)
#define QUARTERS   96
/* What was cleared is removed so much later (ms): by then what was on its way has been written. */
#define FLUSH_WAIT 10000

static void add_key(struct redis_args *args, const struct archive_source *src, const char *key)
{
	key_of_platform(&args->text, src->settings->redis_prefix, key);
	redis_args_end(args);
}

/* --- counts --- */

static void read_counts(struct archive_counts *c, const struct redisReply *fields)
{
	for (size_t i = 0; i + 1 < redis_reply_count(fields); i += 2)
		archive_counts_add(c, redis_reply_str(redis_reply_at(fields, i)),
				   redis_reply_str(redis_reply_at(fields, i + 1)));
	archive_counts_end(c);
}

/* Of the i-th message in the reply of archive_counts.lua: namespace, id, fields. */
static const struct redisReply *part(const struct redisReply *reply, size_t i, size_t which)
{
	return redis_reply_at(reply, 1 + 3 * i + which);
}

/* Keys of all of them; those of namespaces beyond the bound are left out. Returns how many. */
static int number_counts(struct archive_write *w, const struct redisReply *reply, size_t count,
			 struct archive_counts *c, size_t *known, struct archive_days **days)
{
	for (size_t i = 0; i < count; i++) {
		struct archive_counts *at = &c[*known];
		struct lp_str nsp = redis_reply_str(part(reply, i, 0));
		int rc = archive_write_nsp(w, nsp, &at->nsp);

		if (rc == LP_ENOENT || rc == LP_EINVAL)
			continue;
		if (rc != LP_OK)
			return rc;
		read_counts(at, part(reply, i, 2));
		at->id = redis_reply_int(part(reply, i, 1));
		at->no = archive_no(at->sent, at->nsp, at->id);
		archive_days_add(days, nsp, at->nsp, at->sent);
		++*known;
	}
	return LP_OK;
}

static int counted(const struct archive_source *src, const struct redisReply *reply, size_t count)
{
	struct redis_args args = {0};
	struct redisReply *done;
	int rc;

	add_key(&args, src, "archive-counts");
	redis_args_add(&args, redis_reply_str(redis_reply_at(reply, 0)));
	for (size_t i = 0; i < count; i++) {
		lp_buf_adds(&args.text, redis_reply_str(part(reply, i, 0)));
		lp_buf_addc(&args.text, ' ');
		lp_buf_adds(&args.text, redis_reply_str(part(reply, i, 1)));
		redis_args_end(&args);
	}
	rc = redis_script(src->redis, "archive_counted", &args, &done);
	redis_reply_free(done);
	redis_args_clear(&args);
	return rc == LP_OK ? LP_OK : ARCHIVE_NO_REDIS;
}

int archive_chores_counts(struct archive_write *w, const struct archive_source *src,
			  struct archive_days **days, uint64_t *written, bool *more)
{
	struct archive_counts *c;
	struct redis_args args = {0};
	struct redisReply *reply;
	size_t count, known = 0;
	int rc;

	add_key(&args, src, "archive-counts");
	redis_args_addz(&args, src->settings->redis_prefix);
	redis_args_addi(&args, COUNTS_MAX);
	rc = redis_script(src->redis, "archive_counts", &args, &reply);
	redis_args_clear(&args);
	count = rc == LP_OK ? (redis_reply_count(reply) - 1) / 3 : 0;
	*more = count == COUNTS_MAX;
	c = lp_xcalloc(count + 1, sizeof(*c));
	if (rc != LP_OK)
		rc = ARCHIVE_NO_REDIS;
	else if (count)
		rc = number_counts(w, reply, count, c, &known, days);
	if (rc == LP_OK && known)
		rc = archive_write_counts(w, c, known);
	if (rc == LP_OK && count)
		rc = counted(src, reply, count);
	if (rc == LP_OK)
		*written += known;
	for (size_t i = 0; i <= known && i <= count; i++)
		archive_counts_clear(&c[i]);
	free(c);
	redis_reply_free(reply);
	return rc;
}

/* --- clients --- */

#define CLIENT_FIELDS                                                                              \
	6 /* of archive_clients.lua: id, namespace, client, user id, platform, reason */

static int read_client(struct archive_write *w, const struct redisReply *reply, size_t at,
		       struct archive_client *c)
{
	uint64_t position = log_position_parse(redis_reply_str(redis_reply_at(reply, at)));

	c->time = (int64_t)log_position_time(position);
	c->seq = (int64_t)(position & ((UINT64_C(1) << 22) - 1));
	c->client = redis_reply_str(redis_reply_at(reply, at + 2));
	c->user_id = redis_reply_str(redis_reply_at(reply, at + 3));
	c->platform = redis_reply_str(redis_reply_at(reply, at + 4));
	c->reason = redis_reply_str(redis_reply_at(reply, at + 5));
	return archive_write_nsp(w, redis_reply_str(redis_reply_at(reply, at + 1)), &c->nsp);
}

static int clients_done(const struct archive_source *src, const struct redisReply *reply)
{
	struct redis_args args = {0};
	struct redisReply *done;
	int rc;

	add_key(&args, src, "archive-clients");
	for (size_t i = 0; i < redis_reply_count(reply); i += CLIENT_FIELDS)
		redis_args_add(&args, redis_reply_str(redis_reply_at(reply, i)));
	rc = redis_script(src->redis, "archive_clients_done", &args, &done);
	redis_reply_free(done);
	redis_args_clear(&args);
	return rc == LP_OK ? LP_OK : ARCHIVE_NO_REDIS;
}

static int write_clients(struct archive_write *w, const struct redisReply *reply)
{
	size_t count = redis_reply_count(reply) / CLIENT_FIELDS, known = 0;
	struct archive_client *c = lp_xcalloc(count + 1, sizeof(*c));
	int rc = LP_OK;

	for (size_t i = 0; i < count && rc == LP_OK; i++) {
		rc = read_client(w, reply, i * CLIENT_FIELDS, &c[known]);
		if (rc == LP_OK)
			known++;
		else if (rc == LP_ENOENT || rc == LP_EINVAL)
			rc = LP_OK;
	}
	if (rc == LP_OK)
		rc = archive_write_clients(w, c, known);
	free(c);
	return rc;
}

int archive_chores_clients(struct archive_write *w, const struct archive_source *src, bool *more)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	int rc;

	*more = false;
	add_key(&args, src, "archive-clients");
	redis_args_addz(&args, src->consumer);
	redis_args_addi(&args, CLIENTS_MAX);
	redis_args_addi(&args, CLAIM_IDLE);
	rc = redis_script(src->redis, "archive_clients", &args, &reply);
	redis_args_clear(&args);
	if (rc != LP_OK)
		rc = ARCHIVE_NO_REDIS;
	else if (redis_reply_count(reply)) {
		*more = true;
		rc = write_clients(w, reply);
		if (rc == LP_OK)
			rc = clients_done(src, reply);
	}
	redis_reply_free(reply);
	return rc;
}

/* --- statistics --- */

struct day_key {
	int64_t nsp, day;
};

struct archive_days {
	UT_hash_handle hh;
	struct day_key key;
	char name[];
};

void archive_days_add(struct archive_days **days, struct lp_str name, int64_t nsp, int64_t ms)
{
	struct day_key key = {nsp, ms / DAY_MS};
	struct archive_days *d;

	HASH_FIND(hh, *days, &key, sizeof(key), d);
	if (d)
		return;
	d = lp_xcalloc(1, sizeof(*d) + name.n + 1);
	d->key = key;
	memcpy(d->name, name.p, name.n);
	HASH_ADD(hh, *days, key, sizeof(d->key), d);
}

static void forget_day(struct archive_days **days, struct archive_days *d)
{
	HASH_DEL(*days, d);
	free(d);
}

void archive_days_clear(struct archive_days **days)
{
	struct archive_days *d, *tmp;

	HASH_ITER(hh, *days, d, tmp)
	forget_day(days, d);
}

/* Fields of B:stat:<day>, such as p37: what, and the number of the quarter. Returns how many rows. */
static size_t read_stats(const struct redisReply *reply, const struct day_key *key,
			 struct archive_stat rows[QUARTERS])
{
	static const char what[ARCHIVE_STATS + 1] = "powiaf";
	size_t count = 0;

	for (size_t q = 0; q < QUARTERS; q++) {
		rows[q] = (struct archive_stat){key->nsp, key->day * QUARTERS + (int64_t)q, {0}};
	}
	for (size_t i = 0; i + 1 < redis_reply_count(reply); i += 2) {
		struct lp_str field = redis_reply_str(redis_reply_at(reply, i));
		const char *at = field.n ? memchr(what, field.p[0], ARCHIVE_STATS) : NULL;
		long quarter = at ? strtol(field.p + 1, NULL, 10) : -1;

		if (quarter >= 0 && quarter < QUARTERS)
			rows[quarter].n[at - what] = redis_reply_int(redis_reply_at(reply, i + 1));
	}
	for (size_t q = 0; q < QUARTERS; q++) {
		bool any = false;

		for (size_t i = 0; i < ARCHIVE_STATS; i++)
			any = any || rows[q].n[i];
		if (any)
			rows[count++] = rows[q];
	}
	return count;
}

int archive_chores_stats(struct archive_write *w, const struct archive_source *src,
			 struct archive_days **days)
{
	struct archive_stat rows[QUARTERS];
	struct archive_days *d, *tmp;

	HASH_ITER(hh, *days, d, tmp)
	{
		struct redis_args args = {0};
		struct redisReply *reply;
		char what[32];
		int rc;

		snprintf(what, sizeof(what), "stat:%" PRId64, d->key.day);
		redis_args_addz(&args, "HGETALL");
		key_of_namespace(&args.text, src->settings->redis_prefix, lp_cstr(d->name), what);
		redis_args_end(&args);
		rc = redis_command(src->redis, &args, &reply);
		redis_args_clear(&args);
		if (rc != LP_OK)
			return ARCHIVE_NO_REDIS;
		rc = archive_write_stats(w, rows, read_stats(reply, &d->key, rows));
		redis_reply_free(reply);
		if (rc != LP_OK)
			return rc;
		forget_day(days, d);
	}
	return LP_OK;
}

/* --- what goes --- */

static int command(const struct archive_source *src, struct redis_args *args,
		   struct redisReply **reply)
{
	int rc = redis_command(src->redis, args, reply);

	redis_args_clear(args);
	return rc == LP_OK ? LP_OK : ARCHIVE_NO_REDIS;
}

/* It is done, unless it was asked for again meanwhile. */
static int flush_done(const struct archive_source *src, struct lp_str nsp, struct lp_str asked)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	int rc;

	add_key(&args, src, "archive-flush");
	redis_args_add(&args, nsp);
	redis_args_add(&args, asked);
	rc = redis_script(src->redis, "archive_flushed", &args, &reply);
	redis_reply_free(reply);
	redis_args_clear(&args);
	return rc == LP_OK ? LP_OK : ARCHIVE_NO_REDIS;
}

int archive_chores_flushed(struct archive_write *w, const struct archive_source *src, bool *more)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	struct lp_str name, asked;
	int64_t nsp;
	int rc;

	*more = false;
	redis_args_addz(&args, "ZRANGE");
	add_key(&args, src, "archive-flush");
	redis_args_addz(&args, "-inf");
	redis_args_addi(&args, (int64_t)lp_wall_ms() - FLUSH_WAIT);
	redis_args_addz(&args, "BYSCORE");
	redis_args_addz(&args, "LIMIT");
	redis_args_addi(&args, 0);
	redis_args_addi(&args, 1);
	redis_args_addz(&args, "WITHSCORES");
	rc = command(src, &args, &reply);
	name = redis_reply_str(redis_reply_at(reply, 0));
	asked = redis_reply_str(redis_reply_at(reply, 1));
	if (rc == LP_OK && name.n) {
		rc = archive_write_nsp(w, name, &nsp);
		if (rc == LP_OK)
			rc = archive_write_remove(
				w, nsp, redis_reply_int(redis_reply_at(reply, 1)) + 1, more);
		if (rc == LP_ENOENT || (rc == LP_OK && !*more))
			rc = flush_done(src, name, asked);
	}
	redis_reply_free(reply);
	return rc;
}

/* The next namespace; its setting wins. *days 0: for ever. */
static int next_namespace(struct archive_write *w, const struct archive_source *src, int64_t *nsp,
			  int64_t *days)
{
	struct sql_stmt *st =
		sql_prepare(archive_write_db(w), "SELECT nsp, name FROM namespaces WHERE nsp > ? "
						 "ORDER BY nsp LIMIT 1");
	struct redis_args args = {0};
	struct redisReply *reply = NULL;
	int rc;

	if (!st)
		return LP_ESTORE;
	sql_bind_int(st, 1, *nsp);
	rc = sql_step(st);
	*nsp = rc == SQL_ROW ? sql_int(st, 0) : 0;
	if (rc == SQL_ROW) {
		redis_args_addz(&args, "HGET");
		key_of_namespace(&args.text, src->settings->redis_prefix, sql_text(st, 1), "conf");
		redis_args_end(&args);
		redis_args_addz(&args, "archive_days");
		rc = command(src, &args, &reply);
	}
	*days = redis_reply_nil(reply) || !reply ? src->settings->archive_days
						 : redis_reply_int(reply);
	redis_reply_free(reply);
	sql_reset(st);
	sql_finish(st);
	return rc;
}

int archive_chores_old(struct archive_write *w, const struct archive_source *src, int64_t *nsp,
		       bool *more)
{
	int64_t last = *nsp, days;
	int rc = next_namespace(w, src, nsp, &days);

	*more = rc == LP_OK && *nsp;
	if (rc != LP_OK || !*nsp || !days)
		return rc;
	rc = archive_write_remove(w, *nsp, (int64_t)lp_wall_ms() - days * DAY_MS, more);
	/* The same one again, or the next. */
	if (*more)
		*nsp = last;
	*more = rc == LP_OK;
	return rc;
}
