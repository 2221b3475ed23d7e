#include "config.h"

#include <stdlib.h>

#include "common/lp_mem.h"
#include "tests/scenario/callback_mem.h"

struct question {
	struct question *next;
	struct lp_buf text;
	callback_cb cb;
	void *arg;
};

static void *ask(void *caller, const struct callback_question *q, callback_cb cb, void *arg)
{
	struct callback_mem *c = caller;
	struct question *one = lp_xcalloc(1, sizeof(*one));

	one->cb = cb;
	one->arg = arg;
	lp_buf_addf(&one->text, "%.*s %.*s %.*s %.*s", LP_FMT(q->url), LP_FMT(q->auth),
		    LP_FMT(q->nsp), LP_FMT(q->query));
	if (q->cookie.n)
		lp_buf_addf(&one->text, " %.*s", LP_FMT(q->cookie));
	if (c->last)
		c->last->next = one;
	else
		c->first = one;
	c->last = one;
	return one;
}

static void drop(struct callback_mem *c, struct question *one)
{
	struct question **at = &c->first, *before = NULL;

	while (*at != one) {
		before = *at;
		at = &(*at)->next;
	}
	*at = one->next;
	if (c->last == one)
		c->last = before;
	lp_buf_clear(&one->text);
	free(one);
}

static void call_off(void *caller, void *question)
{
	drop(caller, question);
}

const struct callback_ops callback_mem_ops = {
	.ask = ask,
	.call_off = call_off,
};

bool callback_mem_look(const struct callback_mem *c, struct lp_buf *out)
{
	if (c->first)
		lp_buf_adds(out, lp_buf_str(&c->first->text));
	return c->first != NULL;
}

bool callback_mem_answer(struct callback_mem *c, int status, struct lp_str body)
{
	struct callback_answer answer = {status, body};
	struct question *one = c->first;
	callback_cb cb;
	void *arg;

	if (!one)
		return false;
	cb = one->cb;
	arg = one->arg;
	drop(c, one);
	cb(arg, &answer);
	return true;
}

void callback_mem_clear(struct callback_mem *c)
{
	while (c->first)
		drop(c, c->first);
}
