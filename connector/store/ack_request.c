#include "config.h"

#include "connector/store/ack_request.h"

/* Takes the first bulk string, as request_add() wrote it, off *rest. */
static struct lp_str bulk_take(struct lp_str *rest)
{
	size_t n = 0, at = 1; /* behind the $ */
	struct lp_str text;

	for (; rest->p[at] != '\r'; at++)
		n = n * 10 + (size_t)(rest->p[at] - '0');
	text = lp_str(rest->p + at + 2, n);
	*rest = lp_str_from(*rest, at + n + 4);
	return text;
}

static size_t to_number(struct lp_str digits)
{
	size_t n = 0;

	for (size_t i = 0; i < digits.n; i++)
		n = n * 10 + (size_t)(digits.p[i] - '0');
	return n;
}

static void begin(struct lp_buf *command, size_t argc, const char *name)
{
	lp_buf_reset(command);
	lp_buf_addc(command, '*');
	lp_buf_addu(command, argc);
	lp_buf_addz(command, "\r\n");
	request_addz(command, name);
}

/* SADD <B>:ack:<id>:<platform> <client>...; takes one group off *rest. */
static void write_group(struct lp_buf *command, struct lp_str base, struct lp_str *rest,
			struct lp_str *id, struct lp_str *platform)
{
	struct lp_buf set = {0};
	struct lp_str clients;
	size_t n;

	*id = bulk_take(rest);
	*platform = bulk_take(rest);
	n = to_number(bulk_take(rest));
	clients = *rest;
	for (size_t i = 0; i < n; i++)
		bulk_take(rest);
	clients.n -= rest->n;

	lp_buf_addf(&set, "%.*s:ack:%.*s:%.*s", LP_FMT(base), LP_FMT(*id), LP_FMT(*platform));
	begin(command, 2 + n, "SADD");
	request_add(command, lp_buf_str(&set));
	lp_buf_adds(command, clients);
	lp_buf_clear(&set);
}

void ack_request_write(const struct request *r, struct lp_buf *scratch, request_command send,
		       void *arg)
{
	struct lp_str key = lp_str(r->bytes, r->key_len), base = bulk_take(&key);
	struct lp_str rest = lp_str(r->bytes + r->key_len, r->len - r->key_len);
	struct lp_buf counts = {0};
	size_t groups = 0;

	begin(scratch, 1, "MULTI");
	send(arg, scratch, false);
	for (; rest.n; groups++) {
		struct lp_str id, platform;

		write_group(scratch, base, &rest, &id, &platform);
		send(arg, scratch, false);
		request_add(&counts, id);
		request_add(&counts, platform);
	}
	begin(scratch, 4 + 2 * groups, "EVALSHA");
	request_addz(scratch, request_script(r->kind)->sha1);
	request_addz(scratch, "1");
	request_add(scratch, base);
	lp_buf_adds(scratch, lp_buf_str(&counts));
	send(arg, scratch, false);
	begin(scratch, 1, "EXEC");
	send(arg, scratch, true);
	lp_buf_clear(&counts);
}
