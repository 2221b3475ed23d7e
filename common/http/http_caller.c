#include "config.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "common/http/curl_loop.h"
#include "common/http/http_caller.h"
#include "common/http/http_circuit.h"
#include "common/http/http_signature.h"
#include "common/http/http_target.h"
#include "common/lp_buf.h"
#include "common/lp_hash.h"
#include "common/lp_log.h"
#include "common/lp_mem.h"
#include "common/lp_time.h"

/* Idle connections kept, of all servers together. */
#define KEPT_CONNECTIONS 32L

/*
 *   call() ---> WAITING ---> RUNNING ---> DONE ---> cb
 *      |           |                       ^
 *      +-----------+---- not called -------+
 */
enum call_state { CALL_WAITING, CALL_RUNNING, CALL_DONE };

TAILQ_HEAD(call_list, http_call);

/* Exists while it has calls. */
struct group {
	UT_hash_handle hh;
	struct call_list waiting;
	size_t waiting_count;
	size_t running;
	size_t name_len;
	char name[];
};

struct http_call {
	TAILQ_ENTRY(http_call) in_group;  /* WAITING */
	TAILQ_ENTRY(http_call) in_caller; /* in waiting, running, done or delivering */
	struct call_list *list;           /* that of the caller it is in */
	struct http_caller *caller;
	struct group *group;
	enum call_state state;
	http_cb cb;
	void *arg;
	uint64_t deadline; /* WAITING: ms */
	CURLU *url;
	CURL *easy;
	struct curl_slist *headers;
	bool post;
	bool probe;
	bool too_large;
	struct lp_buf circuit; /* name of the server's circuit */
	struct lp_buf body;    /* to be sent */
	struct lp_buf answer;
	struct http_result result;
	char error[CURL_ERROR_SIZE];
};

struct http_caller {
	struct http_caller_conf conf;
	struct event_base *base;
	struct curl_loop *curl;
	struct event *turn; /* results to hand over, waiting calls whose time is over */
	struct group *groups;
	struct http_circuits *circuits;
	struct call_list waiting; /* all groups', oldest first */
	struct call_list running;
	struct call_list done;
	struct call_list delivering;
	struct http_caller_stats stats;
};

/* --- the life of a call --- */

static void move(struct http_call *call, struct call_list *list)
{
	if (call->list)
		TAILQ_REMOVE(call->list, call, in_caller);
	call->list = list;
	if (list)
		TAILQ_INSERT_TAIL(list, call, in_caller);
}

static void turn_in(struct http_caller *c, uint64_t ms)
{
	struct timeval tv = {(time_t)(ms / 1000), (suseconds_t)(ms % 1000 * 1000)};

	event_add(c->turn, &tv);
}

static struct group *group_hold(struct http_caller *c, struct lp_str name)
{
	struct group *g;

	HASH_FIND(hh, c->groups, name.p, name.n, g);
	if (g)
		return g;
	g = lp_xcalloc(1, sizeof(*g) + name.n + 1);
	g->name_len = name.n;
	if (name.n)
		memcpy(g->name, name.p, name.n);
	TAILQ_INIT(&g->waiting);
	HASH_ADD_KEYPTR(hh, c->groups, g->name, g->name_len, g);
	return g;
}

static void group_release(struct http_caller *c, struct group *g)
{
	if (g->waiting_count || g->running)
		return;
	HASH_DEL(c->groups, g);
	free(g);
}

/* Takes the call out of its group and off libcurl. */
static void detach(struct http_call *call)
{
	struct http_caller *c = call->caller;
	struct group *g = call->group;

	if (call->state == CALL_WAITING) {
		TAILQ_REMOVE(&g->waiting, call, in_group);
		g->waiting_count--;
		c->stats.waiting--;
	} else if (call->state == CALL_RUNNING) {
		curl_loop_remove(c->curl, call->easy);
		g->running--;
		c->stats.running--;
	}
	call->group = NULL;
}

static void call_free(struct http_call *call)
{
	move(call, NULL);
	curl_easy_cleanup(call->easy);
	curl_url_cleanup(call->url);
	curl_slist_free_all(call->headers);
	lp_buf_clear(&call->circuit);
	lp_buf_clear(&call->body);
	lp_buf_clear(&call->answer);
	free(call);
}

/* The result is known; it is handed over at the next turn of the loop. */
static void finish(struct http_call *call, enum http_outcome outcome, const char *why)
{
	struct http_caller *c = call->caller;

	call->state = CALL_DONE;
	call->result.outcome = outcome;
	call->result.why = why;
	if (outcome == HTTP_ANSWERED)
		c->stats.answered++;
	else if (outcome == HTTP_FAILED)
		c->stats.failed++;
	else
		c->stats.refused++;
	move(call, &c->done);
	turn_in(c, 0);
}

/* --- libcurl's side --- */

static size_t on_body(char *data, size_t size, size_t count, void *arg)
{
	struct http_call *call = arg;

	if (call->answer.len + count > HTTP_BODY_MAX) {
		call->too_large = true;
		return 0; /* ends the transfer */
	}
	lp_buf_add(&call->answer, data, count);
	return count;
}

static void only_http(CURL *easy)
{
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
#else
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS, (long)(CURLPROTO_HTTP | CURLPROTO_HTTPS));
#endif
#if LIBCURL_VERSION_NUM >= 0x075700
	/* A name that is still being looked up when the time is over: do not wait for it. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
}

static void set_options(struct http_call *call)
{
	const struct http_caller_conf *conf = &call->caller->conf;
	CURL *easy = call->easy;

	curl_easy_setopt(easy, CURLOPT_PRIVATE, call);
	curl_easy_setopt(easy, CURLOPT_CURLU, call->url);
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, call->headers);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, PACKAGE_NAME "/" PACKAGE_VERSION);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)conf->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)(conf->timeout_ms / 2 + 1));
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, call->error);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, call);
	only_http(easy);
	if (!call->post)
		return;
	curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body.len);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, call->body.data ? call->body.data : "");
}

static void run_more(struct http_caller *c, struct group *g);

/* libcurl is through with the call. */
static void ended(void *own, CURLcode code)
{
	struct http_call *call = own;
	struct http_caller *c = call->caller;
	struct group *g = call->group;
	struct lp_str circuit = lp_buf_str(&call->circuit);
	long status = 0;

	curl_easy_getinfo(call->easy, CURLINFO_RESPONSE_CODE, &status);
	detach(call);
	if (code == CURLE_OK) {
		http_circuits_answered(c->circuits, circuit);
		call->result.status = (int)status;
		call->result.body = lp_buf_str(&call->answer);
		finish(call, HTTP_ANSWERED, NULL);
	} else {
		if (http_circuits_failed(c->circuits, circuit, lp_mono_ms()))
			lp_debug("http", "left alone server=%.*s", LP_FMT(circuit));
		finish(call, HTTP_FAILED,
		       call->too_large  ? "the answer is too large"
		       : call->error[0] ? call->error
					: curl_easy_strerror(code));
	}
	run_more(c, g);
}

/* --- places --- */

/* A waiting call has its place, if its server is not left alone. */
static void run(struct http_call *call)
{
	struct http_caller *c = call->caller;
	struct group *g = call->group;
	bool ok = http_circuits_ask(c->circuits, lp_buf_str(&call->circuit), lp_mono_ms(),
				    &call->probe);

	detach(call);
	if (!ok) {
		finish(call, HTTP_PAUSED, "the server did not answer lately");
		return;
	}
	call->group = g;
	call->state = CALL_RUNNING;
	g->running++;
	c->stats.running++;
	move(call, &c->running);
	call->easy = curl_easy_init();
	if (!call->easy)
		abort(); /* out of memory */
	set_options(call);
	curl_loop_add(c->curl, call->easy);
}

/* Fills the group's places; frees it when it has no calls. */
static void run_more(struct http_caller *c, struct group *g)
{
	while (g->running < c->conf.concurrency && !TAILQ_EMPTY(&g->waiting))
		run(TAILQ_FIRST(&g->waiting));
	group_release(c, g);
}

static void drop_late(struct http_caller *c, uint64_t now)
{
	struct http_call *call;

	while ((call = TAILQ_FIRST(&c->waiting)) && call->deadline <= now) {
		struct group *g = call->group;

		detach(call);
		finish(call, HTTP_BUSY, "too many calls wait for an answer");
		group_release(c, g);
	}
}

static void on_turn(evutil_socket_t fd, short what, void *arg)
{
	struct http_caller *c = arg;
	uint64_t now = lp_mono_ms();
	struct http_call *call;

	drop_late(c, now);
	/* What its functions add is for the next turn. */
	while ((call = TAILQ_FIRST(&c->done)))
		move(call, &c->delivering);
	while ((call = TAILQ_FIRST(&c->delivering))) {
		http_cb cb = call->cb;
		void *cb_arg = call->arg;

		move(call, NULL);
		cb(cb_arg, &call->result);
		call_free(call);
	}
	call = TAILQ_FIRST(&c->waiting);
	if (!TAILQ_EMPTY(&c->done))
		turn_in(c, 0);
	else if (call)
		turn_in(c, call->deadline > now ? call->deadline - now : 0);
}

/* --- from outside --- */

/* False when the value could end the line. */
static bool add_header(struct http_call *call, const char *name, struct lp_str value)
{
	struct lp_buf line = {0};
	struct curl_slist *list;

	if (!value.n)
		return true;
	for (size_t i = 0; i < value.n; i++) {
		unsigned char ch = (unsigned char)value.p[i];

		if ((ch < ' ' && ch != '\t') || ch == 0x7f)
			return false;
	}
	lp_buf_addf(&line, "%s: ", name);
	lp_buf_adds(&line, value);
	list = curl_slist_append(call->headers, line.data);
	if (!list)
		abort(); /* out of memory */
	call->headers = list;
	lp_buf_clear(&line);
	return true;
}

static bool add_headers(struct http_call *call, const struct http_request *req)
{
	bool ok = true;

	for (size_t i = 0; ok && i < req->header_count; i++)
		ok = add_header(call, req->headers[i].name, req->headers[i].value);
	return ok;
}

/* With the time at which the call is asked for: it leaves within the time-out, or not at all. */
static void sign(struct http_call *call, struct lp_str secret)
{
	struct lp_buf query = {0}, value = {0};

	if (!call->post)
		http_target_query(call->url, &query);
	http_signature(&value, secret, lp_wall_ms() / 1000,
		       lp_buf_str(call->post ? &call->body : &query));
	add_header(call, HTTP_SIGNATURE_HEADER, lp_buf_str(&value));
	lp_buf_clear(&query);
	lp_buf_clear(&value);
}

struct http_call *http_caller_call(struct http_caller *c, const struct http_request *req,
				   http_cb cb, void *arg)
{
	struct http_call *call = lp_xcalloc(1, sizeof(*call));
	struct group *g;
	const char *why;

	call->caller = c;
	call->cb = cb;
	call->arg = arg;
	call->post = req->post;
	lp_buf_adds(&call->body, req->body);
	call->url = http_target_new(req->url, req->query, c->conf.hosts, &why);
	if (call->url && !add_headers(call, req))
		why = "a header can not be sent";
	else if (call->url && req->secret.n)
		sign(call, req->secret);
	if (why) {
		finish(call, HTTP_INVALID, why);
		return call;
	}
	lp_buf_adds(&call->circuit, req->group);
	lp_buf_addc(&call->circuit, ' ');
	http_target_server(call->url, &call->circuit);

	g = group_hold(c, req->group);
	if (g->waiting_count >= c->conf.queue && g->running >= c->conf.concurrency) {
		finish(call, HTTP_BUSY, "too many calls wait for an answer");
		return call;
	}
	call->group = g;
	call->deadline = lp_mono_ms() + c->conf.timeout_ms;
	TAILQ_INSERT_TAIL(&g->waiting, call, in_group);
	g->waiting_count++;
	c->stats.waiting++;
	move(call, &c->waiting);
	run_more(c, g);
	if (call->state == CALL_WAITING && !event_pending(c->turn, EV_TIMEOUT, NULL))
		turn_in(c, c->conf.timeout_ms);
	return call;
}

static void call_off(struct http_call *call)
{
	if (call->state == CALL_RUNNING && call->probe)
		http_circuits_called_off(call->caller->circuits, lp_buf_str(&call->circuit));
	detach(call);
	call_free(call);
}

void http_call_cancel(struct http_call *call)
{
	struct http_caller *c = call->caller;
	struct group *g = call->group;

	call_off(call);
	if (g)
		run_more(c, g);
}

const struct http_caller_stats *http_caller_stats(const struct http_caller *c)
{
	return &c->stats;
}

struct http_caller *http_caller_new(struct event_base *base, const struct http_caller_conf *conf)
{
	struct curl_loop *curl = curl_loop_new(base, KEPT_CONNECTIONS, ended);
	struct http_caller *c;

	if (!curl)
		return NULL;
	c = lp_xcalloc(1, sizeof(*c));
	c->conf = *conf;
	c->base = base;
	c->curl = curl;
	c->circuits = http_circuits_new(conf->failures, conf->pause_ms);
	c->turn = evtimer_new(base, on_turn, c);
	TAILQ_INIT(&c->waiting);
	TAILQ_INIT(&c->running);
	TAILQ_INIT(&c->done);
	TAILQ_INIT(&c->delivering);
	return c;
}

static void free_list(struct call_list *list)
{
	struct http_call *call;

	while ((call = TAILQ_FIRST(list)))
		call_off(call);
}

void http_caller_free(struct http_caller *c)
{
	struct group *g, *next;

	if (!c)
		return;
	free_list(&c->waiting);
	free_list(&c->running);
	free_list(&c->done);
	HASH_ITER(hh, c->groups, g, next)
	{
		HASH_DEL(c->groups, g);
		free(g);
	}
	curl_loop_free(c->curl);
	http_circuits_free(c->circuits);
	event_free(c->turn);
	free(c);
}
