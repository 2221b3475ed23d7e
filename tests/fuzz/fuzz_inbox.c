/*
 * An entry of the inbox, as lines: "$text" a string, ":12" an integer, "-" nil, "*" an array with
 * the lines that follow up to a line "."; the whole stands for the entry's own array. What is
 * accepted has all that its kind needs.
 */
#include "config.h"

#include <hiredis/hiredis.h>

#include "common/lp_mem.h"
#include "connector/store/inbox_entry.h"
#include "tests/fuzz/fuzz.h"

#define DEPTH_MAX 3
#define OWNER     "1.7"

static redisReply *read_array(struct lp_str *input, unsigned depth);

static redisReply *read_line(struct lp_str *input, struct lp_str line, unsigned depth)
{
	redisReply *r;

	if (line.n && line.p[0] == '*' && depth < DEPTH_MAX)
		return read_array(input, depth + 1);
	r = lp_xcalloc(1, sizeof(*r));
	r->type = REDIS_REPLY_NIL;
	if (line.n && line.p[0] == '$') {
		line = lp_str_from(line, 1);
		r->type = REDIS_REPLY_STRING;
		r->str = lp_xstrndup(line);
		r->len = line.n;
	} else if (line.n && line.p[0] == ':') {
		r->type = REDIS_REPLY_INTEGER;
		r->integer = (long long)line.n;
	}
	return r;
}

static redisReply *read_array(struct lp_str *input, unsigned depth)
{
	redisReply *r = lp_xcalloc(1, sizeof(*r));

	r->type = REDIS_REPLY_ARRAY;
	while (input->n) {
		struct lp_str line = lp_str(input->p, lp_str_find(*input, '\n'));

		*input = lp_str_from(*input, line.n + 1);
		if (lp_str_eq(line, LP_STR(".")))
			break;
		r->element = lp_xrealloc(r->element, (r->elements + 1) * sizeof(r->element[0]));
		r->element[r->elements++] = read_line(input, line, depth);
	}
	return r;
}

static void free_reply(redisReply *r)
{
	for (size_t i = 0; i < r->elements; i++)
		free_reply(r->element[i]);
	free(r->element);
	free(r->str);
	free(r);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct lp_str input = lp_str((const char *)data, size);
	redisReply *entry = read_array(&input, 0);
	struct inbox_entry e;

	if (inbox_entry_decode(&e, entry, LP_STR(OWNER)) == LP_OK) {
		MUST(e.kind == INBOX_HELLO || e.nsp.n);
		MUST((e.kind == INBOX_PUSH || e.kind == INBOX_EMIT) == (e.room.n && e.event.n));
		MUST((e.kind == INBOX_EXPEL) == (e.clients.n && e.event.n));
		MUST((e.kind == INBOX_TRANSFER) == (e.room.n && e.sources.n));
		MUST((e.kind == INBOX_KICK) == (e.client.n > 0));
		MUST(e.kind == INBOX_PUSH || e.kind == INBOX_EMIT || !e.except.n);
	}
	free_reply(entry);
	return 0;
}
