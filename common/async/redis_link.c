#include "config.h"

#include <event2/event.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>

#include "common/async/redis_conn.h"
#include "common/async/redis_link.h"
#include "common/lp_mem.h"
#include "common/store/script.h"

/*
 * A break is over when the link has held for so long: a Redis without memory, or one that only reads,
 * takes a connection and breaks it with its first answer.
 */
#define SETTLE_S 3

/* A command under way. */
struct pending {
	struct pending *next;
	redis_link_cb cb;
	void *arg;
};

struct redis_link {
	struct redis_conn *conn;
	const char *const *names; /* of scripts */
	const struct redis_link_ops *ops;
	void *arg;
	struct event *settle; /* ready: to call the break over */
	unsigned loads;       /* scripts still to be loaded */
	bool ready;
	struct pending *first; /* in the order they were sent, which is that of the replies */
	struct pending **end;
	struct lp_buf command;
};

static void add_bulk(struct lp_buf *out, struct lp_str s)
{
	lp_buf_addf(out, "$%zu\r\n", s.n);
	lp_buf_adds(out, s);
	lp_buf_add(out, "\r\n", 2);
}

static void send_built(struct redis_link *l, redis_link_cb cb, void *arg)
{
	struct pending *p = lp_xmalloc(sizeof(*p));

	*p = (struct pending){.cb = cb, .arg = arg};
	*l->end = p;
	l->end = &p->next;
	redis_conn_send(l->conn, l->command.data, l->command.len, p);
}

static struct pending take_first(struct redis_link *l)
{
	struct pending *p = l->first, taken = *p;

	l->first = p->next;
	if (!l->first)
		l->end = &l->first;
	free(p);
	return taken;
}

static void on_settle(evutil_socket_t fd, short what, void *arg)
{
	struct redis_link *l = arg;

	redis_conn_settled(l->conn);
}

static void become_ready(struct redis_link *l)
{
	static const struct timeval tv = {SETTLE_S, 0};

	l->ready = true;
	event_add(l->settle, &tv);
	l->ops->up(l->arg);
}

static void on_loaded(void *arg, const redisReply *reply)
{
	struct redis_link *l = arg;

	if (reply && --l->loads == 0)
		become_ready(l);
}

static void on_up(void *arg)
{
	struct redis_link *l = arg;
	struct lp_buf *b = &l->command;

	l->loads = 0;
	for (const char *const *name = l->names; *name; name++)
		l->loads++;
	for (const char *const *name = l->names; *name; name++) {
		lp_buf_reset(b);
		lp_buf_addz(b, "*3\r\n");
		add_bulk(b, LP_STR("SCRIPT"));
		add_bulk(b, LP_STR("LOAD"));
		add_bulk(b, lp_cstr(script_get(*name)->text));
		send_built(l, on_loaded, l);
	}
	if (l->loads == 0)
		become_ready(l);
}

static void on_down(void *arg, bool was_up)
{
	struct redis_link *l = arg;
	bool was_ready = l->ready;

	l->ready = false;
	event_del(l->settle);
	while (l->first) {
		struct pending p = take_first(l);

		p.cb(p.arg, NULL);
	}
	if (was_ready)
		l->ops->down(l->arg);
}

static void on_reply(void *arg, void *request, const struct redisReply *reply)
{
	struct redis_link *l = arg;
	struct pending p;

	/* Not of the request but of the server: it may be another one next time. */
	if (redis_conn_passing(reply) || (!l->ready && reply->type == REDIS_REPLY_ERROR)) {
		redis_conn_break(l->conn, reply->str);
		return;
	}
	p = take_first(l);
	p.cb(p.arg, reply);
}

struct redis_link *redis_link_new(struct event_base *base, const struct settings *settings,
				  const char *name, unsigned stall_ms, const char *const *names,
				  const struct redis_link_ops *ops, void *arg)
{
	static const struct redis_conn_ops conn_ops = {on_up, on_down, on_reply};
	struct redis_link *l = lp_xcalloc(1, sizeof(*l));

	l->names = names;
	l->ops = ops;
	l->arg = arg;
	l->end = &l->first;
	l->settle = evtimer_new(base, on_settle, l);
	l->conn = redis_conn_new(base, settings, name, stall_ms, &conn_ops, l);
	return l;
}

void redis_link_start(struct redis_link *l)
{
	redis_conn_start(l->conn);
}

void redis_link_measure(struct redis_link *l, struct histogram *h)
{
	redis_conn_measure(l->conn, h);
}

bool redis_link_up(const struct redis_link *l)
{
	return l->ready;
}

void redis_link_break(struct redis_link *l, const char *why)
{
	redis_conn_break(l->conn, why);
}

static void add_args(struct lp_buf *out, const struct redis_args *args)
{
	for (size_t i = 0; i < args->count; i++)
		add_bulk(out, redis_args_get(args, i));
}

bool redis_link_command(struct redis_link *l, const struct redis_args *args, redis_link_cb cb,
			void *arg)
{
	if (!l->ready)
		return false;
	lp_buf_reset(&l->command);
	lp_buf_addf(&l->command, "*%zu\r\n", args->count);
	add_args(&l->command, args);
	send_built(l, cb, arg);
	return true;
}

bool redis_link_script(struct redis_link *l, const char *script, const struct redis_args *args,
		       redis_link_cb cb, void *arg)
{
	if (!l->ready)
		return false;
	lp_buf_reset(&l->command);
	lp_buf_addf(&l->command, "*%zu\r\n", args->count + 3);
	add_bulk(&l->command, LP_STR("EVALSHA"));
	add_bulk(&l->command, lp_cstr(script_get(script)->sha1));
	add_bulk(&l->command, LP_STR("1"));
	add_args(&l->command, args);
	send_built(l, cb, arg);
	return true;
}

void redis_link_free(struct redis_link *l)
{
	if (!l)
		return;
	redis_conn_free(l->conn);
	event_free(l->settle);
	while (l->first)
		take_first(l);
	lp_buf_clear(&l->command);
	free(l);
}
