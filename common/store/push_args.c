#include "config.h"

#include "common/archive/sql_url.h"
#include "common/store/keys.h"
#include "common/store/push_args.h"

/* What the archive has not read yet is held back, and the worker trims what it has. */
static int64_t log_length(const struct settings *s)
{
	if (sql_url_off(s->archive) || s->archive_backlog_max < s->push_log_max_length)
		return s->push_log_max_length;
	return s->archive_backlog_max;
}

void push_args(struct redis_args *args, const struct settings *s, struct lp_str nsp,
	       const char *rev, const struct push_key *key)
{
	key_namespace(&args->text, s->redis_prefix, nsp);
	redis_args_end(args);
	redis_args_addz(args, s->redis_prefix);
	redis_args_addz(args, rev);
	redis_args_addi(args, s->push_message_list_max_limit);
	redis_args_addi(args, log_length(s));
	redis_args_addi(args, s->inbox_max_length);
	redis_args_add(args, key ? key->text : LP_STR(""));
	redis_args_addz(args, key ? key->hash : "");
	redis_args_addi(args, s->idempotency_time / 1000);
	redis_args_addi(args, s->offline_max_length);
}

static void add_field(void *arg, const char *name, struct lp_str value)
{
	redis_args_addz(arg, name);
	redis_args_add(arg, value);
}

static void count_field(void *arg, const char *name, struct lp_str value)
{
	(void)name;
	(void)value;
	*(int64_t *)arg += 2;
}

void push_args_add(struct redis_args *args, const struct settings *s, struct lp_str nsp,
		   const struct push_msg *m, size_t place)
{
	int64_t further = 0;

	redis_args_addi(args, (int64_t)place);
	redis_args_add(args, m->room);
	push_msg_others(&args->text, m);
	redis_args_end(args);
	push_msg_addressee(&args->text, m);
	redis_args_end(args);
	redis_args_addz(args, m->lost ? "1" : "0");
	redis_args_addi(args, m->expire_s);
	redis_args_addz(args, m->leave ? "1" : "");
	push_msg_event(&args->text, m, nsp);
	redis_args_end(args);
	if (!sql_url_off(s->archive))
		push_msg_archive(&args->text, m);
	redis_args_end(args);
	push_msg_fields(m, nsp, count_field, &further);
	redis_args_addi(args, further);
	push_msg_fields(m, nsp, add_field, args);
}
