#include "config.h"

#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>

#include "common/async/redis_link.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "worker/group_reader.h"

#define READ_MAX 200u
/* How long one reading waits, and how much longer its answer may take. */
#define READ_BLOCK    "2000"
#define READ_STALL_MS 5000u

struct group_reader {
	const struct settings *settings;
	const struct group_reader_ops *ops;
	void *arg;
	struct redis_link *link;
	struct lp_buf
		after; /* id of the last entry of those given before; ">" when they are through */
	bool grouped;  /* the group exists */
	bool reading;  /* a command is under way */
	bool stopped;
};

static struct lp_str text(const redisReply *r)
{
	return r->type == REDIS_REPLY_STRING ? lp_str(r->str, (size_t)r->len) : lp_str(NULL, 0);
}

struct lp_str group_reader_field(const redisReply *fields, char name)
{
	for (size_t i = 0; i + 1 < fields->elements; i += 2) {
		struct lp_str found = text(fields->element[i]);

		if (found.n == 1 && found.p[0] == name)
			return text(fields->element[i + 1]);
	}
	return lp_str(NULL, 0);
}

void group_reader_take(struct group_reader *r, const redisReply *entries)
{
	for (size_t i = 0; i < entries->elements; i++) {
		const redisReply *pair = entries->element[i];

		if (pair->type != REDIS_REPLY_ARRAY || pair->elements != 2)
			continue;
		if (pair->element[1]->type == REDIS_REPLY_ARRAY)
			r->ops->entry(r->arg, text(pair->element[0]), pair->element[1]);
		else
			r->ops->deleted(r->arg, text(pair->element[0]));
	}
}

/* The ids of entries given before go up; the next reading asks for those behind the last one. */
static void step(struct group_reader *r, const redisReply *entries)
{
	const redisReply *last;

	if (strcmp(r->after.data, ">") == 0)
		return;
	lp_buf_reset(&r->after);
	if (entries->elements == 0) {
		lp_buf_addz(&r->after, ">");
		return;
	}
	last = entries->element[entries->elements - 1];
	lp_buf_adds(&r->after, last->elements ? text(last->element[0]) : LP_STR(">"));
}

size_t group_reader_room(const struct group_reader *r)
{
	return r->ops->room(r->arg);
}

static void on_read(void *arg, const redisReply *reply)
{
	struct group_reader *r = arg;

	r->reading = false;
	if (!reply)
		return;
	if (reply->type == REDIS_REPLY_ERROR) {
		/* NOGROUP: Redis was emptied. Another one will not go away by itself either. */
		redis_link_break(r->link, reply->str);
		return;
	}
	/* [[key, [entry, ...]]], or nil after nothing came for a while */
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements == 1 &&
	    reply->element[0]->elements == 2) {
		const redisReply *entries = reply->element[0]->element[1];

		step(r, entries);
		group_reader_take(r, entries);
	}
	group_reader_go(r);
}

void group_reader_go(struct group_reader *r)
{
	struct redis_args args = {0};
	size_t room = group_reader_room(r);

	if (r->stopped || r->reading || !r->grouped || room == 0)
		return;
	redis_args_addz(&args, "XREADGROUP");
	redis_args_addz(&args, "GROUP");
	redis_args_addz(&args, r->ops->group);
	redis_args_addz(&args, r->settings->node_id);
	redis_args_addz(&args, "COUNT");
	redis_args_addi(&args, room < READ_MAX ? (int64_t)room : READ_MAX);
	redis_args_addz(&args, "BLOCK");
	redis_args_addz(&args, READ_BLOCK);
	redis_args_addz(&args, "STREAMS");
	key_of_platform(&args.text, r->settings->redis_prefix, r->ops->stream);
	redis_args_end(&args);
	redis_args_add(&args, lp_buf_str(&r->after));
	r->reading = redis_link_command(r->link, &args, on_read, r);
	redis_args_clear(&args);
}

static void on_group(void *arg, const redisReply *reply)
{
	struct group_reader *r = arg;

	if (!reply)
		return;
	if (reply->type == REDIS_REPLY_ERROR && strncmp(reply->str, "BUSYGROUP", 9) != 0) {
		redis_link_break(r->link, reply->str);
		return;
	}
	r->grouped = true;
	group_reader_go(r);
}

static void on_up(void *arg)
{
	struct group_reader *r = arg;
	struct redis_args args = {0};

	lp_buf_reset(&r->after);
	lp_buf_addz(&r->after, "0");
	redis_args_addz(&args, "XGROUP");
	redis_args_addz(&args, "CREATE");
	key_of_platform(&args.text, r->settings->redis_prefix, r->ops->stream);
	redis_args_end(&args);
	redis_args_addz(&args, r->ops->group);
	redis_args_addz(&args, "0");
	redis_args_addz(&args, "MKSTREAM");
	redis_link_command(r->link, &args, on_group, r);
	redis_args_clear(&args);
}

static void on_down(void *arg)
{
	struct group_reader *r = arg;

	r->grouped = false;
	r->reading = false;
}

struct group_reader *group_reader_new(struct event_base *base, const struct settings *settings,
				      const struct group_reader_ops *ops, void *arg)
{
	static const char *const no_scripts[] = {NULL};
	static const struct redis_link_ops link_ops = {on_up, on_down};
	struct group_reader *r = lp_xcalloc(1, sizeof(*r));

	r->settings = settings;
	r->ops = ops;
	r->arg = arg;
	r->link = redis_link_new(base, settings, ops->stream, READ_STALL_MS, no_scripts, &link_ops,
				 r);
	return r;
}

void group_reader_start(struct group_reader *r)
{
	redis_link_start(r->link);
}

void group_reader_stop(struct group_reader *r)
{
	r->stopped = true;
}

void group_reader_free(struct group_reader *r)
{
	if (!r)
		return;
	redis_link_free(r->link);
	lp_buf_clear(&r->after);
	free(r);
}
