#include "config.h"

#include <stdlib.h>

#include "common/log_gate.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "connector/callback.h"

/* One line in the log for many clients that can not get in. */
static struct log_gate failed_gate;

struct question {
	struct http_call *call;
	callback_cb cb;
	void *arg;
};

static void on_result(void *arg, const struct http_result *result)
{
	struct question *q = arg;
	struct callback_answer answer = {0};
	struct question asked = *q;

	free(q);
	if (result->outcome == HTTP_ANSWERED)
		answer = (struct callback_answer){result->status, result->body};
	else if (log_gate_open(&failed_gate))
		lp_warn("callback", "a connect callback was not answered reason=\"%s\"",
			result->why);
	asked.cb(asked.arg, &answer);
}

static void *ask(void *caller, const struct callback_question *question, callback_cb cb, void *arg)
{
	struct call_header headers[] = {{"cookie", question->cookie},
					{"authorization", question->auth},
					{"namespace", question->nsp}};
	struct http_request req = {.group = question->nsp,
				   .url = question->url,
				   .query = question->query,
				   .secret = question->secret,
				   .headers = headers,
				   .header_count = sizeof(headers) / sizeof(headers[0])};
	struct question *q = lp_xcalloc(1, sizeof(*q));

	q->cb = cb;
	q->arg = arg;
	q->call = http_caller_call(caller, &req, on_result, q);
	return q;
}

static void call_off(void *caller, void *question)
{
	struct question *q = question;

	http_call_cancel(q->call);
	free(q);
}

const struct callback_ops callback_http_ops = {.ask = ask, .call_off = call_off};

struct http_caller *callback_caller_new(struct event_base *base, const struct settings *s)
{
	struct http_caller_conf conf = {
		.concurrency = (unsigned)s->callback_concurrency,
		.queue = (unsigned)s->callback_queue,
		.timeout_ms = (unsigned)s->callback_timeout,
		.failures = (unsigned)s->callback_failures,
		.pause_ms = (unsigned)s->callback_pause,
		.hosts = s->callback_hosts,
	};
	struct http_caller *caller = http_caller_new(base, &conf);

	if (!caller)
		lp_error("callback", "libcurl can not be used");
	return caller;
}
