#include "config.h"

#include "common/store/keys.h"
#include "common/store/push_args.h"
#include "common/store/stat_time.h"

static void add_field(void *arg, const char *name, struct lp_str value)
{
	redis_args_addz(arg, name);
	redis_args_add(arg, value);
}

void push_args(struct redis_args *args, const struct settings *s, struct lp_str nsp,
	       const char *rev, uint64_t now, const struct push_msg *m)
{
	struct stat_time at = stat_time_at(now);

	key_namespace(&args->text, s->redis_prefix, nsp);
	redis_args_end(args);
	redis_args_addz(args, s->redis_prefix);
	redis_args_addz(args, rev);
	redis_args_add(args, m->room);
	redis_args_add(args, m->except);
	redis_args_addz(args, m->lost ? "1" : "0");
	redis_args_addi(args, m->expire_s);
	redis_args_addi(args, s->push_message_list_max_limit);
	redis_args_addi(args, s->push_log_max_length);
	redis_args_addi(args, s->inbox_max_length);
	push_msg_event(&args->text, m, nsp);
	redis_args_end(args);
	redis_args_addz(args, at.date);
	redis_args_addz(args, at.hour);
	redis_args_addz(args, at.minute);
	push_msg_fields(m, nsp, add_field, args);
}
