#include "config.h"

#include <stdlib.h>

#include "common/archive/archive_no.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "worker/archive/batch.h"

#define TAKE_NSP_MAX 500 /* entries of one namespace at a time */
#define BYTES_MAX    (4 * 1024 * 1024)
/* Entries that somebody took and did not write within this time (ms) are taken over. */
#define CLAIM_IDLE    15000
#define CLAIM_NSPS    100
#define CLAIM_NSP_MAX 200
/* In an item of the reply: how many were trimmed comes before the entries. */
#define HEAD 1

static void begin(struct redis_args *args, const struct archive_source *src, const char *key)
{
	key_of_platform(&args->text, src->settings->redis_prefix, key);
	redis_args_end(args);
	redis_args_addz(args, src->settings->redis_prefix);
	redis_args_addz(args, src->consumer);
}

static void add_message(struct archive_batch *b, const struct redisReply *item, size_t at,
			struct lp_str nsp)
{
	struct archive_message *m = lp_xcalloc(1, sizeof(*m));
	struct lp_str fields[ARCHIVE_FIELDS];

	for (size_t i = 0; i < ARCHIVE_FIELDS; i++)
		fields[i] = redis_reply_str(redis_reply_at(item, at + i));
	if (archive_entry_read(m, fields) != LP_OK) {
		lp_warn("archive", "an entry of the log is no message id=%.*s",
			LP_FMT(fields[ARCHIVE_ENTRY]));
		b->refused++;
		free(m);
		return;
	}
	if (b->count == b->cap) {
		b->cap = b->cap ? 2 * b->cap : 256;
		b->messages = lp_xrealloc(b->messages, b->cap * sizeof(b->messages[0]));
	}
	m->nsp_name = nsp;
	b->messages[b->count++] = m;
}

/* Numbers of namespaces are not known yet. Returns how many entries there are; bytes: of texts. */
static size_t read_reply(struct archive_batch *b, struct redisReply *reply, size_t first,
			 size_t *bytes)
{
	size_t entries = 0;

	b->replies[b->taken++] = reply;
	b->first = first;
	for (size_t i = first; i + 1 < redis_reply_count(reply); i += 2) {
		const struct redisReply *item = redis_reply_at(reply, i + 1);

		for (size_t k = HEAD; k + ARCHIVE_FIELDS <= redis_reply_count(item);
		     k += ARCHIVE_FIELDS) {
			add_message(b, item, k, redis_reply_str(redis_reply_at(reply, i)));
			*bytes += redis_reply_str(redis_reply_at(item, k + ARCHIVE_EVENT)).n +
				  redis_reply_str(redis_reply_at(item, k + ARCHIVE_FURTHER)).n;
			entries++;
		}
	}
	return entries;
}

bool archive_batch_empty(const struct archive_batch *b)
{
	return !b->taken || (b->taken == 1 && redis_reply_count(b->replies[0]) <= b->first);
}

int archive_batch_take(struct archive_batch *b, const struct archive_source *src, size_t most)
{
	size_t want = most < ARCHIVE_TAKE_MAX ? most : ARCHIVE_TAKE_MAX, got = want, bytes = 0;
	int rc = LP_OK;

	while (rc == LP_OK && got >= want && b->taken < most / want && bytes < BYTES_MAX) {
		struct redis_args args = {0};
		struct redisReply *reply;

		begin(&args, src, "archive-due");
		redis_args_addi(&args, (int64_t)want);
		redis_args_addi(&args, TAKE_NSP_MAX);
		redis_args_addi(&args, (int64_t)(BYTES_MAX - bytes));
		rc = redis_script(src->redis, "archive_take", &args, &reply);
		if (rc == LP_OK)
			got = read_reply(b, reply, 0, &bytes);
		redis_args_clear(&args);
	}
	return b->taken ? LP_OK : rc;
}

int archive_batch_claim(struct archive_batch *b, const struct archive_source *src, int64_t *rank)
{
	struct redis_args args = {0};
	struct redisReply *reply;
	size_t bytes = 0;
	int rc;

	begin(&args, src, "namespaces");
	redis_args_addi(&args, *rank);
	redis_args_addi(&args, CLAIM_NSPS);
	redis_args_addi(&args, CLAIM_IDLE);
	redis_args_addi(&args, CLAIM_NSP_MAX);
	rc = redis_script(src->redis, "archive_claim", &args, &reply);
	if (rc == LP_OK) {
		bool more = redis_reply_int(redis_reply_at(reply, 0)) == CLAIM_NSPS;

		*rank = more ? *rank + CLAIM_NSPS : 0;
		read_reply(b, reply, 1, &bytes);
	}
	redis_args_clear(&args);
	return rc;
}

static void drop(struct archive_batch *b, size_t i)
{
	archive_entry_clear(b->messages[i]);
	free(b->messages[i]);
	b->messages[i] = b->messages[--b->count];
	b->refused++;
}

int archive_batch_number(struct archive_batch *b, struct archive_write *w)
{
	for (size_t i = 0; i < b->count;) {
		struct archive_message *m = b->messages[i];
		int64_t nsp;
		int rc = LP_OK;

		if (m->no) {
			i++;
			continue;
		}
		rc = archive_write_nsp(w, m->nsp_name, &nsp);
		if (rc == LP_ETOOBIG || rc == LP_ESTORE || rc == LP_EBUSY)
			return rc;
		if (rc != LP_OK) {
			drop(b, i);
			continue;
		}
		m->nsp = nsp;
		m->no = archive_no(m->sent, nsp, m->id);
		i++;
	}
	return LP_OK;
}

/* The entries of one reply, a call for each namespace in it. */
static int done_reply(const struct archive_source *src, const struct redisReply *reply,
		      size_t first)
{
	size_t count = (redis_reply_count(reply) - first) / 2;
	struct redis_args *calls = lp_xcalloc(count + 1, sizeof(calls[0]));
	struct redisReply **replies = lp_xcalloc(count + 1, sizeof(replies[0]));
	int rc;

	for (size_t i = 0; i < count; i++) {
		const struct redisReply *item = redis_reply_at(reply, first + 2 * i + 1);

		key_namespace(&calls[i].text, src->settings->redis_prefix,
			      redis_reply_str(redis_reply_at(reply, first + 2 * i)));
		redis_args_end(&calls[i]);
		redis_args_addi(&calls[i], src->settings->push_log_max_length);
		for (size_t k = HEAD; k + ARCHIVE_FIELDS <= redis_reply_count(item);
		     k += ARCHIVE_FIELDS)
			redis_args_add(&calls[i], redis_reply_str(redis_reply_at(item, k)));
	}
	rc = redis_scripts(src->redis, "archive_done", calls, count, replies);
	for (size_t i = 0; i < count; i++) {
		if (rc == LP_OK)
			redis_reply_free(replies[i]);
		redis_args_clear(&calls[i]);
	}
	free(calls);
	free(replies);
	return rc;
}

int archive_batch_done(struct archive_batch *b, const struct archive_source *src)
{
	int rc = LP_OK;

	for (size_t i = 0; rc == LP_OK && i < b->taken; i++)
		rc = done_reply(src, b->replies[i], b->first);
	if (rc == LP_OK)
		archive_batch_clear(b);
	return rc;
}

void archive_batch_clear(struct archive_batch *b)
{
	for (size_t i = 0; i < b->count; i++) {
		archive_entry_clear(b->messages[i]);
		free(b->messages[i]);
	}
	for (size_t i = 0; i < b->taken; i++)
		redis_reply_free(b->replies[i]);
	free(b->messages);
	*b = (struct archive_batch){.taken = 0};
}
