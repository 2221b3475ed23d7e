#include "config.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "common/lp_mem.h"
#include "common/store/keys.h"
#include "worker/group_claim.h"

#define EVERY_MS 2000

struct group_claim {
	const struct job_tools *tools;
	const struct group_reader_ops *ops;
	struct group_reader *reader;
	int64_t idle_ms;
	unsigned count;
	struct event *timer;
	struct lp_buf cursor; /* where to go on */
	bool stopped;
};

static void later(struct group_claim *c)
{
	static const struct timeval tv = {EVERY_MS / 1000, EVERY_MS % 1000 * 1000};

	event_add(c->timer, &tv);
}

static void ask(struct group_claim *c);

static void go_on_at(struct group_claim *c, const redisReply *cursor)
{
	lp_buf_reset(&c->cursor);
	if (cursor->type == REDIS_REPLY_STRING)
		lp_buf_add(&c->cursor, cursor->str, cursor->len);
	else
		lp_buf_addz(&c->cursor, "0-0");
}

/* [where to go on, [entry, ...], [ids of deleted ones]] */
static void on_claimed(void *arg, const redisReply *reply)
{
	struct group_claim *c = arg;
	size_t count = 0;

	if (!reply || c->stopped)
		return;
	/* Before the reader made the group it is an error. */
	if (reply->type == REDIS_REPLY_ARRAY && reply->elements >= 2) {
		go_on_at(c, reply->element[0]);
		count = reply->element[1]->elements;
		group_reader_take(c->reader, reply->element[1]);
	}
	/* A worker that died may have held very many. */
	if (count >= c->count && group_reader_room(c->reader))
		ask(c);
	else
		later(c);
}

static void ask(struct group_claim *c)
{
	const struct settings *settings = c->tools->settings;
	struct redis_args args = {0};

	redis_args_addz(&args, "XAUTOCLAIM");
	key_of_platform(&args.text, settings->redis_prefix, c->ops->stream);
	redis_args_end(&args);
	redis_args_addz(&args, c->ops->group);
	redis_args_addz(&args, settings->node_id);
	redis_args_addi(&args, c->idle_ms);
	redis_args_add(&args, lp_buf_str(&c->cursor));
	redis_args_addz(&args, "COUNT");
	redis_args_addi(&args, c->count);
	redis_link_command(c->tools->link, &args, on_claimed, c);
	redis_args_clear(&args);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
	struct group_claim *c = arg;

	if (group_reader_room(c->reader))
		ask(c);
	else
		later(c);
}

struct group_claim *group_claim_new(const struct job_tools *tools,
				    const struct group_reader_ops *ops, struct group_reader *reader,
				    int64_t idle_ms, unsigned count)
{
	struct group_claim *c = lp_xcalloc(1, sizeof(*c));

	c->tools = tools;
	c->ops = ops;
	c->reader = reader;
	c->idle_ms = idle_ms;
	c->count = count;
	c->timer = evtimer_new(tools->base, on_timer, c);
	lp_buf_addz(&c->cursor, "0-0");
	return c;
}

void group_claim_start(struct group_claim *c)
{
	c->stopped = false;
	later(c);
}

void group_claim_stop(struct group_claim *c)
{
	c->stopped = true;
	event_del(c->timer);
}

void group_claim_free(struct group_claim *c)
{
	if (!c)
		return;
	event_free(c->timer);
	lp_buf_clear(&c->cursor);
	free(c);
}
